"""The series-parallel tree of a graph: what stands one after another, and what runs side by side.

Only the graph is read. Between an operation and the next one that every path goes through lies a merge of branches, if
branches meet there; what no branches can write stays whole, as a tangle, and everything around it is a tree.

A concatenation of x, f(x), g(f(x)), ... is written as nested ones: x beside what follows f, which is f(x) beside what
follows g. The channels are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from irnet.opening.graph import ADD, CONCAT, MERGES, MUL, Graph, Operation

LEVELS = 30  # merges inside merges; what is nested deeper stays whole


@dataclass(frozen=True, slots=True)
class Merge:
    """Branches that read one value and meet; an empty branch is that value itself. A sum has no order."""

    how: str
    branches: tuple[Steps, ...]
    module: str = field(default="", repr=False)

    def __eq__(self, other: object) -> bool:
        """Whatever module it belongs to."""
        return isinstance(other, Merge) and (self.how, self.branches) == (other.how, other.branches)

    def __hash__(self) -> int:
        """As equality has it."""
        return hash((self.how, self.branches))


@dataclass(frozen=True, slots=True)
class Tangle:
    """Operations between one value and the next that no branches can write, in the order of the graph.

    `reads` has for each the positions of those that it reads among them, -1 for the value that they begin with.
    """

    operations: tuple[Operation, ...]
    reads: tuple[tuple[int, ...], ...] = ()


Part = Operation | Merge | Tangle
Steps = tuple[Part, ...]


def tree(graph: Graph) -> Steps:
    """What stands one after another from the input of `graph` to its output, neither input nor dead ends included.

    Examples
    --------
    >>> from irnet.opening.graph import Graph, Operation
    >>> kinds, reads = ("input", "relu", "conv", "add"), ((), (0,), (1,), (1, 2))
    >>> operations = tuple(map(Operation, kinds))
    >>> small = Graph(name="small", input_shape=(8, 4, 4), operations=operations, reads=reads, output=3)
    >>> relu, merge = tree(small)
    >>> relu.kind, merge.how, [len(branch) for branch in merge.branches]
    ('relu', 'add', [0, 1])
    """
    return _Reading(graph).steps()


def parts(steps: Steps) -> Iterator[Part]:
    """Every part of a tree, each merge before what is in its branches.

    Examples
    --------
    >>> branch = (Operation("conv"), Operation("relu"))
    >>> [getattr(part, "kind", "merge") for part in parts((Merge(ADD, ((), branch)), Operation("relu")))]
    ['merge', 'conv', 'relu', 'relu']
    """
    for part in steps:
        yield part
        if isinstance(part, Merge):
            for branch in part.branches:
                yield from parts(branch)


class _Reading:
    """One reading of a graph; operations are known by their positions, and no step looks at a part twice on a level."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.reads = _nested(graph)
        self.readers: list[list[int]] = [[] for _ in graph.operations]
        for at, sources in enumerate(self.reads):
            for source in sources:
                self.readers[source].append(at)

    def steps(self) -> Steps:
        start, end = 0, self.graph.output
        if start == end:
            return ()
        live = self._reached(start, self.readers) & self._reached(end, self.reads) - {start}
        done, _, _ = self._cut(sorted(live), start, end, LEVELS)
        return done

    def _reached(self, start: int, edges: Sequence[Sequence[int]]) -> set[int]:
        seen, ahead = {start}, [start]
        while ahead:
            for other in edges[ahead.pop()]:
                if other not in seen:
                    seen.add(other)
                    ahead.append(other)
        return seen

    def _cut(self, inside: Sequence[int], first: int, end: int, levels: int) -> tuple[Steps, int, list[int]]:
        """What stands one after another among `inside`, behind `first`; the last of it, and what is open behind that.

        `end` is what everything among them leads to.
        """
        members, done, last, open_ = set(inside), list[Part](), first, list[int]()
        crossing = sum(source == first for at in inside for source in self.reads[at])  # edges beside the next operation
        for at in inside:
            entering = sum(source in members or source == first for source in self.reads[at])
            if crossing == entering:  # every path goes through it
                done.append(self._step(open_, last, at, levels))
                last, open_, crossing = at, [], 0
            else:
                open_.append(at)
                crossing -= entering
            crossing += sum(reader in members or reader == end for reader in self.readers[at])
        return tuple(done), last, open_

    def _step(self, inside: Sequence[int], first: int, at: int, levels: int) -> Part:
        """Whatever lies between `first` and `at`, with `at`."""
        operation, sources = self.graph.operations[at], self.reads[at]
        if not inside and (len(sources) == 1 or operation.kind not in MERGES):
            return operation
        if operation.kind in MERGES:
            branches = self._branches(inside, first, sources, at, levels - 1)
            if branches is not None:
                return Merge(operation.kind, branches, operation.module)
        return self._tangle([*inside, at], first)

    def _branches(
        self, inside: Sequence[int], first: int, sources: Sequence[int], end: int, levels: int
    ) -> tuple[Steps, ...] | None:
        """The ways from `first` to each of `sources`, which `end` joins; None where they are no branches."""
        if levels < 0:
            return None
        how, group_of, groups = self.graph.operations[end].kind, *self._groups(inside)
        found: list[tuple[int, Steps]] = []
        ends: list[list[int]] = [[] for _ in groups]
        for i, source in enumerate(sources):
            if source == first:
                found.append((i, ()))
            elif source in group_of:
                ends[group_of[source]].append(i)
            else:  # it comes from elsewhere
                return None
        for group, (at, *more) in zip(groups, ends, strict=True):
            steps, last, open_ = self._cut(group, first, end, levels)
            if more:  # written in one list with ours
                side_by_side = how == CONCAT and more[-1] == at + len(more)
                if last == first or not (side_by_side or how in (ADD, MUL)):
                    return None
                inner = self._branches(open_, last, [sources[i] for i in (at, *more)], end, levels - 1)
                if inner is None:
                    return None
                steps = (*steps, Merge(how, inner, self.graph.operations[end].module))
            found.append((at, steps))
        if how in (ADD, MUL):  # the empty branch first, then as the graph has them
            found.sort(key=lambda branch: (bool(branch[1]), branch[0]))
        else:
            found.sort(key=lambda branch: branch[0])
        return tuple(steps for _, steps in found)

    def _groups(self, inside: Sequence[int]) -> tuple[dict[int, int], list[list[int]]]:
        """What hangs together among `inside`: the number of each one's group, and the groups, in the graph's order."""
        group_of = dict.fromkeys(inside, -1)
        many = 0
        for start in inside:
            if group_of[start] < 0:
                group_of[start], ahead = many, [start]
                while ahead:
                    at = ahead.pop()
                    for other in (*self.readers[at], *self.reads[at]):
                        if group_of.get(other, 0) < 0:
                            group_of[other] = many
                            ahead.append(other)
                many += 1
        groups: list[list[int]] = [[] for _ in range(many)]
        for at in inside:
            groups[group_of[at]].append(at)
        return group_of, groups

    def _tangle(self, members: Sequence[int], first: int) -> Tangle:
        every = {first, *members}
        ahead = list(members)
        while ahead:  # constants, which come from nowhere
            missing = [source for source in self.reads[ahead.pop()] if source not in every]
            every.update(missing)
            ahead += missing
        members = sorted(every - {first})
        place = {at: i for i, at in enumerate(members)} | {first: -1}
        reads = tuple(tuple(place[source] for source in self.reads[at]) for at in members)
        return Tangle(tuple(self.graph.operations[at] for at in members), reads)


def _nested(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """The edges, with a concatenation that begins or ends with all operands of an earlier one reading that one instead.

    Dense blocks concatenate everything so far in one list; nested, the same channels are a tree.
    """
    front, back = _Lists(), _Lists()
    found: list[tuple[int, ...]] = []
    for at, (operation, sources) in enumerate(zip(graph.operations, graph.reads, strict=True)):
        reads = sources
        if operation.kind == CONCAT:
            (many, earlier), (behind, later) = front.add(sources, at), back.add(sources[::-1], at)
            if many and many >= behind:
                reads = (earlier, *sources[many:])
            elif behind:
                reads = (*sources[:-behind], later)
        found.append(reads)
    return tuple(found)


class _Lists:
    """Lists of operands, by what they begin with."""

    def __init__(self) -> None:
        self.next: dict[tuple[int, int], int] = {}  # from a beginning, and what follows it, to the longer beginning
        self.whole: dict[int, int] = {}  # from a beginning that is a whole list to the concatenation that has it

    def add(self, sources: Sequence[int], at: int) -> tuple[int, int]:
        """Remember the list of `at`; how many of its operands are the longest earlier list, and whose that is."""
        found, here = (0, 0), 0
        for many, source in enumerate(sources, 1):
            here = self.next.setdefault((here, source), len(self.next) + 1)
            if 1 < many < len(sources) and here in self.whole:
                found = (many, self.whole[here])
        self.whole.setdefault(here, at)
        return found
