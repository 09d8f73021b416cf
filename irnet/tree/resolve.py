"""Walk a network once, from its input shape, and write down every box and every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from math import prod
from typing import Literal, NamedTuple, assert_never

from irnet.spec import (
    Chain,
    Conv,
    Fork,
    Kernel,
    Network,
    Node,
    Padding,
    Pool,
    Residual,
    Shape,
    Source,
    Stage,
    pair,
    parts,
)
from irnet.tree.box import WEIGHTED, Box, Illegal, Level, Op, Row, Rows, TooSmall, Tree
from irnet.tree.field import ReceptiveField, Sides
from irnet.tree.labels import after_sum, describe_operation, notation, short_notation
from irnet.tree.paths import name_of

UNITS = (("conv", "convolution without bias"), ("bn", "batch norm"), ("relu", "ReLU"))  # modules of a convolution


def resolve(network: Network) -> Tree:
    """Every box of `network` with its shapes, counts and receptive field; its steps, in order, are `Tree.rows`.

    Raises
    ------
    ValueError
        If the input is too small (the message names the first block that fails, the size there and the smallest
        input that works), or if branches end on different grids; the message starts with the path.

    Examples
    --------
    >>> from irnet.models import network
    >>> tree = resolve(network("inception_resnet_v2"))
    >>> tree["block_b.0.body.b1.1"].aria_label
    '1x7 convolution, 160 filters, step 2 of 3, branch 2 of 2 of Inception-ResNet-B 1 of 10'
    >>> sum(row.params for row in resolve(network("inception_v4")).rows)
    42679816
    """
    prose = ((stage.title, stage.part, stage.source) for stage in network.stages)
    return _resolve_once(network, (network.name, network.source, network.head.source, *prose))


@lru_cache(maxsize=64)
def _resolve_once(network: Network, _prose: tuple[object, ...]) -> Tree:
    """The tree of a network; boxes carry titles and sources, which take no part in a network's identity."""
    try:
        return _Walk(network).tree()
    except TooSmall as error:
        height, width = network.input_shape[1:]
        raise Illegal(
            error.path,
            f"an input of {height}x{width} pixels is too small for {network.name}: {error}; "
            f"each side needs at least {smallest_input(network)} pixels",
        ) from None


@lru_cache(maxsize=64)
def smallest_input(network: Network) -> int:
    """The smallest side, in pixels, of a square input that every window of `network` fits into.

    Examples
    --------
    >>> from irnet.models import network
    >>> smallest_input(network("inception_v4"))
    75
    """
    least: Sides = (1, 1)
    for stage in reversed(network.stages):
        for _ in range(stage.repeat):
            least = _input_for(stage.node, least)
    return max(least)


def _input_for(node: Node, out: Sides) -> Sides:
    """The smallest grid that `node` makes a grid of `out` from, or a larger one."""
    if isinstance(node, Conv | Pool):
        height, width = (
            max(1, (size - 1) * node.stride + side - 2 * edge)
            for size, side, edge in zip(out, pair(node.kernel), _edges(pair(node.kernel), node.padding), strict=True)
        )
        return height, width
    if isinstance(node, Chain):
        for _, child in reversed(parts(node)):
            out = _input_for(child, out)
        return out
    each = [_input_for(child, out) for _, child in parts(node)]  # side by side, and in a residual beside the input
    return max(out[0], *(height for height, _ in each)), max(out[1], *(width for _, width in each))


def sum_shape(path: str, x: Shape, residual: Shape) -> Shape:
    """The (C, H, W) shape of x + residual, which is that of both.

    Raises
    ------
    ValueError
        If the two differ; the message starts with the path.

    Examples
    --------
    >>> sum_shape("block_b.0", (1152, 17, 17), (1152, 17, 17))
    (1152, 17, 17)
    """
    if residual[1:] != x[1:]:
        raise Illegal(path, f"{path}: cannot add a grid of {residual[1:]} to a grid of {x[1:]}")
    if residual[0] != x[0]:
        raise Illegal(path, f"{path}: cannot add {residual[0]} channels to {x[0]}")
    return x


class _Flow(NamedTuple):
    """What runs along an edge of the tree."""

    shape: Shape
    field: ReceptiveField


class _Place(NamedTuple):
    """Where a box stands."""

    path: str
    parent: str
    level: Level
    words: str  # how the place is said: "branch 2 of 4 of Inception-B"

    def inside(self, step: str, level: Level, words: str) -> _Place:
        """A place in this one."""
        return _Place(f"{self.path}.{step}", self.path, level, words)


class _Walk:
    """One walk over a network, which collects its rows and boxes."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.rows: list[Row] = []
        self.boxes: dict[str, Callable[[], Box] | None] = {}  # an outer box has its place before what is inside it
        self.stage, self.block, self.source = "", 0, network.source

    def tree(self) -> Tree:
        """The whole tree."""
        flow = _Flow(self.network.input_shape, ReceptiveField())
        for stage in self.network.stages:
            flow = self._of_stage(stage, flow)
        self.stage, self.block, self.source = "", 0, self.network.head.source
        self._of_head(flow)
        return Tree(self.network, Rows(self.rows), {path: make for path, make in self.boxes.items() if make})

    def _of_stage(self, stage: Stage, x: _Flow) -> _Flow:
        if not stage.repeat:
            return x
        self.stage, self.source, many, start = stage.name, stage.source, stage.repeat > 1, len(self.rows)
        self.boxes[stage.name] = None
        for i in range(stage.repeat):
            self.block = i
            which = f"{stage.title} {i + 1} of {stage.repeat}" if many else stage.title
            x = self._node(stage.node, _Place(f"{stage.name}.{i}", stage.name, "block", which), x)
        self.block = 0
        self._box(
            _Place(stage.name, "", "stage", ""),
            f"{stage.repeat} x {stage.title}" if many else stage.title,
            f"{stage.title}, {stage.repeat} blocks" if many else stage.title,
            tuple(self.rows[start:]),
            [f"{stage.name}.{i}" for i in range(stage.repeat)],
        )
        return x

    def _node(self, node: Node, place: _Place, x: _Flow) -> _Flow:
        """The boxes and rows of one node; its output."""
        self.boxes[place.path] = None  # its place, before what is inside it
        match node:
            case Conv(filters, kernel, stride, padding):
                out = _slide(place.path, x, filters, kernel, stride, padding)
                weights = filters * x.shape[0] * prod(pair(kernel))
                row = self._row(
                    place, "conv", notation(node), x, out, weights + 2 * filters, weights * prod(out.shape[1:])
                )
                self._leaf(node, place, row)
                return out
            case Pool(op, kernel, stride, padding):
                out = _slide(place.path, x, x.shape[0], kernel, stride, padding)
                self._leaf(
                    node, place, self._row(place, "max_pool" if op == "max" else "avg_pool", notation(node), x, out)
                )
                return out
            case Chain(nodes):
                return self._chain(node, place, x, len(nodes))
            case Fork(branches):
                return self._fork(node, place, x, len(branches))
            case Residual():
                return self._residual(node, place, x)
            case _:
                assert_never(node)

    def _chain(self, node: Chain, place: _Place, x: _Flow, count: int) -> _Flow:
        start = len(self.rows)
        for i, (step, child) in enumerate(parts(node)):
            x = self._node(child, place.inside(step, "step", f"step {i + 1} of {count}, {place.words}"), x)
        self._group(node, place, f"{count} steps", start, [f"{place.path}.{step}" for step, _ in parts(node)])
        return x

    def _fork(self, node: Fork, place: _Place, x: _Flow, count: int) -> _Flow:
        start = len(self.rows)
        ends = [
            self._node(child, place.inside(step, "branch", f"branch {i + 1} of {count} of {place.words}"), x)
            for i, (step, child) in enumerate(parts(node))
        ]
        out = _concat(place.path, ends)
        row = self._row(place, "concat", " + ".join(str(end.shape[0]) for end in ends), x, out)
        self._merge(place, "concat", f"concat {row.notation}", row)
        steps = (*(step for step, _ in parts(node)), "concat")
        self._group(node, place, f"{count} branches", start, [f"{place.path}.{step}" for step in steps])
        return out

    def _residual(self, node: Residual, place: _Place, x: _Flow) -> _Flow:
        start, path, width = len(self.rows), place.path, x.shape[0]
        inner = self._node(node.body, place.inside("body", "step", place.words), x)
        weights = inner.shape[0] * width
        up = _Flow((width, *inner.shape[1:]), inner.field)
        out = _Flow(sum_shape(path, x.shape, up.shape), x.field.merged(inner.field))
        steps: tuple[tuple[str, Op, str, _Flow, _Flow, int, int], ...] = (
            ("project", "project", f"1x1 conv {width} linear", inner, up, weights + width, weights * prod(x.shape[1:])),
            ("scale", "scale", f"x {node.scale:g}", up, up, 0, 0),
        )
        for name, op, text, given, put, params, macs in steps:
            step = place.inside(name, "step", place.words)
            self._merge(place, name, text, self._row(step, op, text, given, put, params, macs))
        text = ", ".join((f"x + {node.scale:g} residual", *after_sum(node)))
        self._merge(place, "add", text, self._row(place, "add", text, x, out, 2 * width if node.norm else 0))
        self._group(node, place, "", start, [f"{path}.{part}" for part in ("body", "project", "scale", "add")])
        return out

    def _of_head(self, x: _Flow) -> None:
        head, (width, *grid) = self.network.head, x.shape
        pooled = _Flow((width, 1, 1), x.field.after((grid[0], grid[1]), 1, (0, 0)))
        self._layer("pool", "global_pool", "average over the grid", x, pooled)
        self._layer("dropout", "dropout", f"dropout, keep {1 - head.dropout:g}", pooled, pooled)
        x = pooled
        for name, wide, text, more in (
            ("embedding", head.embedding, f"linear {head.embedding}, batch norm, no ReLU", 2),
            ("classifier", head.classes, f"linear {head.classes}", 1),
        ):
            if wide:
                weights, out = x.shape[0] * wide, _Flow((wide, 1, 1), x.field)
                self._layer(name, "linear", text, x, out, weights + more * wide, weights)
                x = out
        if head.embedding and not head.classes:
            self._layer("normalize", "normalize", "to unit length", x, x)

    def _layer(self, name: str, op: Op, text: str, x: _Flow, out: _Flow, params: int = 0, macs: int = 0) -> None:
        place = _Place(name, "", "stage", "")
        self._box(place, text, text, (self._row(place, op, text, x, out, params, macs),), op=op)

    def _row(self, place: _Place, op: Op, text: str, x: _Flow, out: _Flow, params: int = 0, macs: int = 0) -> Row:
        row = Row(
            path=place.path,
            op=op,
            notation=text,
            in_shape=x.shape,
            out_shape=out.shape,
            params=params,
            macs=macs,
            in_field=x.field,
            field=out.field,
        )
        self.rows.append(row)
        return row

    def _leaf(self, node: Conv | Pool, place: _Place, row: Row) -> None:
        """The box of a convolution or pooling, and of a convolution's modules."""
        units = [f"{place.path}.{unit}" for unit, _ in UNITS] if isinstance(node, Conv) else []
        label = f"{describe_operation(node)}, {place.words}"
        self._box(place, row.notation, label, (row,), units, op=row.op, node=node)
        for unit, (name, _) in enumerate(UNITS if units else ()):
            where = self.stage, self.block, self.source
            self.boxes[f"{place.path}.{name}"] = partial(_unit_of, unit, place, row, *where)

    def _merge(self, place: _Place, name: str, title: str, row: Row) -> None:
        """The box of one row inside `place` that no node stands for: concatenation, linear convolution, scale, sum."""
        self._box(place.inside(name, "step", place.words), title, f"{title}, {place.words}", (row,), op=row.op)

    def _group(self, node: Node, place: _Place, what: str, start: int, children: Sequence[str]) -> None:
        label = f"{what}, {place.words}" if what and place.level != "block" else place.words
        self._box(place, short_notation(node), label, tuple(self.rows[start:]), children, node=node)

    def _box(
        self,
        place: _Place,
        title: str,
        label: str,
        rows: tuple[Row, ...],
        children: Sequence[str] = (),
        *,
        op: Op | None = None,
        node: Node | None = None,
    ) -> None:
        lone = rows[0] if len(rows) == 1 else None
        counts = (lone.params, lone.macs, lone.activation_elements) if lone else None
        shapes = rows[0].in_shape, rows[-1].out_shape
        self._put(place, title, label, op or "group", shapes, counts, rows, tuple(children), node)

    def _put(
        self,
        place: _Place,
        title: str,
        label: str,
        op: Op | Literal["group", "norm", "relu"],
        shapes: tuple[Shape, Shape],
        counts: tuple[int, int, int] | None,
        rows: tuple[Row, ...],
        children: tuple[str, ...] = (),
        node: Node | None = None,
    ) -> None:
        """Write down how a box is made; whoever asks for rows alone does not wait for it."""
        where = self.stage, self.block, self.source
        self.boxes[place.path] = partial(_box_of, place, title, label, op, shapes, counts, rows, children, node, *where)


def _box_of(
    place: _Place,
    title: str,
    label: str,
    op: Op | Literal["group", "norm", "relu"],
    shapes: tuple[Shape, Shape],
    counts: tuple[int, int, int] | None,
    rows: tuple[Row, ...],
    children: tuple[str, ...],
    node: Node | None,
    stage: str,
    block: int,
    source: Source,
) -> Box:
    params, macs, elements = counts or _sums(rows)
    return Box(
        path=place.path,
        name=name_of(place.path),
        node=node,
        level=place.level,
        title=title,
        aria_label=label,
        parent=place.parent,
        children=children,
        op=op,
        in_shape=shapes[0],
        out_shape=shapes[1],
        params=params,
        macs=macs,
        activation_elements=elements,
        rows=rows,
        stage=stage,
        block=block,
        source=source,
    )


def _unit_of(unit: int, place: _Place, row: Row, stage: str, block: int, source: Source) -> Box:
    """The box of one of the modules that a convolution consists of."""
    norm = 2 * row.out_shape[0]
    ops: tuple[Literal["conv", "norm", "relu"], ...] = ("conv", "norm", "relu")
    counts = ((row.params - norm, row.macs), (norm, 0), (0, 0))[unit]
    name, title = UNITS[unit]
    inner = place.inside(name, "unit", f"{title} of {row.notation}, {place.words}")
    shapes = row.in_shape if name == "conv" else row.out_shape, row.out_shape
    sums = (*counts, row.activation_elements)
    return _box_of(inner, title, inner.words, ops[unit], shapes, sums, (row,), (), None, stage, block, source)


def _sums(rows: tuple[Row, ...]) -> tuple[int, int, int]:
    """Parameters, MACs, and the numbers that convolutions and linear layers put out."""
    params, macs = sum([row.params for row in rows]), sum([row.macs for row in rows])
    return params, macs, sum([row.activation_elements for row in rows if row.op in WEIGHTED])


def _slide(path: str, x: _Flow, channels: int, kernel: Kernel, stride: int, padding: Padding) -> _Flow:
    """The output of a window of `kernel` pixels that slides over `x`."""
    sides = pair(kernel)
    around = _edges(sides, padding)
    _, height, width = x.shape
    height = _side(path, height, sides[0], stride, around[0])
    width = _side(path, width, sides[1], stride, around[1])
    return _Flow((channels, height, width), x.field.after(sides, stride, around))


def _edges(kernel: Sides, padding: Padding) -> Sides:
    """Pixels added at the top and bottom each, and left and right."""
    return (kernel[0] // 2, kernel[1] // 2) if padding == "same" else (0, 0)


def _side(path: str, size: int, kernel: int, stride: int, edge: int) -> int:
    if kernel > size + 2 * edge:
        raise TooSmall(path, f"{path}: a kernel of {kernel} does not fit in {size} pixels")
    return (size + 2 * edge - kernel) // stride + 1


def _concat(path: str, ends: list[_Flow]) -> _Flow:
    grids = {end.shape[1:] for end in ends}
    if len(grids) > 1:
        sizes = ", ".join(f"{height}x{width}" for height, width in sorted(grids))
        raise Illegal(path, f"{path}: branches end on different grids: {sizes}")
    height, width = grids.pop()
    return _Flow((sum(end.shape[0] for end in ends), height, width), ends[0].field.merged(*(e.field for e in ends[1:])))
