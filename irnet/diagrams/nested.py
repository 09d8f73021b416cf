"""A network with any of its boxes open: blocks, branches and steps drawn inside the boxes they belong to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from irnet.diagrams.block import BRANCH, STEP, BlockDrawing
from irnet.diagrams.graph_builder import End, Flow, GraphBuilder, Style
from irnet.diagrams.measures import CANVAS, SCREEN, Measures
from irnet.diagrams.overview import STAGE, head_box, side_arrow, side_box, stage_box, stage_kind
from irnet.diagrams.rows import align_rows, rows_of
from irnet.diagrams.theme import LIGHT
from irnet.spec import Chain, Fork, Network, Residual, Stage, Subgraph
from irnet.tree import Box, resolve
from irnet.tree.labels import differing_blocks, unlike
from irnet.tree.totals import StageTotal, auxiliary_heads, stages
from irnet.units import extent, grid

LEVELS = ("stages", "branches", "steps", "units")  # the finest that is shown; a box of one opens to those of the next


@dataclass(frozen=True, slots=True)
class Expansion:
    """Which boxes are open: all down to a level, except for those that a reader turned over."""

    level: int = 0  # index of the finest of `LEVELS` that is shown
    toggled: frozenset[str] = frozenset()
    shown: str = ""  # the block that stands for its stage, such as "block_b.3"; "" for the first of each

    def __call__(self, path: str, depth: int | None) -> bool:
        """Whether the box at `path` is open; `depth` is the index of its level, None for one that starts open."""
        return (depth is None or depth < self.level) != (path in self.toggled)


def depth(box: Box) -> int | None:
    """The index of the level that a box belongs to; None for one that is open as soon as it is seen."""
    if box.op == "conv":
        return STEP
    if isinstance(box.node, Subgraph):
        return BRANCH
    return {"stage": 0, "branch": BRANCH}.get(box.level)


def revealing(network: Network, opened: Expansion, path: str) -> Expansion:
    """`opened` with every box open that stands round the one at `path`, so that it can be seen."""
    around = resolve(network).around(path) if path else ()
    shut = (box for box in around if not opened(box.path, depth(box)) and not _is_frameless(network, box))
    return replace(opened, toggled=opened.toggled ^ {box.path for box in shut})


def shown_block(network: Network, path: str) -> str:
    """The block that has to stand for its stage so that the box at `path` can be seen; "" where the first one does.

    Examples
    --------
    >>> from irnet.models import network
    >>> shown_block(network("inception_v4"), "inception_b.3.b1"), shown_block(network("inception_v4"), "inception_b.0")
    ('inception_b.3', '')
    """
    found = resolve(network).block_of(path) if path else None
    return found.path if found and found.level == "block" and found.block else ""


def _is_frameless(network: Network, box: Box) -> bool:
    """Whether a box is never drawn as one: the only block of its stage, and what a block consists of."""
    alone = box.level == "block" and len(resolve(network)[box.parent].children) == 1
    return _has_inside(box) and (alone or box.level == "step")


def _has_inside(box: Box) -> bool:
    """Whether a box is drawn as what it consists of, rather than as one that may be opened."""
    return isinstance(box.node, Chain | Fork | Residual)


def nested(
    network: Network,
    opened: Expansion,
    style: Style | None = None,
    flow: Flow = "down",
    measures: Measures = SCREEN,
) -> GraphBuilder:
    """`network` from its input to its last layer, with boxes open as `opened` says, in light colours.

    On a canvas, what runs right is broken into rows.
    """
    sheet = draw_broken(GraphBuilder(LIGHT, flow, style or Style(), measures=measures), network, opened)
    align_rows(sheet)
    title = f"{network.label}  \u00b7  {network.source.ref}"
    return sheet.close(title, ranksep=0.3, columns=3, shared=bool(sheet.rows))


def draw_broken(sheet: GraphBuilder, network: Network, opened: Expansion) -> GraphBuilder:
    """`draw_nested` without turns, but in rows for a canvas on which arrows run right."""
    if sheet.flow == "right" and sheet.measures is CANVAS:
        whole = draw_nested(GraphBuilder(sheet.theme, before=sheet.before), network, opened)
        sheet.rows = rows_of(network, whole)
    turns = [row[0].removeprefix(sheet.before) for row in sheet.rows[1:]]
    return draw_nested(sheet, network, opened, turns)


def shown_in(network: Network, opened: Expansion) -> frozenset[str]:
    """The paths of the boxes and bars that are drawn with boxes open as `opened` says.

    Examples
    --------
    >>> from irnet.models import network
    >>> spec = network("inception_resnet_v2")
    >>> ["block_b" in shown_in(spec, opened) for opened in (Expansion(), Expansion(toggled=frozenset({"block_b"})))]
    [True, False]
    """
    return draw_nested(GraphBuilder(LIGHT), network, opened).drawn


def looked_at(network: Network, opened: Expansion) -> tuple[str, ...]:
    """The paths of the boxes and bars that are drawn with boxes open as `opened` says, and of those around them."""
    tree, drawn = resolve(network), shown_in(network, opened)
    around = (box.path for path in drawn if path in tree for box in tree.around(path))
    return tuple(sorted({*drawn, *around}))


def draw_nested(sheet: GraphBuilder, network: Network, opened: Expansion, turns: Collection[str] = ()) -> GraphBuilder:
    """`sheet` with the boxes and arrows of `network` on it; each of `turns` starts a column or a row."""
    found = resolve(network)
    labels = {path: box.aria_label for path, box in found.items()}
    opens = sheet.style.opens or frozenset(path for path, box in found.items() if box.children)
    sheet.style = replace(sheet.style, aria_labels=labels, opens=opens)
    drawing = _NestedDrawing(sheet, found, opened, shown=opened.shown)
    last, shape = "input", network.input_shape
    with ExitStack() as row:

        def turn(part: str) -> bool:
            """Whether `part` starts a column or a row; a row is framed, so that others keep out of it."""
            if turns and sheet.flow == "right" and part in (*turns, "input"):
                row.close()
                row.enter_context(sheet.row(part))
            return part in turns

        turn("input")
        sheet.box("input", "Input", "", "other", description=f"input, {grid(shape)}", wide=STAGE)
        for stage, total in zip(network.stages, stages(network), strict=False):
            if stage.repeat:
                last = drawing.stage(stage, total, last, extent(shape), turns=turn(stage.name))
                shape = total.out_shape
            for side in auxiliary_heads(network, stage.name):
                drawing.side(side, last)
        for layer in found.head:
            turns_here = turn(layer.path)
            head_box(sheet, layer)
            sheet.next_arrow(last, layer.path, extent(layer.in_shape), turns=turns_here)
            last = layer.path
    return sheet


@dataclass(slots=True)
class _NestedDrawing(BlockDrawing):
    shown: str = ""  # the block that stands for its stage

    def stage(self, stage: Stage, total: StageTotal, last: str, size: str, *, turns: bool) -> str:
        """Draw a stage below `last` or, where the chain `turns`, beside; return the id of its last box."""
        kind, times = stage_kind(stage), f"{stage.repeat} x " if stage.repeat > 1 else ""
        if not self.is_open(stage.name, 0):
            stage_box(self.sheet, total, kind, differing_blocks(stage))
            self.sheet.next_arrow(last, stage.name, size, turns=turns)
            return stage.name
        title = ", ".join(filter(None, (f"{times}{stage.title}", differing_blocks(stage))))
        with self.sheet.cluster(stage.name, title, kind, description=f"{stage.name}: {title}"):
            blocks = self.tree.children(stage.name)
            if len(blocks) > 1:
                return self._blocks(stage, blocks, last, turns=turns)
            return self._inside(blocks[0], last, turns=turns)

    def side(self, head: StageTotal, last: str) -> None:
        """Draw an auxiliary head beside what follows the `last` box of the stage that it reads."""
        if not self.is_open(head.name, 0):
            side_box(self.sheet, head, last)
            return
        (box,) = self.tree.children(head.name)
        name = f"{box.path}.input"
        side_arrow(self.sheet, last, name)
        with self.sheet.cluster(head.name, head.title, "other", description=f"{head.name}: {head.title}"):
            self.block(box, name, box.path)

    def _blocks(self, stage: Stage, blocks: Sequence[Box], last: str, *, turns: bool) -> str:
        """One block of the stage, and boxes that stand for those before and after it."""
        index, block_nodes = next((box.block for box in blocks if box.path == self.shown), 0), stage.blocks
        for first, count in ((0, index), (index + 1, len(blocks) - index - 1)):
            if first:
                last = self._block(stage, blocks[index], last, turns=turns and first == 1)
            if count:
                name = f"{stage.name}.{first}-{first + count - 1}"
                rest = block_nodes[first : first + count]
                title, detail = f"{count} more", unlike(block_nodes[index], rest) or "like the one shown"
                description = f"{count} more blocks, {detail}"
                self.sheet.box(name, title, detail, "other", description=description, wide=1.8)
                self.sheet.arrow(End(last), End(name), turns=turns and not first)
                last = name
        return last

    def _block(self, stage: Stage, box: Box, last: str, *, turns: bool) -> str:
        path, which = box.path, f"{stage.title}, {box.block + 1} of {stage.repeat}"
        if not _has_inside(box):
            return self._inside(box, last, turns=turns)
        if not self.is_open(path, None):
            self.sheet.box(path, which, "", stage_kind(stage), description=f"{path}: {which}", wide=STAGE)
            self.sheet.arrow(End(last), End(path), turns=turns)
            return path
        with self.sheet.cluster(path, f"{box.block + 1} of {stage.repeat}", "other", description=f"{path}: {which}"):
            return self._inside(box, last, turns=turns)

    def _inside(self, box: Box, last: str, *, turns: bool) -> str:
        """Draw the inside of a block under a bar for its input."""
        name = f"{box.path}.input"
        self.sheet.arrow(End(last), End(name, "in"), turns=turns)
        return self.block(box, name, box.path)
