"""A sheet on which a block is drawn: what is open on it, and how wide its branches are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from irnet.diagrams.bars import Spans
from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.spec import Chain, Fork, Node, Residual, Shape
from irnet.tree import Row

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
    """A sheet, and what is open on it; without `is_open`, steps are shown and the units inside them are not."""

    sheet: GraphBuilder
    rows: dict[str, Row]
    is_open: Callable[[str, int | None], bool] | None = None  # of a path and the index of its level

    def shut(self, path: str) -> bool:
        """Whether the steps of a branch stand in one box."""
        return self.is_open is not None and not self.is_open(path, BRANCH)

    def shows_units(self, path: str) -> bool:
        """Whether a convolution is shown as convolution, norm and ReLU."""
        return self.is_open is not None and self.is_open(path, STEP)

    @contextmanager
    def frame(self, node: Node, path: str) -> Iterator[None]:
        """A frame round an open branch of several steps; none where all branches are open."""
        if self.is_open is None or not isinstance(node, Chain) or len(node.nodes) == 1:
            yield
            return
        with self.sheet.cluster(
            path, path.rpartition(".")[2], "branch", description=f"{path}: {len(node.nodes)} steps"
        ):
            yield

    def bar(self, path: str, part: str) -> str:
        """The id of a bar: its row's, unless a frame round the block has that one."""
        return path if self.is_open is None else f"{path}.{part}"

    def first(self, node: Node) -> Spans:
        """Inches across the flow of the branches that read the input of `node`."""
        match node:
            case Fork(branches):
                return tuple(map(self.span, branches))
            case Chain(nodes):
                return self.first(nodes[0]) if isinstance(nodes[0], Fork) else (self.span(node),)
            case Residual(body):
                return (*self.first(body), self.sheet.lane)
            case _:
                return (self.sheet.box_span,)

    def span(self, node: Node) -> float:
        """Inches that `node` takes across the flow."""
        match node:
            case Fork(branches):
                return self.sheet.total(tuple(map(self.span, branches)))
            case Chain(nodes):
                return max(map(self.span, nodes))
            case Residual():
                return self.sheet.total(self.first(node))
            case _:
                return self.sheet.box_span


def out_shape(rows: Mapping[str, Row], node: Node, path: str) -> Shape:
    """Shape (C, H, W) that `node` puts out; a chain has no row of its own."""
    if isinstance(node, Chain):
        return out_shape(rows, node.nodes[-1], f"{path}.{len(node.nodes) - 1}")
    return rows[path].out_shape
