"""Walk a spec once, from an input shape, and write down every step."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import Literal, assert_never

from irnet.html import shown, table
from irnet.spec import Chain, Conv, Fork, Kernel, Network, Node, Padding, Pool, Residual, Shape, pair
from irnet.units import sides

Op = Literal[
    "conv", "max_pool", "avg_pool", "concat", "project", "scale", "add", "global_pool", "dropout", "linear", "normalize"
]
Sides = tuple[int, int]  # (height, width)


class Illegal(ValueError):
    """A box that can't be: `path` is the first one, and the message says why."""

    def __init__(self, path: str, told: str) -> None:
        super().__init__(told)
        self.path = path


class TooSmall(Illegal):
    """A window does not fit into what is left of the input."""


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """Which input pixels one output pixel sees: size, step between neighbours and padding, each (height, width).

    The output at `i` sees the pixels from `i * stride - padding` on, `size` of them. Source: the arithmetic of
    google-research/receptive_field; a merge sees the smallest rectangle around what its branches see.
    """

    size: Sides = (1, 1)
    stride: Sides = (1, 1)
    padding: Sides = (0, 0)

    def after(self, kernel: Sides, stride: int, padding: Sides) -> ReceptiveField:
        """The field after a window of `kernel` pixels has slid over this one."""
        (high, wide), (down, along), (above, left) = self.size, self.stride, self.padding
        return ReceptiveField(
            (high + (kernel[0] - 1) * down, wide + (kernel[1] - 1) * along),
            (down * stride, along * stride),
            (above + padding[0] * down, left + padding[1] * along),
        )

    def merged(self, *others: ReceptiveField) -> ReceptiveField:
        """The field of a concatenation or sum: from where the first of its branches starts to where the last ends."""
        every = (self, *others)
        before = [max(field.padding[axis] for field in every) for axis in (0, 1)]
        after = [max(field.size[axis] - field.padding[axis] for field in every) for axis in (0, 1)]
        stride = max(field.stride[0] for field in every), max(field.stride[1] for field in every)
        return ReceptiveField((before[0] + after[0], before[1] + after[1]), stride, (before[0], before[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step of the forward pass, for one image; shapes are (C, H, W)."""

    path: str  # also the module's name and the box's id
    op: Op
    notation: str  # in the paper's words: "3x3 conv 96 /2 V"
    in_shape: Shape
    out_shape: Shape
    params: int = 0
    macs: int = 0  # multiply-accumulates of convolutions and linear layers; 1 MAC = 2 FLOPs
    in_field: ReceptiveField  # of what the step reads
    field: ReceptiveField  # of what it puts out

    @property
    def activation_elements(self) -> int:
        """Numbers in the output of this step, for one image."""
        return prod(self.out_shape)


class Rows(tuple[Row, ...]):
    """The rows of a network: a tuple that shows itself as a table in a notebook."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return shown(table([_record(row) for row in self]))


def _record(row: Row) -> dict[str, object]:
    told = ("path", "notation", "in_shape", "out_shape", "params", "macs")
    return {name: getattr(row, name) for name in told} | {"receptive field": sides(row.field.size)}


@dataclass(frozen=True, slots=True)
class _Flow:
    """What runs along an edge of the tree."""

    shape: Shape
    field: ReceptiveField = ReceptiveField()


_Walk = Generator[Row, None, _Flow]


@lru_cache(maxsize=64)
def resolve(network: Network) -> Rows:
    """Every step of `network`, in the order it runs.

    Raises
    ------
    ValueError
        If the input is too small (the message names the first block that fails, the size there and the smallest
        input that works), or if branches end on different grids; the message starts with the path.

    Examples
    --------
    >>> from irnet.models import network
    >>> sum(row.params for row in resolve(network("inception_v4")))
    42679816
    """
    try:
        return _rows(network)
    except TooSmall as error:
        height, width = network.input_shape[1:]
        least = smallest_input(network)
        raise Illegal(
            error.path,
            f"an input of {height}x{width} pixels is too small for {network.name}: {error}; "
            f"each side needs at least {least} pixels",
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
            least = _needed(stage.node, least)
    return max(least)


def _needed(node: Node, out: Sides) -> Sides:
    """The smallest grid that `node` makes a grid of `out` from, or a larger one."""
    match node:
        case Conv() | Pool():
            kernel = pair(node.kernel)
            edges = _edges(kernel, node.padding)
            height, width = (
                max(1, (size - 1) * node.stride + k - 2 * edge)
                for size, k, edge in zip(out, kernel, edges, strict=True)
            )
            return height, width
        case Chain(nodes):
            for child in reversed(nodes):
                out = _needed(child, out)
            return out
        case Fork(branches):
            each = [_needed(child, out) for child in branches]
            return max(height for height, _ in each), max(width for _, width in each)
        case Residual(body):
            height, width = _needed(body, out)
            return max(height, out[0]), max(width, out[1])
        case _:
            assert_never(node)


def _rows(network: Network) -> Rows:
    rows: list[Row] = []
    flow = _Flow(network.input_shape)
    for stage in network.stages:
        for i in range(stage.repeat):
            flow = _drain(rows, _walk(stage.node, f"{stage.name}.{i}", flow))
    _drain(rows, _head(network, flow))
    return Rows(rows)


def _drain(rows: list[Row], walk: _Walk) -> _Flow:
    """Append what `walk` yields to `rows` and return where it ends."""
    while True:
        try:
            rows.append(next(walk))
        except StopIteration as end:
            flow: _Flow = end.value
            return flow


def _walk(node: Node, path: str, x: _Flow) -> _Walk:
    """Yield the rows of one node and return its output; the node's own row comes last."""
    match node:
        case Conv(filters, kernel, stride, padding):
            out = _slide(path, x, filters, kernel, stride, padding)
            weights = filters * x.shape[0] * prod(pair(kernel))
            yield _row(path, "conv", notation(node), x, out, weights + 2 * filters, weights * prod(out.shape[1:]))
            return out
        case Pool(op, kernel, stride, padding):
            out = _slide(path, x, x.shape[0], kernel, stride, padding)
            yield _row(path, "max_pool" if op == "max" else "avg_pool", notation(node), x, out)
            return out
        case Chain(nodes):
            for i, child in enumerate(nodes):
                x = yield from _walk(child, f"{path}.{i}", x)
            return x
        case Fork(branches):
            ends = []
            for i, child in enumerate(branches):
                ends.append((yield from _walk(child, f"{path}.b{i}", x)))
            out = _concat(path, ends)
            yield _row(path, "concat", " + ".join(str(end.shape[0]) for end in ends), x, out)
            return out
        case Residual():
            return (yield from _residual(node, path, x))
        case _:
            assert_never(node)


def added(path: str, x: Shape, residual: Shape) -> Shape:
    """The (C, H, W) shape of x + residual, which is that of both.

    Raises
    ------
    ValueError
        If the two differ; the message starts with the path.

    Examples
    --------
    >>> added("block_b.0", (1152, 17, 17), (1152, 17, 17))
    (1152, 17, 17)
    """
    if residual[1:] != x[1:]:
        raise Illegal(path, f"{path}: cannot add a grid of {residual[1:]} to a grid of {x[1:]}")
    if residual[0] != x[0]:
        raise Illegal(path, f"{path}: cannot add {residual[0]} channels to {x[0]}")
    return x


def _residual(node: Residual, path: str, x: _Flow) -> _Walk:
    inner = yield from _walk(node.body, f"{path}.body", x)
    width = x.shape[0]
    weights = inner.shape[0] * width
    up = _Flow((width, *inner.shape[1:]), inner.field)
    out = _Flow(added(path, x.shape, up.shape), x.field.merged(inner.field))
    text, sum_text = f"1x1 conv {width} linear", ", ".join((f"x + {node.scale:g} residual", *after_sum(node)))
    yield _row(f"{path}.project", "project", text, inner, up, weights + width, weights * prod(x.shape[1:]))
    yield _row(f"{path}.scale", "scale", f"x {node.scale:g}", up, up)
    yield _row(path, "add", sum_text, x, out, 2 * width if node.norm else 0)
    return out


def after_sum(node: Residual) -> tuple[str, ...]:
    """What follows the addition, in words.

    Examples
    --------
    >>> after_sum(Residual(Conv(8))), after_sum(Residual(Conv(8), relu=False, norm=True))
    (('ReLU',), ('batch norm', 'no ReLU'))
    """
    return (*(("batch norm",) if node.norm else ()), "ReLU" if node.relu else "no ReLU")


def _head(network: Network, x: _Flow) -> _Walk:
    head, (width, *grid) = network.head, x.shape
    pooled = _Flow((width, 1, 1), x.field.after((grid[0], grid[1]), 1, (0, 0)))
    yield _row("pool", "global_pool", "average over the grid", x, pooled)
    yield _row("dropout", "dropout", f"dropout, keep {1 - head.dropout:g}", pooled, pooled)
    x = pooled
    if head.embedding:
        out = replace(x, shape=(head.embedding, 1, 1))
        weights = x.shape[0] * head.embedding
        text = f"linear {head.embedding}, batch norm, no ReLU"
        yield _row("embedding", "linear", text, x, out, weights + 2 * head.embedding, weights)
        x = out
    if head.classes:
        out = replace(x, shape=(head.classes, 1, 1))
        weights = x.shape[0] * head.classes
        yield _row("classifier", "linear", f"linear {head.classes}", x, out, weights + head.classes, weights)
        x = out
    elif head.embedding:
        yield _row("normalize", "normalize", "to unit length", x, x)
    return x


def _row(path: str, op: Op, text: str, x: _Flow, out: _Flow, params: int = 0, macs: int = 0) -> Row:
    return Row(
        path=path,
        op=op,
        notation=text,
        in_shape=x.shape,
        out_shape=out.shape,
        params=params,
        macs=macs,
        in_field=x.field,
        field=out.field,
    )


def _slide(path: str, x: _Flow, channels: int, kernel: Kernel, stride: int, padding: Padding) -> _Flow:
    """The output of a window of `kernel` pixels that slides over `x`."""
    sides = pair(kernel)
    edges = _edges(sides, padding)
    _, height, width = x.shape
    height, width = _side(path, height, sides[0], stride, edges[0]), _side(path, width, sides[1], stride, edges[1])
    return _Flow((channels, height, width), x.field.after(sides, stride, edges))


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


def notation(node: Conv | Pool) -> str:
    """A convolution or pooling in the paper's words.

    Examples
    --------
    >>> notation(Conv(96, 3, 2, "valid")), notation(Pool("max", 3, 2, "valid"))
    ('3x3 conv 96 /2 V', '3x3 max pool /2 V')
    """
    kh, kw = pair(node.kernel)
    what = f"conv {node.filters}" if isinstance(node, Conv) else f"{node.op} pool"
    stride = f" /{node.stride}" if node.stride > 1 else ""
    return f"{kh}x{kw} {what}{stride}{' V' if node.padding == 'valid' else ''}"


def describe(node: Node) -> str:
    """A node on one line: `>` joins what runs one after another, `|` what runs side by side.

    Examples
    --------
    >>> describe(Fork((Pool("max", 3, 2, "valid"), Chain((Conv(64), Conv(96, 3))))))
    '(3x3 max pool /2 V | 1x1 conv 64 > 3x3 conv 96)'
    """
    match node:
        case Conv() | Pool():
            return notation(node)
        case Chain(nodes):
            return " > ".join(map(describe, nodes))
        case Fork(branches):
            return f"({' | '.join(map(describe, branches))})"
        case Residual(body, scale, relu, norm):
            return f"x + {scale:g} {describe(body)}{', batch norm' if norm else ''}{', ReLU' if relu else ''}"
