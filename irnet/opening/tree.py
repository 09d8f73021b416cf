"""The series-parallel tree of a graph: what stands one after another, and what runs side by side.

Only the graph is read. Between an operation and the next one that every path goes through lies a merge of branches, if
branches meet there; what no branches can write stays whole, as a tangle, and everything around it is a tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from irnet.opening.graph import ADD, CONCAT, MERGES, MUL, Graph, Operation


@dataclass(frozen=True, slots=True)
class Merge:
    """Branches that read one value and meet; an empty branch is that value itself. A sum has no order."""

    how: str
    branches: tuple[Steps, ...]
    module: str = ""

    def __eq__(self, other: object) -> bool:
        """Whatever module it belongs to."""
        return isinstance(other, Merge) and (self.how, self.branches) == (other.how, other.branches)

    def __hash__(self) -> int:
        """As equality has it."""
        return hash((self.how, self.branches))


@dataclass(frozen=True, slots=True)
class Tangle:
    """Operations between one value and the next that no branches can write, in the order of the graph."""

    operations: tuple[Operation, ...]


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


class _Reading:
    """One reading of a graph; operations are known by their positions."""

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
        live = self._reached(start, self.readers) & self._reached(end, self.reads) - {start, end}
        past = sum(reader == end for reader in self.readers[start])  # edges that pass everything in between
        done, last, open_ = self._series(live, start, end, past)
        return (*done, *self._merge(open_, last, end))

    def _reached(self, start: int, edges: Sequence[Sequence[int]]) -> set[int]:
        seen, ahead = {start}, [start]
        while ahead:
            for other in edges[ahead.pop()]:
                if other not in seen:
                    seen.add(other)
                    ahead.append(other)
        return seen

    def _series(self, inside: Iterable[int], first: int, end: int, past: int = 0) -> tuple[list[Part], int, list[int]]:
        """What stands one after another among `inside`, behind `first`; the last of it, and what is open at the end."""
        members, done, last, open_ = set(inside), list[Part](), first, list[int]()
        crossing = past + sum(reader in members for reader in self.readers[first])  # edges beside the next operation
        for at in sorted(members):
            entering = sum(source in members or source == first for source in self.reads[at])
            if crossing == entering:  # every path goes through it
                done += self._merge(open_, last, at)
                last, open_, crossing = at, [], 0
            else:
                open_.append(at)
                crossing -= entering
            crossing += sum(reader in members or reader == end for reader in self.readers[at])
        return done, last, open_

    def _merge(self, inside: Sequence[int], first: int, end: int) -> list[Part]:
        """Whatever lies between `first` and `end`, with `end`."""
        operation, sources = self.graph.operations[end], self.reads[end]
        if not inside and sources == (first,):
            return [operation]
        if operation.kind not in MERGES:
            return [self._tangle([*inside, end])]
        branches: list[tuple[int, Steps]] = [(i, ()) for i, source in enumerate(sources) if source == first]
        for group in self._groups(inside):
            ends = [i for i, source in enumerate(sources) if source in group]
            done, last, open_ = self._series(group, first, end)
            if len(ends) == 1:
                branches.append((ends[0], (*done, *([self._tangle(open_)] if open_ else []))))
            elif operation.kind == CONCAT and ends == list(range(ends[0], ends[-1] + 1)):
                inner = tuple(self._branch(open_, last, sources[i], end) for i in ends)  # written as one list with ours
                branches.append((ends[0], (*done, Merge(CONCAT, inner, operation.module))))
            else:
                return [self._tangle([*inside, end])]
        if operation.kind in (ADD, MUL):  # the empty branch first, then as the graph has them
            branches.sort(key=lambda branch: (bool(branch[1]), branch[0]))
        else:
            branches.sort(key=lambda branch: branch[0])
        return [Merge(operation.kind, tuple(steps for _, steps in branches), operation.module)]

    def _branch(self, among: Sequence[int], first: int, last: int, end: int) -> Steps:
        """The steps from `first` to `last`, which one operand of a concatenation is."""
        if last == first:
            return ()
        before, ahead = {last}, [last]
        while ahead:
            for source in self.reads[ahead.pop()]:
                if source in among and source not in before:
                    before.add(source)
                    ahead.append(source)
        done, _, open_ = self._series(before, first, end)
        return (*done, *([self._tangle(open_)] if open_ else []))

    def _groups(self, inside: Iterable[int]) -> Iterable[set[int]]:
        """What hangs together among `inside`."""
        left = set(inside)
        while left:
            ahead = [left.pop()]
            group = set(ahead)
            while ahead:
                at = ahead.pop()
                for other in (*self.readers[at], *self.reads[at]):
                    if other in left:
                        left.discard(other)
                        group.add(other)
                        ahead.append(other)
            yield group

    def _tangle(self, members: Iterable[int]) -> Tangle:
        return Tangle(tuple(self.graph.operations[at] for at in sorted(members)))


def _nested(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """The edges, with a concatenation that begins with all operands of an earlier one reading that one instead.

    Dense blocks concatenate everything so far in one list; nested, the same channels are a tree.
    """
    known: dict[tuple[int, ...], int] = {}
    found: list[tuple[int, ...]] = []
    for at, (operation, sources) in enumerate(zip(graph.operations, graph.reads, strict=True)):
        reads = sources
        if operation.kind == CONCAT:
            for many in range(len(sources) - 1, 1, -1):
                if sources[:many] in known:
                    reads = (known[sources[:many]], *sources[many:])
                    break
            known.setdefault(sources, at)
        found.append(reads)
    return tuple(found)
