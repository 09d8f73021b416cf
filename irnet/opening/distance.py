"""How far two trees of somebody's networks are from each other, and which part of one stands for which of the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations
from typing import cast

from irnet.comparison.distance import in_order
from irnet.opening.graph import FOLDED, Operation
from irnet.opening.tree import Merge, Part, Steps, Tangle

Pairs = tuple[tuple[int | None, int | None], ...]  # positions on either side; None where one has nothing

MISSING = 1.0  # what a layer costs that only one of the two has
FIELD = 0.3  # and a setting that differs
MOST = 6  # branches that are tried in every order


@lru_cache(maxsize=4096)
def size(part: Part) -> float:
    """What it costs to take a part away."""
    match part:
        case Merge(_, branches):
            return sum(_length(branch) for branch in branches) or MISSING
        case Tangle(operations):
            return MISSING * len(operations)
        case _:
            return MISSING


def _length(steps: Steps) -> float:
    return sum(map(size, steps))


@lru_cache(maxsize=4096)
def distance(one: Part, two: Part) -> float:
    """What it costs to make one part into another."""
    if one == two:
        return 0
    match one, two:
        case Operation(), Operation() if one.kind == two.kind:
            return FIELD * len(settings_apart(one, two))
        case Merge(how, ours), Merge(other, theirs):
            return _cost(ours, theirs, match_branches(ours, theirs)) + FIELD * (how != other)
        case _:
            return size(one) + size(two)


@lru_cache(maxsize=4096)
def apart(one: Steps, two: Steps) -> float:
    """The distance of two sequences, at the least cost."""
    return sum(
        distance(one[i], two[j])
        if i is not None and j is not None
        else size(one[i] if i is not None else two[cast("int", j)])
        for i, j in align_steps(one, two)
    )


def align_steps(one: Steps, two: Steps) -> Pairs:
    """Which part stands for which; what two sequences begin and end with alike is not looked at twice."""
    start = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    rest = min(len(one), len(two)) - start
    end = next((i for i in range(rest) if one[-1 - i] != two[-1 - i]), rest)
    inner = in_order(one[start : len(one) - end], two[start : len(two) - end], distance, size)
    shifted = ((None if i is None else i + start, None if j is None else j + start) for i, j in inner)
    tail = ((len(one) - i, len(two) - i) for i in range(end, 0, -1))
    return (*((i, i) for i in range(start)), *shifted, *tail)


def match_branches(ours: Sequence[Steps], theirs: Sequence[Steps]) -> Pairs:
    """Which branch stands for which, at the least cost wherever they stand."""
    width = max(len(ours), len(theirs))
    right: list[int | None] = [*range(len(theirs)), *[None] * (width - len(theirs))]
    left: list[int | None] = [*range(len(ours)), *[None] * (width - len(ours))]
    if width > MOST:
        return tuple(zip(left, right, strict=True))

    orders = (tuple(zip(left, order, strict=True)) for order in permutations(right))
    return min(orders, key=lambda pairs: _cost(ours, theirs, pairs))


def _cost(ours: Sequence[Steps], theirs: Sequence[Steps], pairs: Pairs) -> float:
    """How far branches that stand for each other are apart; a lone one is as far as it is long."""
    return sum(apart(ours[i] if i is not None else (), theirs[j] if j is not None else ()) for i, j in pairs)


def settings_apart(one: Operation, two: Operation) -> list[str]:
    """The names of the settings in which two operations of one kind differ; a norm that is folded can't be told."""
    ours, theirs = dict(one.settings), dict(two.settings)
    untold = ("norm", "bias") if FOLDED in (ours.get("norm"), theirs.get("norm")) else ()
    return [name for name in {**theirs, **ours} if ours.get(name) != theirs.get(name) and name not in untold]
