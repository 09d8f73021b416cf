"""Charts of the catalogue: the numbers are the network's, and every form holds them."""

from __future__ import annotations

import csv
import io
import re
from base64 import b64decode
from html import escape
from xml.etree import ElementTree

import pytest

from irnet.diagrams.chart_figures import CHART_FORMS, chart_catalogue
from irnet.diagrams.layouts import ROOMS
from irnet.models import PRESETS, network
from irnet.tree.totals import totals


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
    assert wide <= ROOMS[width].width


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
