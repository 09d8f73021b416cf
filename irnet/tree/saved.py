"""What a training step keeps in memory for the way back, predicted from the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

from irnet.spec import Conv, Fork, Network, Pool, Residual
from irnet.tree import Box, Tree, resolve
from irnet.tree.totals import totals

FLOAT, INDEX = 4, 8  # bytes of a float32 activation, and of the place that a max pooling remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Bytes that one stage keeps: for every image of a batch, and once a batch (means and deviations of batch norm)."""

    stage: str
    per_image: int
    per_batch: int

    def bytes(self, batch: int) -> int:
        """For a batch of this many images."""
        return batch * self.per_image + self.per_batch


@lru_cache(maxsize=64)
def saved_activations(network: Network) -> tuple[Saved, ...]:
    """What every stage keeps in float32 between the forward and the backward pass; weights are not counted.

    Kept is what a backward formula reads: the input of a convolution, pooling, linear layer or batch norm, the output
    of a ReLU, the indices of a max pooling. A concatenation, a sum and a product with a constant keep nothing.

    Examples
    --------
    >>> from irnet.models import network
    >>> sum(stage.bytes(32) for stage in saved_activations(network("inception_resnet_v2"))) // 2**20
    4211
    """
    tree = resolve(network)
    stages = [box for box in tree.top if box.stage]
    picture = Saved(stage="input", per_image=FLOAT * prod(network.input_shape), per_batch=0)
    return (picture, *(_of_stage(tree, box, last=box is stages[-1]) for box in stages), _of_head(tree))


def saved_bytes(network: Network, batch: int) -> int:
    """All bytes that a training step on `batch` images keeps for its backward pass, weights aside."""
    if batch < 1:
        raise ValueError(f"a batch has 1 image or more, not {batch}")
    return sum(stage.bytes(batch) for stage in saved_activations(network))


@dataclass(frozen=True, slots=True, kw_only=True)
class SumNormCost:
    """What batch norm after every addition costs a network."""

    batch: int
    params: int  # more parameters
    bytes_without: int  # kept for the backward pass
    bytes_with: int


def with_sum_norm(network: Network, *, norm: bool) -> Network:
    """`network` with or without batch norm after its additions."""
    stages = (
        replace(stage, node=replace(stage.node, norm=norm)) if isinstance(stage.node, Residual) else stage
        for stage in network.stages
    )
    return replace(network, stages=tuple(stages))


def sum_norm_cost(network: Network, batch: int) -> SumNormCost:
    """What batch norm after every addition adds: parameters, and bytes kept for the backward pass.

    Examples
    --------
    >>> from irnet.models import network
    >>> sum_norm_cost(network("inception_resnet_v1"), 1).params
    38400
    """
    without, with_ = (with_sum_norm(network, norm=norm) for norm in (False, True))
    return SumNormCost(
        batch=batch,
        params=totals(with_).params - totals(without).params,
        bytes_without=saved_bytes(without, batch),
        bytes_with=saved_bytes(with_, batch),
    )


def _of_stage(tree: Tree, stage: Box, *, last: bool) -> Saved:
    blocks = tree.children(stage.path)
    found = [amount for block in blocks for amount in _saved_by(tree, block, read=not (last and block is blocks[-1]))]
    return Saved(stage=stage.name, per_image=sum(image for image, _ in found), per_batch=sum(once for _, once in found))


def _of_head(tree: Tree) -> Saved:
    """What linear layers and an embedding's batch norm read; the average over the grid keeps nothing."""
    linear = [box for box in tree.head if box.op == "linear"]
    norms = [box for box in linear if box.name == "embedding"]
    read = sum(prod(box.in_shape) for box in linear) + sum(prod(box.out_shape) for box in norms)
    return Saved(stage="head", per_image=FLOAT * read, per_batch=sum(2 * FLOAT * box.out_shape[0] for box in norms))


def _saved_by(tree: Tree, box: Box, *, read: bool) -> Iterator[tuple[int, int]]:
    """(bytes an image, bytes a batch) of a box's parts; `read` says whether what follows keeps its input."""
    out, width, inside = FLOAT * prod(box.out_shape), box.out_shape[0], tree.children(box.path)
    match box.node:
        case Conv():
            yield 2 * out, 2 * FLOAT * width  # into batch norm, and out of ReLU
        case Pool(op):
            yield (INDEX * prod(box.out_shape) if op == "max" else 0) + (out if read else 0), 0
        case Residual(relu=relu, norm=norm):
            yield from _saved_by(tree, inside[0], read=True)
            yield out * (norm + (relu or read)), 2 * FLOAT * width * norm
        case (
            _
        ):  # a chain's last step is read where the chain is, a branch by the concatenation alone, which keeps nothing
            branches = isinstance(box.node, Fork)
            for child in inside[: -1 if branches else None]:
                yield from _saved_by(tree, child, read=not branches and (read or child is not inside[-1]))
            yield out if branches and read else 0, 0
