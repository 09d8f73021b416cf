"""Charts as figures: what every stage costs, and curves of activations from a result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from textwrap import wrap
from types import MappingProxyType
from typing import Any

import vl_convert

from irnet.diagrams.bar_sources import mermaid_bars, tikz_bars
from irnet.diagrams.bars import with_signs
from irnet.diagrams.chart import Line, Spec, bar_chart, line_chart
from irnet.diagrams.figure_words import FigureWords
from irnet.diagrams.layouts import LEAST, room_named
from irnet.diagrams.render import convert
from irnet.diagrams.standalone import BARS, POINTS, alone
from irnet.diagrams.tabular import Records, comma_separated
from irnet.diagrams.theme import theme_named
from irnet.models import PRESETS, network
from irnet.tree.totals import StageTotal, stages, totals
from irnet.units import exact, share, short

CHART_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "svg": "SVG: text is text",
        "pdf": "PDF: vector, fonts embedded",
        "png": "PNG",
        "csv": "the numbers as CSV",
        "mmd": "Mermaid, for GitHub's Markdown",
        "tikz": "TikZ, for \\input; needs tikz",
        "html": "one HTML file, light and dark, with its words",
    }
)
_NATURAL, _MARGIN, _RATIO = 640, 80, 0.5  # pixels: width of a chart, what its axis takes; height to width
_LETTER = 9  # pixels: of a title, on average
NO_DOT = "DOT describes boxes and arrows, and a chart has none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartFigure:
    """One chart: its specification at a theme and size, the numbers behind it, and its words."""

    id: str
    title: str
    unit: str
    spec: Callable[[str, int, int], Spec]  # theme, width and height in pixels
    records: Records
    bars: Mapping[str, float]  # empty where it has lines
    words: FigureWords
    group: str = "charts"


@cache
def chart_catalogue() -> Mapping[str, ChartFigure]:
    """The cost of every preset, stage by stage, by id.

    Examples
    --------
    >>> list(chart_catalogue())[:2]
    ['cost.inception_v4.paper', 'cost.inception_v4.tf_slim']
    """
    return MappingProxyType({f"cost.{name}": _cost(name) for name in PRESETS})


def _cost(name: str) -> ChartFigure:
    spec, total = network(name), totals(network(name))
    found = [stage for stage in stages(spec) if stage.repeat]
    bars = {_stage_title(stage): stage.macs / 1e9 for stage in found}
    most = max(found, key=lambda stage: stage.macs)
    title = f"{most.title}: {share(most.macs, total.macs)} of {short(total.macs, 'MAC')}"
    _, height, width = spec.input_shape
    caption = (
        f"Multiply-accumulates of {name} stage by stage, in convolutions and linear layers, for one image of "
        f"{height}x{width} pixels; {exact(total.macs)} in all. 1 MAC is 2 FLOPs. Source: {spec.source.ref}. "
        f"Architecture {spec.key}."
    )
    long = tuple(
        f"{i}. {_stage_title(stage)}: {exact(stage.macs)} MACs, {share(stage.macs, total.macs)}."
        for i, stage in enumerate(found, start=1)
    )
    return ChartFigure(
        id=f"cost.{name}",
        title=f"Cost of {name}",
        unit="GMAC, one image",
        spec=lambda theme, wide, high: bar_chart(
            bars, title=title, x="stage", y="GMAC, one image", theme=theme, width=wide, height=high
        ),
        records=[{"stage": _stage_title(stage), "macs": stage.macs} for stage in found],
        bars=bars,
        words=FigureWords(f"Bar chart of the MACs of {name} by stage. {title}.", caption, long),
    )


def _stage_title(stage: StageTotal) -> str:
    return f"{stage.repeat} × {stage.title}" if stage.repeat > 1 else stage.title


def activation_figure(name: str, records: Sequence[Mapping[str, Any]], column: str, made: str) -> ChartFigure:
    """Curves of one statistic over the blocks of a network, one a scaling, from the records of a result.

    Parameters
    ----------
    name
        Of the network.
    records
        One a block and scaling, with "scaling", "block" and `column`.
    column
        The statistic, such as "sum mean_abs".
    made
        How the result was made: weights, batch norm, picture.

    Raises
    ------
    ValueError
        If no record has the statistic.
    """
    shown = [record for record in records if record.get(column) is not None]
    if not shown:
        raise ValueError(f"nothing was measured that is called {column!r}")
    blocks = list(dict.fromkeys(str(record["block"]) for record in shown))
    lines = []
    for scaling in dict.fromkeys(str(record["scaling"]) for record in shown):
        own = [record for record in shown if str(record["scaling"]) == scaling]
        x = [float(blocks.index(str(record["block"]))) for record in own]
        lines.append(Line(name=f"scale {scaling}", x=x, y=[record[column] for record in own]))
    firsts = {block.partition(".")[0]: float(i) for i, block in reversed(list(enumerate(blocks)))}
    ticks = {at: stage for stage, at in sorted(firsts.items(), key=lambda item: item[1])}
    title = f"{column} of every block of {name}"
    long = tuple(f"{i}. {r['block']}, scale {r['scaling']}: {r[column]:.4g}." for i, r in enumerate(shown, start=1))
    return ChartFigure(
        id=f"activations.{name}",
        title=title,
        unit=column,
        spec=lambda theme, wide, high: line_chart(
            lines, title=title, x="block", y=column, log=True, ticks=ticks, theme=theme, width=wide, height=high
        ),
        records=[{"scaling": r["scaling"], "block": r["block"], column: r[column]} for r in shown],
        bars={},
        words=FigureWords(f"Line chart: {title}, one line a scaling.", f"{title}. {made}", long),
    )


def chart_bytes(
    figure: ChartFigure, form: str, theme: str = "light", width: str = "natural", scale: float = 2.0
) -> bytes:
    """A chart as a file's bytes.

    Raises
    ------
    ValueError
        For an unknown format, theme or width, one that lines have not, or text under 8 points.
    """
    forms = [name for name in CHART_FORMS if figure.bars or name not in ("mmd", "tikz")]
    if form not in forms:
        why = f"; {NO_DOT}" if form == "dot" else ""
        raise ValueError(f"{figure.id} has no format {form!r}; it has {', '.join(forms)}{why}")
    theme_named(theme)
    match form:
        case "csv":
            return comma_separated(figure.records).encode()
        case "mmd":
            return mermaid_bars(figure.title, figure.unit, figure.bars).encode()
        case "tikz":
            return tikz_bars(figure.title, figure.unit, figure.bars, theme).encode()
        case "html":
            summary = BARS if figure.bars else POINTS
            return alone(figure.title, figure.words, lambda shown: chart_bytes(figure, "svg", shown, width), summary)
        case "svg" | "pdf" | "png":
            return convert(
                _svg(figure, theme, width), form, title=figure.words.alt, description=figure.words.caption, scale=scale
            )
        case _:
            raise AssertionError(f"{form} is in CHART_FORMS and has no writer")


def _svg(figure: ChartFigure, theme: str, width: str) -> str:
    """The chart drawn so wide that its text needs no shrinking."""
    room = room_named(width)
    wide = int(min(_NATURAL, room.width - _MARGIN))
    spec = figure.spec(theme, wide, int(wide * _RATIO))
    title = spec["title"]["text"]
    words = title if isinstance(title, str) else " ".join(title)  # it has lines already where it is long
    spec["title"] |= {"text": wrap(with_signs(words), wide // _LETTER)}
    svg = vl_convert.vegalite_to_svg(spec)
    sides = [float(side) for side in re.findall(r'(?:width|height)="([\d.]+)"', svg)[:2]]
    factor = min(1.0, room.width / sides[0], room.height / sides[1])
    least = factor * min(float(size) for size in re.findall(r"font-size=\"([\d.]+)px", svg))
    if least < LEAST:
        raise ValueError(f"{figure.id} does not fit the width {width!r}: its text would have {least:.1f} points")
    pointed = rf'width="{sides[0] * factor:.2f}pt" height="{sides[1] * factor:.2f}pt"'
    return re.sub(r'width="[\d.]+" height="[\d.]+"', pointed, svg, count=1)
