"""Walk a spec once, from an input shape, and write down every step."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import assert_never

from irnet.resolve.field import ReceptiveField
from irnet.resolve.rows import Illegal, Op, Row, Rows, TooSmall
from irnet.resolve.smallest import edges, smallest_input
from irnet.resolve.words import after_sum, notation
from irnet.spec import Chain, Conv, Fork, Kernel, Network, Node, Padding, Pool, Residual, Shape, pair


@dataclass(frozen=True, slots=True)
class _Flow:
    """What runs along an edge of the tree."""

    shape: Shape
    field: ReceptiveField


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


def _rows(network: Network) -> Rows:
    rows: list[Row] = []
    flow = _Flow(network.input_shape, ReceptiveField())
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


def _residual(node: Residual, path: str, x: _Flow) -> _Walk:
    inner = yield from _walk(node.body, f"{path}.body", x)
    width = x.shape[0]
    weights = inner.shape[0] * width
    up = _Flow((width, *inner.shape[1:]), inner.field)
    out = _Flow(sum_shape(path, x.shape, up.shape), x.field.merged(inner.field))
    text, sum_text = f"1x1 conv {width} linear", ", ".join((f"x + {node.scale:g} residual", *after_sum(node)))
    yield _row(f"{path}.project", "project", text, inner, up, weights + width, weights * prod(x.shape[1:]))
    yield _row(f"{path}.scale", "scale", f"x {node.scale:g}", up, up)
    yield _row(path, "add", sum_text, x, out, 2 * width if node.norm else 0)
    return out


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
    around = edges(sides, padding)
    _, height, width = x.shape
    height = _side(path, height, sides[0], stride, around[0])
    width = _side(path, width, sides[1], stride, around[1])
    return _Flow((channels, height, width), x.field.after(sides, stride, around))


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
