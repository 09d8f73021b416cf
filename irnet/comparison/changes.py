"""What changed between two networks: knobs, structure, and counts part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from irnet.comparison.align import ORDER, Match, align
from irnet.comparison.distance import SUM_NORM
from irnet.html import joined_html, words
from irnet.models import as_network
from irnet.spec import Conv, Network, Pool, Source, Stage
from irnet.tables import MOST, from_records, to_html
from irnet.tree import BYTES, describe, parent_of, without_block
from irnet.tree.totals import StageTotal, stages, totals
from irnet.units import grid, share, sides

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


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; `None` on a side that has nothing there."""

    where: str
    left: object
    right: object
    why: str = field(default="", compare=False)  # what the sources of either side say


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two networks side by side."""

    left: Network
    right: Network
    changes: tuple[Change, ...]

    def difference(self, count: str) -> int:
        """A count of the right network less that of the left: "params", "macs" or "activation_elements"."""
        left, right = (getattr(totals(side), count) for side in (self.left, self.right))
        return int(right - left)

    @property
    def finding(self) -> str:
        """One sentence: how the right network's size and cost compare to the left's."""
        if self.left == self.right:
            return f"{self.left.label}: nothing is changed yet."
        equal = not (self.difference("params") or self.difference("macs"))
        joined = f"{self._relation('params')} and {self._relation('macs')} {'as' if equal else 'than'}"
        return f"{self.right.label} has {joined} {self.left.label}."

    def _relation(self, count: str) -> str:
        """How the right network's count compares to the left's: "12.5 % fewer parameters"."""
        by, word = self.difference(count), COUNTS[count][0]
        if not by:
            return f"the same number of {word}"
        return f"{share(abs(by), getattr(totals(self.left), count))} {'more' if by > 0 else 'fewer'} {word}"

    def _repr_html_(self) -> str:
        changed = [
            {"where": c.where, f"left: {self.left.label}": c.left, f"right: {self.right.label}": c.right, "why": c.why}
            for c in self.changes
        ]
        counted = []
        for part, found in part_counts(self.left, self.right).items():
            if part != TOTAL:
                record: dict[str, object] = {"part": PARTS[part]}
                for count in ("params", "macs"):
                    word, (left, right) = COUNTS[count][0], found[count]
                    record |= {f"{word}, left": left, f"{word}, right": right, f"{word}, right - left": right - left}
                counted.append(record)
        tables = to_html(from_records(changed), MOST), to_html(from_records(counted))
        return joined_html(words(self.finding, strong=True), *tables)


def compare(left: Network | str, right: Network | str) -> Comparison:
    """Align two networks, or presets by their names, part by part and list everything that differs in their structure.

    Examples
    --------
    >>> from irnet.models import network
    >>> found = compare("inception_resnet_v2", network("inception_resnet_v2", scale_b=0.2))
    >>> [(change.where, change.left, change.right) for change in found.changes]
    [('block_b.scale', 0.1, 0.2)]
    """
    one, two = as_network(left), as_network(right)
    return Comparison(one, two, tuple(_changes(one, two)))


def grid_changes(original: Network, edited: Network) -> tuple[Change, ...]:
    """The stages that put out another grid, and the pixels of the input from one output of the last to the next.

    Examples
    --------
    >>> from irnet.edit import network
    >>> edited = network("inception_v4", "reduction_b.stride=1", "reduction_b.padding=same")
    >>> [(change.where, change.left, change.right) for change in grid_changes(network("inception_v4"), edited)]
    [('reduction_b', '8x8', '17x17'), ('inception_c', '8x8', '17x17'), ('output stride', '32', '16')]
    """
    found = [stages(network)[: len(network.stages)] for network in (original, edited)]
    was, now = ({stage.name: stage.out_shape[1:] for stage in each if stage.repeat} for each in found)
    rows = [(name, *("x".join(map(str, side)) for side in (was[name], now[name]))) for name in now if name in was]
    strides = [sides(each[-1].field.stride) for each in found]
    return tuple(Change(*row) for row in (*rows, ("output stride", *strides)) if row[1] != row[2])


def grid_sentence(changes: Sequence[Change]) -> str:
    """What edits do to the grids behind them, as `grid_changes` found it; "" for none.

    Examples
    --------
    >>> grid_sentence([Change("inception_c", "8x8", "15x15"), Change("output stride", "32", "16")])
    'Grids: inception_c 15x15 in place of 8x8, output stride 16 in place of 32.'
    """
    each = ", ".join(f"{change.where} {change.right} in place of {change.left}" for change in changes)
    return f"Grids: {each}." if each else ""


def _differences(ours: dict[str, Any], theirs: dict[str, Any], prefix: str = "") -> Iterator[Change]:
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if ours.get(name) != theirs.get(name):
            yield Change(prefix + name, ours.get(name), theirs.get(name))


def _changes(left: Network, right: Network) -> Iterator[Change]:
    yield from _differences({"input": grid(left.input_shape)}, {"input": grid(right.input_shape)})
    stages_of = left.stages_by_name, right.stages_by_name
    for match in align(left, right):
        ours, theirs = (side.get(name or "") for side, name in zip(stages_of, (match.left, match.right), strict=True))
        why = _why(*(stage.source for stage in (ours, theirs) if stage))
        yield from (replace(change, why=why) for change in _stage_changes(match, ours, theirs))
    for what in ("head", "norm"):
        one, two = (_fields(getattr(side, what)) for side in (left, right))
        why = _why(left.head.source, right.head.source) if what == "head" else ""
        yield from (replace(change, why=why) for change in _differences(one, two, f"{what}."))


def _why(*sources: Source) -> str:
    """What the sources of two stages say of them: their notes, and the errata that concern them."""
    notes = dict.fromkeys(f"{source.ref}: {source.note}" for source in sources if source.note)
    ids = dict.fromkeys(erratum.id for source in sources for erratum in source.errata if erratum.concerns == "stage")
    return " ".join((*notes, f"See {', '.join(ids)}." if ids else "")).strip()


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__ if name != "source"}


def _stage_changes(match: Match, one: Stage | None, two: Stage | None) -> Iterator[Change]:
    if match.status in ("left", "right"):
        if stage := one or two:
            yield Change(stage.name, _blocks_of(one) if one else None, _blocks_of(two) if two else None)
        return
    if one and two:
        yield from (Change(f"{one.name}.repeat", differs.left, differs.right) for differs in match.fields)
        for inside in match.parts:
            yield from _inner_changes(inside)


def _blocks_of(stage: Stage) -> str:
    return f"{stage.repeat} block{'s' if stage.repeat != 1 else ''} of {describe(stage.node)}"


def _inner_changes(match: Match) -> Iterator[Change]:
    """What differs at a place and inside it; a lone branch is told as a whole, and a lone bar follows from the rest."""
    where = without_block(match.left or match.right or "")
    left, right = match.nodes
    if match.status in ("left", "right"):
        if left or right:
            yield Change(where, describe(left) if left else None, describe(right) if right else None)
        return
    if match.fields and (isinstance(left, Conv | Pool) or type(left) is not type(right)) and left and right:
        yield Change(where, describe(left), describe(right))
    else:
        around = parent_of(where)
        named = {"scale": f"{around}.scale", "relu": f"{around}.relu", SUM_NORM: f"{around}.norm"}
        named[ORDER] = f"{around}: {ORDER}"
        yield from (Change(named.get(f.name, f"{where}: {f.name}"), f.left, f.right) for f in match.fields)
    for part in match.parts:
        yield from _inner_changes(part)


Stages = tuple[StageTotal, ...]
COUNTS: Mapping[str, tuple[str, Callable[[Stages], int]]] = {  # name to words and sum
    "params": ("parameters", lambda found: sum(stage.params for stage in found)),
    "macs": ("MACs", lambda found: sum(stage.macs for stage in found)),
    "activation_bytes": (
        "activation bytes",
        lambda found: BYTES * sum(stage.activation_elements for stage in found),
    ),
    "convolutions": ("convolutions", lambda found: sum(stage.convolutions for stage in found)),
    "receptive_field": (
        "receptive field in pixels",
        lambda found: max((max(stage.field.size) for stage in found), default=0),
    ),
}
TOTAL = "all"


def part_counts(*networks: Network) -> dict[str, dict[str, tuple[int, ...]]]:
    """Part to count to its value in every network; "all" is the whole network.

    Counts are parameters, MACs of convolutions and linear layers, bytes of their outputs in float32, all for one
    image, the number of convolutions, and the receptive field in pixels at the end of the part.

    Examples
    --------
    >>> from irnet.models import network
    >>> part_counts(network("inception_v4"), network("inception_resnet_v2"))["all"]["convolutions"]
    (149, 132)
    """
    every = [stages(network) for network in networks]
    sides = {part: [tuple(s for s in side if _part_of(s) == part) for side in every] for part in PARTS}
    found = {part: [*side] for part, side in sides.items() if any(side)} | {TOTAL: every}
    return {
        part: {name: tuple(map(count, side)) for name, (_, count) in COUNTS.items()} for part, side in found.items()
    }


def _part_of(stage: StageTotal) -> str:
    """The part of a network that a stage belongs to; the head is one of its own."""
    return "head" if stage.name == "head" else stage.part


def count_records(count: str, *networks: Network) -> list[dict[str, object]]:
    """One count part by part as flat records, with the differences to the first network."""
    names = PARTS | {TOTAL: "Whole network"}
    labels = [f"{i + 1}: {network.label}" for i, network in enumerate(networks)]
    found: list[dict[str, object]] = []
    for part, values in part_counts(*networks).items():
        record: dict[str, object] = {"part": names[part], **dict(zip(labels, values[count], strict=True))}
        record |= {f"{i + 2} \u2212 1": value - values[count][0] for i, value in enumerate(values[count][1:])}
        found.append(record)
    return found
