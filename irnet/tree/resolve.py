"""Walk a network once, from its input shape, and write down every box and every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import Literal, NamedTuple, assert_never

from irnet.models import PRESETS, as_network
from irnet.spec import (
    Chain,
    Conv,
    Edit,
    Fork,
    Layer,
    Network,
    Node,
    Pool,
    Residual,
    Shape,
    Stage,
    Subgraph,
    edges,
    pair,
    parts,
    reach,
    with_ends,
)
from irnet.tree.box import Box, Illegal, Level, Op, ReceptiveField, Row, Rows, Sides, TooSmall, Tree
from irnet.tree.labels import (
    ACTIVATION_NAMES,
    after_sum,
    describe_operation,
    differing_blocks,
    notation,
    short_notation,
)
from irnet.tree.layers import layer_counts, sees_no_more


def resolve(network: Network | str) -> Tree:
    """Every box of a network with its shapes, counts and receptive field; its steps, in order, are `Tree.rows`.

    Parameters
    ----------
    network
        A network, or the name of a preset.

    Raises
    ------
    ValueError
        If it is no network, if the input is too small (the message names the first block that fails, the size there
        and the smallest input that works), or if branches end on different grids; the message starts with the path.

    Examples
    --------
    >>> tree = resolve("inception_resnet_v2")
    >>> tree["block_b.0.body.b1.1"].aria_label
    '1x7 convolution, 160 filters, step 2 of 3, branch 2 of 2 of Inception-ResNet-B 1 of 10'
    >>> sum(row.params for row in resolve("inception_v4").rows)
    42679816
    """
    network = as_network(network)
    prose = ((stage.title, stage.part, stage.source) for stage in network.stages)
    return _resolve_once(network, (network.name, network.source, network.head.source, network.origin, *prose))


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
            f"each side needs at least {smallest_input(network)} pixels{_fewer_reductions(network)}",
        ) from None


def _without_stride(node: Node) -> Node:
    return replace(node, stride=1) if isinstance(node, Conv | Pool) else node


def _fewer_reductions(network: Network) -> str:
    """The edits of as few of the first strides as make the input large enough; "" where they do not, or can't be."""
    edits: list[str] = []
    stages = list(network.stages) if network.name in PRESETS else []
    for i, stage in enumerate(stages):
        nodes = list(stage.node.nodes if isinstance(stage.node, Chain) else (stage.node,))
        for j, node in enumerate(nodes):
            nodes[j] = with_ends(node, _without_stride)
            if nodes[j] != node and stage.repeat:
                stages[i] = replace(stage, node=Chain(tuple(nodes)) if len(nodes) > 1 else nodes[0])
                where = f"{stage.name}.0.{j}" if len(nodes) > 1 else stage.name
                edits.append(Edit(where, "stride", 1).text)
                if smallest_input(replace(network, stages=tuple(stages))) <= min(network.input_shape[1:]):
                    return f", or the network fewer reductions: {', '.join(edits)}"
    return ""


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
        for one in network.auxiliary:
            if one.reads == stage.name:
                height, width = _input_for(one.stage.node, (1, 1))
                least = max(least[0], height), max(least[1], width)
        for node in reversed(stage.blocks):
            least = _input_for(node, least)
    return max(least)


def _input_for(node: Node, out: Sides) -> Sides:
    """The smallest grid that `node` makes a grid of `out` from, or a larger one."""
    if isinstance(node, Conv | Pool):
        top, bottom, left, right = edges(node)
        height, width = (
            max(1, (size - 1) * node.stride + side - edge)
            for size, side, edge in zip(out, reach(node), (top + bottom, left + right), strict=True)
        )
        return height, width
    if isinstance(node, Layer | Subgraph):
        return out
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


_LAYERS: dict[str, Op] = {"linear": "linear", "global_pool": "global_pool", "scale": "scale", "dropout": "dropout"}
_POOLS: dict[str, Op] = {"max": "max_pool", "avg": "avg_pool"}
Unit = tuple[str, Literal["conv", "norm", "relu"], str]  # name of a module of a convolution, what it does, its title


def units(node: Conv) -> tuple[Unit, ...]:
    """The modules that a convolution consists of.

    Examples
    --------
    >>> [name for name, _, _ in units(Conv(8))], units(Conv(8, bias=True, norm=False, activation=None))
    (['conv', 'bn', 'relu'], (('conv', 'conv', 'convolution with bias'),))
    """
    found: list[Unit] = [("conv", "conv", f"convolution {'with' if node.bias else 'without'} bias")]
    if node.norm:
        found.append(("bn", "norm", "batch norm"))
    if node.activation:
        found.append(("relu" if node.activation == "relu" else "activation", "relu", ACTIVATION_NAMES[node.activation]))
    return tuple(found)


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
        self.boxes: dict[str, Box | None] = {}  # an outer box has its place before what is inside it
        self.stage, self.block, self.source = "", 0, network.source
        self.modules = dict(network.origin.modules if network.origin else ())

    def tree(self) -> Tree:
        """The whole tree."""
        flow = _Flow(self.network.input_shape, ReceptiveField())
        for stage in self.network.stages:
            flow = self._of_stage(stage, flow)
            self._beside(stage.name, flow)
        self.stage, self.block, self.source = "", 0, self.network.head.source
        self._of_head(flow)
        return Tree(self.network, Rows(self.rows), {path: box for path, box in self.boxes.items() if box})

    def _of_stage(self, stage: Stage, x: _Flow) -> _Flow:
        if not stage.repeat:
            return x
        self.stage, self.source, many, start = stage.name, stage.source, stage.repeat > 1, len(self.rows)
        self.boxes[stage.name] = None
        nodes = stage.blocks
        blocks = [f"{stage.name}.{i}" for i in range(len(nodes))]
        for self.block, path in enumerate(blocks):
            which = f"{stage.title} {self.block + 1} of {stage.repeat}" if many else stage.title
            x = self._node(nodes[self.block], _Place(path, stage.name, "block", which), x)
        self.block = 0
        title = ", ".join(
            filter(None, (f"{stage.repeat} x {stage.title}" if many else stage.title, differing_blocks(stage)))
        )
        label = f"{stage.title}, {stage.repeat} blocks" if many else stage.title
        self._box(_Place(stage.name, "", "stage", ""), title, label, tuple(self.rows[start:]), blocks)
        return x

    def _beside(self, stage: str, x: _Flow) -> None:
        """The boxes of the auxiliary heads that read a stage; their rows are no steps of the forward pass."""
        main = self.rows
        for one in self.network.auxiliary:
            if one.reads == stage:
                self.rows = []
                self._of_stage(one.stage, x)
        self.rows = main

    def _node(self, node: Node, place: _Place, x: _Flow) -> _Flow:
        """The boxes and rows of one node; its output."""
        self.boxes[place.path] = None  # its place, before what is inside it
        match node:
            case Conv():
                out = self._conv(node, place, x)
            case Pool():
                out = self._pool(node, place, x)
            case Layer():
                out = self._other(node, place, x)
            case Subgraph():
                out = self._subgraph(node, place, x)
            case Chain():
                out = self._chain(node, place, x)
            case Fork():
                out = self._fork(node, place, x)
            case Residual():
                out = self._residual(node, place, x)
            case _:
                assert_never(node)
        return out

    def _conv(self, node: Conv, place: _Place, x: _Flow) -> _Flow:
        if x.shape[0] % node.groups:
            raise Illegal(place.path, f"{place.path}: {x.shape[0]} channels can't be split into {node.groups} groups")
        out = _slide(place.path, node, node.filters, x)
        weights = node.filters * x.shape[0] // node.groups * prod(pair(node.kernel))
        biases, normed = node.bias * node.filters, bool(node.norm) * node.filters
        text, label = notation(node), f"{describe_operation(node)}, {place.words}"
        params, macs = weights + biases + 2 * normed, weights * prod(out.shape[1:])
        row = self._row(place, "conv", text, x, out, params, macs, biases, normed)
        made = units(node)
        self._box(place, text, label, (row,), [f"{place.path}.{name}" for name, _, _ in made], op="conv", node=node)
        for name, op, title in made:
            inner = place.inside(name, "unit", f"{title} of {text}, {place.words}")
            self._box(inner, title, inner.words, (row,), op=op, has_norm=bool(node.norm))
        return out

    def _pool(self, node: Pool, place: _Place, x: _Flow) -> _Flow:
        out, op = _slide(place.path, node, x.shape[0], x), _POOLS[node.op]
        row = self._row(place, op, notation(node), x, out)
        self._box(place, row.notation, f"{describe_operation(node)}, {place.words}", (row,), op=op, node=node)
        return out

    def _other(self, node: Layer, place: _Place, x: _Flow) -> _Flow:
        """Any other layer."""
        shape, params, macs = layer_counts(node, x.shape)
        out = _Flow(shape, x.field if sees_no_more(node) else x.field.after(x.shape[1:], 1, (0, 0)))
        op, text = _LAYERS.get(node.kind, "layer"), notation(node)
        biases = shape[0] if node.kind == "linear" and node.setting("bias") else 0
        normed = params // 2 if node.kind == "batch_norm" else 0
        row = self._row(place, op, text, x, out, params, macs, biases, normed)
        self._box(place, text, f"{text}, {place.words}", (row,), op=op, node=node)
        return out

    def _subgraph(self, node: Subgraph, place: _Place, x: _Flow) -> _Flow:
        start, flows = len(self.rows), list[_Flow]()
        for (step, layer), sources in zip(parts(node), node.reads, strict=True):
            read = [x if source < 0 else flows[source] for source in sources]
            given = _Flow(read[0].shape, read[0].field.merged(*(one.field for one in read[1:])))
            flows.append(self._node(layer, place.inside(step, "step", f"operation {step} of {place.words}"), given))
        self._group(node, place, f"{len(flows)} operations", start, [step for step, _ in parts(node)])
        return flows[-1]

    def _chain(self, node: Chain, place: _Place, x: _Flow) -> _Flow:
        start, steps = len(self.rows), parts(node)
        for i, (step, child) in enumerate(steps):
            x = self._node(child, place.inside(step, "step", f"step {i + 1} of {len(steps)}, {place.words}"), x)
        self._group(node, place, f"{len(steps)} steps", start, [step for step, _ in steps])
        return x

    def _fork(self, node: Fork, place: _Place, x: _Flow) -> _Flow:
        start, branches = len(self.rows), parts(node)
        ends = [
            self._node(child, place.inside(step, "branch", f"branch {i + 1} of {len(branches)} of {place.words}"), x)
            for i, (step, child) in enumerate(branches)
        ]
        if node.merge == "concat":
            out, text = _concat(place.path, ends), " + ".join(str(end.shape[0]) for end in ends)
        else:
            out = _broadcast(place.path, ends)
            text = f"{'sum' if node.merge == 'add' else 'product'} of {len(ends)} branches"
        row = self._row(place, node.merge, text, x, out)
        self._merge(place, node.merge, f"concat {text}" if node.merge == "concat" else text, row)
        self._group(node, place, f"{len(branches)} branches", start, [*(step for step, _ in branches), node.merge])
        return out

    def _residual(self, node: Residual, place: _Place, x: _Flow) -> _Flow:
        start, width = len(self.rows), x.shape[0]
        inner = self._node(node.body, place.inside("body", "step", place.words), x)
        weights = inner.shape[0] * width
        up = _Flow((width, *inner.shape[1:]), inner.field)
        out = _Flow(sum_shape(place.path, x.shape, up.shape), x.field.merged(inner.field))
        steps: tuple[tuple[str, Op, str, _Flow, _Flow, int, int, int], ...] = (
            (
                "project",
                "project",
                f"1x1 conv {width} linear",
                inner,
                up,
                weights + width,
                weights * prod(x.shape[1:]),
                width,
            ),
            ("scale", "scale", f"x {node.scale:g}", up, up, 0, 0, 0),
        )
        for name, op, text, given, put, *counts in steps:
            step = place.inside(name, "step", place.words)
            self._merge(place, name, text, self._row(step, op, text, given, put, *counts))
        text, normed = ", ".join((f"x + {node.scale:g} residual", *after_sum(node))), width if node.norm else 0
        self._merge(place, "add", text, self._row(place, "add", text, x, out, 2 * normed, normed=normed))
        self._group(node, place, "", start, ["body", "project", "scale", "add"])
        return out

    def _of_head(self, x: _Flow) -> None:
        head, (width, height, across) = self.network.head, x.shape
        if not head.pools:
            return
        pooled = _Flow((width, 1, 1), x.field.after((height, across), 1, (0, 0)))
        self._layer("pool", "global_pool", "average over the grid", x, pooled)
        self._layer("dropout", "dropout", f"dropout, keep {1 - head.dropout:g}", pooled, pooled)
        x = pooled
        for name, wide, text, normed in (
            ("embedding", head.embedding, f"linear {head.embedding}, batch norm, no ReLU", head.embedding or 0),
            ("classifier", head.classes, f"linear {head.classes}", 0),
        ):
            if wide:
                weights, biases, out = x.shape[0] * wide, 0 if normed else wide, _Flow((wide, 1, 1), x.field)
                self._layer(name, "linear", text, x, out, weights + biases + 2 * normed, weights, biases, normed)
                x = out
        if head.embedding and not head.classes:
            self._layer("normalize", "normalize", "to unit length", x, x)

    def _layer(self, name: str, op: Op, text: str, x: _Flow, out: _Flow, *counts: int) -> None:
        place = _Place(name, "", "stage", "")
        self._box(place, text, text, (self._row(place, op, text, x, out, *counts),), op=op)

    def _row(
        self,
        place: _Place,
        op: Op,
        text: str,
        x: _Flow,
        out: _Flow,
        params: int = 0,
        macs: int = 0,
        biases: int = 0,
        normed: int = 0,
    ) -> Row:
        row = Row(
            path=place.path,
            op=op,
            notation=text,
            in_shape=x.shape,
            out_shape=out.shape,
            params=params,
            macs=macs,
            biases=biases,
            normed=normed,
            in_field=x.field,
            field=out.field,
        )
        self.rows.append(row)
        return row

    def _merge(self, place: _Place, name: str, title: str, row: Row) -> None:
        """The box of one row inside `place` that no node stands for: concatenation, linear convolution, scale, sum."""
        self._box(place.inside(name, "step", place.words), title, f"{title}, {place.words}", (row,), op=row.op)

    def _group(self, node: Node, place: _Place, what: str, start: int, steps: Sequence[str]) -> None:
        label = f"{what}, {place.words}" if what and place.level != "block" else place.words
        children = [f"{place.path}.{step}" for step in steps]
        self._box(place, short_notation(node), label, tuple(self.rows[start:]), children, node=node)

    def _box(
        self,
        place: _Place,
        title: str,
        label: str,
        rows: tuple[Row, ...],
        children: Sequence[str] = (),
        *,
        op: Op | Literal["group", "norm", "relu"] = "group",
        node: Node | None = None,
        has_norm: bool = True,
    ) -> None:
        self.boxes[place.path] = Box(
            path=place.path,
            node=node,
            level=place.level,
            title=title,
            aria_label=label,
            parent=place.parent,
            children=tuple(children),
            op=op,
            rows=rows,
            stage=self.stage,
            block=self.block,
            source=self.source,
            module=self.modules.get(place.path, ""),
            has_norm=has_norm,
        )


def _slide(path: str, node: Conv | Pool, channels: int, x: _Flow) -> _Flow:
    """The output of a node's window that slides over `x`."""
    (top, bottom, left, right), covered = edges(node), reach(node)
    up = isinstance(node, Pool) and node.rounds_up
    height, width = (
        _side(path, size, side, node.stride, around, up)
        for size, side, around in zip(x.shape[1:], covered, ((top, bottom), (left, right)), strict=True)
    )
    return _Flow((channels, height, width), x.field.after(covered, node.stride, (top, left)))


def _side(path: str, size: int, kernel: int, stride: int, around: Sides, up: bool) -> int:
    before, after = around
    if kernel > size + before + after:
        raise TooSmall(path, f"{path}: a kernel of {kernel} does not fit in {size} pixels")
    steps = size + before + after - kernel
    many = (-(-steps // stride) if up else steps // stride) + 1
    return many - (up and (many - 1) * stride >= size + before)  # no window begins behind the border


def _broadcast(path: str, ends: list[_Flow]) -> _Flow:
    """What a sum or product of branches puts out; one of a single pixel or channel counts for all of them."""
    sizes = [sorted({end.shape[axis] for end in ends} - {1}) for axis in range(3)]
    if any(len(side) > 1 for side in sizes):
        raise Illegal(path, f"{path}: branches of {', '.join(str(end.shape) for end in ends)} can't be put together")
    channels, height, width = (side[0] if side else 1 for side in sizes)
    return _Flow((channels, height, width), ends[0].field.merged(*(end.field for end in ends[1:])))


def _concat(path: str, ends: list[_Flow]) -> _Flow:
    grids = {end.shape[1:] for end in ends}
    if len(grids) > 1:
        sizes = ", ".join(f"{height}x{width}" for height, width in sorted(grids))
        raise Illegal(path, f"{path}: branches end on different grids: {sizes}")
    height, width = grids.pop()
    return _Flow((sum(end.shape[0] for end in ends), height, width), ends[0].field.merged(*(e.field for e in ends[1:])))
