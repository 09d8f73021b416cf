"""What is read off a network at every training step: how large its blocks' outputs are and how much is zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from irnet.lab.forward import Unit, units
from irnet.lab.statistics import Moments, Stats, reader, statistics
from irnet.runtime.build import Model
from irnet.runtime.capture import capture
from irnet.spec import Network


def watched_paths(network: Network) -> tuple[str, ...]:
    """The paths of all blocks and of what follows them, in order; the last is what the average pooling sees.

    Examples
    --------
    >>> from irnet.models import network
    >>> watched_paths(network("inception_resnet_v2.tf_slim", a=1, b=1, c=1))
    ('block_a.0', 'block_b.0', 'block_c.0', 'block8.0', 'conv2d_7b.0')
    """
    return tuple(unit.path for unit in _watched(network))


def _watched(network: Network) -> Iterator[Unit]:
    return (unit for unit in units(network) if unit.part in ("a", "b", "c", "tail"))


@contextmanager
def watching(model: Model) -> Iterator[Callable[[], dict[str, Stats]]]:
    """A function to the statistics of every watched output of the latest forward pass, while the block runs."""
    watched = tuple(_watched(model.network))
    rectified, signed = (_whole(reader(rectified=rectified)) for rectified in (True, False))
    with (
        capture(model, *(unit.path for unit in watched if not unit.signed), keep=rectified) as most,
        capture(model, *(unit.path for unit in watched if unit.signed), keep=signed) as others,
    ):

        def read() -> dict[str, Stats]:
            found = statistics(most | others)
            return {unit.path: found[unit.path] for unit in watched}

        yield read


def _whole(read: Callable[[Tensor], Moments]) -> Callable[[Tensor], Moments]:
    """`read` in 32 bits: counts up to millions need the digits that 16 bits have not."""
    return lambda x: read(x.detach().float())


class Dropout(nn.Module):
    """Dropout from a generator of its own: the same on every device, and whatever other threads draw."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability
        self.generator = torch.Generator()

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out; in eval mode, the same tensor."""
        if not self.training or not self.probability:
            return x
        kept = torch.rand(x.shape, generator=self.generator) >= self.probability
        return x * kept.to(x.device, x.dtype) / (1 - self.probability)
