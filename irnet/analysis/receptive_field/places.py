"""Where there is a field to look at: boxes, steps on the way through a network, positions on a grid."""

from __future__ import annotations

from dataclasses import dataclass

from irnet.analysis.receptive_field.rectangle import Rectangle, rectangle
from irnet.analysis.receptive_field.seen import Seen
from irnet.spec import Network
from irnet.tree import ReceptiveField, Sides, outer, resolve


def around(seen: Seen) -> Rectangle:
    """The smallest rectangle round the picture and the field."""
    (height, width), spot = seen.picture, seen.rectangle
    return Rectangle(min(spot.top, 0), min(spot.left, 0), max(spot.bottom, height), max(spot.right, width))


@dataclass(frozen=True, slots=True)
class Depth:
    """How the field grows on the way through a network: the box, and its field after it."""

    path: str
    field: ReceptiveField


def growth(network: Network) -> tuple[Depth, ...]:
    """The field after every step that is inside no branch and no residual, in the order they run.

    Examples
    --------
    >>> from irnet.models import network
    >>> [(step.path, step.field.size[0]) for step in growth(network("inception_v4"))][-4:-1]
    [('inception_c.0', 1815), ('inception_c.1', 1943), ('inception_c.2', 2071)]
    """
    rows = resolve(network).rows
    merges = {row.path for row in rows if row.op in ("concat", "add")}
    steps = [row for row in rows if row.op not in ("dropout", "linear", "normalize")]
    return tuple(Depth(row.path, row.field) for row in steps if not merges.intersection(outer(row.path)[:-1]))


def centres(seen: Seen, most: int) -> dict[Sides, tuple[float, float]]:
    """Positions on the grid, at most so many along each side, and the (y, x) on the picture that they look at.

    Examples
    --------
    >>> from irnet.analysis.receptive_field import receptive_field
    >>> from irnet.models import network
    >>> found = centres(receptive_field(network("inception_v4"), "stem.0.0"), 40)
    >>> len(found), found[0, 0], found[148, 148]
    (1600, (1.0, 1.0), (297.0, 297.0))
    """
    along = [_spread(side, most) for side in seen.grid]
    return {(row, column): _centre(seen, (row, column)) for row in along[0] for column in along[1]}


def _spread(side: int, most: int) -> tuple[int, ...]:
    count = min(side, most)
    return tuple(dict.fromkeys(round(i * (side - 1) / max(count - 1, 1)) for i in range(count)))


def _centre(seen: Seen, position: Sides) -> tuple[float, float]:
    """The middle of a field, or where the picture ends before it."""
    spot = rectangle(seen.field, position)
    height, width = seen.picture
    y, x = (spot.top + spot.bottom - 1) / 2, (spot.left + spot.right - 1) / 2
    return min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)


def choices(network: Network) -> tuple[str, ...]:
    """The boxes to choose from, in the order they run; a convolution's units see what the convolution sees."""
    return tuple(path for path, box in resolve(network).items() if box.level != "unit")
