"""One block of a stage in the paper's look: branches side by side, bars, the shortcut round the side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from irnet.diagrams.sheet import BOX, Sheet, Spans, end, total
from irnet.diagrams.theme import Theme, conv_kind
from irnet.resolve import Row, notation, resolve
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual, Stage
from irnet.units import grid

LANE = 0.5  # inches: the shortcut's lane beside the branches


@dataclass(frozen=True, slots=True)
class _Tip:
    """Where the next arrow starts: a node, its ports below (one a branch of what follows), and its width in inches."""

    path: str
    bar: bool = False

    def port(self, i: int) -> str:
        return end(self.path, f"b{i}:s") if self.bar else end(self.path, "s")


@dataclass(slots=True)
class _Drawing:
    sheet: Sheet
    rows: dict[str, Row]


def block(network: Network, stage: Stage, theme: Theme, index: int = 0) -> str:
    """DOT of one block of `stage`, from its input to its output.

    Raises
    ------
    ValueError
        If the stage has no block with this index.
    """
    if not 0 <= index < stage.repeat:
        raise ValueError(f"{network.name}: {stage.name} has {stage.repeat} blocks, so none has the number {index}")
    rows = {row.path: row for row in resolve(network)}
    path = f"{stage.name}.{index}"
    drawing = _Drawing(Sheet(theme), rows)
    given = next(row for row in rows.values() if row.path == path or row.path.startswith(f"{path}.")).in_shape
    drawing.sheet.bar("input", f"input  {grid(given)}", "other", told=f"input {grid(given)}", below=_first(stage.node))
    last = _draw(drawing, stage.node, path, _Tip("input", bar=True), "main", ())
    drawing.sheet.words("output", f"output  {grid(_out(drawing, stage.node, path))}", "output")
    drawing.sheet.arrow(end(last.path, "s"), end("output"), weight=20)
    repeats = f", {index + 1} of {stage.repeat}" if stage.repeat > 1 else ""
    return drawing.sheet.dot(f"{stage.title}{repeats}  ·  {network.label}  ·  {stage.source.ref}")


def _first(node: Node) -> Spans:
    """Widths in inches of the branches that read the input of `node`."""
    match node:
        case Fork(branches):
            return tuple(map(_span, branches))
        case Chain(nodes):
            return _first(nodes[0]) if isinstance(nodes[0], Fork) else (_span(node),)
        case Residual(body):
            return (*_first(body), LANE)
        case _:
            return (BOX,)


def _span(node: Node) -> float:
    """Inches that `node` takes from side to side."""
    match node:
        case Fork(branches):
            return total(tuple(map(_span, branches)))
        case Chain(nodes):
            return max(map(_span, nodes))
        case Residual():
            return total(_first(node))
        case _:
            return BOX


def _out(drawing: _Drawing, node: Node, path: str) -> tuple[int, int, int]:
    """Shape (C, H, W) that `node` puts out; a chain has no row of its own."""
    if isinstance(node, Chain):
        return _out(drawing, node.nodes[-1], f"{path}.{len(node.nodes) - 1}")
    return drawing.rows[path].out_shape


def _draw(drawing: _Drawing, node: Node, path: str, tip: _Tip, column: str, following: Spans, port: int = 0) -> _Tip:
    """Draw `node` under `tip`; `following` are the branches that will hang below it. Return the new tip."""
    match node:
        case Conv() | Pool():
            return _leaf(drawing, node, path, tip, column, port)
        case Chain(nodes):
            for i, child in enumerate(nodes):
                after = nodes[i + 1] if i + 1 < len(nodes) else None
                below = _first(after) if isinstance(after, Fork) else following if after is None else ()
                tip = _draw(drawing, child, f"{path}.{i}", tip, column, below, port if i == 0 else 0)
            return tip
        case Fork():
            return _fork(drawing, node, path, tip, column, following, port)
        case Residual():
            return _residual(drawing, node, path, tip, column)
        case _:
            assert_never(node)


def _leaf(drawing: _Drawing, node: Conv | Pool, path: str, tip: _Tip, column: str, port: int) -> _Tip:
    row = drawing.rows[path]
    told = f"{path}: {row.notation}, {grid(row.in_shape)} to {grid(row.out_shape)}"
    kind = conv_kind(node.kernel) if isinstance(node, Conv) else "pool"
    drawing.sheet.box(path, notation(node), grid(row.out_shape), kind, told=told, column=column)
    drawing.sheet.arrow(tip.port(port), end(path, "n"), weight=20)
    return _Tip(path)


def _fork(drawing: _Drawing, node: Fork, path: str, tip: _Tip, column: str, following: Spans, port: int) -> _Tip:
    ends = _branches(drawing, node, path, tip, column, port)
    row = drawing.rows[path]
    text = f"concat  {' + '.join(str(width) for _, width in ends)} = {grid(row.out_shape)}"
    spans = _leaves(node)
    drawing.sheet.bar(
        path, text, "concat", told=f"{path}: concat, {grid(row.out_shape)}", above=spans, below=following, column=column
    )
    for i, (last, _) in enumerate(ends):
        drawing.sheet.arrow(end(last, "s"), end(path, f"t{i}:n"), weight=8)
    return _Tip(path, bar=bool(following))


def _branches(drawing: _Drawing, node: Fork, path: str, tip: _Tip, column: str, port: int) -> list[tuple[str, int]]:
    """Draw every branch; return the last box of each and its channels, those of an inner fork one by one.

    As in Figure 6, an inner concatenation that ends a branch is drawn as part of the outer one.
    """
    ends: list[tuple[str, int]] = []
    for i, child in enumerate(node.branches):
        inside, name = f"{path}.b{i}", f"{column}.b{i}"
        start = port + i if tip.bar else 0
        if isinstance(child, Chain) and isinstance(child.nodes[-1], Fork):
            body, inner = Chain(child.nodes[:-1]), child.nodes[-1]
            last = _draw(drawing, body, inside, tip, name, (), start)
            ends += _branches(drawing, inner, f"{inside}.{len(body.nodes)}", last, name, 0)
        else:
            last = _draw(drawing, child, inside, tip, name, (), start)
            ends.append((last.path, drawing.rows[last.path].out_shape[0]))
    return ends


def _leaves(node: Fork) -> Spans:
    """Widths of the columns that reach the concatenation, those of inner forks one by one."""
    spans: list[float] = []
    for child in node.branches:
        inner = child.nodes[-1] if isinstance(child, Chain) else child
        spans += _leaves(inner) if isinstance(inner, Fork) else (_span(child),)
    return tuple(spans)


def _residual(drawing: _Drawing, node: Residual, path: str, tip: _Tip, column: str) -> _Tip:
    sheet, row = drawing.sheet, drawing.rows[path]
    inner = _draw(drawing, node.body, f"{path}.body", tip, column, ())
    up, scale = f"{path}.project", f"{path}.scale"
    sheet.box(
        up,
        f"1x1 conv {row.out_shape[0]} linear",
        "restores the depth; no ReLU",
        "linear",
        told=f"{up}: {drawing.rows[up].notation}, bias, no batch norm, no ReLU",
        column=column,
        wide=2.0,
    )
    sheet.arrow(end(inner.path, "s"), end(up, "n"), weight=20)
    sheet.box(scale, f"x {node.scale:g}", "", "sum", told=f"{scale}: times {node.scale:g}", column=column, wide=0.8)
    sheet.arrow(end(up, "s"), end(scale, "n"), weight=20)
    branches = total(_first(node)[:-1])
    text = f"sum:  input + {node.scale:g} x residual,  {'then ReLU' if node.relu else 'no ReLU'}"
    sheet.bar(
        path, text, "sum", told=f"{path}: {row.notation}, no batch norm after it", above=(branches, LANE), column=column
    )
    sheet.arrow(end(scale, "s"), end(path, "t0:n"), weight=20)
    lane = len(_first(node)) - 1
    shortcut = f'color="{sheet.theme.shortcut}" penwidth=1.8 arrowsize=0.7'
    sheet.arrow(tip.port(lane), end(path, "t1:n"), weight=2, extra=shortcut)
    return _Tip(path)
