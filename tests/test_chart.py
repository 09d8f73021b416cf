"""Charts without a browser: what a file of each kind holds."""

from __future__ import annotations

import json
from math import inf, nan
from typing import Any
from xml.etree import ElementTree

import pytest

from irnet.diagrams.chart import CHART_FORMATS, ChartFormat, Line, Tile, bar_chart, chart, line_chart, tile_grid

LINES = [Line(name="a <b> & c", x=[1, 2, 3], y=[1.0, nan, 100.0]), Line(name="d", x=[1, 2], y=[2.0, None])]
SPEC = line_chart(LINES, title="It grows", x="block", y="size", log=True, ticks={1: "first", 3: "last"})
STARTS = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF-", "html": b"<!DOCTYPE html>", "json": b"{"}


def words(spec: dict[str, object]) -> list[str]:
    """All text of the SVG."""
    root = ElementTree.fromstring(chart(spec, "svg"))
    return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("form", CHART_FORMATS)
def test_a_chart_is_a_file_of_every_kind(form: ChartFormat) -> None:
    assert chart(SPEC, form).lstrip().startswith(STARTS[form])


@pytest.mark.parametrize("form", ["svg", "png", "pdf", "json"])
def test_the_same_chart_is_the_same_bytes(form: ChartFormat) -> None:
    assert chart(SPEC, form) == chart(SPEC, form)


def test_text_stays_text_and_says_that_an_axis_is_logarithmic() -> None:
    assert {"It grows", "block", "size, log scale", "first", "last", "a <b> & c", "d"} <= set(words(SPEC))


def test_a_zero_makes_the_axis_linear() -> None:
    spec = line_chart([Line(name="a", x=[1, 2], y=[0.0, 1.0])], title="t", x="x", y="share", log=True)
    assert "share" in words(spec)


def test_what_is_not_finite_is_a_gap() -> None:
    spec = line_chart([Line(name="a", x=[1, 2, 3], y=[1.0, inf, nan])], title="t", x="x", y="y")
    assert [point["y"] for point in json.loads(chart(spec, "json"))["data"]["values"]] == [1.0, None, None]


TILES = [
    Tile(x="0.1", y=y, panel=panel, kind="living" if y == "1" else None, lines=["2 of 3", "living <b>"])
    for y in ("1", "2")
    for panel in ("narrow", "wide")
]


@pytest.mark.parametrize("tiles", [TILES, TILES[:1]], ids=["panels", "one"])
def test_a_tile_says_of_what_kind_it_is(tiles: list[Tile]) -> None:
    spec = tile_grid(tiles, title="t", x="scale", y="rate", fills={"dead": "#000000", "living": "#ffffff"}, note="n")
    found = words(spec)
    assert {"living", "2 of 3living <b>", "0.1", "scale", "rate", "t", "n"} <= set(found)
    assert "dead" not in found
    assert ("narrow" in found) == (len(tiles) > 1)


def test_a_long_title_takes_several_lines() -> None:
    spec = line_chart(LINES, title=" ".join(["found"] * 40), x="x", y="y", note=" ".join(["with"] * 60))
    assert "".join(words(spec)).count("found") == 40
    assert "".join(words(spec)).count("with") == 60


def test_bars_keep_their_order() -> None:
    found = words(bar_chart({"z": 1, "a": 2}, title="t", x="x", y="y"))
    assert found.index("z") < found.index("a")


def test_an_unknown_format_is_refused() -> None:
    form: Any = "gif"
    with pytest.raises(ValueError, match=r"^no format of charts is called 'gif'; they are svg, png, pdf, html, json$"):
        chart(SPEC, form)
