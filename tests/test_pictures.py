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
        (lambda: diagram(V2, "stem.1"), r"has \d+ blocks, so none has the number 1$"),
        (lambda: diagram(V2, "block_b.x"), "^'block_b.x' is not a stage or one of its blocks"),
        (lambda: diagram(V2, "block_b.-1"), "^'block_b.-1' is not a stage or one of its blocks"),
        (lambda: diagram(V2, "block_b.3.body"), "^'block_b.3.body' is not a stage or one of its blocks"),
    ],
)
def test_a_picture_that_can_not_be_is_refused(call: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
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


def test_broken_dot_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"^graphviz-pure failed: ."):
        laid_out("digraph { a -> ", layout_engine())


def test_a_notebook_shows_an_svg_with_its_alternative_text() -> None:
    shown = diagram("inception_resnet_v2", "block_b.3")._repr_mimebundle_()
    assert words(V2, "block_b").alt in ElementTree.fromstring(shown["image/svg+xml"]).findtext(f"{SVG}title", "")
