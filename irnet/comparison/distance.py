"""How far two pieces of a network are from each other, and which of several stand for each other at the least cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import TypeVar

from irnet.spec import Chain, Conv, Fork, Layer, Node, Padding, Pool, Residual, Subgraph, pair, parts
from irnet.units import sides

Value = str | int | float | bool
Pairs = tuple[tuple[int | None, int | None], ...]  # indices on either side; None where one has nothing
Item = TypeVar("Item")

# A step that is missing costs 1.
PAIR, OURS, THEIRS = range(3)  # ways to go on in two sequences
FIELD = 0.3  # a field that differs
LENGTH = 0.2  # a step by which two sequences differ in length: short ones rather stand for short ones
ANOTHER = 0.1  # another name
NORM = "batch norm"
SUM_NORM = "batch norm of the sum"
PADDING = "padding in an average"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that differs at one place."""

    name: str
    left: Value
    right: Value


@lru_cache(maxsize=4096)
def size(node: Node) -> float:
    """What it costs to take a node away: the number of its steps."""
    return isinstance(node, Conv | Pool | Layer | Residual) + sum(size(inner) for _, inner in parts(node))


@lru_cache(maxsize=16384)
def distance(one: Node, two: Node) -> float:
    """What it costs to make one node into another."""
    if one == two:
        return 0
    match one, two:
        case (Conv(), Conv()) | (Pool(), Pool()):
            cost = FIELD * len(fields(one, two))
        case Layer(kind), Layer(other) if kind == other:
            cost = FIELD * len(fields(one, two))
        case (Residual(), _) | (_, Residual()):
            ours, theirs = (node.body if isinstance(node, Residual) else node for node in (one, two))
            cost = distance(ours, theirs) + (FIELD * len(fields(one, two)) if type(one) is type(two) else 1)
        case (Fork(), _) | (_, Fork()):
            pairs = at_least_cost(branches(one), branches(two))
            cost = _total(branches(one), branches(two), pairs)
            cost += FIELD * len(fields(one, two)) if type(one) is type(two) else 0
        case (Chain(), _) | (_, Chain()):
            longer = abs(len(steps(one)) - len(steps(two)))
            cost = _total(steps(one), steps(two), in_order(steps(one), steps(two))) + LENGTH * longer
        case _:
            cost = size(one) + size(two)
    return cost


def branches(node: Node) -> tuple[Node, ...]:
    """What runs side by side; a node that is no fork is one branch."""
    return node.branches if isinstance(node, Fork) else (node,)


def steps(node: Node) -> tuple[Node, ...]:
    """What runs one after another; a node that is no chain is one step."""
    return node.nodes if isinstance(node, Chain) else (node,)


def fields(one: Node, two: Node) -> tuple[Field, ...]:
    """What differs between two nodes of one type themselves, not inside them."""
    return tuple(
        Field(name, ours, theirs)
        for (name, ours), (_, theirs) in zip(_properties(one), _properties(two), strict=False)
        if ours != theirs
    )


def _properties(node: Node) -> tuple[tuple[str, Value], ...]:
    """What a node is, apart from what is inside it."""
    match node:
        case Conv(filters, kernel, stride, padding):
            window = ("kernel", sides(pair(kernel))), ("stride", stride), ("padding", _text(padding))
            norm = "none" if node.norm is False else "as the network's" if node.norm is True else f"{node.norm.eps:g}"
            own = ("bias", node.bias), (NORM, norm), ("activation", node.activation or "none")
            return ("filters", filters), *window, ("dilation", node.dilation), ("groups", node.groups), *own
        case Pool(op, kernel, stride, padding, counts_padding):
            window = ("kernel", sides(pair(kernel))), ("stride", stride), ("padding", _text(padding))
            counted = PADDING, "counts" if counts_padding else "does not count"
            return ("pooling", op), *window, counted, ("rounding", "up" if node.rounds_up else "down")
        case Layer(kind, settings):
            return ("layer", kind), *((name, str(value)) for name, value in settings)
        case Residual(_, scale, relu, norm):
            return ("scale", scale), ("relu", relu), (SUM_NORM, norm)
        case Fork(merge=merge):
            return (("merge", merge),)
        case Chain() | Subgraph():
            return ()


def _text(padding: Padding) -> str:
    return padding if isinstance(padding, str) else ", ".join(map(str, padding))


def _total(ours: Sequence[Node], theirs: Sequence[Node], pairs: Pairs) -> float:
    return sum(_cost(ours, theirs, i, j, distance, size) for i, j in pairs)


def _cost(
    ours: Sequence[Item],
    theirs: Sequence[Item],
    i: int | None,
    j: int | None,
    apart: Callable[[Item, Item], float],
    whole: Callable[[Item], float],
) -> float:
    if i is None or j is None:
        return (0 if i is None else whole(ours[i])) + (0 if j is None else whole(theirs[j]))
    return apart(ours[i], theirs[j])


def at_least_cost(ours: Sequence[Node], theirs: Sequence[Node]) -> Pairs:
    """Branches matched at the least cost, wherever they stand; those of the left first, in their order.

    Of several ways that cost the same it takes the same one with left and right exchanged.
    """
    if repr(theirs) < repr(ours):
        back = ((i, j) for j, i in at_least_cost(theirs, ours))
        return tuple(sorted(back, key=lambda both: (both[0] is None, both[0] if both[0] is not None else both[1])))
    width = max(len(ours), len(theirs))
    left, right = ([*range(len(side)), *[None] * (width - len(side))] for side in (ours, theirs))
    best = min(permutations(right), key=lambda order: _total(ours, theirs, tuple(zip(left, order, strict=True))))
    return tuple(both for i, j in zip(left, best, strict=True) for both in _unless_strangers(ours, theirs, i, j))


def _unless_strangers(ours: Sequence[Node], theirs: Sequence[Node], i: int | None, j: int | None) -> Pairs:
    """A pair, or two lone branches where the pair has nothing in common."""
    if i is None or j is None or distance(ours[i], theirs[j]) < size(ours[i]) + size(theirs[j]):
        return ((i, j),)
    return ((i, None), (None, j))


def in_order(
    ours: Sequence[Item],
    theirs: Sequence[Item],
    apart: Callable[[Item, Item], float] = distance,
    whole: Callable[[Item], float] = size,
) -> Pairs:
    """Two sequences matched at the least cost without crossing; the same with left and right exchanged."""
    if repr(theirs) < repr(ours):
        return tuple((i, j) for j, i in in_order(theirs, ours, apart, whole))
    lone_ours, lone_theirs = list(map(whole, ours)), list(map(whole, theirs))
    places: dict[Item, int] = {}  # equal items are looked at once
    same = [[places.setdefault(item, len(places)) for item in side] for side in (ours, theirs)]
    known: dict[tuple[int, int], float] = {}
    costs: list[list[float]] = [[]] * (len(ours) + 1)  # of what is left from `i` and from `j` on
    ways: list[bytearray] = [bytearray()] * (len(ours) + 1)  # whether that begins with a pair, one of ours or of theirs
    for i in range(len(ours), -1, -1):
        costs[i], ways[i] = [0.0] * (len(theirs) + 1), bytearray(len(theirs) + 1)
        for j in range(len(theirs), -1, -1):
            options: list[tuple[float, int]] = []
            if i < len(ours) and j < len(theirs):
                both = same[0][i], same[1][j]
                if both not in known:
                    known[both] = apart(ours[i], theirs[j])
                options.append((known[both] + costs[i + 1][j + 1], PAIR))
            if i < len(ours):
                options.append((lone_ours[i] + costs[i + 1][j], OURS))
            if j < len(theirs):
                options.append((lone_theirs[j] + costs[i][j + 1], THEIRS))
            if options:
                costs[i][j], ways[i][j] = min(options, key=lambda option: round(option[0], 6))
    found: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < len(ours) or j < len(theirs):
        way = ways[i][j]
        found.append((i if way != THEIRS else None, j if way != OURS else None))
        i, j = i + (way != THEIRS), j + (way != OURS)
    return tuple(found)
