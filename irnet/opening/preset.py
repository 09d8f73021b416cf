"""A network of ours written as a graph's tree is, so that one that somebody else wrote can be held against it.

`module` of each operation is the path of its box here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from irnet.opening.graph import ADD, Operation, Settings
from irnet.opening.normal_form import normal_form
from irnet.opening.tree import Merge, Part, Steps, Tangle
from irnet.spec import Chain, Conv, Fork, Layer, Network, Pool, Residual, Subgraph, edges, pair
from irnet.tree import Box, Tree, resolve


@lru_cache(maxsize=64)
def steps_of(network: Network) -> Steps:
    """The steps of a network from its input to its output, in normal form.

    Examples
    --------
    >>> from irnet.models import network
    >>> steps = steps_of(network("inception_resnet_v2"))
    >>> steps[0].module, steps[0].setting("filters"), steps[0].setting("activation")
    ('stem.0.0', 32, 'relu')
    """
    tree = resolve(network)
    blocks = (block for stage, box in tree.stages if box for block in tree.children(stage.name))
    return normal_form(tuple(part for block in blocks for part in _parts(tree, block)) + tuple(_head(tree)))


def _parts(tree: Tree, box: Box) -> Iterator[Part]:
    """What a box is, as operations."""
    inside = tree.children(box.path)
    match box.node:
        case Conv() as conv:
            yield from _conv(tree.network, box, conv)
        case Pool() as pool:
            yield _pool(box, pool)
        case Layer(kind, settings) if kind != "identity":
            yield Operation(kind, settings, box.path, box.out_shape)
        case Subgraph(layers, reads):
            yield Tangle(tuple(Operation(layer.kind, layer.settings, box.path) for layer in layers), reads)
        case Chain():
            for child in inside:
                yield from _parts(tree, child)
        case Fork(merge=merge):
            branches = tuple(tuple(_parts(tree, child)) for child in inside if child.node)
            yield Merge(merge, branches, f"{box.path}.{merge}")
        case Residual() as node:
            yield from _residual(tree, box, node)


def _conv(network: Network, box: Box, conv: Conv) -> Iterator[Operation]:
    yield _window(box, conv, conv.filters, bias=conv.bias)
    if conv.norm:
        eps = (network.norm if conv.norm is True else conv.norm).eps
        yield Operation("batch_norm", (("eps", eps),), box.path, box.out_shape)
    if conv.activation:
        yield Operation(conv.activation, (), box.path, box.out_shape)


def _pool(box: Box, pool: Pool) -> Operation:
    stride = (pool.stride, pool.stride)
    window: Settings = (("kernel", pair(pool.kernel)), ("stride", stride), ("padding", _padding(pool)))
    given: Settings = (("ceil", pool.rounds_up), ("grid", box.in_shape[1:]))
    counted: Settings = (("counts_padding", pool.counts_padding),) if pool.op == "avg" else ()
    return Operation(f"{pool.op}_pool", (*window, *given, *counted), box.path, box.out_shape)


def _residual(tree: Tree, box: Box, node: Residual) -> Iterator[Part]:
    project, body, width = tree[f"{box.path}.project"], tree.children(box.path)[0], box.in_shape[0]
    linear = _window(project, Conv(width), width, bias=True)
    factor = Operation("scale", (("factor", node.scale),), f"{box.path}.scale", box.out_shape)
    add = f"{box.path}.add"
    yield Merge(ADD, ((), (*_parts(tree, body), linear, factor)), add)
    if node.norm:
        yield Operation("batch_norm", (("eps", tree.network.norm.eps),), add, box.out_shape)
    if node.relu:
        yield Operation("relu", (), add, box.out_shape)


def _padding(window: Conv | Pool) -> tuple[int, ...]:
    top, bottom, left, right = edges(window)
    return (top, left) if (top, left) == (bottom, right) else (top, bottom, left, right)


def _window(box: Box, conv: Conv, filters: int, *, bias: bool) -> Operation:
    stride, dilation = (conv.stride, conv.stride), (conv.dilation, conv.dilation)
    window: Settings = (("kernel", pair(conv.kernel)), ("stride", stride), ("padding", _padding(conv)))
    settings: Settings = (("filters", filters), ("dilation", dilation), ("groups", conv.groups), ("bias", bias))
    return Operation("conv", (*window, *settings), box.path, box.out_shape)


def _head(tree: Tree) -> Iterator[Part]:
    head, eps = tree.network.head, tree.network.norm.eps
    if not head.pools:
        return
    yield Operation("global_pool", (), "pool")
    if head.embedding:
        yield Operation("linear", (("features", head.embedding), ("bias", False)), "embedding", (head.embedding,))
        yield Operation("batch_norm", (("eps", eps),), "embedding", (head.embedding,))
    if head.classes:
        yield Operation("linear", (("features", head.classes), ("bias", True)), "classifier", (head.classes,))
    elif head.embedding:
        yield Operation("normalize", (), "normalize")
