"""What changed between two networks: knobs, structure, and counts part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal

from irnet.analysis.tables import StageTotal, stages, totals
from irnet.models.recipe import Recipe, knobs
from irnet.resolve import notation
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual, Stage
from irnet.units import grid, share

PARTS = {
    "stem": "Stem",
    "a": "A blocks",
    "reduction_a": "Reduction-A",
    "b": "B blocks",
    "reduction_b": "Reduction-B",
    "c": "C blocks",
    "tail": "After the C blocks",
    "head": "Pool and classifier",
}


COUNTED = {"params": "parameters", "macs": "MACs", "activation_elements": "activation elements"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; `None` on a side that has nothing there."""

    where: str
    left: object
    right: object


@dataclass(frozen=True, slots=True)
class Pair:
    """The stages of one part (stem, A blocks, ...) on either side."""

    part: str
    left: tuple[StageTotal, ...]
    right: tuple[StageTotal, ...]

    def sums(self, field: str) -> tuple[int, int]:
        """A count of both sides: "params", "macs" or "activation_elements"."""
        left, right = (sum(getattr(stage, field) for stage in side) for side in (self.left, self.right))
        return left, right

    def difference(self, field: str) -> int:
        """A count of the right side less that of the left."""
        left, right = self.sums(field)
        return right - left


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two networks side by side."""

    left: Network
    right: Network
    pairs: tuple[Pair, ...]
    changes: tuple[Change, ...]

    def difference(self, field: str) -> int:
        """A count of the whole right network less that of the left."""
        return sum(pair.difference(field) for pair in self.pairs)

    def counts(self, side: Literal["left", "right"], field: str) -> list[int]:
        """A count of one side, part by part."""
        return [pair.sums(field)[side == "right"] for pair in self.pairs]

    def told(self, field: str) -> str:
        """How the right network's count compares to the left's: "12.5 % fewer parameters"."""
        by, word = self.difference(field), COUNTED[field]
        if not by:
            return f"equally many {word}"
        return f"{share(abs(by), getattr(totals(self.left), field))} {'more' if by > 0 else 'fewer'} {word}"

    @property
    def finding(self) -> str:
        """One sentence: how the right network's size and cost compare to the left's."""
        equal = not (self.difference("params") or self.difference("macs"))
        joined = f"{self.told('params')} and {self.told('macs')} {'as' if equal else 'than'} {self.left.label}"
        return f"{self.right.label} has {joined}."

    def drawable(self, part: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The stages of a part that have a block to draw, on either side; "" is the whole network, as is no part."""
        for pair in self.pairs:
            if pair.part == part:
                left, right = (tuple(s.name for s in side if s.repeat) for side in (pair.left, pair.right))
                return left, right
        return ("",), ("",)

    def records(self) -> list[dict[str, object]]:
        """Parameters and MACs part by part, as plain values, with the differences right minus left."""
        return [
            {
                "part": PARTS[pair.part],
                "left params": pair.sums("params")[0],
                "right params": pair.sums("params")[1],
                "params difference": pair.difference("params"),
                "left macs": pair.sums("macs")[0],
                "right macs": pair.sums("macs")[1],
                "macs difference": pair.difference("macs"),
            }
            for pair in self.pairs
        ]


def compare(left: Network, right: Network) -> Comparison:
    """Align two networks part by part and list everything that differs in their structure.

    Examples
    --------
    >>> from irnet.models import network
    >>> found = compare(network("inception_resnet_v2"), network("inception_resnet_v2", scale_b=0.2))
    >>> found.changes
    (Change(where='block_b.scale', left=0.1, right=0.2),)
    """
    return Comparison(left, right, tuple(_pairs(left, right)), tuple(_changes(left, right)))


def changed_knobs(left: Recipe, right: Recipe) -> tuple[Change, ...]:
    """The knobs that differ between two recipes.

    Examples
    --------
    >>> from irnet.models import PRESETS
    >>> found = changed_knobs(PRESETS["inception_resnet_v1.paper"], PRESETS["inception_resnet_v2.paper"])
    >>> [(change.where, change.left, change.right) for change in found]
    [('k', 192, 256), ('l', 192, 256), ('m', 256, 384)]
    """
    return tuple(_changed(knobs(left), knobs(right)))


def _changed(ours: dict[str, Any], theirs: dict[str, Any], prefix: str = "") -> Iterator[Change]:
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if ours.get(name) != theirs.get(name):
            yield Change(prefix + name, ours.get(name), theirs.get(name))


def _pairs(left: Network, right: Network) -> Iterator[Pair]:
    ours, theirs = stages(left), stages(right)
    for part in PARTS:
        sides = [tuple(s for s in side if _part(s) == part) for side in (ours, theirs)]
        if any(sides):
            yield Pair(part, *sides)


def _part(stage: StageTotal) -> str:
    return "head" if stage.name == "head" else stage.part


def _changes(left: Network, right: Network) -> Iterator[Change]:
    yield from _changed({"input": grid(left.input_shape)}, {"input": grid(right.input_shape)})
    for part in PARTS:
        ours, theirs = ([s for s in side.stages if s.part == part] for side in (left, right))
        for one, two in zip_longest(ours, theirs):
            yield from _stage_changes(one, two)
    for what in ("head", "norm"):
        one, two = (_fields(getattr(side, what)) for side in (left, right))
        yield from _changed(one, two, f"{what}.")


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__ if name != "source"}


def _stage_changes(one: Stage | None, two: Stage | None) -> Iterator[Change]:
    if one is None or two is None:
        side = one or two
        name = side.name if side else ""
        yield Change(name, *(_counted(s) if s else None for s in (one, two)))
        return
    if one.repeat != two.repeat:
        yield Change(f"{one.name}.repeat", one.repeat, two.repeat)
    yield from _node_changes(one.node, two.node, one.name)


def _counted(stage: Stage) -> str:
    return f"{stage.repeat} block{'s' if stage.repeat != 1 else ''} of {describe(stage.node)}"


def _node_changes(one: Node | None, two: Node | None, path: str) -> Iterator[Change]:
    match one, two:
        case Chain(ours), Chain(theirs):
            for i, (a, b) in enumerate(zip_longest(ours, theirs)):
                yield from _node_changes(a, b, f"{path}.{i}")
        case Fork(), Fork():
            yield from _fork_changes(one, two, path)
        case Residual(), Residual():
            if one.scale != two.scale:
                yield Change(f"{path}.scale", one.scale, two.scale)
            if one.relu != two.relu:
                yield Change(f"{path}.relu", one.relu, two.relu)
            yield from _node_changes(one.body, two.body, f"{path}.body")
        case _:
            if one != two:
                yield Change(path, *(describe(node) if node else None for node in (one, two)))


def _fork_changes(one: Fork, two: Fork, path: str) -> Iterator[Change]:
    """What differs between two forks; branches that only stand elsewhere are told once."""
    if one == two:
        return
    order = Change(f"{path}: order of the branches", describe(one), describe(two))
    if sorted(map(repr, one.branches)) == sorted(map(repr, two.branches)):
        yield order
        return
    left, right = _pools_last(one), _pools_last(two)
    if len(left) == len(right) and [i for i, _ in left] != [i for i, _ in right]:
        yield order
    for ours, theirs in zip_longest(left, right):
        number, _ = ours or theirs
        yield from _node_changes(ours[1] if ours else None, theirs[1] if theirs else None, f"{path}.b{number}")


def _pools_last(fork: Fork) -> list[tuple[int, Node]]:
    """Branches with their numbers, those that start with pooling last: figures and releases put them on either side."""

    def pools(numbered: tuple[int, Node]) -> bool:
        branch = numbered[1]
        return isinstance(branch.nodes[0] if isinstance(branch, Chain) else branch, Pool)

    return sorted(enumerate(fork.branches), key=pools)


def describe(node: Node) -> str:
    """A node on one line: `>` joins what runs one after another, `|` what runs side by side.

    Examples
    --------
    >>> describe(Fork((Pool("max", 3, 2, "valid"), Chain((Conv(64), Conv(96, 3))))))
    '(3x3 max pool /2 V | 1x1 conv 64 > 3x3 conv 96)'
    """
    match node:
        case Conv() | Pool():
            return notation(node)
        case Chain(nodes):
            return " > ".join(map(describe, nodes))
        case Fork(branches):
            return f"({' | '.join(map(describe, branches))})"
        case Residual(body, scale, relu):
            return f"x + {scale:g} {describe(body)}{', ReLU' if relu else ''}"
