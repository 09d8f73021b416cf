"""Titles and names that are markup of some format come out as the words that they are."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import pytest

from irnet.diagrams.block import block_sheet
from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.diagrams.layouts import Layout
from irnet.diagrams.mermaid import mermaid
from irnet.diagrams.overview import overview_sheet
from irnet.diagrams.render import render
from irnet.diagrams.theme import LIGHT
from irnet.models import network
from irnet.spec import Network
from irnet.tables import Column, Table, from_records, to_csv, to_json, to_markdown, to_text

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """a"b'c<d>&e; ]]> </text><script/> {|} \\ \x00\x1b -- \\N \\"""
SHOWN = """a"b'c<d>&e; ]]> </text><script/> {|} \\ -- \\N \\"""


def named(title: str) -> Network:
    spec = network("inception_resnet_v2")
    return replace(spec, name=title, stages=tuple(replace(stage, title=title) for stage in spec.stages))


def shown(dot: str, form: str = "svg") -> list[str]:
    root = ElementTree.fromstring(render(dot, "svg", title=SHOWN, description=SHOWN))
    assert form == "svg"
    assert not list(root.iter(f"{SVG}script"))
    return [" ".join("".join(text.itertext()).replace("\u00a0", " ").split()) for text in root.iter(f"{SVG}text")]


def test_a_title_of_a_block_that_is_markup_stays_a_title() -> None:
    spec = named(HOSTILE)
    sheet = block_sheet(GraphBuilder(LIGHT, notes=(HOSTILE,)), spec, spec.stages[1])
    assert any(SHOWN in line for line in shown(sheet.text))


def test_titles_of_stages_that_are_markup_stay_titles() -> None:
    lines = shown(overview_sheet(GraphBuilder(LIGHT), named(HOSTILE)).text)
    assert sum(SHOWN in line for line in lines) >= 6


@pytest.mark.parametrize("flow", ["down", "right"])
def test_an_id_that_is_markup_keeps_its_arrows(flow: str) -> None:
    sheet = GraphBuilder(LIGHT, "down" if flow == "down" else "right")
    sheet.box(HOSTILE, "one", "", "other", description=HOSTILE)
    sheet.words("two", HOSTILE, HOSTILE)
    sheet.arrow(End(HOSTILE, "out"), End("two"), label=HOSTILE)
    root = ElementTree.fromstring(render(sheet.close("t").text, "svg"))
    assert sum(group.get("class") == "edge" for group in root.iter(f"{SVG}g")) == 1
    assert sum(group.get("class") == "node" for group in root.iter(f"{SVG}g")) == 2


def test_cells_of_markdown_stay_in_their_row() -> None:
    table = to_markdown(from_records([{"what": "a|b\n<img> `c` [d](e) *f* _g_", "n": 1}]))
    assert table.splitlines()[2] == r"| a\|b &lt;img> \`c\` \[d\](e) \*f\* \_g\_ | 1 |"


def test_cells_of_csv_keep_quotes_and_commas() -> None:
    assert to_csv(from_records([{"what": 'a "b", c', "n": 1}])) == 'what,n\n"a ""b"", c",1\n'


@pytest.mark.parametrize("formula", ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_csv_is_a_formula(formula: str) -> None:
    read = list(csv.reader(StringIO(to_csv(from_records([{formula: formula}])), newline="")))
    told = formula.replace("\r", "\n")
    assert read == [[f"'{told}"], [f"'{told}"]]


@pytest.mark.parametrize("number", ["-3", "+1.5", "-2,048", "-3 %", "-1e-05", "-", -3, -0.5, None])
def test_numbers_of_csv_stay_numbers(number: object) -> None:
    read = list(csv.reader(StringIO(to_csv(from_records([{"what": number, "n": 1}])))))
    assert read[1][0] == ("" if number is None else str(number))


def test_a_table_says_the_same_in_every_form_and_keeps_its_numbers_in_json() -> None:
    records = [{"block": "a.0", "out_shape": [384, 35, 35], "params": 1200, "finite": True, "zeros": [0.5, None]}]
    table = from_records(records, "Blocks")
    assert table.texts == (("a.0", "35x35x384", "1,200", "yes", "0.5, none"),)
    assert to_text(table).splitlines()[-1].split() == ["a.0", "35x35x384", "1,200", "yes", "0.5,", "none"]
    assert to_csv(table).splitlines()[1] == 'a.0,35x35x384,1200,True,"0.5, none"'
    assert json.loads(to_json(table)) == records


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a row of 1 cells does not fit 2 columns: \('x',\)$"):
        Table(columns=(Column("a"), Column("b")), rows=(("x",),))


def test_a_layout_is_down_and_as_on_a_screen_unless_asked() -> None:
    assert (Layout().flow, Layout().measures.detail) == ("down", 9)


def test_mermaid_has_boxes_in_their_frames_labels_on_arrows_and_shortcuts() -> None:
    sheet = GraphBuilder(LIGHT)
    sheet.box("a", "One", "detail", "pool", description="")
    with sheet.cluster("f", "A frame", "residual", description=""):
        sheet.bar("b", "concat", "concat", description="")
    sheet.words("w", "out", "")
    sheet.arrow(End("a"), End("b"), label="35x35")
    sheet.arrow(End("b"), End("w"), shortcut=True)
    assert mermaid(sheet.close("t"), "alt; #1", "a\nb").splitlines()[:10] == [
        "flowchart TD",
        "accTitle: alt#59; #35;1",
        "accDescr: a b",
        'n0("One<br/>detail"):::pool_',
        'subgraph n1["A frame"]',
        'n2["concat"]:::concat_',
        "end",
        'n3(["out"]):::other_',
        'n0 -->|"35×35"| n2',
        "n2 ==> n3",
    ]


def test_everything_that_is_markup_of_mermaid_is_an_entity() -> None:
    text = mermaid(GraphBuilder(LIGHT, "right"), r"""#"<>&`|\;""", "")
    assert text.startswith("flowchart LR\naccTitle: #35;#34;#60;#62;#38;#96;#124;#92;#59;\n")
