"""Feature maps as numbers: what every channel of a tensor shows, sorted, by pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from irnet.experiments.passes import Array
from irnet.units import exact

Order = Literal["strength", "index"]
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Maps:
    """The feature maps of one tensor, (C, H, W); a vector has a grid of 1x1."""

    name: str
    what: str
    values: Array

    @property
    def extent(self) -> tuple[float, float]:
        """Ends of one colour scale for all channels: from zero, or around it where values are negative."""
        return extent(self.values)

    @property
    def troubles(self) -> str:
        """A sentence on values that are no finite numbers; "" where there are none."""
        return troubles(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One feature map in numbers; statistics of a channel with NaN or infinite values are those of the others."""

    index: int
    mean_abs: float
    maximum: float  # largest magnitude
    zero_share: float  # 0 to 1
    not_finite: int  # values

    @property
    def dead(self) -> bool:
        """Whether every value is zero."""
        return self.zero_share == 1


def channels(maps: Maps, order: Order = "index") -> tuple[Channel, ...]:
    """Every channel in numbers: by index, or the strongest mean magnitude first.

    A channel with values that are no finite numbers comes before all others, whatever its strength.

    Raises
    ------
    ValueError
        For an unknown order.

    Examples
    --------
    >>> import numpy as np
    >>> maps = Maps(name="x", what="", values=np.array([[[0, 0]], [[-3, 1]]], np.float32))
    >>> [(channel.index, channel.mean_abs, channel.dead) for channel in channels(maps, "strength")]
    [(1, 2.0, False), (0, 0.0, True)]
    """
    if order not in ORDERS:
        raise ValueError(f"channels are sorted by {' or '.join(ORDERS)}, not by {order!r}")
    flat = maps.values.reshape(len(maps.values), -1).astype(np.float64)
    finite = np.isfinite(flat)
    sizes = np.where(finite, np.abs(flat), 0)
    means = sizes.sum(1) / np.maximum(finite.sum(1), 1)
    found = [
        Channel(index=i, mean_abs=float(mean), maximum=float(high), zero_share=float(zeros), not_finite=int(wrong))
        for i, (mean, high, zeros, wrong) in enumerate(
            zip(means, sizes.max(1), (flat == 0).mean(1), (~finite).sum(1), strict=True)
        )
    ]
    if order == "strength":
        found.sort(key=lambda channel: (-bool(channel.not_finite), -channel.mean_abs))
    return tuple(found)


def page(found: tuple[Channel, ...], number: int, size: int) -> tuple[Channel, ...]:
    """The channels on a page, counted from 1.

    Raises
    ------
    ValueError
        If there is no such page.

    Examples
    --------
    >>> maps = Maps(name="x", what="", values=np.zeros((5, 1, 1), np.float32))
    >>> [channel.index for channel in page(channels(maps), 2, 3)]
    [3, 4]
    """
    last = pages(len(found), size)
    if not 1 <= number <= last:
        raise ValueError(f"there are pages 1 to {last} of {size} channels, and no page {number}")
    return found[(number - 1) * size : number * size]


def pages(count: int, size: int) -> int:
    """How many pages so many channels take; at least one.

    Examples
    --------
    >>> pages(64, 64), pages(65, 64), pages(0, 64)
    (1, 2, 1)
    """
    return max(1, -(-count // size))


def extent(values: Array) -> tuple[float, float]:
    """Ends of a colour scale: from zero, or as far below it as above where values are negative; zeros end at 1."""
    finite = values[np.isfinite(values)]
    limit = float(np.abs(finite).max(initial=0)) or 1.0
    return (-limit if finite.min(initial=0) < 0 else 0.0), limit


def troubles(values: Array) -> str:
    """A sentence on values that are no finite numbers, with the first channel that has one; "" where there are none.

    Examples
    --------
    >>> troubles(np.array([[[1, 2]], [[np.inf, np.nan]]], np.float32))
    '1 value is NaN and 1 infinite, first in channel 1'
    """
    nan, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    if not nan + infinite:
        return ""
    first = int(np.argmax(~np.isfinite(values).reshape(len(values), -1).all(1)))
    listed = " and ".join(
        f"{exact(count)}{verb} {word}"
        for count, word, verb in (
            (nan, "NaN", " value is" if nan == 1 else " values are"),
            (infinite, "infinite", "" if nan else " value is" if infinite == 1 else " values are"),
        )
        if count
    )
    return f"{listed}, first in channel {first}"
