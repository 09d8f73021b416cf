"""One step of a block as a box, as the modules it consists of, or several steps in one box."""

from __future__ import annotations

from typing import assert_never

from irnet.diagrams.drawing import ArrowStart, Drawing, out_shape
from irnet.diagrams.graph_builder import End
from irnet.diagrams.theme import Kind, conv_kind
from irnet.spec import Chain, Conv, Fork, Node, Pool, Residual, pair
from irnet.tree import notation
from irnet.units import grid


def leaf(drawing: Drawing, node: Conv | Pool, path: str, tip: ArrowStart, column: str, port: int) -> ArrowStart:
    """Draw one step under `tip`, as a box or, where it is open, as its modules; return the new tip."""
    row = drawing.rows[path]
    if isinstance(node, Conv) and drawing.shows_units(path):
        return _units(drawing, node, path, tip, column, port)
    description = f"{path}: {row.notation}, {grid(row.in_shape)} to {grid(row.out_shape)}"
    kind = conv_kind(node.kernel) if isinstance(node, Conv) else "pool"
    drawing.sheet.box(path, notation(node), grid(row.out_shape), kind, description=description, column=column)
    drawing.sheet.arrow(tip.port(port), End(path, "in"), weight=20)
    return ArrowStart(path)


def _units(drawing: Drawing, node: Conv, path: str, tip: ArrowStart, column: str, port: int) -> ArrowStart:
    """A convolution as the three modules that it consists of."""
    row, sheet = drawing.rows[path], drawing.sheet
    units: tuple[tuple[str, str, Kind], ...] = (
        (f"{path}.conv", f"{row.notation}, no bias", conv_kind(node.kernel)),
        (f"{path}.bn", "batch norm", "norm"),
        (f"{path}.relu", "ReLU", "relu"),
    )
    with sheet.cluster(path, row.notation, conv_kind(node.kernel), description=f"{path}: {row.notation}"):
        last = tip.port(port)
        for unit, title, kind in units:
            sheet.box(unit, title, "", kind, description=f"{unit}: {title}", column=column)
            sheet.arrow(last, End(unit, "in"), weight=20)
            last = End(unit, "out")
    return ArrowStart(f"{path}.relu")


def branch(drawing: Drawing, node: Chain, path: str, tip: ArrowStart, column: str, port: int) -> ArrowStart:
    """All steps of a branch in one box: kernels above, filters below."""
    kernels, filters = zip(*(_brief(child) for child in node.nodes), strict=True)
    shape = out_shape(drawing.rows, node, path)
    description = f"{path}: {' then '.join(kernels)}, to {grid(shape)}"
    detail = f"{' > '.join(filter(None, filters))},  {grid(shape)}"
    drawing.sheet.box(path, " > ".join(kernels), detail, "branch", description=description, column=column)
    drawing.sheet.arrow(tip.port(port), End(path, "in"), weight=20)
    return ArrowStart(path)


def _brief(node: Node) -> tuple[str, str]:
    """Kernel and filters of a step."""
    match node:
        case Conv(filters, kernel):
            return f"{pair(kernel)[0]}x{pair(kernel)[1]}", str(filters)
        case Pool(op, counts_padding=counted):
            return f"{op} pool{', padding counted' if counted else ''}", ""
        case Fork(branches):
            return f"{len(branches)} branches", ""
        case Chain() | Residual():
            return "...", ""
        case _:
            assert_never(node)
