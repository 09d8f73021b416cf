"""A network of ours written as a graph's tree is, so that one that somebody else wrote can be held against it.

`module` of each operation is the path of its box here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from irnet.opening.graph import ADD, CONCAT, Operation, Settings
from irnet.opening.normal_form import normal_form
from irnet.opening.tree import Merge, Part, Steps
from irnet.spec import Chain, Conv, Fork, Network, Pool, Residual, pair
from irnet.tree import Box, Tree, resolve


@lru_cache(maxsize=16)
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
    network, inside = tree.network, tree.children(box.path)
    match box.node:
        case Conv(filters, kernel, stride, padding):
            edges = tuple(side // 2 if padding == "same" else 0 for side in pair(kernel))
            yield _conv(box, filters, pair(kernel), (stride, stride), edges, bias=False)
            yield Operation("batch_norm", (("eps", network.norm.eps),), box.path, box.out_shape)
            yield Operation("relu", (), box.path, box.out_shape)
        case Pool(op, kernel, stride, padding, counts_padding):
            side = kernel // 2 if padding == "same" else 0
            window: Settings = (("kernel", (kernel, kernel)), ("stride", (stride, stride)), ("padding", (side, side)))
            given: Settings = (("ceil", False), ("grid", box.in_shape[1:]))
            counted: Settings = (("counts_padding", counts_padding),) if op == "avg" else ()
            yield Operation(f"{op}_pool", (*window, *given, *counted), box.path, box.out_shape)
        case Chain():
            for child in inside:
                yield from _parts(tree, child)
        case Fork():
            branches = tuple(tuple(_parts(tree, child)) for child in inside if child.node)
            yield Merge(CONCAT, branches, f"{box.path}.concat")
        case Residual(_, scale, relu, norm):
            project = tree[f"{box.path}.project"]
            linear = _conv(project, box.in_shape[0], (1, 1), (1, 1), (0, 0), bias=True)
            factor = Operation("scale", (("factor", scale),), f"{box.path}.scale", box.out_shape)
            yield Merge(ADD, ((), (*_parts(tree, inside[0]), linear, factor)), f"{box.path}.add")
            if norm:
                yield Operation("batch_norm", (("eps", network.norm.eps),), f"{box.path}.add", box.out_shape)
            if relu:
                yield Operation("relu", (), f"{box.path}.add", box.out_shape)


def _conv(
    box: Box, filters: int, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, ...], *, bias: bool
) -> Operation:
    window: Settings = (("kernel", kernel), ("stride", stride), ("padding", padding), ("dilation", (1, 1)))
    return Operation("conv", (("filters", filters), *window, ("groups", 1), ("bias", bias)), box.path, box.out_shape)


def _head(tree: Tree) -> Iterator[Part]:
    head, eps = tree.network.head, tree.network.norm.eps
    yield Operation("global_pool", (), "pool")
    if head.embedding:
        yield Operation("linear", (("features", head.embedding), ("bias", False)), "embedding", (head.embedding,))
        yield Operation("batch_norm", (("eps", eps),), "embedding", (head.embedding,))
    if head.classes:
        yield Operation("linear", (("features", head.classes), ("bias", True)), "classifier", (head.classes,))
    elif head.embedding:
        yield Operation("normalize", (), "normalize")
