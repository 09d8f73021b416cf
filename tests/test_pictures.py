"""Pictures as files: SVG, PDF, PNG and DOT, with and without a Graphviz on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import pytest
from PIL import Image

from irnet.diagrams import diagram, draw, source, words
from irnet.diagrams.factory import content, told_of
from irnet.diagrams.pdf import normalise
from irnet.diagrams.render import FORMATS, Format, laid_out, layout_engine, render
from irnet.models import network
from tests.conftest import presets

pdfium = import_module("pypdfium2")  # it comes without types
SVG = "{http://www.w3.org/2000/svg}"
V2 = network("inception_resnet_v2")
HASHES = """
import hashlib, irnet
from irnet.diagrams import source
presets = [irnet.network(name) for name in irnet.PRESETS]
drawn = [source(spec, stage) for spec in presets for stage in ("", *(stage.name for stage in spec.stages))]
print(hashlib.sha256("".join(drawn).encode()).hexdigest())
"""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Nothing laid out before, nothing left for later."""
    laid_out.cache_clear()
    yield
    laid_out.cache_clear()


@pytest.mark.parametrize("name", presets("inception_v4.paper", "inception_resnet_v1.facenet"))
def test_an_svg_is_text_with_titles_descriptions_and_ids_of_their_own(name: str) -> None:
    for stage in ("", *(stage.name for stage in network(name).stages)):
        root, told = ElementTree.fromstring(draw(network(name), "svg", stage)), words(network(name), stage)
        found = [(root[i].tag.removeprefix(SVG), root[i].get("id"), root[i].text) for i in (0, 1)]
        assert found == [("title", "figure-title", told.alt), ("desc", "figure-desc", told.caption)]
        assert (root.get("role"), root.get("aria-labelledby")) == ("img", "figure-title figure-desc")
        boxes = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]
        assert [g.get("id") for g in boxes if not (g.findtext(f"{SVG}title") and g.findtext(f"{SVG}desc"))] == []
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), stage
        assert any(network(name).name in (text.text or "") for text in root.iter(f"{SVG}text")), stage


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_spec_gives_the_same_bytes(form: Format) -> None:
    for stage in ("", "block_b"):
        files = set()
        for _ in range(4):
            laid_out.cache_clear()
            files.add(sha256(draw(V2, form, stage)).hexdigest())
        assert len(files) == 1, stage


def test_another_process_draws_the_same() -> None:
    def drawn_with(seed: str) -> str:
        env = os.environ | {"PYTHONHASHSEED": seed}
        root = Path(__file__).parents[1]
        return subprocess.run(
            [sys.executable, "-c", HASHES], env=env, cwd=root, stdout=-1, text=True, check=True
        ).stdout

    assert drawn_with("1") == drawn_with("2")


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.5])
def test_a_png_has_the_size_of_the_svg_times_its_scale(scale: float) -> None:
    dot = source(V2, "block_a")
    sides = [int(side) for side in re.findall(r'(?:width|height)="(\d+)pt"', render(dot, "svg").decode())[:2]]
    with Image.open(BytesIO(render(dot, "png", scale=scale))) as image:
        image.load()
        assert image.size == pytest.approx([side * 96 / 72 * scale for side in sides], abs=1)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_a_png_is_painted_to_its_corners(theme: str) -> None:
    with Image.open(BytesIO(draw(V2, "png", "block_a", theme))) as image:
        width, height = image.size
        corners = {image.getpixel((x, y)) for x in (0, width - 1) for y in (0, height - 1)}
    assert corners == {(14, 17, 23, 255) if theme == "dark" else (255, 255, 255, 255)}


def test_a_pdf_is_one_page_with_its_fonts_inside_and_dot_the_source_itself() -> None:
    pdf = draw(V2, "pdf", "block_a")
    assert (len(pdfium.PdfDocument(pdf)), b"/FontFile" in pdf) == (1, True)
    assert draw(V2, "dot", "block_a").decode() == source(V2, "block_a")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: draw(V2, cast("Format", "gif")), r"^no format is called 'gif'; they are svg, png, pdf, dot$"),
        (lambda: source(V2, "stem", "neon"), r"^no theme is called 'neon'; they are light, dark, print$"),
        (lambda: diagram(V2, "block_d"), "paper has no stage 'block_d'; its stages: stem, block_a, "),
        (lambda: diagram(V2, "block_b.10"), r"has \d+ blocks, so none has the number 10$"),
        (lambda: diagram(V2, "block_b.x"), "^'block_b.x' is not a stage or one of its blocks"),
        (lambda: diagram(V2, "block_b.3.body"), "^'block_b.3.body' is not a stage or one of its blocks"),
        (lambda: normalise(b"%PDF-1.7\n"), "^this is not a PDF as the converter writes them$"),
        (lambda: laid_out("digraph { a -> ", layout_engine()), "^graphviz-pure failed: ."),
    ],
)
def test_a_picture_that_can_not_be_is_refused(call: Callable[[], object], told: str) -> None:
    with pytest.raises((ValueError, RuntimeError), match=told):
        call()


def test_a_system_dot_is_taken_where_the_wheel_is_missing_and_without_any_engine_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def which(program: str, path: str | None = None) -> str | None:
        return "/somewhere/dot" if program == "dot" and path is None else None

    monkeypatch.setattr(shutil, "which", which)
    assert layout_engine() == Path("/somewhere/dot")
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    told = r"^nothing here can lay out a diagram: pip install graphviz-pure, or install"
    with pytest.raises(RuntimeError, match=told):
        draw(V2, "svg", "block_a")


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
