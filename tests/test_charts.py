"""Charts, on pages, in files and in the catalogue: what each kind holds, and that both renderers say the same."""

from __future__ import annotations

import csv
import io
import json
import re
from base64 import b64decode
from html import escape
from math import inf, log10, nan
from typing import Any
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

from irnet.charts import (
    CHART_FORMATS,
    TALLEST,
    Bars,
    Bins,
    Bubbles,
    Chart,
    ChartFormat,
    Heat,
    Line,
    Mark,
    Nested,
    Rule,
    Spec,
    Tile,
    Tiles,
    multiples,
    to_file,
    to_plotly,
    to_vega,
)
from irnet.diagrams.chart_figures import CHART_FORMS, chart_catalogue
from irnet.diagrams.layouts import ROOMS
from irnet.models import PRESETS, network
from irnet.tree.totals import totals

PLACES = ("first.0", "first.1", "last.0")
LINES = (
    Line(name="a <b> & c", x=[1, 2, 3], y=[1.0, nan, 100.0], places=PLACES),
    Line(name="d", x=[1, 2], y=[2.0, None]),
)
CHART = Chart(title="It grows", x="block", y="size", log=True, marks=LINES)
STARTS = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF-", "html": b"<!DOCTYPE html>", "json": b"{"}
TILES = tuple(
    Tile(x="0.1", y=y, panel=panel, kind="living" if y == "1" else None, lines=["2 of 3", "living <b>"])
    for y in ("1", "2")
    for panel in ("narrow", "wide")
)
FILLS = {"dead": "#000000", "living": "#ffffff"}
MARKS: dict[str, tuple[Mark, ...]] = {
    "lines": (*LINES, Rule(3.0)),
    "bars": (Bars(name="a", names=["x", "y"], values=[1, 2000]), Bars(name="b", names=["x", "y"], values=[3, 4])),
    "bins": (Bins([3, 0], [0.0, 1.0, 2.0]),),
    "tiles": (Tiles(TILES, FILLS),),
    "heat": (Heat(x=[1, 2], y=["a", "b"], values=[[0.0, None], [1.0, 0.5]], unit="share of zeros"),),
    "bubbles": (
        Bubbles(name="pure", names=["v3", "v4"], x=[5.7, 12.3], y=[21.2, 20.0], sizes=[24e6, 43e6], unit="parameters"),
        Bubbles(name="residual", names=["v1 <b>"], x=[6.2], y=[21.3], sizes=[23e6], unit="parameters"),
    ),
    "nested": (Nested("net", 5, {"stem": 2, "block.0": 3}),),
}


def words(chart: Chart, theme: str = "light") -> list[str]:
    """All text of the SVG."""
    root = ElementTree.fromstring(to_file(to_vega(chart, theme), "svg"))
    return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("form", CHART_FORMATS)
def test_a_chart_is_a_file_of_every_kind_whose_text_stays_text(form: ChartFormat) -> None:
    assert to_file(to_vega(CHART), form).lstrip().startswith(STARTS[form])
    told = words(CHART)
    assert {"It grows", "block", "size, log scale", "first.0", "last.0", "a <b> & c", "d"} <= set(told)


def test_a_zero_makes_the_axis_linear_on_pages_and_in_files() -> None:
    chart = Chart(title="t", x="x", y="share", log=True, marks=(Line(name="a", x=[1, 2], y=[0.0, 1.0]),))
    assert "share" in words(chart)
    assert to_plotly(chart)["layout"]["yaxis"]["title"]["text"] == "share"


def test_what_is_not_finite_is_a_gap() -> None:
    spec = to_vega(Chart(title="t", marks=(Line(name="a", x=[1, 2, 3], y=[1.0, inf, nan]),)))
    assert [point["y"] for point in json.loads(to_file(spec, "json"))["data"]["values"]] == [1.0, None, None]


@pytest.mark.parametrize("tiles", [TILES, TILES[:1]], ids=["panels", "one"])
def test_a_tile_says_of_what_kind_it_is(tiles: tuple[Tile, ...]) -> None:
    found = words(Chart(title="t", x="scale", y="rate", note="n", marks=(Tiles(tiles, FILLS),)))
    assert {"living", "2 of 3living <b>", "0.1", "scale", "rate", "t", "n"} <= set(found)
    assert "dead" not in found
    assert ("narrow" in found) == (len(tiles) > 1)


def test_a_long_title_takes_several_lines_and_bars_keep_their_order() -> None:
    chart = Chart(title=" ".join(["found"] * 40), note=" ".join(["with"] * 60), marks=LINES)
    assert "".join(words(chart)).count("found") == 40
    assert "".join(words(chart)).count("with") == 60
    found = words(Chart(title="t", marks=(Bars(name="n", names=["z", "a"], values=[1, 2]),)))
    assert found.index("z") < found.index("a")


def test_a_chart_without_lines_yet_is_drawn_by_both() -> None:
    chart = Chart(title="Nothing yet", x="steps", y="loss", log=True, marks=())
    assert "Nothing yet" in words(chart)
    assert to_plotly(chart)["data"] == []


def test_an_unknown_format_is_refused() -> None:
    form: Any = "gif"
    with pytest.raises(ValueError, match=r"^no format of charts is called 'gif'; they are svg, png, pdf, html, json$"):
        to_file(to_vega(CHART), form)


@pytest.mark.parametrize("kind", ["bins", "heat", "nested"])
def test_what_pages_alone_draw_is_refused_as_a_file(kind: str) -> None:
    with pytest.raises(ValueError, match=rf"^a chart of {kind.capitalize()} is drawn on pages only$"):
        to_vega(Chart(title="t", marks=MARKS[kind]))


@pytest.mark.parametrize("kind", MARKS)
def test_every_mark_is_a_figure_that_plotly_takes(kind: str) -> None:
    chart = Chart(title="<b>It</b>", x="x", y="y", note="<i>n</i>", marks=MARKS[kind])
    figure = go.Figure(to_plotly(chart))
    assert figure.data
    assert figure.layout.title.text == "&lt;b&gt;It&lt;/b&gt;"
    assert figure.layout.title.subtitle.text == "&lt;i&gt;n&lt;/i&gt;"


def test_a_click_on_a_tile_says_which_it_is() -> None:
    data = to_plotly(Chart(title="t", marks=MARKS["tiles"]))["data"]
    numbers = [number for trace in data for number in trace.get("customdata", ())]
    assert sorted(numbers) == list(range(len(TILES)))


def test_both_renderers_draw_the_level_that_lines_are_held_against() -> None:
    chart = Chart(title="t", marks=MARKS["lines"])
    assert [shape["y0"] for shape in to_plotly(chart)["layout"]["shapes"]] == [3.0]
    assert [layer["encoding"]["y"] for layer in to_vega(chart)["layer"] if layer["mark"]["type"] == "rule"] == [
        {"datum": 3.0}
    ]


def test_bubbles_have_areas_to_one_scale_and_names_away_from_their_neighbours() -> None:
    chart = Chart(title="t", x="work", y="error", note="n", marks=MARKS["bubbles"])
    pure, residual = to_plotly(chart)["data"]
    assert pure["marker"]["sizeref"] == residual["marker"]["sizeref"]
    assert pure["marker"]["sizemode"] == "area"
    assert pure["marker"]["size"] == [24e6, 43e6]
    assert [*pure["textposition"], *residual["textposition"]] == ["bottom center", "top center", "top center"]
    assert {"v3", "v4", "v1 <b>", "pure", "residual", "work", "error", "t", "n"} <= set(words(chart))
    assert len({(trace["marker"]["color"], trace["marker"]["symbol"]) for trace in (pure, residual)}) == 2


def room(figure: Spec) -> float:
    """Pixels between the margins."""
    layout = figure["layout"]
    return float(layout["height"] - layout["margin"]["t"] - layout["margin"]["b"])


@pytest.mark.parametrize("title", ["Short", "A title of many words that is wrapped " * 5])
def test_a_plot_has_as_much_room_under_a_long_title(title: str) -> None:
    figure = to_plotly(Chart(title=title, note="a note " * 30, marks=LINES))
    assert room(figure) == room(to_plotly(Chart(title="Two lines of a title that is not so very long", marks=LINES)))
    assert figure["layout"]["title"]["text"].replace("<br>", " ") == title.strip()


def test_long_words_beside_an_axis_stand_in_lines() -> None:
    chart = Chart(title="t", y="mean magnitude of the residual before its scale", log=True, marks=LINES)
    found = to_plotly(chart)["layout"]["yaxis"]["title"]["text"]
    assert found.replace("<br>", " ") == "mean magnitude of the residual before its scale, log scale"
    assert max(map(len, found.split("<br>"))) <= TALLEST


MANY = tuple(Line(name=name, x=(1, 2), y=y) for name, y in (("first", (1, 2)), ("a", (3, 4)), ("b", (0.5, inf))))


@pytest.mark.parametrize("log", [False, True])
def test_small_charts_share_an_axis_on_which_everything_is(log: bool) -> None:
    one, two = map(to_plotly, multiples(Chart(title="t", y="magnitude", log=log, marks=MANY)))
    low, high = one["layout"]["yaxis"]["range"]
    assert [low, high] == two["layout"]["yaxis"]["range"]
    assert low < (log10(0.5) if log else 0.5)
    assert high > (log10(4.0) if log else 4.0)


def test_every_small_chart_has_the_first_line_and_its_own() -> None:
    charts = multiples(Chart(title="t", y="magnitude", marks=MANY))
    assert [[trace["name"] for trace in to_plotly(chart)["data"]] for chart in charts] == [
        ["first", "a"],
        ["first", "b"],
    ]


@pytest.mark.parametrize("name", PRESETS)
def test_the_bars_of_a_network_add_up_to_its_macs(name: str) -> None:
    text = chart_catalogue()[f"cost.{name}"].content("csv").decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(int(row["macs"]) for row in rows) == totals(network(name)).macs


@pytest.mark.parametrize("width", [name for name in ROOMS if name != "natural"])
@pytest.mark.parametrize("name", chart_catalogue())
def test_the_text_of_a_chart_has_eight_points_at_every_width(name: str, width: str) -> None:
    root = ElementTree.fromstring(chart_catalogue()[name].content("svg", "dark", width))
    wide = float(root.get("width", "").removesuffix("pt"))
    factor = wide / float(root.get("viewBox", "").split()[2])
    sizes = [float(found) for found in re.findall(r'font-size="([\d.]+)px"', ElementTree.tostring(root).decode())]
    assert min(sizes) * factor >= 8
    assert wide <= round(ROOMS[width].width, 2)  # as the file writes it


@pytest.mark.parametrize("name", chart_catalogue())
def test_the_title_of_a_chart_is_whole_in_a_column(name: str) -> None:
    figure = chart_catalogue()[name]
    svg = figure.content("svg", "light", "column").decode()
    assert "…" not in svg
    title = figure.about.alt.partition("by stage. ")[2].removesuffix(".")
    words = " ".join(
        "".join(text.itertext()) for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    )
    assert [word for word in title.split() if word not in words] == []


@pytest.mark.parametrize("form", CHART_FORMS)
def test_the_same_chart_is_the_same_bytes(form: str) -> None:
    figure = chart_catalogue()["cost.inception_v4.paper"]
    assert len({figure.content(form) for _ in range(4)}) == 1


def test_a_chart_is_one_file_with_its_words_in_light_and_dark() -> None:
    figure = chart_catalogue()["cost.inception_v4.paper"]
    page = figure.content("html").decode()
    root = ElementTree.fromstring(re.sub(r"<!doctype html>|<(?:meta|source|img)[^>]*>", "", page).strip())
    items = [item.text for item in root.iter("li")]
    assert items == [line.partition(". ")[2] for line in figure.about.long]
    pictures = [b64decode(found) for found in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", page)]
    assert pictures == [figure.content("svg", theme) for theme in ("dark", "light")]
    assert f'alt="{escape(figure.about.alt)}"' in page
    assert escape(figure.about.caption, quote=False) in page.replace("&quot;", '"')
    assert not re.search(r"<script|(?:src|href|srcset)=\"(?!data:)|url\(", page)


def test_a_chart_as_dot_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match=r"has no format 'dot'; it has svg, .*; DOT describes boxes and arrows"):
        chart_catalogue()["cost.inception_v4.paper"].content("dot")
