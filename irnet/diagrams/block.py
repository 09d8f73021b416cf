"""One block of a stage in the paper's look: branches side by side, bars, the shortcut round the side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest

from irnet.diagrams.bars import Spans, total
from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.diagrams.measures import pack
from irnet.diagrams.theme import Kind, conv_kind, layer_kind
from irnet.opening.words import write
from irnet.spec import IDENTITY, Chain, Conv, Fork, Layer, Network, Pool, Residual, Stage, Subgraph, pair
from irnet.tree import Box, Tree, resolve
from irnet.tree.resolve import units
from irnet.units import grid, typed

BRANCH, STEP = 1, 2  # indices of levels of boxes, after stages
MOST_OPERATIONS = 60  # of a subgraph that are drawn
MOST_STEPS = 6  # of a branch that its one box names
ROOM = 32  # letters in a line of a box


def stage_named(network: Network, name: str) -> Stage:
    """The stage or auxiliary head of `network` with this name.

    Raises
    ------
    ValueError
        Naming the unknown stage and the known ones.
    """
    named = network.stages_by_name
    if name not in named:
        raise ValueError(f"{network.name} has no stage {name!r}; its stages: {', '.join(named)}")
    return named[name]


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
class Tip:
    """Where the next arrow starts: a box or, with a port for each branch below it, a bar; and the column below it."""

    path: str
    column: str
    is_bar: bool = False
    first: int = 0  # number of the port of the first branch

    def end(self, i: int = 0) -> End:
        """Where the arrow to branch `i` of what follows starts."""
        return End(self.path, "out", f"b{self.first + i}" if self.is_bar else "")

    def branch(self, i: int) -> Tip:
        """The tip for branch `i` of what follows."""
        return replace(self, column=f"{self.column}.b{i}", first=self.first + i)


_End = tuple[Tip, int, float]  # of a branch: its last box, its channels and its inches


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
        return self._draw(box, Tip(name, column, is_bar=True)).path

    def _draw(self, box: Box, tip: Tip, following: Spans = ()) -> Tip:
        """Draw `box` under `tip`; `following` are the branches that will hang below it. Return the new tip."""
        match box.node:
            case Chain():
                return self._steps(self.tree.children(box.path), tip, following)
            case Fork():
                return self._fork(box, tip, following)
            case Residual() as node:
                return self._residual(box, node, replace(tip, first=0), following)
            case Subgraph() as node if self.is_open(box.path, BRANCH):
                return self._operations(box, node, tip)
            case Conv() as node if self.is_open(box.path, STEP):
                return self._units(box, node, tip)
        title, detail = _words(box)
        about = f"{box.path}: {box.title}, {grid(box.in_shape)} to {grid(box.out_shape)}"
        return self._under(tip, box.path, title, detail, _kind(box), about)

    def _under(
        self, tip: Tip, path: str, title: str, detail: str, kind: Kind, description: str, wide: float = 0
    ) -> Tip:
        """Draw a box, and the arrow to it; return the new tip."""
        self.sheet.box(path, title, detail, kind, description=description, column=tip.column, wide=wide)
        self.sheet.arrow(tip.end(), End(path, "in"), weight=20)
        return Tip(path, tip.column)

    def _units(self, box: Box, node: Conv, tip: Tip) -> Tip:
        """A convolution as the modules that it consists of."""
        kinds: dict[str, Kind] = {"conv": _kind(box), "norm": "norm", "relu": layer_kind(node.activation or "relu")}
        first = f"{_words(box)[0]}, {'bias' if node.bias else 'no bias'}"
        # the first module has the title
        with self.sheet.cluster(box.path, "", kinds["conv"], description=f"{box.path}: {box.title}"):
            for unit, (_, op, named) in zip(box.children, units(node), strict=True):
                title = first if op == "conv" else named
                tip = self._under(tip, unit, title, "", kinds[op], f"{unit}: {title}")
        return tip

    def _operations(self, box: Box, node: Subgraph, tip: Tip) -> Tip:
        """The operations of a subgraph in a frame, with the arrows that run between them; of many the first."""
        every, more = self.tree.children(box.path), f"{box.path}.more"
        shown = every[:MOST_OPERATIONS]
        with self.sheet.cluster(box.path, box.title, "operations", description=f"{box.path}: {box.title}"):
            for child in shown:
                about = f"{child.path}: {child.title}, to {grid(child.out_shape)}"
                self.sheet.box(child.path, *_words(child), _kind(child), description=about)
            if rest := len(every) - len(shown):
                title, detail = f"{rest} more operations", f"the first {MOST_OPERATIONS} are drawn"
                self.sheet.box(more, title, detail, "operations", description=f"{title}: {detail}")
        heads = [*(child.path for child in shown), *[more] * rest]
        read = dict.fromkeys((source, head) for head, all_ in zip(heads, node.reads, strict=True) for source in all_)
        for source, head in read:
            if source < len(shown):  # what is not drawn ends in the one box that stands for it
                self.sheet.arrow(End(heads[source], "out") if source >= 0 else tip.end(), End(head, "in"))
        return Tip(heads[-1], tip.column)

    def _steps(self, boxes: Sequence[Box], tip: Tip, following: Spans = ()) -> Tip:
        """Draw boxes one after another."""
        for box, after in zip_longest(boxes, boxes[1:]):
            below = following if after is None else self._first(after) if self._begins_with_branches(after) else ()
            tip = self._draw(box, tip, below)
        return tip

    def _fork(self, box: Box, tip: Tip, following: Spans) -> Tip:
        ends = self._branches(box, tip)
        merge, shape = self.tree[box.children[-1]], grid(box.out_shape)
        name, spans = self._merge_id(box, merge.name), tuple(span for _, _, span in ends)
        kinds: dict[str, Kind] = {"concat": "concat", "add": "sum", "mul": "product"}
        widths = " + ".join(str(width) for _, width, _ in ends)
        text = f"concat  {widths} = {shape}" if merge.name == "concat" else f"{merge.title}  = {shape}"
        about = f"{box.path}: {'concat' if merge.name == 'concat' else merge.title}, {shape}"
        self.sheet.bar(
            name, text, kinds[merge.name], description=about, above=spans, below=following, column=tip.column
        )
        for i, (last, _, _) in enumerate(ends):
            itself = last.path == tip.path  # a branch that is the input runs round the others
            self.sheet.arrow(last.end(), End(name, "in", f"t{i}"), weight=8, shortcut=itself)
        return Tip(name, tip.column, is_bar=bool(following))

    def _branches(self, box: Box, tip: Tip) -> list[_End]:
        """Draw every branch; return where each ends, those of an inner fork one by one.

        As in Figure 6, an inner concatenation that ends a branch is drawn as part of the outer one. A branch that is
        the input itself has no box.
        """
        ends: list[_End] = []
        *branches, merge = self.tree.children(box.path)
        for i, child in enumerate(branches):
            start = tip.branch(i)
            if child.node == IDENTITY:
                self.sheet.crossed = True
                ends.append((start, child.out_shape[0], self._span(child)))
                continue
            steps = self.tree.children(child.path) if isinstance(child.node, Chain) else ()
            if len(steps) > 1 and not self.is_open(child.path, BRANCH):
                ends.append((self._shut_branch(child, start), child.out_shape[0], self.sheet.box_span))
                continue
            with self._frame(child):
                if steps and isinstance(steps[-1].node, Fork) and steps[-1].node.merge == merge.name == "concat":
                    ends += self._branches(steps[-1], replace(self._steps(steps[:-1], start), first=0))
                else:
                    ends.append((self._draw(child, start), child.out_shape[0], self._span(child)))
        return ends

    def _shut_branch(self, box: Box, tip: Tip) -> Tip:
        """All steps of a branch in one box: kernels above, filters below."""
        steps, shape = self.tree.children(box.path), grid(box.out_shape)
        kernels, filters = zip(*map(_brief, steps), strict=True)
        about = f"{box.path}: {' then '.join(kernels)}, to {shape}"
        if len(steps) > MOST_STEPS:
            kernels, filters = (*kernels[:MOST_STEPS], f"{len(steps) - MOST_STEPS} more steps"), filters[:MOST_STEPS]
        title = "\n".join(pack((f"{'> ' * (i > 0)}{one}" for i, one in enumerate(kernels)), _fits, " "))
        detail = f"{' > '.join(filter(None, filters))},  {shape}".removeprefix(",  ")
        return self._under(tip, box.path, title, detail, "branch", about)

    def _residual(self, box: Box, node: Residual, tip: Tip, following: Spans) -> Tip:
        sheet, (body, up, scale, add) = self.sheet, self.tree.children(box.path)
        last = self._draw(body, tip)
        title, detail = f"1x1 conv {box.out_shape[0]} linear", "restores the depth; no ReLU"
        about = f"{up.path}: {up.title}, bias, no batch norm, no ReLU"
        last = self._under(last, up.path, title, detail, "linear", about, wide=2.0)
        about = f"{scale.path}: times {node.scale:g}"
        last = self._under(last, scale.path, scale.title, "", "sum", about, wide=0.8)
        name, (*across, lane) = self._merge_id(box, "add"), self._first(box)
        sheet.bar(
            name,
            f"sum:  input + {node.scale:g} x residual,  {_then(node)}",
            "sum",
            description=f"{box.path}: {add.title}{'' if node.norm else ', no batch norm after it'}",
            above=(total(tuple(across), sheet.measures.gap), lane),
            below=following,
            column=tip.column,
        )
        sheet.arrow(last.end(), End(name, "in", "t0"), weight=20)
        sheet.arrow(tip.end(len(across)), End(name, "in", "t1"), shortcut=True)
        return Tip(name, tip.column, is_bar=bool(following))

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
                return self._first(children[0]) if self._begins_with_branches(children[0]) else (self._span(box),)
            case Residual():
                return (*self._first(children[0]), self.sheet.lane)
        return (self.sheet.lane if box.node == IDENTITY else self.sheet.box_span,)

    def _begins_with_branches(self, box: Box) -> bool:
        """Whether what reads its input are branches."""
        if isinstance(box.node, Chain):
            return self._begins_with_branches(self.tree[box.children[0]])
        return isinstance(box.node, Fork | Residual)

    def _span(self, box: Box) -> float:
        """Inches that `box` takes across the flow."""
        if isinstance(box.node, Chain):
            return max(map(self._span, self.tree.children(box.path)))
        return total(self._first(box), self.sheet.measures.gap)


def _kind(box: Box) -> Kind:
    """What the box of a node is painted as."""
    match box.node:
        case Conv(_, kernel, groups=groups):
            return conv_kind(kernel, groups)
        case Pool():
            return "pool"
        case Layer(kind):
            return layer_kind(kind)
        case _:
            return "operations"


def _words(box: Box) -> tuple[str, str]:
    """Title and detail of the box of a node: what the paper's have not stands in lines of its own."""
    title, *unusual = box.title.split(", ") if isinstance(box.node, Conv | Pool) else [box.title]
    if isinstance(box.node, Pool) and unusual == ["padding counted"]:
        return box.title, grid(box.out_shape)
    if isinstance(box.node, Conv) and box.node.groups == box.in_shape[0]:
        unusual = ["depthwise" if one == f"{box.node.groups} groups" else one for one in unusual]
    if isinstance(box.node, Layer) and box.op == "layer":
        unusual = [typed(f"{name.replace('_', ' ')} {write(value)}", ROOM) for name, value in box.node.settings]
    lines = pack(unusual, _fits, ", ")
    return typed(title, 2 * ROOM), "\n".join(filter(None, [*lines, grid(box.out_shape)]))


def _fits(line: str) -> bool:
    return len(line) <= ROOM


def _brief(box: Box) -> tuple[str, str]:
    """Kernel and filters of a step."""
    match box.node:
        case Conv(filters, kernel, groups=groups):
            deep = " depthwise" if groups == box.in_shape[0] > 1 else " in groups" if groups > 1 else ""
            return f"{pair(kernel)[0]}x{pair(kernel)[1]}{deep}", str(filters)
        case Layer() | Subgraph():
            return typed(box.title, ROOM), ""
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
