"""Magnitude of activation tensors, read on their device while a forward pass runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Stats:
    """Magnitude of one activation tensor; all values are dimensionless, and infinite or no numbers where it is."""

    mean_abs: float
    std: float
    maximum: float  # largest magnitude
    zero_share: float  # 0 to 1: elements that are exactly zero

    @property
    def finite(self) -> bool:
        """Whether every element is a number."""
        return isfinite(self.mean_abs)

    def times(self, scale: float) -> Stats:
        """The same for the tensor multiplied by `scale`; exact, since every statistic but the last is homogeneous."""
        zeros = self.zero_share if scale else 1.0
        return Stats(self.mean_abs * scale, self.std * scale, self.maximum * scale, zeros)


Moments = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, int]


def reader(*, rectified: bool) -> Callable[[Tensor], Moments]:
    """A function from a tensor to its moments, all left on its device.

    The moments are the sum of magnitudes, the sum, the sum of squares, the lowest and highest value, the number of
    non-zeros and the size; what a ReLU put out (`rectified`) has no negative values, so its lowest is not looked for
    and two of the sums are one. Dot products with the signs, kept in one buffer, take a fraction of the time of the
    plain reductions; that keeps the experiment near its bare forward passes (`benchmarks/activations.py`).
    """
    buffer: list[Tensor] = []

    def read(x: Tensor) -> Moments:
        flat = (x if x.is_contiguous() else x.permute(0, *range(2, x.dim()), 1)).detach().reshape(-1)
        moments = quick(flat)
        return moments if isfinite(moments[2].item()) else _slow(flat)

    def quick(flat: Tensor) -> Moments:
        if not buffer:
            buffer.append(torch.empty_like(flat))
        signs = torch.sign(flat, out=buffer[0].resize_(flat.shape))
        magnitudes, squares, filled = signs.dot(flat), flat.dot(flat), signs.dot(signs)
        if rectified:
            highest = flat.amax()
            return magnitudes, magnitudes, squares, highest, highest, filled, flat.numel()
        return magnitudes, flat.sum(), squares, *flat.aminmax(), filled, flat.numel()

    return read


def _slow(flat: Tensor) -> Moments:
    """The moments in float64: of values whose squares have no float32, or that are infinite or no numbers at all."""
    flat = flat.double()
    return flat.abs().sum(), flat.sum(), flat.dot(flat), *flat.aminmax(), flat.count_nonzero().double(), flat.numel()


def statistics(found: dict[str, Moments]) -> dict[str, Stats]:
    """The statistics of every path, brought to the CPU in one go."""
    numbers = torch.stack([number.double() for *tensors, _ in found.values() for number in tensors]).tolist()
    made = {}
    for i, (path, (*tensors, size)) in enumerate(found.items()):
        magnitudes, total, squares, low, high, filled = numbers[i * len(tensors) : (i + 1) * len(tensors)]
        made[path] = Stats(
            magnitudes / size, _deviation(squares / size, total / size), max(-low, high), 1 - filled / size
        )
    return made


def _deviation(mean_square: float, mean: float) -> float:
    """The standard deviation; no number where there is none."""
    return sqrt(max(mean_square - mean**2, 0.0)) if isfinite(mean_square) else nan
