"""Auxiliary heads in pictures and tables: beside the stage that they read, apart from every total, on request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from irnet.diagrams import canvas_svgs, source
from irnet.diagrams.beside import beside_sheet
from irnet.diagrams.graph_builder import GraphBuilder, Link
from irnet.diagrams.measures import CANVAS
from irnet.diagrams.mermaid import mermaid
from irnet.diagrams.nested import Expansion, nested, shown_in
from irnet.diagrams.overview import overview_sheet
from irnet.diagrams.page import _states
from irnet.diagrams.photograph import slots_in
from irnet.diagrams.render import laid_out, layout_engine
from irnet.diagrams.rows import _BOX, _sides
from irnet.diagrams.theme import LIGHT
from irnet.diagrams.tikz import tikz
from irnet.edit.settings import moves, settings
from irnet.lab.forward import unit_at
from irnet.models import PRESETS, network
from irnet.provenance.sources import provenance
from irnet.tree import details, resolve
from irnet.tree.receptive_field import choices
from irnet.tree.totals import auxiliary_heads, records, stage_records, stages
from irnet.units import short

WITH = sorted(name for name, recipe in PRESETS.items() if recipe.sides)
PAPER = network("googlenet.paper", auxiliary=True)
OPEN = Expansion(0, frozenset({"aux1"}))


def dashed(sheet: GraphBuilder) -> list[tuple[str, str]]:
    return [(link.tail, link.head) for link in sheet.links if link.dashed]


def pieces(svg: str) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight pieces of the arrows between rows."""
    turn = r'class="edge turn">.*?<path [^>]* d="M([-\d.]+),([-\d.]+) H(\S+) V(\S+) H(\S+) V(\S+) H'
    for found in re.findall(turn, svg, re.DOTALL):
        x, y, out, gap, back, to = map(float, found)
        yield from pairwise(((x, y), (out, y), (out, gap), (back, gap), (back, to)))


@pytest.mark.parametrize("name", WITH)
def test_a_head_leaves_its_stage_by_a_dashed_arrow_with_its_counts(name: str) -> None:
    spec = network(name, auxiliary=True)
    for sheet in (overview_sheet(GraphBuilder(LIGHT), spec), nested(spec, Expansion())):
        assert dashed(sheet) == [(one.reads, one.stage.name) for one in spec.auxiliary]
        items = {item.path: item for item in sheet.items}
        for head, box in zip(auxiliary_heads(spec), resolve(spec).auxiliary, strict=True):
            assert items[head.name].title.startswith("Auxiliary head")
            assert f"{short(box.params)} parameters, {short(box.macs, 'MAC')}" in items[head.name].detail
            assert "classifier of 1000" in items[head.name].detail


@pytest.mark.parametrize("name", WITH)
def test_nothing_of_it_is_drawn_or_listed_where_it_is_not_asked_for(name: str) -> None:
    spec = network(name)
    for sheet in (overview_sheet(GraphBuilder(LIGHT), spec), nested(spec, Expansion(3))):
        assert not dashed(sheet)
        assert "dashed " not in sheet.text
        assert "uxiliary" not in sheet.text
    assert not [row for row in (*records(spec), *stage_records(spec)) if "aux" in str(row)]


def test_the_rest_of_the_network_is_drawn_as_without_it() -> None:
    bare, sheet = nested(network("googlenet.paper"), Expansion()), nested(PAPER, Expansion())
    assert bare.links == [link for link in sheet.links if not link.dashed]
    assert bare.drawn == sheet.drawn - {"aux1", "aux2"}


def test_an_open_head_ends_in_its_classifier() -> None:
    sheet = nested(PAPER, OPEN)
    assert dashed(sheet)[0] == ("inception_4a", "aux1.0.input")
    inside = ["aux1.0.input", *(f"aux1.0.{i}" for i in range(6))]
    assert [link for link in sheet.links if link.tail.startswith("aux1.")] == [Link(*ends) for ends in pairwise(inside)]
    items = {item.path: item for item in sheet.items}
    assert (items["aux1"].shape, items["aux1.0.5"].title) == ("frame", "linear 1000")


def test_a_head_of_a_stage_without_blocks_reads_what_was_before_it() -> None:
    spec = network("inception_v4.tf_slim", auxiliary=True, b=0)
    for sheet in (overview_sheet(GraphBuilder(LIGHT), spec), nested(spec, Expansion())):
        assert dashed(sheet) == [("reduction_a", "aux")]


@pytest.mark.parametrize("opened", [Expansion(), OPEN, Expansion(1)])
@pytest.mark.parametrize("name", ["googlenet.paper", "inception_v4.tf_slim"])
def test_rows_keep_clear_of_heads_and_no_arrow_between_rows_crosses_one(name: str, opened: Expansion) -> None:
    spec = network(name, auxiliary=True)
    rows = nested(spec, opened, None, "right", CANVAS).rows
    svg = canvas_svgs(spec, opened, flow="right")[0].decode()
    boxes = {path: _sides(shape) for path, shape in _BOX.findall(svg)}
    for above, below in pairwise(rows):
        assert max(boxes[part][3] for part in above) < min(boxes[part][1] for part in below)
    for one in spec.auxiliary:
        (row,) = (row for row in rows if one.reads in row)
        assert one.stage.name in row[row.index(one.reads) + 1 : -1]  # what comes next is beside it
        left, top, right, bottom = boxes[one.stage.name]
        for (x, y), (to_x, to_y) in pieces(svg):
            beside = max(x, to_x) < left or min(x, to_x) > right
            assert beside or max(y, to_y) < top or min(y, to_y) > bottom


def test_files_draw_the_arrow_dashed() -> None:
    sheet = overview_sheet(GraphBuilder(LIGHT), PAPER)
    assert mermaid(sheet, "", "").count('-.->|"in training alone"|') == 2
    assert source(PAPER).count("style=dashed") == 2
    svg = laid_out(source(PAPER), layout_engine())
    assert tikz(sheet, svg).count(r"\draw[irnet flow, dashed]") == 2
    assert "linear 1000" in source(PAPER, "aux2")


def test_a_page_for_a_notebook_opens_a_head() -> None:
    states = dict(_states(network("inception_v4.tf_slim", auxiliary=True), "down", pictures=False))
    assert 'id="aux.0.1"' in states["aux:1"]
    assert 'id="aux.0.1"' not in states["0"]


def test_two_networks_side_by_side_have_their_heads() -> None:
    both = (PAPER, network("googlenet.torchvision", auxiliary=True))
    sheet = beside_sheet(GraphBuilder(LIGHT), both, (Expansion(), Expansion()))
    assert {head for _, head in dashed(sheet)} == {"0/aux1", "0/aux2", "1/aux1", "1/aux2"}


def test_tables_list_it_last_and_apart() -> None:
    whole, bare = records(PAPER), records(network("googlenet.paper"))
    assert whole[: len(bare)] == bare
    aside = whole[len(bare) :]
    assert [row["path"] for row in aside] == [f"aux{n}.0.{i}" for n in (1, 2) for i in range(6)]
    assert records(PAPER, "aux2") == aside[6:]
    of_stages = stage_records(PAPER)
    assert [row["share of macs"] for row in of_stages[-2:]] == ["in training alone"] * 2
    assert len(of_stages) == len(stages(PAPER)) + 2


def test_what_runs_the_network_leaves_it_out() -> None:
    assert details(PAPER, "aux1")["Parameters"] == "3,188,840, beside the network's"
    assert not [path for path in choices(PAPER) if path.startswith("aux")]
    assert not settings(PAPER, "aux1.0.1")
    assert not moves(PAPER, "aux1.0.1")
    assert provenance(PAPER, "aux1").paper == "Section 5 of arXiv 1409.4842"
    room = slots_in(PAPER, shown_in(PAPER, OPEN))
    assert {room[path] for path in room if path.startswith("aux")} == {0}
    with pytest.raises(ValueError, match=r"aux1\.0 is in an auxiliary head.*choose what it reads: inception_4a"):
        unit_at(PAPER, "aux1.0")
