"""One step of a block as a box, as the modules it consists of, or several steps in one box."""

from __future__ import annotations

from irnet.diagrams.drawing import ArrowStart, Drawing
from irnet.diagrams.graph_builder import End
from irnet.diagrams.theme import Kind, conv_kind
from irnet.spec import Conv, Fork, Pool, pair
from irnet.tree import Box
from irnet.units import grid


def leaf(drawing: Drawing, box: Box, tip: ArrowStart, column: str, port: int) -> ArrowStart:
    """Draw one step under `tip`, as a box or, where it is open, as its modules; return the new tip."""
    if isinstance(box.node, Conv) and drawing.shows_units(box):
        return _units(drawing, box, conv_kind(box.node.kernel), tip, column, port)
    description = f"{box.path}: {box.title}, {grid(box.in_shape)} to {grid(box.out_shape)}"
    kind = conv_kind(box.node.kernel) if isinstance(box.node, Conv) else "pool"
    drawing.sheet.box(box.path, box.title, grid(box.out_shape), kind, description=description, column=column)
    drawing.sheet.arrow(tip.port(port), End(box.path, "in"), weight=20)
    return ArrowStart(box.path)


def _units(drawing: Drawing, box: Box, kind: Kind, tip: ArrowStart, column: str, port: int) -> ArrowStart:
    """A convolution as the three modules that it consists of."""
    sheet, last = drawing.sheet, tip.port(port)
    titles: tuple[tuple[str, Kind], ...] = ((f"{box.title}, no bias", kind), ("batch norm", "norm"), ("ReLU", "relu"))
    with sheet.cluster(box.path, box.title, kind, description=f"{box.path}: {box.title}"):
        for unit, (title, painted) in zip(box.children, titles, strict=True):
            sheet.box(unit, title, "", painted, description=f"{unit}: {title}", column=column)
            sheet.arrow(last, End(unit, "in"), weight=20)
            last = End(unit, "out")
    return ArrowStart(last.path)


def branch(drawing: Drawing, box: Box, tip: ArrowStart, column: str, port: int) -> ArrowStart:
    """All steps of a branch in one box: kernels above, filters below."""
    kernels, filters = zip(*map(_brief, drawing.steps(box)), strict=True)
    shape = grid(box.out_shape)
    description = f"{box.path}: {' then '.join(kernels)}, to {shape}"
    detail = f"{' > '.join(filter(None, filters))},  {shape}"
    drawing.sheet.box(box.path, " > ".join(kernels), detail, "branch", description=description, column=column)
    drawing.sheet.arrow(tip.port(port), End(box.path, "in"), weight=20)
    return ArrowStart(box.path)


def _brief(box: Box) -> tuple[str, str]:
    """Kernel and filters of a step."""
    match box.node:
        case Conv(filters, kernel):
            return f"{pair(kernel)[0]}x{pair(kernel)[1]}", str(filters)
        case Pool(op, counts_padding=counted):
            return f"{op} pool{', padding counted' if counted else ''}", ""
        case Fork():
            return box.title, ""
        case _:
            return "...", ""
