"""One block of a stage in the paper's look: branches side by side, bars, the shortcut round the side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from irnet.diagrams.bars import Spans, total
from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.diagrams.theme import Kind, conv_kind
from irnet.spec import Chain, Conv, Fork, Network, Pool, Residual, Stage, pair
from irnet.tree import Box, Tree, resolve
from irnet.units import grid

BRANCH, STEP = 1, 2  # indices of levels of boxes, after stages
_Last = tuple[str, int, float]  # of a branch: its last box, its channels and its inches


def stage_named(network: Network, name: str) -> Stage:
    """The stage of `network` with this name.

    Raises
    ------
    ValueError
        Naming the unknown stage and the known ones.
    """
    for stage in network.stages:
        if stage.name == name:
            return stage
    raise ValueError(f"{network.name} has no stage {name!r}; its stages: {', '.join(s.name for s in network.stages)}")


def block_sheet(
    sheet: GraphBuilder, network: Network, stage: Stage, index: int = 0, title: str = "", *, shut: bool = False
) -> GraphBuilder:
    """`sheet` with one block of `stage` on it, from its input to its output; `shut` draws every branch as one box.

    Raises
    ------
    ValueError
        If the stage has no block with this index.
    """
    if not 0 <= index < stage.repeat:
        raise ValueError(f"{network.name}: {stage.name} has {stage.repeat} blocks, so none has the number {index}")
    drawing = BlockDrawing(
        sheet, resolve(network), lambda _, level: level in ((None,) if shut else (None, BRANCH)), shut
    )
    box = drawing.tree[f"{stage.name}.{index}"]
    last = drawing.block(box, "input")
    sheet.words("output", f"output  {grid(box.out_shape)}", "output")
    sheet.arrow(End(last, "out"), End("output"), weight=20)
    repeats = f", {index + 1} of {stage.repeat}" if stage.repeat > 1 else ""
    return sheet.close(title or f"{stage.title}{repeats}  ·  {network.label}  ·  {stage.source.ref}")


@dataclass(frozen=True, slots=True)
class ArrowStart:
    """Where the next arrow starts: a node and, if it is a bar, its ports, one a branch of what follows."""

    path: str
    bar: bool = False

    def port(self, i: int) -> End:
        """Where the arrow to branch `i` of what follows starts."""
        return End(self.path, "out", f"b{i}" if self.bar else "")


@dataclass(slots=True)
class BlockDrawing:
    """A graph on which blocks are drawn, and what is open on it."""

    sheet: GraphBuilder
    tree: Tree
    is_open: Callable[[str, int | None], bool]  # of a path and the index of its level
    framed: bool = True  # open branches stand in frames, and blocks may; their merges have ids of their own

    def block(self, box: Box, name: str, column: str = "main") -> str:
        """Draw a block under a bar for its input, which is called `name`; return the id of its last box."""
        given = grid(box.in_shape)
        self.sheet.bar(name, f"input  {given}", "other", description=f"input {given}", below=self._first(box))
        return self._draw(box, ArrowStart(name, bar=True), column).path

    def _draw(self, box: Box, tip: ArrowStart, column: str, following: Spans = (), port: int = 0) -> ArrowStart:
        """Draw `box` under `tip`; `following` are the branches that will hang below it. Return the new tip."""
        match box.node:
            case Chain():
                return self._steps(self.tree.children(box.path), tip, column, following, port)
            case Fork():
                return self._fork(box, tip, column, following, port)
            case Residual() as node:
                return self._residual(box, node, tip, column)
            case Conv(_, kernel):
                if self.is_open(box.path, STEP):
                    return self._units(box, conv_kind(kernel), tip, column, port)
                kind = conv_kind(kernel)
            case Pool():
                kind = "pool"
        shape = grid(box.out_shape)
        description = f"{box.path}: {box.title}, {grid(box.in_shape)} to {shape}"
        return self._under(tip.port(port), box.path, box.title, shape, kind, description, column)

    def _under(
        self,
        start: End,
        path: str,
        title: str,
        detail: str,
        kind: Kind,
        description: str,
        column: str,
        wide: float = 0,
    ) -> ArrowStart:
        """Draw a box, and the arrow to it from `start`."""
        self.sheet.box(path, title, detail, kind, description=description, column=column, wide=wide)
        self.sheet.arrow(start, End(path, "in"), weight=20)
        return ArrowStart(path)

    def _units(self, box: Box, kind: Kind, tip: ArrowStart, column: str, port: int) -> ArrowStart:
        """A convolution as the three modules that it consists of."""
        titles: tuple[tuple[str, Kind], ...] = (
            (f"{box.title}, no bias", kind),
            ("batch norm", "norm"),
            ("ReLU", "relu"),
        )
        with self.sheet.cluster(box.path, box.title, kind, description=f"{box.path}: {box.title}"):
            for unit, (title, painted) in zip(box.children, titles, strict=True):
                tip, port = self._under(tip.port(port), unit, title, "", painted, f"{unit}: {title}", column), 0
        return tip

    def _steps(
        self, boxes: Sequence[Box], tip: ArrowStart, column: str, following: Spans = (), port: int = 0
    ) -> ArrowStart:
        """Draw boxes one after another."""
        for i, box in enumerate(boxes):
            after = boxes[i + 1] if i + 1 < len(boxes) else None
            below = following if after is None else self._first(after) if isinstance(after.node, Fork) else ()
            tip = self._draw(box, tip, column, below, port if i == 0 else 0)
        return tip

    def _fork(self, box: Box, tip: ArrowStart, column: str, following: Spans, port: int) -> ArrowStart:
        ends = self._branches(box, tip, column, port)
        name, shape = self._merge_id(box, "concat"), grid(box.out_shape)
        text = f"concat  {' + '.join(str(width) for _, width, _ in ends)} = {shape}"
        spans, description = tuple(span for _, _, span in ends), f"{box.path}: concat, {shape}"
        self.sheet.bar(name, text, "concat", description=description, above=spans, below=following, column=column)
        for i, (last, _, _) in enumerate(ends):
            self.sheet.arrow(End(last, "out"), End(name, "in", f"t{i}"), weight=8)
        return ArrowStart(name, bar=bool(following))

    def _branches(self, box: Box, tip: ArrowStart, column: str, port: int) -> list[_Last]:
        """Draw every branch; return where each ends, those of an inner fork one by one.

        As in Figure 6, an inner concatenation that ends a branch is drawn as part of the outer one.
        """
        ends: list[_Last] = []
        for i, child in enumerate(self.tree.children(box.path)[:-1]):
            name, start = f"{column}.b{i}", port + i if tip.bar else 0
            steps = self.tree.children(child.path) if isinstance(child.node, Chain) else ()
            if len(steps) > 1 and not self.is_open(child.path, BRANCH):
                last = self._shut_branch(child, tip, name, start)
                ends.append((last.path, child.out_shape[0], self.sheet.box_span))
                continue
            with self._frame(child):
                if steps and isinstance(steps[-1].node, Fork):
                    last = self._steps(steps[:-1], tip, name, (), start)
                    ends += self._branches(steps[-1], last, name, 0)
                else:
                    last = self._draw(child, tip, name, (), start)
                    ends.append((last.path, child.out_shape[0], self._span(child)))
        return ends

    def _shut_branch(self, box: Box, tip: ArrowStart, column: str, port: int) -> ArrowStart:
        """All steps of a branch in one box: kernels above, filters below."""
        kernels, filters = zip(*map(_brief, self.tree.children(box.path)), strict=True)
        shape = grid(box.out_shape)
        description = f"{box.path}: {' then '.join(kernels)}, to {shape}"
        detail = f"{' > '.join(filter(None, filters))},  {shape}"
        return self._under(tip.port(port), box.path, " > ".join(kernels), detail, "branch", description, column)

    def _residual(self, box: Box, node: Residual, tip: ArrowStart, column: str) -> ArrowStart:
        sheet, (body, up, scale, add) = self.sheet, self.tree.children(box.path)
        last = self._draw(body, tip, column)
        title, about = f"1x1 conv {box.out_shape[0]} linear", f"{up.path}: {up.title}, bias, no batch norm, no ReLU"
        detail = "restores the depth; no ReLU"
        last = self._under(last.port(0), up.path, title, detail, "linear", about, column, wide=2.0)
        about = f"{scale.path}: times {node.scale:g}"
        last = self._under(last.port(0), scale.path, scale.title, "", "sum", about, column, wide=0.8)
        name, (*across, lane) = self._merge_id(box, "add"), self._first(box)
        sheet.bar(
            name,
            f"sum:  input + {node.scale:g} x residual,  {_then(node)}",
            "sum",
            description=f"{box.path}: {add.title}{'' if node.norm else ', no batch norm after it'}",
            above=(total(tuple(across), sheet.measures.gap), lane),
            column=column,
        )
        sheet.arrow(last.port(0), End(name, "in", "t0"), weight=20)
        sheet.arrow(tip.port(len(across)), End(name, "in", "t1"), shortcut=True)
        return ArrowStart(name)

    @contextmanager
    def _frame(self, box: Box) -> Iterator[None]:
        """A frame round an open branch of several steps."""
        if not self.framed or not isinstance(box.node, Chain) or len(box.children) == 1:
            yield
            return
        with self.sheet.cluster(box.path, box.name, "branch", description=f"{box.path}: {len(box.children)} steps"):
            yield

    def _merge_id(self, box: Box, merge: str) -> str:
        """The id of a merge: the box's, as the row has it, unless a frame round the block has that one."""
        return f"{box.path}.{merge}" if self.framed else box.path

    def _first(self, box: Box) -> Spans:
        """Inches across the flow of the branches that read the input of `box`."""
        children = self.tree.children(box.path)
        match box.node:
            case Fork():
                return tuple(map(self._span, children[:-1]))
            case Chain():
                return self._first(children[0]) if isinstance(children[0].node, Fork) else (self._span(box),)
            case Residual():
                return (*self._first(children[0]), self.sheet.lane)
        return (self.sheet.box_span,)

    def _span(self, box: Box) -> float:
        """Inches that `box` takes across the flow."""
        if isinstance(box.node, Chain):
            return max(map(self._span, self.tree.children(box.path)))
        return total(self._first(box), self.sheet.measures.gap)


def _brief(box: Box) -> tuple[str, str]:
    """Kernel and filters of a step."""
    match box.node:
        case Conv(filters, kernel):
            return f"{pair(kernel)[0]}x{pair(kernel)[1]}", str(filters)
        case Pool(op, counts_padding=counted):
            return f"{op} pool{', padding counted' if counted else ''}", ""
        case Fork():
            return box.title, ""
        case _:
            return "...", ""


def _then(node: Residual) -> str:
    """What follows the sum, for its bar."""
    norm, relu = ("then batch norm, " if node.norm else ""), ("ReLU" if node.relu else "no ReLU")
    return f"{norm}{'then ' if node.relu and not node.norm else ''}{relu}"
