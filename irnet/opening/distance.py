"""How far two trees of somebody's networks are from each other, and which part of one stands for which of the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import permutations

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
            costs = _branch_costs(ours, theirs)
            return sum(costs[i, j] for i, j in match_branches(ours, theirs)) + FIELD * (how != other)
        case _:
            return size(one) + size(two)


@lru_cache(maxsize=4096)
def apart(one: Steps, two: Steps) -> float:
    """The distance of two sequences, at the least cost."""
    pairs = ((one[i] if i is not None else None, two[j] if j is not None else None) for i, j in align_steps(one, two))
    return sum(distance(a, b) if a and b else size(a) if a else size(b) if b else 0 for a, b in pairs)


def align_steps(one: Steps, two: Steps) -> Pairs:
    """Which part stands for which without crossing, at the least cost.

    What two sequences begin and end with alike is not looked at twice.

    Examples
    --------
    >>> conv, relu = Operation("conv"), Operation("relu")
    >>> align_steps((conv, relu, conv), (conv, conv))
    ((0, 0), (1, None), (2, 1))
    """
    start = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    rest = min(len(one), len(two)) - start
    end = next((i for i in range(rest) if one[-1 - i] != two[-1 - i]), rest)
    inner = _align(one[start : len(one) - end], two[start : len(two) - end])
    shifted = ((None if i is None else i + start, None if j is None else j + start) for i, j in inner)
    tail = ((len(one) - i, len(two) - i) for i in range(end, 0, -1))
    return (*((i, i) for i in range(start)), *shifted, *tail)


def _align(one: Steps, two: Steps) -> Pairs:
    kinds: dict[Part, int] = {}  # equal parts have one number
    parts = [[kinds.setdefault(part, len(kinds)) for part in steps] for steps in (one, two)]
    known = tuple(kinds)

    @cache
    def between(a: int, b: int) -> float:
        return distance(known[a], known[b])

    gone, rows = [size(part) for part in known], len(one)
    least = [[0.0] * (len(two) + 1) for _ in range(rows + 1)]  # what is left from here on costs
    for i in range(rows, -1, -1):
        for j in range(len(two), -1, -1):
            ways = _ways(least, i, j, parts, gone, between)
            least[i][j] = min((cost for cost, _, _ in ways), default=0.0)
    i = j = 0
    found: list[tuple[int | None, int | None]] = []
    while i < rows or j < len(two):
        _, x, y = min(_ways(least, i, j, parts, gone, between), key=lambda way: round(way[0], 6))
        found.append((i if x > i else None, j if y > j else None))
        i, j = x, y
    return tuple(found)


def _ways(
    least: Sequence[Sequence[float]],
    i: int,
    j: int,
    parts: Sequence[Sequence[int]],
    gone: Sequence[float],
    between: Callable[[int, int], float],
) -> list[tuple[float, int, int]]:
    """What can be done with the parts at `i` and `j`, a pair first: the cost with all that follows, where to go on."""
    one, two = parts
    ways = []
    if i < len(one) and j < len(two):
        ways.append((between(one[i], two[j]) + least[i + 1][j + 1], i + 1, j + 1))
    if i < len(one):
        ways.append((gone[one[i]] + least[i + 1][j], i + 1, j))
    if j < len(two):
        ways.append((gone[two[j]] + least[i][j + 1], i, j + 1))
    return ways


def match_branches(ours: Sequence[Steps], theirs: Sequence[Steps]) -> Pairs:
    """Which branch stands for which, at the least cost wherever they stand."""
    width = max(len(ours), len(theirs))
    right: list[int | None] = [*range(len(theirs)), *[None] * (width - len(theirs))]
    left: list[int | None] = [*range(len(ours)), *[None] * (width - len(ours))]
    if width > MOST:
        return tuple(zip(left, right, strict=True))

    costs = _branch_costs(ours, theirs)
    orders = (tuple(zip(left, order, strict=True)) for order in permutations(right))
    return min(orders, key=lambda pairs: sum(costs[pair] for pair in pairs))


def _branch_costs(ours: Sequence[Steps], theirs: Sequence[Steps]) -> dict[tuple[int | None, int | None], float]:
    """How far each branch is from each of the others'; a lone one is as far as it is long."""
    costs: dict[tuple[int | None, int | None], float] = {(None, None): 0}
    for i in (*range(len(ours)), None):
        for j in (*range(len(theirs)), None):
            costs[i, j] = apart(ours[i] if i is not None else (), theirs[j] if j is not None else ())
    return costs


def settings_apart(one: Operation, two: Operation) -> list[str]:
    """The names of the settings in which two operations of one kind differ; a norm that is folded can't be told."""
    ours, theirs = dict(one.settings), dict(two.settings)
    untold = ("norm", "bias") if FOLDED in (ours.get("norm"), theirs.get("norm")) else ()
    return [name for name in {**theirs, **ours} if ours.get(name) != theirs.get(name) and name not in untold]
