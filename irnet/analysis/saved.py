"""What a training step keeps in memory for the way back, predicted from the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import assert_never

from irnet.analysis.tables import totals
from irnet.resolve import Row, resolve
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual, Stage

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
    rows = {row.path: row for row in resolve(network)}
    stages = [stage for stage in network.stages if stage.repeat]
    picture = Saved(stage="input", per_image=FLOAT * _size(network.input_shape), per_batch=0)
    return (picture, *(_of_stage(stage, rows, last=stage is stages[-1]) for stage in stages), _of_head(rows))


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

    def changed(stage: Stage) -> Stage:
        return replace(stage, node=replace(stage.node, norm=norm)) if isinstance(stage.node, Residual) else stage

    return replace(network, stages=tuple(map(changed, network.stages)))


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


def _of_stage(stage: Stage, rows: dict[str, Row], *, last: bool) -> Saved:
    found = [
        amount
        for i in range(stage.repeat)
        for amount in _saved_by_node(stage.node, f"{stage.name}.{i}", rows, read=not (last and i == stage.repeat - 1))
    ]
    return Saved(stage=stage.name, per_image=sum(image for image, _ in found), per_batch=sum(once for _, once in found))


def _of_head(rows: dict[str, Row]) -> Saved:
    """What linear layers and an embedding's batch norm read; the average over the grid keeps nothing."""
    linear = [row for row in rows.values() if row.op == "linear"]
    norms = [row for row in linear if row.path == "embedding"]
    read = sum(_size(row.in_shape) for row in linear) + sum(_size(row.out_shape) for row in norms)
    return Saved(stage="head", per_image=FLOAT * read, per_batch=sum(2 * FLOAT * row.out_shape[0] for row in norms))


def _saved_by_node(node: Node, path: str, rows: dict[str, Row], *, read: bool) -> Iterator[tuple[int, int]]:
    """(bytes an image, bytes a batch) of a node's parts; `read` says whether what follows keeps its input."""
    match node:
        case Conv(filters):
            yield 2 * FLOAT * rows[path].activation_elements, 2 * FLOAT * filters  # into batch norm, and out of ReLU
        case Pool(op):
            out = rows[path].activation_elements
            yield (INDEX * out if op == "max" else 0) + (FLOAT * out if read else 0), 0
        case Chain(nodes):
            for i, child in enumerate(nodes):
                yield from _saved_by_node(child, f"{path}.{i}", rows, read=read if i == len(nodes) - 1 else True)
        case Fork(branches):
            for i, child in enumerate(branches):
                yield from _saved_by_node(child, f"{path}.b{i}", rows, read=False)
            yield FLOAT * rows[path].activation_elements if read else 0, 0
        case Residual(body, _, relu, norm):
            yield from _saved_by_node(body, f"{path}.body", rows, read=True)
            out, width = FLOAT * rows[path].activation_elements, rows[path].out_shape[0]
            yield out * (norm + (relu or read)), 2 * FLOAT * width * norm
        case _:
            assert_never(node)


def _size(shape: tuple[int, int, int]) -> int:
    channels, height, width = shape
    return channels * height * width
