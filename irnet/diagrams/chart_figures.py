"""Charts of the catalogue: what every stage costs, in the forms that a document takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from textwrap import wrap
from types import MappingProxyType
from typing import Any, ClassVar

from irnet.charts import Bars, Chart, Nested, to_file, to_vega
from irnet.diagrams.formats import Picture
from irnet.diagrams.layouts import LEAST, room_named
from irnet.diagrams.render import convert
from irnet.diagrams.theme import THEMES
from irnet.diagrams.words import Words
from irnet.models import PRESETS, network
from irnet.spec import Network
from irnet.tables import Table, from_records, latex, to_csv
from irnet.tree.totals import StageTotal, stages, totals
from irnet.units import exact, share, short, with_signs

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
_BAR, _LONG = 16.0, 170.0  # points of TikZ: from bar to bar, and of the longest
BARS = "Bar by bar"  # over the long description
NO_DOT = "DOT describes boxes and arrows, and a chart has none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartFigure(Picture):
    """A chart of bars, the numbers behind it, and its words."""

    forms: ClassVar = CHART_FORMS
    lacks: ClassVar = NO_DOT
    summary: ClassVar = BARS

    group: str = "charts"
    chart: Chart
    table: Table
    about: Words

    @property
    def bars(self) -> Mapping[str, float]:
        """Value by name."""
        bars = (mark for mark in self.chart.marks if isinstance(mark, Bars))
        return {name: value for mark in bars for name, value in zip(mark.names, mark.values, strict=True)}

    def words(self, width: str = "natural") -> Words:
        """Its words, the same at every width."""
        del width
        return self.about

    def draw(self, form: str, theme: str, width: str, scale: float) -> bytes:
        """One of the formats but "html"."""
        match form:
            case "csv":
                return to_csv(self.table).encode()
            case "mmd":
                return _mermaid(self).encode()
            case "tikz":
                return _tikz(self, theme).encode()
            case "svg" | "pdf" | "png":
                svg = _svg(self, theme, width)
                return convert(svg, form, title=self.about.alt, description=self.about.caption, scale=scale)
            case _:
                raise AssertionError(f"{form} is in CHART_FORMS and has no writer")


@cache
def chart_catalogue() -> Mapping[str, ChartFigure]:
    """The cost of every preset, stage by stage, by id.

    Examples
    --------
    >>> list(chart_catalogue())[:2]
    ['cost.inception_v4.paper', 'cost.inception_v4.tf_slim']
    """
    return MappingProxyType({f"cost.{name}": _cost(name) for name in PRESETS})


def cost_chart(network: Network) -> Chart:
    """Multiply-accumulates stage by stage; the title names the stage that takes most.

    Examples
    --------
    >>> cost_chart(network("inception_v4")).title
    'Inception-B: 48.4 % of 12.3 GMAC'
    """
    found = [stage for stage in stages(network) if stage.repeat]
    most, total = max(found, key=lambda stage: stage.macs), totals(network).macs
    bars = Bars(
        name="MACs",
        names=[_stage_title(stage) for stage in found],
        values=[stage.macs / 1e9 for stage in found],
        texts=[short(stage.macs) for stage in found],
    )
    title = f"{most.title}: {share(most.macs, total)} of {short(total, 'MAC')}"
    return Chart(title=title, x="stage", y="GMAC, one image", marks=(bars,))


def module_chart(records: Sequence[Mapping[str, Any]], name: str) -> Chart:
    """MACs of the module tree of a network called `name`, from records of path and MACs, the whole first."""
    whole, *inside = (record for record in records if record["macs"])
    widest = max(inside, key=lambda record: record["macs"], default=whole)
    title = f"{widest['path']} takes {share(widest['macs'], whole['macs'])} of the MACs. Click a box to look inside."
    sizes = {record["path"]: record["macs"] for record in inside}
    return Chart(title=title, marks=(Nested(name, whole["macs"], sizes),))


def _cost(name: str) -> ChartFigure:
    spec, total, chart = network(name), totals(network(name)), cost_chart(network(name))
    found = [stage for stage in stages(spec) if stage.repeat]
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
        chart=chart,
        table=from_records([{"stage": _stage_title(stage), "macs": stage.macs} for stage in found]),
        about=Words(f"Bar chart of the MACs of {name} by stage. {chart.title}.", caption, long),
    )


def _stage_title(stage: StageTotal) -> str:
    return f"{stage.repeat} × {stage.title}" if stage.repeat > 1 else stage.title


def _svg(figure: ChartFigure, theme: str, width: str) -> str:
    """The chart drawn so wide that its text needs no shrinking."""
    room = room_named(width)
    wide = int(min(_NATURAL, room.width - _MARGIN))
    spec = to_vega(figure.chart, theme, wide, int(wide * _RATIO))
    spec["title"] |= {"text": wrap(with_signs(figure.chart.title), wide // _LETTER)}
    svg = to_file(spec, "svg").decode()
    sides = [float(side) for side in re.findall(r'(?:width|height)="([\d.]+)"', svg)[:2]]
    factor = min(1.0, room.width / sides[0], room.height / sides[1])
    least = factor * min(float(size) for size in re.findall(r"font-size=\"([\d.]+)px", svg))
    if least < LEAST:
        raise ValueError(f"{figure.id} does not fit the width {width!r}: its text would have {least:.1f} points")
    pointed = rf'width="{sides[0] * factor:.2f}pt" height="{sides[1] * factor:.2f}pt"'
    return re.sub(r'width="[\d.]+" height="[\d.]+"', pointed, svg, count=1)


def _mermaid(figure: ChartFigure) -> str:
    """Bars as Mermaid's XY chart."""
    title, unit = _words(figure.title), _words(figure.chart.y)
    names = ", ".join(f'"{_words(name)}"' for name in figure.bars)
    values = ", ".join(f"{value:.4g}" for value in figure.bars.values())
    return f'xychart-beta\n  title "{title}"\n  x-axis [{names}]\n  y-axis "{unit}"\n  bar [{values}]\n'


def _words(text: str) -> str:
    return re.sub(r"[^\w .,:()+/×-]", " ", text)


def _tikz(figure: ChartFigure, theme: str) -> str:
    """Bars as TikZ that lie, one below the other, each with its value."""
    bars, look = figure.bars, THEMES[theme]
    most = max(bars.values()) or 1.0
    paint = look.paints["pointwise"]
    colours = (("ink", look.ink), ("paper", look.paper), ("bar", paint.border))
    lines = [
        r"% needs \usepackage{tikz}",
        r"\begin{tikzpicture}[x=1pt, y=-1pt, every node/.style={inner sep=2pt}]",
        *(rf"\definecolor{{irnet-{name}}}{{HTML}}{{{colour[1:].upper()}}}" for name, colour in colours),
        r"\tikzset{irnet bar/.style={fill=irnet-bar},",
        r"  irnet words/.style={text=irnet-ink, font=\sffamily\fontsize{9}{11}\selectfont}}",
    ]
    if look.paper != "#ffffff":
        lines.append(rf"\fill[irnet-paper] (-130,-{_BAR:g}) rectangle ({_LONG + 60:g},{_BAR * (len(bars) + 1):g});")
    for i, (name, value) in enumerate(bars.items()):
        y, end = i * _BAR, value / most * _LONG
        lines.append(rf"\node[irnet words, anchor=east] at (0,{y:g}) {{{latex(name)}}};")
        lines.append(rf"\path[irnet bar] (0,{y - 5:g}) rectangle ({end:.2f},{y + 5:g});")
        lines.append(rf"\node[irnet words, anchor=west] at ({end:.2f},{y:g}) {{{value:.3g}}};")
    y = len(bars) * _BAR
    lines.append(rf"\node[irnet words] at ({_LONG / 2:g},{y:g}) {{{latex(f'{figure.title}, {figure.chart.y}')}}};")
    return "\n".join([*lines, r"\end{tikzpicture}"]) + "\n"
