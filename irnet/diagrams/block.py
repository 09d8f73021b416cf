"""One block of a stage in the paper's look: branches side by side, bars, the shortcut round the side."""

from __future__ import annotations

from typing import assert_never

from irnet.diagrams.bars import Spans
from irnet.diagrams.drawing import ArrowStart, Drawing, out_shape
from irnet.diagrams.graph_builder import End, Flow, GraphBuilder
from irnet.diagrams.steps import branch, leaf
from irnet.diagrams.theme import Theme
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual, Stage
from irnet.tree import resolve
from irnet.units import grid

_End = tuple[str, int, float]  # a branch's last box, its channels and its inches


def block(network: Network, stage: Stage, theme: Theme, index: int = 0, flow: Flow = "down") -> str:
    """DOT of one block of `stage`, from its input to its output.

    Raises
    ------
    ValueError
        If the stage has no block with this index.
    """
    return block_sheet(GraphBuilder(theme, flow), network, stage, index).text


def block_sheet(
    sheet: GraphBuilder, network: Network, stage: Stage, index: int = 0, title: str = "", *, shut: bool = False
) -> GraphBuilder:
    """`sheet` with one block of `stage` on it; `shut` draws every branch as one box.

    Raises
    ------
    ValueError
        If the stage has no block with this index.
    """
    if not 0 <= index < stage.repeat:
        raise ValueError(f"{network.name}: {stage.name} has {stage.repeat} blocks, so none has the number {index}")
    rows = {row.path: row for row in resolve(network).rows}
    path = f"{stage.name}.{index}"
    drawing = Drawing(sheet, rows, (lambda _, level: level is None) if shut else None)
    last = inside(drawing, stage.node, path, "input")
    sheet.words("output", f"output  {grid(out_shape(drawing.rows, stage.node, path))}", "output")
    sheet.arrow(End(last, "out"), End("output"), weight=20)
    repeats = f", {index + 1} of {stage.repeat}" if stage.repeat > 1 else ""
    return sheet.close(title or f"{stage.title}{repeats}  ·  {network.label}  ·  {stage.source.ref}")


def inside(drawing: Drawing, node: Node, path: str, name: str, column: str = "main") -> str:
    """Draw a block under a bar for its input, which is called `name`; return the id of its last box."""
    given = next(row for row in drawing.rows.values() if row.path == path or row.path.startswith(f"{path}.")).in_shape
    drawing.sheet.bar(
        name, f"input  {grid(given)}", "other", description=f"input {grid(given)}", below=drawing.first(node)
    )
    return _draw(drawing, node, path, ArrowStart(name, bar=True), column, ()).path


def _draw(
    drawing: Drawing, node: Node, path: str, tip: ArrowStart, column: str, following: Spans, port: int = 0
) -> ArrowStart:
    """Draw `node` under `tip`; `following` are the branches that will hang below it. Return the new tip."""
    match node:
        case Conv() | Pool():
            return leaf(drawing, node, path, tip, column, port)
        case Chain(nodes):
            for i, child in enumerate(nodes):
                after = nodes[i + 1] if i + 1 < len(nodes) else None
                below = drawing.first(after) if isinstance(after, Fork) else following if after is None else ()
                tip = _draw(drawing, child, f"{path}.{i}", tip, column, below, port if i == 0 else 0)
            return tip
        case Fork():
            return _fork(drawing, node, path, tip, column, following, port)
        case Residual():
            return _residual(drawing, node, path, tip, column)
        case _:
            assert_never(node)


def _fork(
    drawing: Drawing, node: Fork, path: str, tip: ArrowStart, column: str, following: Spans, port: int
) -> ArrowStart:
    ends = _branches(drawing, node, path, tip, column, port)
    row, name = drawing.rows[path], drawing.bar(path, "concat")
    text = f"concat  {' + '.join(str(width) for _, width, _ in ends)} = {grid(row.out_shape)}"
    spans = tuple(span for _, _, span in ends)
    description = f"{path}: concat, {grid(row.out_shape)}"
    drawing.sheet.bar(name, text, "concat", description=description, above=spans, below=following, column=column)
    for i, (last, _, _) in enumerate(ends):
        drawing.sheet.arrow(End(last, "out"), End(name, "in", f"t{i}"), weight=8)
    return ArrowStart(name, bar=bool(following))


def _branches(drawing: Drawing, node: Fork, path: str, tip: ArrowStart, column: str, port: int) -> list[_End]:
    """Draw every branch; return where each ends, those of an inner fork one by one.

    As in Figure 6, an inner concatenation that ends a branch is drawn as part of the outer one.
    """
    ends: list[_End] = []
    for i, child in enumerate(node.branches):
        inside, name = f"{path}.b{i}", f"{column}.b{i}"
        start = port + i if tip.bar else 0
        if isinstance(child, Chain) and len(child.nodes) > 1 and drawing.shut(inside):
            last = branch(drawing, child, inside, tip, name, start)
            ends.append((last.path, out_shape(drawing.rows, child, inside)[0], drawing.sheet.box_span))
            continue
        with drawing.frame(child, inside):
            if isinstance(child, Chain) and isinstance(child.nodes[-1], Fork):
                body, inner = Chain(child.nodes[:-1]), child.nodes[-1]
                last = _draw(drawing, body, inside, tip, name, (), start)
                ends += _branches(drawing, inner, f"{inside}.{len(body.nodes)}", last, name, 0)
            else:
                last = _draw(drawing, child, inside, tip, name, (), start)
                ends.append((last.path, out_shape(drawing.rows, child, inside)[0], drawing.span(child)))
    return ends


def _residual(drawing: Drawing, node: Residual, path: str, tip: ArrowStart, column: str) -> ArrowStart:
    sheet, row = drawing.sheet, drawing.rows[path]
    inner = _draw(drawing, node.body, f"{path}.body", tip, column, ())
    up, scale, name = f"{path}.project", f"{path}.scale", drawing.bar(path, "add")
    sheet.box(
        up,
        f"1x1 conv {row.out_shape[0]} linear",
        "restores the depth; no ReLU",
        "linear",
        description=f"{up}: {drawing.rows[up].notation}, bias, no batch norm, no ReLU",
        column=column,
        wide=2.0,
    )
    sheet.arrow(End(inner.path, "out"), End(up, "in"), weight=20)
    sheet.box(
        scale, f"x {node.scale:g}", "", "sum", description=f"{scale}: times {node.scale:g}", column=column, wide=0.8
    )
    sheet.arrow(End(up, "out"), End(scale, "in"), weight=20)
    branches = sheet.total(drawing.first(node)[:-1])
    text = f"sum:  input + {node.scale:g} x residual,  {_then(node)}"
    sheet.bar(
        name,
        text,
        "sum",
        description=f"{path}: {row.notation}{'' if node.norm else ', no batch norm after it'}",
        above=(branches, sheet.lane),
        column=column,
    )
    sheet.arrow(End(scale, "out"), End(name, "in", "t0"), weight=20)
    lane = len(drawing.first(node)) - 1
    shortcut = f'color="{sheet.theme.shortcut}" penwidth=1.8 arrowsize=0.7'
    sheet.arrow(tip.port(lane), End(name, "in", "t1"), weight=2, extra=shortcut)
    return ArrowStart(name)


def _then(node: Residual) -> str:
    """What follows the sum, for its bar."""
    norm, relu = ("then batch norm, " if node.norm else ""), ("ReLU" if node.relu else "no ReLU")
    return f"{norm}{'then ' if node.relu and not node.norm else ''}{relu}"
