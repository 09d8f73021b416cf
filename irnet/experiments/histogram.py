"""How often every value occurs, in bins that several tensors share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from irnet.experiments.passes import Array

BINS = 60


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values lie between neighbouring edges; values that are no finite numbers are in none."""

    counts: tuple[int, ...]
    edges: tuple[float, ...]  # one more than there are counts


def edges_of(tensors: Sequence[Array]) -> Array:
    """Edges of the bins for all of the tensors, from the lowest to the highest finite value, zero among them.

    Examples
    --------
    >>> edges = edges_of([np.array([1, 6], np.float32), np.array([np.inf, 3], np.float32)])
    >>> float(edges[0]), float(edges[-1]), len(edges)
    (0.0, 6.0, 61)
    """
    finite = [values[np.isfinite(values)] for values in tensors]
    low, high = (
        min(float(values.min(initial=0)) for values in finite),
        max(float(values.max(initial=0)) for values in finite),
    )
    return np.linspace(low, high if high > low else low + 1, BINS + 1, dtype=np.float32)


def histogram(values: Array, edges: Array) -> Histogram:
    """How many finite values lie in each bin.

    Examples
    --------
    >>> histogram(np.array([0, 0, 1, np.nan], np.float32), np.array([0, 0.5, 1], np.float32)).counts
    (2, 1)
    """
    counts, _ = np.histogram(values[np.isfinite(values)], edges)
    return Histogram(tuple(map(int, counts)), tuple(map(float, edges)))
