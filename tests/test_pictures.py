"""Pictures as files: SVG, PDF, PNG and DOT, with and without a Graphviz on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import pytest
from PIL import Image

from irnet.diagrams import diagram, draw, save, source, words
from irnet.diagrams.render import FORMATS, Format, laid_out, render
from irnet.models import PRESETS, network

pdfium = import_module("pypdfium2")  # it comes without types
SVG = "{http://www.w3.org/2000/svg}"
V2 = network("inception_resnet_v2")
EVERY = [(name, stage) for name in PRESETS for stage in ("", *(stage.name for stage in network(name).stages))]
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


def described(name: str, stage: str) -> ElementTree.Element:
    return ElementTree.fromstring(draw(network(name), "svg", stage))


@pytest.mark.parametrize(("name", "stage"), EVERY)
def test_an_svg_has_a_title_and_a_description(name: str, stage: str) -> None:
    root, told = described(name, stage), words(network(name), stage)
    found = [(root[i].tag.removeprefix(SVG), root[i].get("id"), root[i].text) for i in (0, 1)]
    assert found == [("title", "figure-title", told.alt), ("desc", "figure-desc", told.caption)]


@pytest.mark.parametrize(("name", "stage"), EVERY)
def test_an_svg_points_to_its_title_and_description(name: str, stage: str) -> None:
    root = described(name, stage)
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "figure-title figure-desc")


@pytest.mark.parametrize(("name", "stage"), EVERY)
def test_every_box_has_a_title_and_a_description(name: str, stage: str) -> None:
    boxes = [g for g in described(name, stage).iter(f"{SVG}g") if g.get("class") == "node"]
    assert [g.get("id") for g in boxes if not (g.findtext(f"{SVG}title") and g.findtext(f"{SVG}desc"))] == []


@pytest.mark.parametrize(("name", "stage"), EVERY)
def test_no_two_elements_have_one_id(name: str, stage: str) -> None:
    ids = [element.get("id") for element in described(name, stage).iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("name", "stage"), EVERY)
def test_text_in_an_svg_stays_text(name: str, stage: str) -> None:
    texts = [text.text or "" for text in described(name, stage).iter(f"{SVG}text")]
    assert any(network(name).name in text for text in texts)


@pytest.mark.parametrize("stage", ["", "stem", "block_b"])
@pytest.mark.parametrize("form", FORMATS)
def test_the_same_spec_gives_the_same_bytes(form: Format, stage: str) -> None:
    files = set()
    for _ in range(8):
        laid_out.cache_clear()
        files.add(sha256(draw(network("inception_resnet_v2"), form, stage)).hexdigest())
    assert len(files) == 1


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


def test_a_pdf_is_one_page_with_its_fonts_inside() -> None:
    pdf = draw(V2, "pdf", "block_a")
    assert (len(pdfium.PdfDocument(pdf)), b"/FontFile" in pdf) == (1, True)


def test_dot_is_the_source_itself() -> None:
    assert draw(V2, "dot", "block_a").decode() == source(V2, "block_a")


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^no format is called 'gif'; they are svg, png, pdf, dot$"):
        draw(V2, cast("Format", "gif"))


def test_an_unknown_theme_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^no theme is called 'neon'; they are light, dark, print$"):
        source(V2, "stem", "neon")


def test_an_unknown_stage_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match=r"^inception_resnet_v2\.paper has no stage 'block_d'; its stages: stem, block_a, "
    ):
        diagram(V2, "block_d")


@pytest.mark.parametrize(("path", "number"), [("block_b.10", 10), ("stem.1", 1)])
def test_a_block_that_a_stage_does_not_have_is_refused(path: str, number: int) -> None:
    with pytest.raises(ValueError, match=rf"has \d+ blocks, so none has the number {number}$"):
        diagram(V2, path)


@pytest.mark.parametrize("path", ["block_b.x", "block_b.-1", "block_b.3.body"])
def test_a_path_inside_a_block_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=rf"^'{path}' is not a stage or one of its blocks"):
        diagram(V2, path)


def test_a_notebook_shows_an_svg_with_its_alternative_text() -> None:
    shown = diagram("inception_resnet_v2", "block_b.3")._repr_mimebundle_()
    assert words(V2, "block_b").alt in ElementTree.fromstring(shown["image/svg+xml"]).findtext(f"{SVG}title", "")


def test_all_pictures_of_a_network_are_saved(tmp_path: Path) -> None:
    files = save(V2, tmp_path / "new", "print")
    names = ["overview", *(stage.name for stage in V2.stages)]
    expected = [f"inception_resnet_v2.paper.{name}.print.{form}" for name in names for form in FORMATS]
    assert [file.name for file in files if file.stat().st_size > 500] == expected
