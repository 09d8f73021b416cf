"""Mermaid itself reads what is written for it, and shows the same words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page

from irnet.diagrams.block import block_sheet
from irnet.diagrams.chart_figures import chart_catalogue
from irnet.diagrams.factory import content
from irnet.diagrams.figures import catalogue
from irnet.diagrams.graph_builder import GraphBuilder
from irnet.diagrams.mermaid import mermaid as written
from irnet.diagrams.theme import DARK
from tests.hostile_strings import EVIL, named
from tests.system import mermaid

pytestmark = pytest.mark.skipif(not mermaid().is_file(), reason="no Mermaid here: run python -m tests.system")
HOSTILE = r"""a"b'c<d>&{e}[f](g)|h|;i%%j#k\l `m` end </text><script>window.hit=1</script>"""
PARSE = "async text => { const found = await mermaid.parse(text); return found.diagramType }"
DRAW = """async text => {
  const { svg } = await mermaid.render('drawn', text);
  const page = new DOMParser().parseFromString(svg, 'text/html');
  const labels = [...page.querySelectorAll('.nodeLabel p, .nodeLabel:not(:has(p))')];
  return labels.map(label => label.innerHTML.replace(/<br ?[/]?>/g, ' ')).map(text => {
    const plain = document.createElement('p'); plain.innerHTML = text; return plain.textContent.trim() });
}"""


@pytest.fixture
def reader(page: Page) -> Page:
    """An empty page with Mermaid on it."""
    page.set_content("<p></p>")
    page.add_script_tag(path=mermaid())
    page.evaluate("mermaid.initialize({ startOnLoad: false })")
    return page


@pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.soak)])
def test_mermaid_parses_figures_and_charts(reader: Page, every: int) -> None:
    wanted = dict.fromkeys(catalogue(), "flowchart-v2") | dict.fromkeys(chart_catalogue(), "xychart")
    names = [*list(catalogue())[::every], *list(chart_catalogue())[::every]]
    kinds = {n: reader.evaluate(PARSE, content(n, "mmd", "light", "natural", 2.0).decode()) for n in names}
    assert kinds == {name: wanted[name] for name in names}


def test_mermaid_draws_the_boxes_of_a_figure_and_titles_that_are_markup_stay_titles(reader: Page) -> None:
    labels = reader.evaluate(DRAW, content("figure_17", "mmd", "dark", "natural", 2.0).decode())
    assert [label for label in labels if "Conv" in label] == [
        "1×1 Conv (192) 17×17×192",
        "1×1 Conv (128) 17×17×128",
        "1×7 Conv (160) 17×17×160",
        "7×1 Conv (192) 17×17×192",
        "1×1 Conv (1152 Linear)",
    ]
    for title in (HOSTILE, *EVIL):
        sheet = block_sheet(GraphBuilder(DARK), named(title), named(title).stages[1], title=title)
        sheet.items = [replace(item, title=title) for item in sheet.items]
        labels = reader.evaluate(DRAW, written(sheet, title, title))
        assert labels
        assert [label for label in labels if not " ".join(label.split()).startswith(title[:25].strip())] == []
        assert reader.evaluate("window.hit") is None
