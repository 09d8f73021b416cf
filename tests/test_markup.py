"""Titles and names that are markup of some format come out as the words that they are."""

from __future__ import annotations

import csv
from io import StringIO
from xml.etree import ElementTree

import pytest

from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.diagrams.mermaid import mermaid
from irnet.diagrams.render import render
from irnet.diagrams.tabular import comma_separated, markdown
from irnet.diagrams.theme import LIGHT

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """a"b'c<d>&e; ]]> </text><script/> {|} \\ \x00\x1b -- \\N \\"""
SHOWN = """a"b'c<d>&e; ]]> </text><script/> {|} \\ -- \\N \\"""


@pytest.mark.parametrize("flow", ["down", "right"])
def test_an_id_that_is_markup_keeps_its_arrows(flow: str) -> None:
    sheet = GraphBuilder(LIGHT, "down" if flow == "down" else "right")
    sheet.box(HOSTILE, "one", "", "other", description=HOSTILE)
    sheet.words("two", HOSTILE, HOSTILE)
    sheet.arrow(End(HOSTILE, "out"), End("two"), label=HOSTILE)
    root = ElementTree.fromstring(render(sheet.close("t").text, "svg"))
    assert sum(group.get("class") == "edge" for group in root.iter(f"{SVG}g")) == 1
    assert sum(group.get("class") == "node" for group in root.iter(f"{SVG}g")) == 2


def test_cells_of_markdown_and_csv_stay_in_their_row() -> None:
    table = markdown([{"what": "a|b\n<img> `c` [d](e) *f* _g_", "n": 1}])
    assert table.splitlines()[2] == r"| a\|b &lt;img> \`c\` \[d\](e) \*f\* \_g\_ | 1 |"
    assert comma_separated([{"what": 'a "b", c', "n": 1}]) == 'what,n\n"a ""b"", c",1\n'


@pytest.mark.parametrize("formula", ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_csv_is_a_formula(formula: str) -> None:
    read = list(csv.reader(StringIO(comma_separated([{formula: formula}]), newline="")))
    told = formula.replace("\r", "\n")
    assert read == [[f"'{told}"], [f"'{told}"]]


@pytest.mark.parametrize("number", ["-3", "+1.5", "-2,048", "-3 %", "-1e-05", "-", -3, -0.5, None])
def test_numbers_of_csv_stay_numbers(number: object) -> None:
    read = list(csv.reader(StringIO(comma_separated([{"what": number, "n": 1}]))))
    assert read[1][0] == ("" if number is None else str(number))


def test_mermaid_has_boxes_in_their_frames_labels_on_arrows_and_shortcuts() -> None:
    sheet = GraphBuilder(LIGHT)
    sheet.box("a", "One", "detail", "pool", description="")
    with sheet.cluster("f", "A frame", "residual", description=""):
        sheet.bar("b", "concat", "concat", description="")
    sheet.words("w", "out", "")
    sheet.arrow(End("a"), End("b"), label="35x35")
    sheet.arrow(End("b"), End("w"), extra='color="x"')
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
