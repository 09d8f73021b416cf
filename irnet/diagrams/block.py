"""One block of a stage in the paper's look: branches side by side, bars, the shortcut round the side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import assert_never

from irnet.diagrams.bars import Spans
from irnet.diagrams.sheet import End, Flow, Sheet
from irnet.diagrams.theme import Kind, Theme, conv_kind
from irnet.resolve import Row, notation, resolve
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual, Shape, Stage, pair
from irnet.units import grid

BRANCH, STEP = 1, 2  # indices of levels of boxes, after stages
_End = tuple[str, int, float]  # a branch's last box, its channels and its inches


@dataclass(frozen=True, slots=True)
class _Tip:
    """Where the next arrow starts: a node and, if it is a bar, its ports, one a branch of what follows."""

    path: str
    bar: bool = False

    def port(self, i: int) -> End:
        return End(self.path, "out", f"b{i}" if self.bar else "")


@dataclass(slots=True)
class Drawing:
    """A sheet, and what is open on it; without `is_open`, steps are shown and the units inside them are not."""

    sheet: Sheet
    rows: dict[str, Row]
    is_open: Callable[[str, int | None], bool] | None = None  # of a path and the index of its level

    def shut(self, path: str) -> bool:
        """Whether the steps of a branch stand in one box."""
        return self.is_open is not None and not self.is_open(path, BRANCH)

    def shows_units(self, path: str) -> bool:
        """Whether a convolution is shown as convolution, norm and ReLU."""
        return self.is_open is not None and self.is_open(path, STEP)

    @contextmanager
    def frame(self, node: Node, path: str) -> Iterator[None]:
        """A frame round an open branch of several steps; none where all branches are open."""
        if self.is_open is None or not isinstance(node, Chain) or len(node.nodes) == 1:
            yield
            return
        with self.sheet.cluster(path, path.rpartition(".")[2], "branch", told=f"{path}: {len(node.nodes)} steps"):
            yield

    def bar(self, path: str, part: str) -> str:
        """The id of a bar: its row's, unless a frame round the block has that one."""
        return path if self.is_open is None else f"{path}.{part}"

    def first(self, node: Node) -> Spans:
        """Inches across the flow of the branches that read the input of `node`."""
        match node:
            case Fork(branches):
                return tuple(map(self.span, branches))
            case Chain(nodes):
                return self.first(nodes[0]) if isinstance(nodes[0], Fork) else (self.span(node),)
            case Residual(body):
                return (*self.first(body), self.sheet.lane)
            case _:
                return (self.sheet.box_span,)

    def span(self, node: Node) -> float:
        """Inches that `node` takes across the flow."""
        match node:
            case Fork(branches):
                return self.sheet.total(tuple(map(self.span, branches)))
            case Chain(nodes):
                return max(map(self.span, nodes))
            case Residual():
                return self.sheet.total(self.first(node))
            case _:
                return self.sheet.box_span


def block(network: Network, stage: Stage, theme: Theme, index: int = 0, flow: Flow = "down") -> str:
    """DOT of one block of `stage`, from its input to its output.

    Raises
    ------
    ValueError
        If the stage has no block with this index.
    """
    return block_sheet(Sheet(theme, flow), network, stage, index).text


def block_sheet(
    sheet: Sheet, network: Network, stage: Stage, index: int = 0, title: str = "", *, shut: bool = False
) -> Sheet:
    """`sheet` with one block of `stage` on it; `shut` draws every branch as one box.

    Raises
    ------
    ValueError
        If the stage has no block with this index.
    """
    if not 0 <= index < stage.repeat:
        raise ValueError(f"{network.name}: {stage.name} has {stage.repeat} blocks, so none has the number {index}")
    rows = {row.path: row for row in resolve(network)}
    path = f"{stage.name}.{index}"
    drawing = Drawing(sheet, rows, (lambda _, level: level is None) if shut else None)
    last = inside(drawing, stage.node, path, "input")
    sheet.words("output", f"output  {grid(out_shape(drawing.rows, stage.node, path))}", "output")
    sheet.arrow(End(last, "out"), End("output"), weight=20)
    repeats = f", {index + 1} of {stage.repeat}" if stage.repeat > 1 else ""
    return sheet.closed(title or f"{stage.title}{repeats}  ·  {network.label}  ·  {stage.source.ref}")


def inside(drawing: Drawing, node: Node, path: str, name: str, column: str = "main") -> str:
    """Draw a block under a bar for its input, which is called `name`; return the id of its last box."""
    given = next(row for row in drawing.rows.values() if row.path == path or row.path.startswith(f"{path}.")).in_shape
    drawing.sheet.bar(name, f"input  {grid(given)}", "other", told=f"input {grid(given)}", below=drawing.first(node))
    return _draw(drawing, node, path, _Tip(name, bar=True), column, ()).path


def out_shape(rows: Mapping[str, Row], node: Node, path: str) -> Shape:
    """Shape (C, H, W) that `node` puts out; a chain has no row of its own."""
    if isinstance(node, Chain):
        return out_shape(rows, node.nodes[-1], f"{path}.{len(node.nodes) - 1}")
    return rows[path].out_shape


def _draw(drawing: Drawing, node: Node, path: str, tip: _Tip, column: str, following: Spans, port: int = 0) -> _Tip:
    """Draw `node` under `tip`; `following` are the branches that will hang below it. Return the new tip."""
    match node:
        case Conv() | Pool():
            return _leaf(drawing, node, path, tip, column, port)
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


def _leaf(drawing: Drawing, node: Conv | Pool, path: str, tip: _Tip, column: str, port: int) -> _Tip:
    row = drawing.rows[path]
    if isinstance(node, Conv) and drawing.shows_units(path):
        return _units(drawing, node, path, tip, column, port)
    told = f"{path}: {row.notation}, {grid(row.in_shape)} to {grid(row.out_shape)}"
    kind = conv_kind(node.kernel) if isinstance(node, Conv) else "pool"
    drawing.sheet.box(path, notation(node), grid(row.out_shape), kind, told=told, column=column)
    drawing.sheet.arrow(tip.port(port), End(path, "in"), weight=20)
    return _Tip(path)


def _units(drawing: Drawing, node: Conv, path: str, tip: _Tip, column: str, port: int) -> _Tip:
    """A convolution as the three modules that it consists of."""
    row, sheet = drawing.rows[path], drawing.sheet
    units: tuple[tuple[str, str, Kind], ...] = (
        (f"{path}.conv", f"{row.notation}, no bias", conv_kind(node.kernel)),
        (f"{path}.bn", "batch norm", "norm"),
        (f"{path}.relu", "ReLU", "relu"),
    )
    with sheet.cluster(path, row.notation, conv_kind(node.kernel), told=f"{path}: {row.notation}"):
        last = tip.port(port)
        for unit, title, kind in units:
            sheet.box(unit, title, "", kind, told=f"{unit}: {title}", column=column)
            sheet.arrow(last, End(unit, "in"), weight=20)
            last = End(unit, "out")
    return _Tip(f"{path}.relu")


def _branch(drawing: Drawing, node: Chain, path: str, tip: _Tip, column: str, port: int) -> _Tip:
    """All steps of a branch in one box: kernels above, filters below."""
    kernels, filters = zip(*(_brief(child) for child in node.nodes), strict=True)
    shape = out_shape(drawing.rows, node, path)
    told = f"{path}: {' then '.join(kernels)}, to {grid(shape)}"
    detail = f"{' > '.join(filter(None, filters))},  {grid(shape)}"
    drawing.sheet.box(path, " > ".join(kernels), detail, "branch", told=told, column=column)
    drawing.sheet.arrow(tip.port(port), End(path, "in"), weight=20)
    return _Tip(path)


def _brief(node: Node) -> tuple[str, str]:
    """Kernel and filters of a step."""
    match node:
        case Conv(filters, kernel):
            return f"{pair(kernel)[0]}x{pair(kernel)[1]}", str(filters)
        case Pool(op):
            return f"{op} pool", ""
        case Fork(branches):
            return f"{len(branches)} branches", ""
        case Chain() | Residual():
            return "...", ""
        case _:
            assert_never(node)


def _fork(drawing: Drawing, node: Fork, path: str, tip: _Tip, column: str, following: Spans, port: int) -> _Tip:
    ends = _branches(drawing, node, path, tip, column, port)
    row, name = drawing.rows[path], drawing.bar(path, "concat")
    text = f"concat  {' + '.join(str(width) for _, width, _ in ends)} = {grid(row.out_shape)}"
    spans = tuple(span for _, _, span in ends)
    told = f"{path}: concat, {grid(row.out_shape)}"
    drawing.sheet.bar(name, text, "concat", told=told, above=spans, below=following, column=column)
    for i, (last, _, _) in enumerate(ends):
        drawing.sheet.arrow(End(last, "out"), End(name, "in", f"t{i}"), weight=8)
    return _Tip(name, bar=bool(following))


def _branches(drawing: Drawing, node: Fork, path: str, tip: _Tip, column: str, port: int) -> list[_End]:
    """Draw every branch; return where each ends, those of an inner fork one by one.

    As in Figure 6, an inner concatenation that ends a branch is drawn as part of the outer one.
    """
    ends: list[_End] = []
    for i, child in enumerate(node.branches):
        inside, name = f"{path}.b{i}", f"{column}.b{i}"
        start = port + i if tip.bar else 0
        if isinstance(child, Chain) and len(child.nodes) > 1 and drawing.shut(inside):
            last = _branch(drawing, child, inside, tip, name, start)
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


def _residual(drawing: Drawing, node: Residual, path: str, tip: _Tip, column: str) -> _Tip:
    sheet, row = drawing.sheet, drawing.rows[path]
    inner = _draw(drawing, node.body, f"{path}.body", tip, column, ())
    up, scale, name = f"{path}.project", f"{path}.scale", drawing.bar(path, "add")
    sheet.box(
        up,
        f"1x1 conv {row.out_shape[0]} linear",
        "restores the depth; no ReLU",
        "linear",
        told=f"{up}: {drawing.rows[up].notation}, bias, no batch norm, no ReLU",
        column=column,
        wide=2.0,
    )
    sheet.arrow(End(inner.path, "out"), End(up, "in"), weight=20)
    sheet.box(scale, f"x {node.scale:g}", "", "sum", told=f"{scale}: times {node.scale:g}", column=column, wide=0.8)
    sheet.arrow(End(up, "out"), End(scale, "in"), weight=20)
    branches = sheet.total(drawing.first(node)[:-1])
    text = f"sum:  input + {node.scale:g} x residual,  {_then(node)}"
    sheet.bar(
        name,
        text,
        "sum",
        told=f"{path}: {row.notation}{'' if node.norm else ', no batch norm after it'}",
        above=(branches, sheet.lane),
        column=column,
    )
    sheet.arrow(End(scale, "out"), End(name, "in", "t0"), weight=20)
    lane = len(drawing.first(node)) - 1
    shortcut = f'color="{sheet.theme.shortcut}" penwidth=1.8 arrowsize=0.7'
    sheet.arrow(tip.port(lane), End(name, "in", "t1"), weight=2, extra=shortcut)
    return _Tip(name)


def _then(node: Residual) -> str:
    """What follows the sum, for its bar."""
    norm, relu = ("then batch norm, " if node.norm else ""), ("ReLU" if node.relu else "no ReLU")
    return f"{norm}{'then ' if node.relu and not node.norm else ''}{relu}"
