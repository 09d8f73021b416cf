"""One chart, and its two renderers: Plotly for pages, where values show under the pointer, and Vega-Lite for files.

A Plotly figure becomes a file only with a browser at hand; a page gets its colours of paper and words from the reader's
theme. Inks, dashes and marker shapes are the same in both, and say the same thing three times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from math import isfinite, log10, pi
from textwrap import wrap
from typing import Any, Literal, get_args

import vl_convert

from irnet.diagrams.pdf import normalise
from irnet.diagrams.theme import LIGHT, THEMES, Kind, rgb
from irnet.tree import name_of, parent_of, stage_of
from irnet.units import short

ChartFormat = Literal["svg", "png", "pdf", "html", "json"]
CHART_FORMATS: tuple[ChartFormat, ...] = get_args(ChartFormat)
Spec = dict[str, Any]
Value = float | None
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom

# Borders of the light diagrams: 3 to 1 or better on white and on dark pages alike.
INK = [LIGHT.paints[kind].border for kind in ("sum", "pointwise", "square", "pool", "factorised")]
GREY = "#808080"  # of what is neither, on white and on dark pages
DASHES = (("solid", [1, 0]), ("dash", [7, 3]), ("dot", [2, 3]), ("dashdot", [8, 3, 2, 3]))  # Plotly's, Vega-Lite's
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross")
BLOCKS = "block, in the order they run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart; `low` and `high`, where given, are the edges of a band round it.

    What is not finite is a gap. `places` are names for the values of `x`, such as the blocks of a network.
    """

    name: str
    x: Sequence[float]
    y: Sequence[Value]
    low: Sequence[Value] = ()
    high: Sequence[Value] = ()
    places: Sequence[str] = ()
    faint: bool = False  # one that others are compared with


@dataclass(frozen=True, slots=True)
class Rule:
    """A level that lines are held against."""

    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """One bar a name; several of them stand side by side. `texts` stand on the bars, for what is short of room."""

    name: str
    names: Sequence[str]
    values: Sequence[float]
    texts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Bins:
    """How many values lie between neighbouring edges, of which there is one more."""

    counts: Sequence[int]
    edges: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A cell of a grid: where it lies (first x at the left, first y at the bottom), what it is, and its words."""

    x: str
    y: str = ""
    panel: str = ""  # which of several grids it is in
    kind: str | None  # None: nothing yet
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles whose colour and words say of what kind each is, in a grid for every panel.

    `fills` is kind to colour, in the order of the legend; kinds that no tile has are left out.
    """

    tiles: Sequence[Tile]
    fills: Mapping[str, str]

    @property
    def used(self) -> tuple[str, ...]:
        """The kinds that there are."""
        return tuple(kind for kind in self.fills if any(tile.kind == kind for tile in self.tiles))

    def seen(self, what: Literal["x", "y", "panel"]) -> list[str]:
        """The values along x or y, or the panels, in order."""
        return list(dict.fromkeys(getattr(tile, what) for tile in self.tiles))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """Values, a row for every `y`, as colours; `limits` are the ends of the colour scale, where they are fixed."""

    x: Sequence[float]
    y: Sequence[str]
    values: Sequence[Sequence[Value]]
    unit: str
    limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Nested:
    """Boxes in boxes, each as wide as those in it together: sizes by path, and the name of the whole."""

    whole: str
    size: int
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubbles:
    """Named places whose area says a third number; several series differ in ink and shape.

    `unit` is what the sizes count; the areas of all series of a chart are to one scale.
    """

    name: str
    names: Sequence[str]
    x: Sequence[float]
    y: Sequence[float]
    sizes: Sequence[float]
    unit: str


Mark = Line | Rule | Bars | Bins | Tiles | Heat | Nested | Bubbles


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart: what is found in its title, what the axes count, with units, and under the title what it was found with.

    `log` puts y on a logarithmic axis, which says so; it is linear if any value is 0 or less, because such a value
    would be left out in silence. `small` charts stand beside others, without a legend; `span` holds their y axes alike.
    """

    title: str
    marks: tuple[Mark, ...]
    x: str = ""
    y: str = ""
    note: str = ""
    log: bool = False
    small: bool = False
    span: tuple[float, float] | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines among its marks."""
        return tuple(mark for mark in self.marks if isinstance(mark, Line))

    @property
    def bubbles(self) -> tuple[Bubbles, ...]:
        """The series of bubbles among its marks."""
        return tuple(mark for mark in self.marks if isinstance(mark, Bubbles))

    @property
    def ticks(self) -> dict[float, str]:
        """Where the places of the first line come to another stage, if it has places."""
        return stage_ticks(self.lines[0]) if self.lines else {}

    @property
    def is_log(self) -> bool:
        """Whether y is on a logarithmic axis."""
        return self.log and all(value > 0 for line in self.lines for value in _finite((*line.y, *line.low)))

    @property
    def y_title(self) -> str:
        """What the y axis counts, and whether on a logarithmic scale."""
        return f"{self.y}, log scale" if self.is_log else self.y


def stage_ticks(line: Line) -> dict[float, str]:
    """Where the places of a line come to another stage: x to the name of the first place there.

    Examples
    --------
    >>> stage_ticks(Line(name="a", x=[1, 2, 3], y=[0, 0, 0], places=["a.0", "a.1", "b.0"]))
    {1: 'a.0', 3: 'b.0'}
    """
    stages = ["", *(stage_of(place) for place in line.places)]
    return {x: line.places[i] for i, x in enumerate(line.x) if line.places and stages[i] != stages[i + 1]}


def multiples(chart: Chart) -> Iterator[Chart]:
    """Every line in a small chart of its own, all on the same axes; the first is faint in each, to compare with."""
    first, *others = chart.lines
    values = _finite(value for line in chart.lines for value in (*line.y, *line.low, *line.high))
    ends = [log10(value) if chart.is_log else value for value in values]
    low, high = min(ends, default=0), max(ends, default=0)
    span = (low - 0.05 * (high - low), high + 0.05 * (high - low)) if low < high else None
    for line in others:
        marks = (replace(first, faint=True), line)
        yield replace(chart, title=line.name, marks=marks, x="", note="", log=chart.is_log, small=True, span=span)


def is_dark(colour: str) -> bool:
    """Whether white words are read better on "#rrggbb" than black ones.

    Examples
    --------
    >>> is_dark("#ffffff"), is_dark("#0a5a9c")
    (False, True)
    """
    red, green, blue = rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def _plain(value: Value) -> Value:
    return value if value is not None and isfinite(value) else None


def _finite(values: Iterable[Value]) -> list[float]:
    return [value for value in map(_plain, values) if value is not None]


# Plotly, for pages.

MARKED = 100  # points of a line that are marked one by one; more would be a thick line
WIDEST, NOTE = 42, 56  # characters in a line of a title and of a note, for a page of 390 pixels
TALLEST = 26  # characters in a line of what stands beside a plot
ROOM, SMALL_ROOM = 340, 242  # pixels of height below the title
WIDEST_BUBBLE = 34  # pixels across
NARROW, TALL = 230, 300  # pixels between the outermost bubbles on a page of 390
BESIDE = {
    "top center": (0, -1),
    "bottom center": (0, 1),
    "middle right": (1, 0),
    "middle left": (-1, 0),
}  # of a bubble: right, down
MARGIN = 0.14  # of the span of the bubbles: room at either side for half a name
LONGEST_NAME = 12  # characters in a line beside a bubble
SHARES = "Cividis"  # told apart by all eyes; dark is little
_NO_GRID = {"showgrid": False, "zeroline": False}


def to_plotly(chart: Chart) -> Spec:
    """The chart as a Plotly figure of plain values; a long title takes nothing from the plot's room.

    Examples
    --------
    >>> made = to_plotly(Chart(title="It grows", x="block", y="size", marks=(Line(name="a", x=[1], y=[2]),)))
    >>> made["layout"]["title"]["text"], made["data"][0]["mode"]
    ('It grows', 'lines+markers')
    """
    lines, notes = wrap(chart.title, WIDEST), wrap(chart.note, NOTE)
    top = 36 + 22 * len(lines) + 20 * len(notes)
    lift = 11 if len(lines) > 1 else 0  # by so much Plotly moves a title of several lines beyond the edge
    title = {"text": _words(lines), "subtitle": {"text": _words(notes), "font": {"size": 13}}}
    layout: Spec = {
        "title": title
        | {"x": 0, "xanchor": "left", "y": 1, "yanchor": "top", "yref": "container", "pad": {"t": 10 + lift}}
        | {"font": {"size": 14 if chart.small else 16}},
        "xaxis": {"title": {"text": chart.x}, "automargin": True},
        "yaxis": {"title": {"text": _words(wrap(chart.y_title, TALLEST))}, "automargin": True},
        "legend": {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
        "margin": {"l": 10, "r": 10, "t": top, "b": 10},
        "hovermode": "closest" if chart.small else "x unified",
    }
    if chart.is_log:
        layout["yaxis"] |= {"type": "log", "exponentformat": "power"}
    data, more, room = _drawn(chart)
    for name, value in more.items():
        layout[name] = layout[name] | value if isinstance(layout.get(name), dict) else value
    return {"data": data, "layout": layout | {"height": room + top}}


def _words(lines: Iterable[str]) -> str:
    """Lines of words; what Plotly would take for markup stays a word."""
    return "<br>".join(escape(line, quote=False) for line in lines)


def _drawn(chart: Chart) -> tuple[list[Spec], Spec, int]:
    """Traces, what they add to the layout, and how high the plot is."""
    match chart.marks:
        case (Tiles() as tiles,):
            return _tiles(tiles, chart)
        case (Heat() as heat,):
            return _heat(heat)
        case (Nested() as nested,):
            return [_nested(nested)], {}, 540
        case (Bins() as bins,):
            alone = {"hovermode": "closest", "showlegend": False, "xaxis": {"range": [bins.edges[0], bins.edges[-1]]}}
            return [_bins(bins)], alone, ROOM
        case (Bars(), *_):
            series = [mark for mark in chart.marks if isinstance(mark, Bars)]
            large = max((value for mark in series for value in mark.values), default=0) >= 1000
            axis = {"yaxis": {"tickformat": "~s"} if large else {}, "showlegend": len(series) > 1, "barmode": "group"}
            return [_bars(mark, i) for i, mark in enumerate(series)], axis, ROOM
        case _:
            return _bubbles(chart) if chart.bubbles else _lines(chart)


def _lines(chart: Chart) -> tuple[list[Spec], Spec, int]:
    strong = [line for line in chart.lines if not line.faint]
    data = [trace for line in chart.lines for trace in _line(line, 4 if line.faint else strong.index(line))]
    axis: Spec = {"showgrid": True, "griddash": "dot"}
    if ticks := chart.ticks:
        axis |= {"tickvals": list(ticks), "ticktext": list(ticks.values())}
    level = {
        "type": "line",
        "xref": "x domain",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "line": {"dash": "dot", "width": 1.5, "color": GREY},
    }
    rules = [level | {"y0": mark.y, "y1": mark.y} for mark in chart.marks if isinstance(mark, Rule)]
    more: Spec = {"xaxis": axis, "shapes": rules}
    if chart.small:
        more |= {"showlegend": False, "xaxis": axis | {"tickangle": 60}}
        more["yaxis"] = {"title_font_size": 12} | ({"range": list(chart.span)} if chart.span else {})
    return data, more, SMALL_ROOM if chart.small else ROOM


def _line(line: Line, number: int) -> Iterator[Spec]:
    """A line, and under it its band."""
    ink, x = INK[number % len(INK)], list(line.x)
    of: Spec = {"type": "scatter", "x": x, "legendgroup": line.name}
    if line.low:
        edge = of | {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
        yield edge | {"y": list(line.low)}
        yield edge | {"y": list(line.high), "fill": "tonexty", "fillcolor": f"{ink}33"}
    look = {"color": ink, "dash": DASHES[number % len(DASHES)][0], "width": 2.5}
    yield of | {
        "y": list(line.y),
        "customdata": list(line.places),
        "name": line.name,
        "mode": "lines" if line.faint or len(x) > MARKED else "lines+markers",
        "line": look | {"dash": "dot", "width": 1.5} if line.faint else look,
        "marker": {"symbol": SYMBOLS[number % len(SYMBOLS)].replace("cross", "x"), "size": 7},
        "hovertemplate": "%{customdata}: %{y:.4g}" if line.places else "%{y:.4g}",
    }


def _bars(mark: Bars, number: int) -> Spec:
    pattern = {"shape": ("", "/")[number % 2], "fgopacity": 0.6}
    return {
        "type": "bar",
        "x": list(mark.names),
        "y": list(mark.values),
        "name": mark.name,
        "marker": {"color": INK[(number + 1) % len(INK)], "pattern": pattern},
        "text": list(mark.texts) or [short(value) for value in mark.values],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y:,}",
    }


def _bubbles(chart: Chart) -> tuple[list[Spec], Spec, int]:
    """A trace a series; a name stands where its neighbour is not."""
    largest = max(size for mark in chart.bubbles for size in mark.sizes)
    areas = {"sizemode": "area", "sizeref": 2 * largest / WIDEST_BUBBLE**2, "sizemin": 4}  # as Plotly defines it
    sides, data = _sides(chart), []
    for i, mark in enumerate(chart.bubbles):
        look = {"color": INK[i % len(INK)], "symbol": SYMBOLS[i % len(SYMBOLS)].replace("cross", "x"), "opacity": 0.75}
        data.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": mark.name,
                "x": list(mark.x),
                "y": list(mark.y),
                "text": [_words(wrap(name, LONGEST_NAME)) for name in mark.names],
                "textposition": [sides[name] for name in mark.names],
                "customdata": list(mark.sizes),
                "cliponaxis": False,
                "marker": look | areas | {"size": list(mark.sizes), "line": {"width": 1, "color": GREY}},
                "hovertemplate": f"%{{text}}: %{{x:.4g}}, %{{y:.4g}}, %{{customdata:.3s}} {mark.unit}<extra></extra>",
            }
        )
    axis: Spec = {"showgrid": True, "griddash": "dot"}
    xs = [x for mark in chart.bubbles for x in mark.x]
    room = MARGIN * (max(xs) - min(xs)) or 1  # for half a name
    across = axis | {"range": [min(xs) - room, max(xs) + room]}
    return data, {"hovermode": "closest", "xaxis": across, "yaxis": axis}, TALL + 150


def _sides(chart: Chart) -> dict[str, str]:
    """On which side of its bubble every name stands: where least is in its way on a page of 390 pixels."""
    places = [place for mark in chart.bubbles for place in zip(mark.names, mark.x, mark.y, strict=True)]
    spans = [(min(values), max(values) - min(values) or 1) for values in list(zip(*places, strict=True))[1:]]
    (left, width), (low, height) = spans
    at = {name: (NARROW * (x - left) / width, TALL * (low - y) / height) for name, x, y in places}
    far, edge = 10 * NARROW, round(MARGIN * NARROW)
    walls: list[Rectangle] = [(-far, -far, -edge, far), (NARROW + edge, -far, far, far)]
    sides = dict.fromkeys(at, "top center")
    for name in (*at, *at):  # again, as those placed later have moved
        taken = walls + [_around(x, y, WIDEST_BUBBLE, WIDEST_BUBBLE) for x, y in at.values()]
        taken += [_name_box(other, at[other], sides[other]) for other in at if other != name]
        sides[name] = min(BESIDE, key=lambda side: sum(_overlap(_name_box(name, at[name], side), one) for one in taken))
    return sides


def _name_box(name: str, at: tuple[float, float], side: str) -> Rectangle:
    """The rectangle of a name, in pixels."""
    lines, (right, down) = wrap(name, LONGEST_NAME), BESIDE[side]
    width, height = 6 * max(map(len, lines)), 15 * len(lines)
    x, y = at[0] + right * (WIDEST_BUBBLE + width) / 2, at[1] + down * (WIDEST_BUBBLE + height) / 2
    return _around(x, y, width, height)


def _around(x: float, y: float, width: float, height: float) -> Rectangle:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _overlap(one: Rectangle, two: Rectangle) -> float:
    wide, high = (min(one[i + 2], two[i + 2]) - max(one[i], two[i]) for i in (0, 1))
    return max(wide, 0) * max(high, 0)


def _bins(mark: Bins) -> Spec:
    places = list(pairwise(mark.edges))
    return {
        "type": "bar",
        "x": [(low + high) / 2 for low, high in places],
        "y": [count or None for count in mark.counts],  # none has no logarithm
        "width": [high - low for low, high in places],
        "customdata": places,
        "marker": {"color": INK[1], "line": {"width": 0}},
        "hovertemplate": "%{y:,} values from %{customdata[0]:.3g} to %{customdata[1]:.3g}<extra></extra>",
    }


def _nested(mark: Nested) -> Spec:
    """An icicle; neighbours among the stages have different fills."""
    kinds: tuple[Kind, ...] = ("pointwise", "square", "factorised", "pool", "sum")
    paths, fills = list(mark.sizes), [LIGHT.paints[kind].fill for kind in kinds]
    order = list(dict.fromkeys(stage_of(path) for path in paths))
    colours = [fills[order.index(stage_of(path)) % len(fills)] for path in paths]
    return {
        "type": "icicle",
        "ids": [mark.whole, *paths],
        "parents": ["", *(parent_of(path) or mark.whole for path in paths)],
        "labels": [mark.whole, *(name_of(path) for path in paths)],
        "values": [mark.size, *mark.sizes.values()],
        "branchvalues": "total",
        "maxdepth": 4,
        "tiling": {"orientation": "v"},
        "marker": {"colors": [LIGHT.paints["other"].fill, *colours], "line": {"color": LIGHT.line}},
        "textfont": {"color": LIGHT.ink},
        "hovertemplate": "%{id}<br>%{value:,} MACs<br>%{percentRoot:.1%} of the network<extra></extra>",
        "textinfo": "label+percent root",
    }


def _heat(mark: Heat) -> tuple[list[Spec], Spec, int]:
    trace = {
        "type": "heatmap",
        "x": list(mark.x),
        "y": list(mark.y),
        "z": [list(row) for row in mark.values],
        "colorscale": SHARES,
        "colorbar": {"title": {"text": _words(wrap(mark.unit, 10))}, "thickness": 12},
        "hovertemplate": "step %{x}, %{y}: %{z:.3g}<extra></extra>",
    } | ({"zmin": mark.limits[0], "zmax": mark.limits[1]} if mark.limits else {})
    axis = {"autorange": "reversed", "type": "category", "fixedrange": True}  # the first block above
    axis |= {"tickvals": list(mark.y[:: max(1, len(mark.y) // 14)]), "tickfont": {"size": 11}}
    layout = {"xaxis": {"fixedrange": True}, "yaxis": axis, "dragmode": False, "hovermode": "closest"}
    return [trace], layout, min(540, 110 + 14 * len(mark.y))


def _tiles(mark: Tiles, chart: Chart) -> tuple[list[Spec], Spec, int]:
    """Grids one above the other; a tile's number in `mark.tiles` comes with a click on it."""
    panels, rows = mark.seen("panel"), len(mark.seen("y"))
    count = len(panels)
    gap = 0.38 / count
    side = (1 - gap * (count - 1)) / count
    height = 120 * count + 48 * rows * count
    layout: Spec = {
        "dragmode": False,
        "hovermode": "closest",
        "clickmode": "event+select",
        "legend": {"y": -75 / height, "yref": "paper", "yanchor": "top", "itemclick": False},
        "annotations": [],
    }
    data: list[Spec] = []
    axis = {"type": "category", "automargin": True, "fixedrange": True} | _NO_GRID
    for i, panel in enumerate(panels):
        top, at = 1 - i * (side + gap), str(i + 1) if i else ""
        axes = {"xaxis": f"x{at}", "yaxis": f"y{at}"}
        tiles = [(number, tile) for number, tile in enumerate(mark.tiles) if tile.panel == panel]
        data += [trace | axes for trace in (*_one_colour(mark, tiles), _tile_words(mark, tiles))]
        across, up = len({tile.x for _, tile in tiles}), len({tile.y for _, tile in tiles})
        ends = ([-0.5, across - 0.5], [-0.5, up - 0.5])  # no room round the tiles, as words in them would ask for
        layout[f"xaxis{at}"] = axis | {"anchor": f"y{at}", "title": {"text": chart.x}, "range": ends[0]}
        layout[f"yaxis{at}"] = axis | {"anchor": f"x{at}", "title": {"text": chart.y}, "ticks": "", "range": ends[1]}
        layout[f"yaxis{at}"] |= {"domain": [max(top - side, 0), top], "showticklabels": rows > 1}
        above = {"x": 0.5, "y": top, "xref": "paper", "yref": "paper", "yanchor": "bottom", "showarrow": False}
        layout["annotations"] += [above | {"text": panel, "font": {"size": 16}}] if panel else []
    outline = {"symbol": "square", "size": 12, "line": {"width": 1, "color": GREY}}
    key: Spec = {"type": "scatter", "x": [None], "y": [None], "mode": "markers", "hoverinfo": "skip"}
    data += [key | {"name": kind, "marker": outline | {"color": mark.fills[kind]}} for kind in mark.used]
    return data, layout, height


def _one_colour(mark: Tiles, tiles: Sequence[tuple[int, Tile]]) -> Iterator[Spec]:
    """A heat map for every kind in a grid."""
    kinds = {(tile.x, tile.y): tile.kind for _, tile in tiles}
    across, up = (list(dict.fromkeys(place[i] for place in kinds)) for i in (0, 1))
    for kind in mark.used:
        if kind in kinds.values():
            values = [[1 if kinds.get((x, y)) == kind else None for x in across] for y in up]
            colours = [[0, mark.fills[kind]], [1, mark.fills[kind]]]
            look = {"colorscale": colours, "showscale": False, "xgap": 3, "ygap": 3, "hoverinfo": "skip"}
            yield {"type": "heatmap", "x": across, "y": up, "z": values} | look


def _tile_words(mark: Tiles, tiles: Sequence[tuple[int, Tile]]) -> Spec:
    """The tiles' words, which take the click."""
    fills = [mark.fills[tile.kind] if tile.kind else "" for _, tile in tiles]
    return {
        "type": "scatter",
        "x": [tile.x for _, tile in tiles],
        "y": [tile.y for _, tile in tiles],
        "text": [_words(tile.lines) for _, tile in tiles],
        "customdata": [number for number, _ in tiles],
        "mode": "markers+text",
        "textposition": "middle center",
        "textfont": {"color": [GREY if not fill else "#ffffff" if is_dark(fill) else "#141414" for fill in fills]},
        "marker": {"symbol": "square", "size": 56, "opacity": 0},
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}, "textfont": {}},
        "hovertemplate": "%{x}, %{y}: %{text}<extra></extra>",
        "showlegend": False,
    }


# Vega-Lite, for files.

SMALLEST_GRID = 440  # pixels across, so that a title has room
_LEGEND: Spec = {"title": None, "orient": "bottom", "labelLimit": 0, "columns": 2, "symbolOpacity": 1}
_LESS = "\ue000"  # of the characters that no text has
_FONT = "Liberation Sans"  # comes with the converter; a font that it lacks would be dropped with its text
_GAPS = "break-paths-show-path-domains"


def to_vega(chart: Chart, theme: str = "light", width: int = 640, height: int = 360) -> Spec:
    """The chart as a Vega-Lite specification; `width` and `height` are those of the plotted area, in pixels.

    Raises
    ------
    ValueError
        For marks that are drawn on pages only.

    Examples
    --------
    >>> spec = to_vega(Chart(title="It grows", x="block", y="size", marks=(Line(name="a", x=[1, 2], y=[1, 9]),)))
    >>> to_file(spec, "svg")[:4]
    b'<svg'
    """
    match chart.marks:
        case (Tiles() as tiles,):
            return _vega_tiles(tiles, chart, theme)
        case (Bars() as bars,):
            return _framed(_vega_bars(bars, chart), chart, theme, width, height)
        case (Bubbles(), *_):
            return _framed(_vega_bubbles(chart, theme), chart, theme, width, height)
        case () | (Line(), *_):  # before anything is measured, there are no lines yet
            return _framed(_vega_lines(chart), chart, theme, width, height)
    kinds = " and ".join(dict.fromkeys(type(mark).__name__ for mark in chart.marks))
    raise ValueError(f"a chart of {kinds} is drawn on pages only")


def to_file(spec: Spec, form: ChartFormat, scale: float = 2.0) -> bytes:
    """A specification as a file's bytes: SVG (text stays text), PNG, PDF, one interactive HTML file, or its JSON.

    Raises
    ------
    ValueError
        For an unknown format.
    """
    match form:
        case "svg":
            return vl_convert.vegalite_to_svg(spec).encode()
        case "png":
            return bytes(vl_convert.vegalite_to_png(spec, scale=scale))
        case "pdf":
            return normalise(bytes(vl_convert.vegalite_to_pdf(spec)))
        case "html":  # a `<` in a name could end the script that has the specification, so it goes in escaped
            document = json.dumps(spec, ensure_ascii=False).replace("<", _LESS)
            return vl_convert.vegalite_to_html(document, bundle=True).replace(_LESS, "\\u003c").encode()
        case "json":
            return json.dumps(spec, indent=1, sort_keys=True, allow_nan=False).encode()
    raise ValueError(f"no format of charts is called {form!r}; they are {', '.join(CHART_FORMATS)}")


def _field(name: str, kind: str = "quantitative", **more: Any) -> Spec:
    """What a channel of an encoding is read from."""
    return {"field": name, "type": kind, **more}


def _vega_lines(chart: Chart) -> Spec:
    lines, names = chart.lines, [line.name for line in chart.lines]
    layers: list[Spec] = [
        {
            "transform": [{"filter": "datum.banded"}],
            "mark": {"type": "area", "opacity": 0.2, "invalid": _GAPS},
            "encoding": {"y": _field("low"), "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "line", "strokeWidth": 2.5, "invalid": _GAPS},
            "encoding": {"strokeDash": _by_name(names, [dash for _, dash in DASHES], None)},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 36, "invalid": "filter"},
            "encoding": {"shape": _by_name(names, SYMBOLS)},
        },
    ]
    across: Spec = {"x": {"value": 0}, "x2": {"value": "width"}, "color": {"value": GREY}}
    layers += [
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "strokeDash": DASHES[2][1], "strokeWidth": 1.5},
            "encoding": across | {"y": {"datum": mark.y}},
        }
        for mark in chart.marks
        if isinstance(mark, Rule)
    ]
    scale = {"type": "log" if chart.is_log else "linear", "zero": False}
    return {
        "data": {"values": [record for line in lines for record in _points(line)]},
        "encoding": {
            "x": _field("x", axis=_axis(chart.x, chart.ticks), scale={"zero": False, "nice": False}),
            "y": _field("y", axis={"title": chart.y_title}, scale=scale),
            "color": _by_name(names, INK),
        },
        "layer": layers,
    }


def _points(line: Line) -> Iterator[Spec]:
    for i, (x, y) in enumerate(zip(line.x, line.y, strict=True)):
        band = {"low": _plain(line.low[i]), "high": _plain(line.high[i])} if line.low else {}
        yield {"x": x, "y": _plain(y), "name": line.name, "banded": bool(band)} | band


def _by_name(names: Sequence[str], looks: Sequence[Any], legend: Spec | None = _LEGEND) -> Spec:
    scale = {"domain": list(names), "range": [looks[i % len(looks)] for i in range(len(names))]}
    return _field("name", "nominal", scale=scale, legend=legend)


def _axis(title: str, ticks: Mapping[float, str]) -> Spec:
    if not ticks:
        return {"title": title}
    chosen = " : ".join(f"datum.value == {json.dumps(at)} ? {json.dumps(word)}" for at, word in ticks.items())
    return {"title": title, "values": list(ticks), "labelExpr": f"{chosen} : ''", "labelAngle": -35, "gridDash": [2, 3]}


def _vega_bars(mark: Bars, chart: Chart) -> Spec:
    return {
        "data": {"values": [{"x": name, "y": value} for name, value in zip(mark.names, mark.values, strict=True)]},
        "mark": {"type": "bar", "color": INK[1]},
        "encoding": {
            "x": _field("x", "nominal", sort=None, axis={"title": chart.x, "labelAngle": -35}),
            "y": _field("y", axis={"title": chart.y, "format": "~s"}),
        },
    }


def _vega_bubbles(chart: Chart, theme: str) -> Spec:
    sides = _sides(chart)
    values = [
        {"x": x, "y": y, "size": size, "place": wrap(place, LONGEST_NAME), "name": mark.name, "side": sides[place]}
        for mark in chart.bubbles
        for place, x, y, size in zip(mark.names, mark.x, mark.y, mark.sizes, strict=True)
    ]
    largest, names = max(size for mark in chart.bubbles for size in mark.sizes), [mark.name for mark in chart.bubbles]
    area = pi * WIDEST_BUBBLE**2 / 4
    sizes = _field("size", scale={"domain": [0, largest], "range": [0, area]}, legend=None)
    words = {"type": "text", "fontSize": 12, "color": THEMES[theme].ink}
    layers: list[Spec] = [
        {
            "mark": {"type": "point", "filled": True, "opacity": 0.75, "stroke": GREY, "strokeWidth": 1},
            "encoding": {"size": sizes, "color": _by_name(names, INK), "shape": _by_name(names, SYMBOLS)},
        }
    ]
    baselines = ("middle", "line-top", "line-bottom")  # of level, below and above
    for side, (right, down) in BESIDE.items():
        aside = {"dx": right * (WIDEST_BUBBLE / 2 + 4), "dy": down * (WIDEST_BUBBLE / 2 + 2)}
        layers.append(
            {
                "transform": [{"filter": f"datum.side == {json.dumps(side)}"}],
                "mark": words | aside | {"align": ("center", "left", "right")[right], "baseline": baselines[down]},
                "encoding": {"text": {"field": "place"}},
            }
        )
    plain = {"zero": False, "padding": WIDEST_BUBBLE}
    return {
        "data": {"values": values},
        "encoding": {
            "x": _field("x", axis={"title": chart.x}, scale=plain),
            "y": _field("y", axis={"title": chart.y}, scale=plain),
        },
        "layer": layers,
    }


def _vega_tiles(mark: Tiles, chart: Chart, theme: str) -> Spec:
    """Grids beside each other; one of few tiles has wider ones."""
    columns, rows, panels = mark.seen("x"), mark.seen("y"), mark.seen("panel")
    values = [
        {"x": tile.x, "y": tile.y, "panel": tile.panel, "kind": tile.kind, "words": list(tile.lines)}
        for tile in mark.tiles
    ]
    colours = {"domain": list(mark.used), "range": [mark.fills[kind] for kind in mark.used]}
    dark = json.dumps([kind for kind in mark.used if is_dark(mark.fills[kind])])
    ink = {"condition": {"test": f"indexof({dark}, datum.kind) >= 0", "value": "#ffffff"}, "value": "#000000"}
    width, height = max(110 * len(columns), SMALLEST_GRID // len(panels)), 72 * len(rows)
    grid = {
        "width": width,
        "height": height,
        "encoding": {
            "x": _field("x", "ordinal", sort=columns, axis={"title": chart.x, "labelAngle": 0}),
            "y": _field("y", "ordinal", sort=rows[::-1], axis={"title": chart.y} if chart.y else None),
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": THEMES[theme].paper, "strokeWidth": 2},
                "encoding": {"color": _field("kind", "nominal", scale=colours, legend=_LEGEND)},
            },
            {
                "mark": {"type": "text", "fontSize": 12, "baseline": "middle"},
                "encoding": {"text": {"field": "words"}, "color": ink},
            },
        ],
    }
    data: Spec = {"data": {"values": values}}
    if len(panels) == 1:
        return _framed(data | grid, chart, theme, width, height)
    header = {"title": None, "labelFontSize": 13, "labelColor": THEMES[theme].ink, "labelFont": _FONT}
    facet = {"column": _field("panel", "nominal", sort=panels, header=header)}
    framed = _framed(data | {"facet": facet, "spec": grid}, chart, theme, width * len(panels), height)
    return {name: value for name, value in framed.items() if name not in ("width", "height")}


def _framed(spec: Spec, chart: Chart, theme: str, width: int, height: int) -> Spec:
    look = THEMES[theme]
    text = {"labelColor": look.ink, "titleColor": look.ink, "labelFont": _FONT, "titleFont": _FONT}
    note = {"subtitle": _wrapped(chart.note, (width + 60) // 6), "subtitleColor": look.faint, "subtitleFont": _FONT}
    return spec | {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {
            "text": _wrapped(chart.title, (width + 60) // 8),
            "anchor": "start",
            "color": look.ink,
            "font": _FONT,
            "fontSize": 15,
            "limit": width + 60,
            **(note if chart.note else {}),
        },
        "width": width,
        "height": height,
        "background": look.paper,
        "config": {
            "axis": text | {"labelFontSize": 12, "titleFontSize": 13, "gridColor": look.ghost, "gridOpacity": 0.5},
            "legend": text | {"labelFontSize": 12},
            "view": {"stroke": None},
            "text": {"font": _FONT},
        },
    }


def _wrapped(words: str, longest: int) -> str | list[str]:
    """Words as they are if they fit in a line of so many characters, else in lines."""
    return words if len(words) <= longest else wrap(words, longest)
