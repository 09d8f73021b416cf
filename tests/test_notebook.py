"""What shows itself in a notebook: complete, escaped, without scripts, and the example runs as it is stored."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

import pytest
import torch
from nbclient import NotebookClient

import irnet
from irnet.lab.activations import residual_scale
from irnet.models import network
from irnet.notebook import network_html
from irnet.spec import Conv, Network, Stage
from irnet.tables import from_records, to_html
from irnet.tree import Rows, resolve
from tests.apps import ROOT
from tests.conftest import presets

TAGS = {"div", "style", "table", "thead", "tbody", "tr", "td", "th", "p", "strong", "img"}
EVIL = '<script>alert("1")</script>&'
NBFORMAT = import_module("nbformat")  # which has no types
EXAMPLE = ROOT / "docs" / "irnet.ipynb"


class Reader(HTMLParser):
    """Tags that are open, tags that were seen and the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += "" if self.open[-1:] == ["style"] else f"{data} "


def read(shown: Any) -> Reader:
    """What something shows, read as a browser reads it."""
    reader = Reader()
    reader.feed(shown._repr_html_())
    reader.close()
    assert not reader.open
    assert {tag for tag, _ in reader.seen} <= TAGS
    return reader


@pytest.mark.parametrize("name", presets("inception_resnet_v1.facenet"))
def test_a_network_shows_its_name_totals_stages_and_overview(name: str) -> None:
    spec = network(name)
    reader = read(spec)
    assert spec.label in reader.text
    assert f"{sum(row.params for row in resolve(spec).rows):,} parameters" in reader.text
    assert [word for word in reader.text.split() if word in {stage.name for stage in spec.stages}]
    images = [told for tag, told in reader.seen if tag == "img"]
    assert [image["class"] for image in images] == ["light", "dark"]
    assert all(image["alt"] and (image["src"] or "").startswith("data:image/svg+xml;base64,") for image in images)


def test_rows_show_every_step_up_to_a_bound_and_are_the_tuple_that_they_were() -> None:
    rows = resolve(network("inception_v4", a=0, b=0, c=0)).rows
    assert [tag for tag, _ in read(rows).seen].count("tr") == 1 + len(rows)
    whole = resolve(network("inception_v4")).rows
    assert f"{len(whole) - 60} more rows are not shown." in read(whole).text
    assert (rows, hash(rows)) == (tuple(rows), hash(tuple(rows)))
    assert Rows(row for row in rows if row.op == "conv")[0] is rows[0]


def test_a_comparison_and_a_result_show_what_was_found_and_what_can_not_be_run_why() -> None:
    assert "too small" in read(network("inception_v4", input_size=20)).text
    found = irnet.compare(network("inception_resnet_v2"), network("inception_resnet_v2", scale_b=0.2, b=12))
    text = read(found).text
    assert [words for words in (found.finding, *(change.where for change in found.changes)) if words not in text] == []
    spec = network("inception_resnet_v1", input_size=96, a=1, b=1, c=1, width=0.25)
    text = read(residual_scale(spec, torch.zeros(1, 3, 96, 96), scales=(None, 1.0))).text
    assert "untrained" in text
    assert text.count("block_b.0") == 2


def test_what_comes_from_outside_is_escaped() -> None:
    evil = Network(EVIL, (Stage("stem", Conv(8), title=EVIL),), input_shape=(3, 9, 9))
    for shown in (evil, irnet.compare(evil, replace(evil, name="x")), replace(evil, input_shape=(3, 0, 0))):
        assert "alert" in read(shown).text
    assert "<script>" not in to_html(from_records([{EVIL: EVIL}]))


def test_colours_of_tables_are_those_of_the_page() -> None:
    style = re.findall(r"<style>(.*?)</style>", network_html(network("inception_v4")))[0]
    assert not re.search(r"#[0-9a-f]{3}|(?<!s)rgb|black|white(?!-space)", style)
    assert "prefers-color-scheme:dark" in style
    assert 'data-jp-theme-light="false"' in style


def test_a_diagram_shows_itself_as_svg_with_its_words() -> None:
    told = irnet.diagram("inception_v4", "inception_b")._repr_mimebundle_()
    assert "<title" in told["image/svg+xml"]
    assert "Inception-B" in told["text/plain"]


def test_the_example_is_stored_without_outputs_runs_and_every_cell_shows_something() -> None:
    notebook = NBFORMAT.read(EXAMPLE, as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in cells)
    shown = [set(cell.outputs[0].get("data", {})) for cell in cells]
    assert ["text/html" in kinds for kinds in shown] == [True, False, True, True, True, True, False]
    assert "image/svg+xml" in shown[1]


def test_a_table_has_the_decimals_and_the_label_that_were_asked_for() -> None:
    made = to_html(from_records([{"top-1 <b>": 20.0, "n": 1234}], 'errors "of" <all>', decimals=1))
    assert made.startswith('<table aria-label="errors &quot;of&quot; &lt;all&gt;">')
    assert '<td class="n">20.0</td><td class="n">1,234</td>' in made
    assert "top-1 &lt;b&gt;" in made
