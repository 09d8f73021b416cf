"""A graph on which blocks are drawn: what is open on it, and how wide its branches are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from irnet.diagrams.bars import Spans
from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.spec import Chain, Fork, Residual
from irnet.tree import Box, Tree

BRANCH, STEP = 1, 2  # indices of levels of boxes, after stages


@dataclass(frozen=True, slots=True)
class ArrowStart:
    """Where the next arrow starts: a node and, if it is a bar, its ports, one a branch of what follows."""

    path: str
    bar: bool = False

    def port(self, i: int) -> End:
        """Where the arrow to branch `i` of what follows starts."""
        return End(self.path, "out", f"b{i}" if self.bar else "")


@dataclass(slots=True)
class Drawing:
    """A graph, and what is open on it; without `is_open`, steps are shown and the units inside them are not."""

    sheet: GraphBuilder
    tree: Tree
    is_open: Callable[[str, int | None], bool] | None = None  # of a path and the index of its level

    def shut(self, box: Box) -> bool:
        """Whether the steps of a branch stand in one box."""
        return self.is_open is not None and not self.is_open(box.path, BRANCH)

    def shows_units(self, box: Box) -> bool:
        """Whether a convolution is shown as convolution, norm and ReLU."""
        return self.is_open is not None and self.is_open(box.path, STEP)

    @contextmanager
    def frame(self, box: Box) -> Iterator[None]:
        """A frame round an open branch of several steps; none where all branches are open."""
        if self.is_open is None or not isinstance(box.node, Chain) or len(box.children) == 1:
            yield
            return
        with self.sheet.cluster(box.path, box.name, "branch", description=f"{box.path}: {len(box.children)} steps"):
            yield

    def merge_id(self, box: Box, merge: str) -> str:
        """The id of a merge: the box's, as the row has it, unless a frame round the block has that one."""
        return box.path if self.is_open is None else f"{box.path}.{merge}"

    def steps(self, box: Box) -> tuple[Box, ...]:
        """What runs one after another in a chain."""
        return self.tree.children(box.path)

    def branches(self, box: Box) -> tuple[Box, ...]:
        """What runs side by side in a fork, without the concatenation."""
        return self.tree.children(box.path)[:-1]

    def first(self, box: Box) -> Spans:
        """Inches across the flow of the branches that read the input of `box`."""
        if isinstance(box.node, Fork):
            return tuple(map(self.span, self.branches(box)))
        if isinstance(box.node, Chain):
            start = self.steps(box)[0]
            return self.first(start) if isinstance(start.node, Fork) else (self.span(box),)
        if isinstance(box.node, Residual):
            return (*self.first(self.steps(box)[0]), self.sheet.lane)
        return (self.sheet.box_span,)

    def span(self, box: Box) -> float:
        """Inches that `box` takes across the flow."""
        if isinstance(box.node, Fork | Residual):
            return self.sheet.total(self.first(box))
        if isinstance(box.node, Chain):
            return max(map(self.span, self.steps(box)))
        return self.sheet.box_span
