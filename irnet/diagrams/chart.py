"""Charts for paper and command line: Vega-Lite specifications, turned into files without a browser.

The app's charts are Plotly's, for which a file would need one. Colours, dashes and marker shapes are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from textwrap import wrap
from typing import Any, Literal, get_args

import vl_convert

from irnet.diagrams.pdf import normalise
from irnet.diagrams.theme import LIGHT, THEMES, Theme
from irnet.tree import stage_of

ChartFormat = Literal["svg", "png", "pdf", "html", "json"]
CHART_FORMATS: tuple[ChartFormat, ...] = get_args(ChartFormat)
Spec = dict[str, Any]

# Borders of the light diagrams: 3 to 1 or better on white and on dark pages alike.
INK = [LIGHT.paints[kind].border for kind in ("sum", "pointwise", "square", "pool", "factorised")]
_DASHES = ([1, 0], [7, 3], [2, 3], [8, 3, 2, 3])
_SHAPES = ("circle", "diamond", "square", "triangle-up", "cross")
_LEGEND: Spec = {"title": None, "orient": "bottom", "labelLimit": 0, "columns": 2, "symbolOpacity": 1}
SMALLEST_GRID = 440  # pixels across, so that a title has room
_LESS = "\ue000"  # of the characters that no text has
_FONT = "Liberation Sans"  # comes with the converter; a font that it lacks would be dropped with its text


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart; `low` and `high`, where given, are the edges of a band round it.

    `places` are names for the values of `x`, such as the blocks of a network.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    places: Sequence[str] = ()


def stage_ticks(line: Line) -> dict[float, str]:
    """Where the places of a line come to another stage: x to the name of the first place there.

    Examples
    --------
    >>> stage_ticks(Line(name="a", x=[1, 2, 3], y=[0, 0, 0], places=["a.0", "a.1", "b.0"]))
    {1: 'a.0', 3: 'b.0'}
    """
    stages = ["", *(stage_of(place) for place in line.places)]
    return {x: line.places[i] for i, x in enumerate(line.x) if stages[i] != stages[i + 1]}


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    x: str,
    y: str,
    note: str = "",
    log: bool = False,
    ticks: Mapping[float, str] | None = None,
    theme: str = "light",
    width: int = 640,
    height: int = 360,
) -> Spec:
    """Lines, each with a band where it has one; what is not finite is a gap.

    Parameters
    ----------
    lines
        In the order of the legend.
    title, x, y, note
        What is found, what the axes count, with units, and under the title what it was found with.
    log
        Whether y is on a logarithmic axis; it is linear if any value is 0 or less, and the axis says which.
    ticks
        Words for places on the x axis, instead of numbers.
    width, height
        Of the plotted area, in pixels.

    Examples
    --------
    >>> spec = line_chart([Line(name="a", x=[1, 2], y=[0.1, 10])], title="It grows", x="block", y="size", log=True)
    >>> chart(spec, "svg")[:4]
    b'<svg'
    """
    positive = all(value > 0 for line in lines for value in _finite((*line.y, *line.low)))
    scale = {"type": "log" if log and positive else "linear", "zero": False}
    axis = {"title": f"{y}, log scale" if log and positive else y}
    values = [record for line in lines for record in _points(line)]
    names = [line.name for line in lines]
    shown: list[Spec] = [
        {
            "transform": [{"filter": "datum.banded"}],
            "mark": {"type": "area", "opacity": 0.2, "invalid": "break-paths-show-path-domains"},
            "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "line", "strokeWidth": 2.5, "invalid": "break-paths-show-path-domains"},
            "encoding": {"strokeDash": _by_name(names, list(_DASHES), None)},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 36, "invalid": "filter"},
            "encoding": {"shape": _by_name(names, list(_SHAPES))},
        },
    ]
    return _frame(
        {
            "data": {"values": values},
            "encoding": {
                "x": {
                    "field": "x",
                    "type": "quantitative",
                    "axis": _axis(x, ticks),
                    "scale": {"zero": False, "nice": False},
                },
                "y": {"field": "y", "type": "quantitative", "axis": axis, "scale": scale},
                "color": _by_name(names, INK),
            },
            "layer": shown,
        },
        title,
        theme,
        width,
        height,
        note,
    )


def bar_chart(
    bars: Mapping[str, float], *, title: str, x: str, y: str, theme: str = "light", width: int = 640, height: int = 360
) -> Spec:
    """One bar a name, in their order."""
    values = [{"x": name, "y": value} for name, value in bars.items()]
    return _frame(
        {
            "data": {"values": values},
            "mark": {"type": "bar", "color": INK[1]},
            "encoding": {
                "x": {"field": "x", "type": "nominal", "sort": None, "axis": {"title": x, "labelAngle": -35}},
                "y": {"field": "y", "type": "quantitative", "axis": {"title": y, "format": "~s"}},
            },
        },
        title,
        theme,
        width,
        height,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A cell of a grid: where it lies (first x at the left, first y at the bottom), what it is, and its words."""

    x: str
    y: str = ""
    panel: str = ""  # which of several grids it is in
    kind: str | None  # None: nothing yet
    lines: Sequence[str] = ()


def tile_grid(
    tiles: Sequence[Tile],
    *,
    title: str,
    x: str,
    y: str,
    fills: Mapping[str, str],
    note: str = "",
    theme: str = "light",
    side: int = 110,
) -> Spec:
    """Grids of tiles whose colour and words say of what kind each is, one a panel, under one title.

    Parameters
    ----------
    fills
        Kind to colour, in the order of the legend; kinds that no tile has are left out.
    note
        What the finding in the title was found with.
    side
        Of a tile, in pixels across; a grid of few tiles has wider ones.
    """
    values = [
        {"x": tile.x, "y": tile.y, "panel": tile.panel, "kind": tile.kind, "words": list(tile.lines)} for tile in tiles
    ]
    columns, rows, panels = (list(dict.fromkeys(value[of] for value in values)) for of in ("x", "y", "panel"))
    used = [kind for kind in fills if any(tile.kind == kind for tile in tiles)]
    colours = {"domain": used, "range": [fills[kind] for kind in used]}
    on_dark = f"indexof({json.dumps([kind for kind in used if is_dark(fills[kind])])}, datum.kind) >= 0"
    ink = {"condition": {"test": on_dark, "value": "#ffffff"}, "value": "#000000"}
    width = max(side * len(columns), SMALLEST_GRID // len(panels))
    grid = {
        "width": width,
        "height": 72 * len(rows),
        "encoding": {
            "x": {"field": "x", "type": "ordinal", "sort": columns, "axis": {"title": x, "labelAngle": 0}},
            "y": {"field": "y", "type": "ordinal", "sort": rows[::-1], "axis": {"title": y} if y else None},
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": THEMES[theme].paper, "strokeWidth": 2},
                "encoding": {"color": {"field": "kind", "type": "nominal", "scale": colours, "legend": _LEGEND}},
            },
            {
                "mark": {"type": "text", "fontSize": 12, "baseline": "middle"},
                "encoding": {"text": {"field": "words"}, "color": ink},
            },
        ],
    }
    data: Spec = {"data": {"values": values}}
    if len(panels) == 1:
        return _frame(data | grid, title, theme, width, 72 * len(rows), note)
    header = {"title": None, "labelFontSize": 13, "labelColor": THEMES[theme].ink, "labelFont": _FONT}
    column = {"field": "panel", "type": "nominal", "sort": panels, "header": header}
    facets = data | {"facet": {"column": column}, "spec": grid}
    framed = _frame(facets, title, theme, width * len(panels), 72 * len(rows), note)
    return {name: value for name, value in framed.items() if name not in ("width", "height")}


def is_dark(colour: str) -> bool:
    """Whether white words are read better on "#rrggbb" than black ones.

    Examples
    --------
    >>> is_dark("#ffffff"), is_dark("#0a5a9c")
    (False, True)
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def chart(spec: Spec, form: ChartFormat, scale: float = 2.0) -> bytes:
    """A chart as a file's bytes: SVG (text stays text), PNG, PDF, one interactive HTML file, or Vega-Lite's JSON.

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
        case "html":
            return _page(spec).encode()
        case "json":
            return json.dumps(spec, indent=1, sort_keys=True, allow_nan=False).encode()
    raise ValueError(f"no format of charts is called {form!r}; they are {', '.join(CHART_FORMATS)}")


def _page(spec: Spec) -> str:
    """The interactive file; a `<` in a name could end the script that has the specification, so it goes in escaped."""
    document = json.dumps(spec, ensure_ascii=False).replace("<", _LESS)
    return vl_convert.vegalite_to_html(document, bundle=True).replace(_LESS, "\\u003c")


def _points(line: Line) -> Iterable[Spec]:
    for i, (x, y) in enumerate(zip(line.x, line.y, strict=True)):
        band = {"low": _plain(line.low[i]), "high": _plain(line.high[i])} if line.low else {}
        yield {"x": x, "y": _plain(y), "name": line.name, "banded": bool(band)} | band


def _plain(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _finite(values: Iterable[float | None]) -> list[float]:
    return [value for value in map(_plain, values) if value is not None]


def _by_name(names: Sequence[str], looks: Sequence[Any], legend: Spec | None = _LEGEND) -> Spec:
    repeated = [looks[i % len(looks)] for i in range(len(names))]
    return {
        "field": "name",
        "type": "nominal",
        "scale": {"domain": list(names), "range": repeated},
        "legend": legend,
    }


def _axis(title: str, ticks: Mapping[float, str] | None) -> Spec:
    if not ticks:
        return {"title": title}
    chosen = " : ".join(f"datum.value == {json.dumps(at)} ? {json.dumps(word)}" for at, word in ticks.items())
    return {"title": title, "values": list(ticks), "labelExpr": f"{chosen} : ''", "labelAngle": -35, "gridDash": [2, 3]}


def _subtitle(note: str, width: int, look: Theme) -> Spec:
    return {"subtitle": _wrap(note, (width + 60) // 6), "subtitleColor": look.faint, "subtitleFont": _FONT}


def _wrap(words: str, longest: int) -> str | list[str]:
    """Words as they are if they fit in a line of so many characters, else in lines."""
    return words if len(words) <= longest else wrap(words, longest)


def _frame(spec: Spec, title: str, theme: str, width: int, height: int, note: str = "") -> Spec:
    look: Theme = THEMES[theme]
    text = {"labelColor": look.ink, "titleColor": look.ink, "labelFont": _FONT, "titleFont": _FONT}
    return spec | {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {
            "text": _wrap(title, (width + 60) // 8),
            "anchor": "start",
            "color": look.ink,
            "font": _FONT,
            "fontSize": 15,
            "limit": width + 60,
            **(_subtitle(note, width, look) if note else {}),
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
