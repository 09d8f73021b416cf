"""The smallest rectangle that holds most of a map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ends = tuple[int, int, int, int]  # top, left, bottom, right; the last two are no longer inside
_SLACK = 1e-12  # what rounding may take from a share


def smallest_box(values: NDArray[np.float64], mass: float) -> Ends | None:
    """The rectangle of fewest pixels with at least `mass`, 0 to 1, of all that `values`, (H, W), hold.

    Of several the first from the top, then from the left. None if there is nothing.

    Examples
    --------
    >>> smallest_box(np.eye(4) * [8, 1, 1, 8], 0.85)
    (0, 0, 4, 4)
    >>> smallest_box(np.eye(4) * [8, 9, 1, 0], 0.85)
    (0, 0, 2, 2)
    """
    whole = float(values.sum())
    if not whole:
        return None
    needed = mass * whole * (1 - _SLACK)
    above = np.vstack([np.zeros(values.shape[1]), values.cumsum(axis=0)])  # sums of every column down to a row
    rows = above.sum(axis=1)
    narrowest = _span(values.sum(axis=0), needed)[1]
    best, found = values.size + 1, (0, 0, *values.shape)
    for top in range(len(values)):
        if rows[-1] - rows[top] < needed:
            break
        for bottom in range(int(np.searchsorted(rows, rows[top] + needed)), len(values) + 1):
            if (bottom - top) * narrowest >= best:  # lower boxes from here are no smaller
                break
            left, width = _span(above[bottom] - above[top], needed)
            if 0 < width * (bottom - top) < best:
                best, found = width * (bottom - top), (top, left, bottom, left + width)
    return found


def _span(line: NDArray[np.float64], needed: float) -> tuple[int, int]:
    """Start and length of the shortest stretch of `line` that adds up to `needed`; length 0 if there is none."""
    sums = np.concatenate([[0.0], line.cumsum()])
    ends = np.searchsorted(sums, sums[:-1] + needed)
    lengths = np.where(ends < len(sums), ends - np.arange(len(line)), len(sums))
    start = int(lengths.argmin())
    return (start, int(lengths[start])) if lengths[start] < len(sums) else (0, 0)
