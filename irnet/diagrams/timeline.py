"""The line of networks as a picture: a box a network, years at the left, arrows from what each grew out of."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from irnet.diagrams.bars import quote_name
from irnet.diagrams.canvas.drawing import canvas_svg
from irnet.diagrams.graph_builder import End, GraphBuilder, Style
from irnet.diagrams.measures import CANVAS
from irnet.diagrams.overlay import darken
from irnet.diagrams.overview import stage_kind
from irnet.diagrams.render import Format, render
from irnet.diagrams.theme import LIGHT, Kind, theme_named
from irnet.models import network
from irnet.provenance.lineage import Step, lineage

TITLE = "From GoogLeNet to Inception-ResNet-v2"
ALT = f"{TITLE}: a box a network, by the date of its paper; an arrow leads from the network that it grew out of"
DASHED = "Dashed: from a network whose idea it takes."
WIDE = 0.95  # inches of a box
SIZES = replace(CANVAS, title=12, detail=12, gap=0.12, node='margin="0.05,0.03" height=0.4')


def timeline_sheet(sheet: GraphBuilder) -> GraphBuilder:
    """`sheet` with every step of the line on it; the id of a box is the step's."""
    steps = lineage()
    years = sorted({step.year for step in steps})
    sheet.style = Style(aria_labels={step.id: f"{step.model}, {step.date}" for step in steps})
    for year in years:
        sheet.words(str(year), str(year), str(year))
    sheet.lines += [f'"{one}" -> "{two}" [style=invis]' for one, two in pairwise(years)]
    for step in steps:
        about = f"{step.model}: {step.paper}, {step.date}"
        name = step.model.replace("-ResNet", "-\nResNet").replace(" (", "\n(")  # narrow, for a phone
        sheet.box(step.id, name, f"{step.date[:3]} {step.year}", _kind(step), description=about, wide=WIDE)
    for step in steps:
        if step.parent:
            sheet.arrow(End(step.parent), End(step.id))
        for other in step.also:
            sheet.lines.append(f"{quote_name(other)} -> {quote_name(step.id)} [style=dashed weight=1]")
    for year in years:
        first = next(step for step in steps if step.year == year)
        sheet.lines.append(f'{{ rank=same "{year}" {quote_name(first.id)} }}')
    last = max(i for i, step in enumerate(steps) if step.on_the_line)
    for step in steps[last + 1 :]:  # below it, as they are later
        sheet.lines.append(f"{quote_name(steps[last].id)} -> {quote_name(step.id)} [style=invis weight=0]")
    return sheet.close(TITLE, ranksep=0.26, columns=1)


def _kind(step: Step) -> Kind:
    """How the branches of its blocks meet."""
    kinds = {stage_kind(stage) for stage in network(step.preset).stages}
    return "added" if kinds & {"residual", "added"} else "joined"


def timeline_svgs() -> tuple[bytes, bytes]:
    """SVG of the timeline for a canvas, light and dark."""
    light = canvas_svg(timeline_sheet(GraphBuilder(LIGHT, measures=SIZES)), ALT)
    return light, darken(light)


def timeline_file(form: Format, theme: str = "light") -> bytes:
    """The timeline with its legend as a file's bytes: "svg", "png", "pdf" or "dot".

    Raises
    ------
    ValueError
        For an unknown theme or format.

    Examples
    --------
    >>> b"GoogLeNet" in timeline_file("svg")
    True
    """
    sheet = GraphBuilder(theme_named(theme), measures=replace(SIZES, columns=1), notes=(DASHED,))
    return render(timeline_sheet(sheet).text, form, title=ALT)
