"""A network with any of its boxes open: blocks, branches and steps drawn inside the boxes they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, replace

from irnet.diagrams.block import inside
from irnet.diagrams.drawing import BRANCH, STEP, Drawing
from irnet.diagrams.graph_builder import End, Flow, GraphBuilder, Style
from irnet.diagrams.measures import CANVAS, SCREEN, Measures
from irnet.diagrams.overview import STAGE, head_box, stage_box, stage_kind
from irnet.diagrams.rows import align_rows, rows_of
from irnet.diagrams.theme import LIGHT, Theme
from irnet.spec import Network, Stage
from irnet.tree import Box, resolve
from irnet.tree.totals import StageTotal, stages
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
    return {"stage": 0, "branch": BRANCH}.get(box.level)


def revealing(network: Network, opened: Expansion, path: str) -> Expansion:
    """`opened` with every box open that stands round the one at `path`, so that it can be seen."""
    found = resolve(network)
    around: list[str] = []
    while path and (path := found[path].parent):
        if found[path].children and not opened(path, depth(found[path])) and not _frameless(found, path):
            around.append(path)
    return replace(opened, toggled=opened.toggled ^ frozenset(around))


def shown_block(network: Network, path: str) -> str:
    """The block that has to stand for its stage so that the box at `path` can be seen; "" where the first one does.

    Examples
    --------
    >>> from irnet.models import network
    >>> shown_block(network("inception_v4"), "inception_b.3.b1"), shown_block(network("inception_v4"), "inception_b.0")
    ('inception_b.3', '')
    """
    found = resolve(network)
    while path and found[path].level != "block":
        path = found[path].parent
    return path if path and path != found[found[path].parent].children[0] else ""


def _frameless(found: Mapping[str, Box], path: str) -> bool:
    """Whether a box is never drawn as one: the only block of its stage, and what a block consists of."""
    box = found[path]
    alone = box.level == "block" and len(found[box.parent].children) == 1
    return alone or (box.level == "step" and box.op == "group")


def nested(network: Network, theme: Theme, opened: Expansion, style: Style | None = None, flow: Flow = "down") -> str:
    """DOT of `network` from its input to its last layer, with boxes open as `opened` says."""
    return nested_sheet(network, theme, opened, style, flow).text


def nested_sheet(
    network: Network,
    theme: Theme,
    opened: Expansion,
    style: Style | None = None,
    flow: Flow = "down",
    measures: Measures = SCREEN,
) -> GraphBuilder:
    """The same as a closed sheet; on a canvas, what runs right is broken into rows."""
    sheet = broken_sheet(network, theme, opened, style, flow, measures=measures)
    align_rows(sheet)
    title = f"{network.label}  \u00b7  {network.source.ref}"
    return sheet.close(title, ranksep=0.3, columns=3, shared=bool(sheet.rows))


def broken_sheet(
    network: Network,
    theme: Theme,
    opened: Expansion,
    style: Style | None = None,
    flow: Flow = "down",
    before: str = "",
    measures: Measures = SCREEN,
) -> GraphBuilder:
    """`sheet_of` without turns, but for a canvas on which arrows run right: there the network is broken into rows."""
    sheet = sheet_of(network, theme, opened, style, flow, before, measures)
    if flow == "right" and measures is CANVAS:
        rows = rows_of(network, sheet)
        turns = {row[0].removeprefix(before) for row in rows[1:]}
        sheet = sheet_of(network, theme, opened, style, flow, before, measures, turns)
        sheet.rows = rows
    return sheet


def shown_in(network: Network, opened: Expansion) -> frozenset[str]:
    """The paths of the boxes and bars that are drawn with boxes open as `opened` says.

    Examples
    --------
    >>> from irnet.models import network
    >>> spec = network("inception_resnet_v2")
    >>> ["block_b" in shown_in(spec, opened) for opened in (Expansion(), Expansion(toggled=frozenset({"block_b"})))]
    [True, False]
    """
    return frozenset(sheet_of(network, LIGHT, opened).names)


def sheet_of(
    network: Network,
    theme: Theme,
    opened: Expansion,
    style: Style | None = None,
    flow: Flow = "down",
    before: str = "",
    measures: Measures = SCREEN,
    turns: Set[str] = frozenset(),
) -> GraphBuilder:
    """The boxes and arrows of `network`, names with `before` in front; each of `turns` starts a column or a row."""
    found, style = resolve(network), style or Style()
    labels = {path: box.aria_label for path, box in found.items()}
    opens = style.opens or frozenset(path for path, box in found.items() if box.children)
    sheet = GraphBuilder(
        theme, flow, style=replace(style, aria_labels=labels, opens=opens), before=before, measures=measures
    )
    drawing = _Nested(opened, Drawing(sheet, found, opened))
    with ExitStack() as row:

        def turn(part: str) -> bool:
            """Whether `part` starts a column or a row; a row is framed, so that others keep out of it."""
            if turns and flow == "right" and part in (*turns, "input"):
                row.close()
                row.enter_context(sheet.row(part))
            return part in turns

        turn("input")
        last = "input"
        sheet.box("input", "Input", "", "other", description=f"input, {grid(network.input_shape)}", wide=STAGE)
        shape = network.input_shape
        for stage, total in zip(network.stages, stages(network), strict=False):
            if stage.repeat:
                label = extent(shape) if sheet.sized_arrows else ""
                last = drawing.stage(stage, total, last, label, toggled=turn(stage.name))
                shape = total.out_shape
        for layer in found.head:
            toggled = turn(layer.path)
            head_box(sheet, layer)
            label = extent(layer.in_shape) if sheet.sized_arrows else ""
            drawing.arrow(last, End(layer.path), label, toggled=toggled)
            last = layer.path
    return sheet


@dataclass(frozen=True, slots=True)
class _Nested:
    opened: Expansion
    drawing: Drawing

    def stage(self, stage: Stage, total: StageTotal, last: str, label: str, *, toggled: bool) -> str:
        """Draw a stage below `last` or, if it is shut and `toggled`, beside; return the id of its last box."""
        sheet, kind = self.drawing.sheet, stage_kind(stage)
        if not self.opened(stage.name, 0):
            stage_box(sheet, total, kind)
            self.arrow(last, End(stage.name), label, toggled=toggled)
            return stage.name
        times = f"{stage.repeat} x " if stage.repeat > 1 else ""
        with sheet.cluster(
            stage.name, f"{times}{stage.title}", kind, description=f"{stage.name}: {times}{stage.title}"
        ):
            blocks = self.drawing.tree.children(stage.name)
            if len(blocks) > 1:
                return self._blocks(stage, blocks, last, toggled=toggled)
            return self._inside(blocks[0], last, toggled=toggled)

    def arrow(self, last: str, to: End, label: str = "", *, toggled: bool) -> None:
        """From the last box to the next; `toggled` leads to another column or row."""
        sheet = self.drawing.sheet
        if not toggled:
            sheet.arrow(End(last), to, label=label)
        elif sheet.flow == "down":
            sheet.arrow(End(last, "right"), End(to.path, "left"), label=label, extra="constraint=false ")
        else:
            sheet.arrow(End(last), End(to.path), extra="constraint=false class=turn ")

    def _blocks(self, stage: Stage, blocks: Sequence[Box], last: str, *, toggled: bool) -> str:
        """One block of the stage, and boxes that stand for those before and after it."""
        sheet = self.drawing.sheet
        index = next((box.block for box in blocks if box.path == self.opened.shown), 0)
        for first, count in ((0, index), (index + 1, len(blocks) - index - 1)):
            if first:
                last = self._block(stage, blocks[index], last, toggled=toggled and first == 1)
            if count:
                name = f"{stage.name}.{first}-{first + count - 1}"
                description = f"{count} more blocks, like the one shown"
                sheet.box(name, f"{count} more", "like the one shown", "other", description=description, wide=1.8)
                self.arrow(last, End(name), toggled=toggled and not first)
                last = name
        return last

    def _block(self, stage: Stage, box: Box, last: str, *, toggled: bool) -> str:
        sheet, path, kind = self.drawing.sheet, box.path, stage_kind(stage)
        which = f"{stage.title}, {box.block + 1} of {stage.repeat}"
        if not self.opened(path, None):
            sheet.box(path, which, "", kind, description=f"{path}: {which}", wide=STAGE)
            self.arrow(last, End(path), toggled=toggled)
            return path
        with sheet.cluster(path, f"{box.block + 1} of {stage.repeat}", "other", description=f"{path}: {which}"):
            return self._inside(box, last, toggled=toggled)

    def _inside(self, box: Box, last: str, *, toggled: bool) -> str:
        """Draw the inside of a block under a bar for its input."""
        name = f"{box.path}.input"
        self.arrow(last, End(name, "in"), toggled=toggled)
        return inside(self.drawing, box, name, box.path)
