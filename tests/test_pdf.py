"""PDFs: fonts inside, the size of their SVG, the same words, and one order of objects."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

from irnet.diagrams.factory import content, told_of
from irnet.diagrams.pdf import normalise
from irnet.diagrams.render import render

pdfium = import_module("pypdfium2")  # it comes without types
SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["figure_17", "inception_v4.tf_slim", "comparison.v1_and_v2", "cost.inception_v4.paper"]
needs_poppler = pytest.mark.skipif(not shutil.which("pdffonts"), reason="no pdffonts: run python -m tests.system")


def drawn(name: str, form: str, width: str = "natural") -> bytes:
    return content(name, form, "light", width, 2.0)


@needs_poppler
@pytest.mark.parametrize("name", NAMES)
def test_pdffonts_finds_every_font_embedded(name: str, tmp_path: Path) -> None:
    file = tmp_path / "figure.pdf"
    file.write_bytes(drawn(name, "pdf"))
    lines = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    fonts = [re.match(r"(\S+)\s+CID TrueType\s+Identity-H\s+(yes|no) (yes|no) (yes|no)", line) for line in lines]
    assert fonts
    assert [found[0] if found else "none" for found in fonts if not found or found[2] == "no"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_pdf_has_the_words_of_its_svg(name: str) -> None:
    page = pdfium.PdfDocument(drawn(name, "pdf"))[0].get_textpage().get_text_range()
    texts = ("".join(text.itertext()) for text in ElementTree.fromstring(drawn(name, "svg")).iter(f"{SVG}text"))
    squeezed = re.sub(r"\s", "", page)
    words = [word for text in texts for word in text.split()]
    assert words
    assert [word for word in words if word not in squeezed] == []


@pytest.mark.parametrize("width", ["natural", "slide"])
@pytest.mark.parametrize("name", ["figure_17", "cost.inception_v4.paper"])
def test_a_pdf_has_the_size_of_its_svg_in_points(name: str, width: str) -> None:
    root = ElementTree.fromstring(drawn(name, "svg", width))
    sides = [float(root.get(side, "").removesuffix("pt")) for side in ("width", "height")]
    assert list(pdfium.PdfDocument(drawn(name, "pdf", width))[0].get_size()) == pytest.approx(sides, abs=0.02)


def test_a_pdf_is_titled_with_its_alternative_text_and_has_a_language() -> None:
    pdf = drawn("figure_17", "pdf")
    assert pdfium.PdfDocument(pdf).get_metadata_value("Title") == told_of("figure_17")["alt"]
    assert b"/Lang (en)" in pdf


def test_the_same_picture_is_always_the_same_bytes_and_what_is_no_pdf_is_refused() -> None:
    dot = "digraph { a [label=<<b>bold</b> and not>]; a -> b }"
    assert len({render(dot, "pdf", title="t") for _ in range(6)}) == 1
    with pytest.raises(ValueError, match=r"^this is not a PDF as the converter writes them$"):
        normalise(b"%PDF-1.7\n")
