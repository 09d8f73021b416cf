"""Strings from outside, through every door to every sink, whose own parser finds the same parts as for a plain word.

Pages are read by Streamlit's Markdown, so their test is `tests/browser/test_safe.py`; Mermaid and TeX read
theirs in `test_mermaid` and `test_latex`.
"""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from io import BytesIO, StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from markdown_it import MarkdownIt
from PIL import Image
from safetensors.torch import save_file

from app import text
from irnet.charts import Chart, Line, to_file, to_vega
from irnet.cli import main
from irnet.cli.terminal import table as printed
from irnet.diagrams.block import block_sheet
from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.diagrams.mermaid import mermaid
from irnet.diagrams.overview import overview_sheet
from irnet.diagrams.page import page
from irnet.diagrams.render import render
from irnet.diagrams.theme import LIGHT
from irnet.edit.document import load
from irnet.html import figure, joined_html, words
from irnet.tables import from_records, to_csv, to_html, to_markdown
from irnet.training.directory import command
from irnet.units import typed
from tests.apps import opened, troubles
from tests.hostile_strings import EVIL, named
from tests.test_cli import refused

WORD = "word"
Parts = Sequence[str]
Read = Callable[[str], tuple[Parts, str]]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts, self.words = list[str](), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(" ".join([tag, *(name for name, _ in attrs)]))
        self.words += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"comment {data}")


def html(made: str) -> tuple[Parts, str]:
    reader = _Tags()
    reader.feed(made)
    return reader.parts, " ".join(reader.words)


def svg(made: str) -> tuple[Parts, str]:
    """The elements but for text, of which a long one takes several, and what they say, titles included."""
    root = ElementTree.fromstring(made.encode())
    kept = [part for part in root.iter() if not part.tag.endswith(("}text", "}tspan"))]
    parts = [" ".join([part.tag, *sorted(part.attrib)]) for part in kept]
    return parts, " ".join(said for part in root.iter() for said in (part.text or "", *part.attrib.values()))


def marked(made: str) -> tuple[Parts, str]:
    found = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(made)
    flat = [inner for token in found for inner in (token, *(token.children or ()))]
    parts = [token.type for token in flat if token.type not in ("text", "text_special")]
    return parts, "".join(token.content for token in flat if token.type in ("text", "text_special"))


def rows(made: str) -> tuple[Parts, str]:
    found = list(csv.reader(StringIO(made)))
    return [str(len(row)) for row in found], " ".join(cell for row in found for cell in row)


def shell(made: str) -> tuple[Parts, str]:
    """What a shell makes of the words of a line, with a program that prints them in the place of `irnet`."""
    script = f"irnet() {{ printf '%s\\0' \"$@\"; }}\n{made}\n"
    said = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True).stdout
    return [str(said.count("\0"))], said


def terminal(word: str) -> str:
    """What rich prints of a table with the word for a title, a column and a cell."""
    with pytest.MonkeyPatch.context() as patch:
        out = StringIO()
        patch.setattr("sys.stdout", out)
        printed([{word: word}], word)
    return out.getvalue()


def _vega(word: str, form: str) -> str:
    line = Line(name=word, x=[1, 2], y=[1.0, 2.0], places=[word, word])
    chart = Chart(title=word, x=word, y=word, note=word, marks=(line,))
    return to_file(to_vega(chart), "svg" if form == "svg" else "html").decode()


def _drawing(sheet: GraphBuilder, word: str) -> str:
    return render(sheet.text, "svg", title=word, description=word).decode()


SINKS: dict[str, tuple[Read, Callable[[str], str]]] = {
    "DOT of a network, drawn": (svg, lambda word: _drawing(overview_sheet(GraphBuilder(LIGHT), named(word)), word)),
    "DOT of a block, drawn": (
        svg,
        lambda word: _drawing(
            block_sheet(GraphBuilder(LIGHT, notes=(word,)), named(word), named(word).stages[1]), word
        ),
    ),
    "SVG of a chart": (svg, lambda word: _vega(word, "svg")),
    "HTML of a table": (html, lambda word: joined_html(words(word), to_html(from_records([{word: word}], word)))),
    "HTML of a figure": (html, lambda word: figure(b"<svg/>", b"<svg/>", word)),
    "Markdown of a table": (marked, lambda word: to_markdown(from_records([{word: word, "n": 1}]))),
    "Markdown of a page": (marked, text.plain),
    "CSV": (rows, lambda word: to_csv(from_records([{word: word, "n": 1}]))),
    "a command line": (shell, lambda word: command("resume", Path(word))),
    "a terminal": (lambda made: ([], made), terminal),
}


def squeezed(said: str) -> str:
    """Without spaces, which drawings make wider, without what parts addresses, and with paths as they are written."""
    return "".join(said.replace("\u2060", "").replace("//", "/").split())


@pytest.mark.parametrize("sink", SINKS)
def test_a_strangers_string_is_said_and_makes_no_part(sink: str) -> None:
    read, made = SINKS[sink]
    plain, _ = read(made(WORD))
    for evil in EVIL:
        parts, said = read(made(evil))
        assert list(parts) == list(plain), evil
        assert squeezed(evil) in squeezed(said)


@pytest.mark.parametrize("made", [lambda word: page(named(word)), lambda word: _vega(word, "html")])
def test_a_page_and_a_chart_as_one_file_run_their_own_script_alone(made: Callable[[str], str]) -> None:
    """All evil strings at once: the data is a script element, which ends where the first `</script` is."""
    plain, evil = (html(made(word)) for word in (WORD, " ".join(EVIL)))
    assert list(evil[0]) == list(plain[0])


# Doors: what comes in here ends in a sentence, on a page or on stderr.


@pytest.mark.parametrize("evil", [EVIL[0], EVIL[4], EVIL[7], *(pytest.param(e, marks=pytest.mark.soak) for e in EVIL)])
def test_an_address_is_repeated_as_words(evil: str) -> None:
    asked = evil.replace(",", " ")  # which parts the values of a list
    sentences = troubles(opened("network", asked, level=asked, box=asked))
    assert sentences
    assert [s for s in sentences if marked(s)[0] != ["paragraph_open", "inline", "paragraph_close"]] == []
    assert [s for s in sentences if text._MADE_LATER.search(s)] == []


@pytest.mark.parametrize("evil", EVIL)
def test_a_command_line_and_edits_are_repeated_in_one_line(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "summary", evil)
    assert typed(evil) in said
    with pytest.raises(ValueError, match=r".") as told_:
        load(json.dumps({"format": "irnet.edits.1", "network": "inception_v4", "edits": [evil]}))
    assert str(told_.value).isprintable()


def test_keys_of_a_checkpoint_are_repeated_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, evil in enumerate((*EVIL[::5], "two\nlines", "\x1b[31mred", "\u202eturned")):
        save_file({evil: torch.zeros(1)}, tmp_path / f"{number}.safetensors")
        status = main(["weights", "check", "inception_v4.tf_slim", str(tmp_path / f"{number}.safetensors")])
        said = capsys.readouterr()
        assert status in (1, 2)
        assert all(line.isprintable() for line in (said.out + said.err).splitlines())


def test_names_of_files_are_printed_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a photograph: the title of a table, which rich would read for markup."""
    file = BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    photo = tmp_path / "[red]ink :bug: [" / "bold] [link=x]l.png"
    photo.parent.mkdir()
    photo.write_bytes(file.getvalue())
    knobs = [f"--set={knob}" for knob in ("a=1", "b=1", "c=1", "width=0.125", "input_size=139")]
    assert main(["block", "inception_resnet_v1", "block_a.0", "--photo", str(photo), *knobs]) == 0
    assert squeezed("[red]ink :bug: [/bold] [link=x]l.png") in squeezed(capsys.readouterr().out)


SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """a"b'c<d>&e; ]]> </text><script/> {|} \\ \x00\x1b -- \\N \\"""


@pytest.mark.parametrize("flow", ["down", "right"])
def test_an_id_that_is_markup_keeps_its_arrows(flow: str) -> None:
    sheet = GraphBuilder(LIGHT, "down" if flow == "down" else "right")
    sheet.box(HOSTILE, "one", "", "other", description=HOSTILE)
    sheet.words("two", HOSTILE, HOSTILE)
    sheet.arrow(End(HOSTILE, "out"), End("two"), label=HOSTILE)
    root = ElementTree.fromstring(render(sheet.close("t").text, "svg"))
    assert sum(group.get("class") == "edge" for group in root.iter(f"{SVG}g")) == 1
    assert sum(group.get("class") == "node" for group in root.iter(f"{SVG}g")) == 2


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
