"""Every picture: laid out by both engines; its boxes, arrows and words are those of the rows."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

from irnet.diagrams import draw, source
from irnet.diagrams.render import laid_out, layout_engine
from irnet.diagrams.theme import THEMES
from irnet.models import PRESETS, network
from irnet.tree import Row, resolve

pdfium = import_module("pypdfium2")  # it comes without types
SVG = "{http://www.w3.org/2000/svg}"
ENGINES = [layout_engine(), *(Path(found) for found in [shutil.which("dot")] if found)]
OVERVIEWS = list(PRESETS)
BLOCKS = [(name, stage.name, 0) for name in PRESETS for stage in network(name).stages]
LAST = [(name, stage.name, stage.repeat - 1) for name in PRESETS for stage in network(name).stages if stage.repeat > 1]
MERGED = re.compile(r"\.b\d+(\.\d+)?$")  # a fork that ends a branch is drawn as part of the outer one, as in Figure 6
each_block = pytest.mark.parametrize(("name", "stage", "index"), BLOCKS + LAST)


@cache
def picture(name: str, stage: str = "", index: int = 0) -> ElementTree.Element:
    return ElementTree.fromstring(draw(network(name), "svg", stage, index=index))


def groups(svg: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [group for group in svg.iter(f"{SVG}g") if group.get("class") == kind]


def boxes(svg: ElementTree.Element) -> list[str]:
    return [group.get("id", "") for group in groups(svg, "node")]


def arrows(svg: ElementTree.Element) -> list[tuple[str, str]]:
    """Pairs of paths, without the ports at their ends."""
    titles = [group.findtext(f"{SVG}title", "") for group in groups(svg, "edge")]
    pairs = [title.split("->") for title in titles]
    return [(tail.partition(":")[0], head.partition(":")[0]) for tail, head in pairs]


def block_rows(name: str, stage: str, index: int) -> dict[str, Row]:
    rows = resolve(network(name)).rows
    return {row.path: row for row in rows if f"{row.path}.".startswith(f"{stage}.{index}.")}


def shown(rows: dict[str, Row]) -> dict[str, Row]:
    return {path: row for path, row in rows.items() if row.op != "concat" or not MERGED.search(path)}


@cache
def words(name: str, stage: str = "", index: int = 0) -> tuple[str, ...]:
    """The lines of text in the PDF of a picture."""
    page = pdfium.PdfDocument(draw(network(name), "pdf", stage, index=index))[0]
    return tuple(line.strip() for line in page.get_textpage().get_text_range().splitlines())


def multiplied(text: str) -> str:
    return re.sub(r"(?<=\d)x(?=\d)|^x(?= )", "×", text)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize(("name", "stage", "index"), BLOCKS)
def test_every_block_is_laid_out(name: str, stage: str, index: int, engine: Path) -> None:
    svg = ElementTree.fromstring(laid_out(source(network(name), stage, index=index), engine))
    assert len(boxes(svg)) == len(shown(block_rows(name, stage, index))) + 2


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("name", OVERVIEWS)
def test_every_overview_is_laid_out(name: str, engine: Path) -> None:
    svg = ElementTree.fromstring(laid_out(source(network(name)), engine))
    assert len(boxes(svg)) == len(arrows(svg)) + 1


@each_block
def test_the_boxes_of_a_block_are_its_rows(name: str, stage: str, index: int) -> None:
    rows = shown(block_rows(name, stage, index))
    assert sorted(boxes(picture(name, stage, index))) == sorted(["input", *rows, "output"])


@pytest.mark.parametrize("name", OVERVIEWS)
def test_the_boxes_of_an_overview_are_stages_and_head(name: str) -> None:
    spec = network(name)
    head = [row.path for row in resolve(spec).rows if "." not in row.path]
    assert boxes(picture(name)) == ["input", *(stage.name for stage in spec.stages), *head, "softmax"]


def test_a_stage_without_blocks_is_not_drawn() -> None:
    svg = ElementTree.fromstring(draw(network("inception_v4", b=0), "svg"))
    assert "inception_b" not in boxes(svg)


@each_block
def test_an_arrow_carries_what_its_target_reads(name: str, stage: str, index: int) -> None:
    rows = block_rows(name, stage, index)
    given = next(iter(rows.values())).in_shape
    shapes = {"input": given} | {path: row.out_shape for path, row in rows.items()}
    targets = {path: row.in_shape for path, row in rows.items() if row.op != "concat"}
    read = {(head, shapes[tail]) for tail, head in arrows(picture(name, stage, index)) if head in targets}
    assert read == set(targets.items())


@each_block
def test_the_arrows_into_a_concatenation_add_up_to_its_channels(name: str, stage: str, index: int) -> None:
    rows = block_rows(name, stage, index)
    into: Counter[str] = Counter()
    for tail, head in arrows(picture(name, stage, index)):
        into[head] += rows[tail].out_shape[0] if tail in rows else 0
    pooled = {path: row.out_shape[0] for path, row in shown(rows).items() if row.op == "concat"}
    assert {path: into[path] for path in pooled} == pooled


@each_block
def test_every_box_has_one_arrow_in_and_a_sum_has_two(name: str, stage: str, index: int) -> None:
    rows = shown(block_rows(name, stage, index))
    into = Counter(head for _, head in arrows(picture(name, stage, index)))
    counted = {path: into[path] for path, row in rows.items() if row.op != "concat"}
    assert counted == {path: 2 if rows[path].op == "add" else 1 for path in counted}


@each_block
def test_the_text_of_a_pdf_has_every_row_and_its_size(name: str, stage: str, index: int) -> None:
    rows = [row for row in block_rows(name, stage, index).values() if row.op in ("conv", "max_pool", "avg_pool")]
    titles = [multiplied(row.notation) for row in rows]
    sizes = [f"{row.out_shape[1]}×{row.out_shape[2]}×{row.out_shape[0]}" for row in rows]
    assert Counter(titles + sizes) <= Counter(words(name, stage, index))


@each_block
def test_what_a_concatenation_says_adds_up(name: str, stage: str, index: int) -> None:
    rows = shown(block_rows(name, stage, index)).values()
    lines = [line for line in words(name, stage, index) if line.startswith("concat ")]
    said = [list(map(int, re.findall(r"\d+", line))) for line in lines]
    sizes = [(*row.out_shape[1:], row.out_shape[0]) for row in rows if row.op == "concat"]
    assert sorted((*numbers[-3:], sum(numbers[:-3])) for numbers in said) == sorted((*s, s[-1]) for s in sizes)


@pytest.mark.parametrize("stage", ["block_a", "block_b", "block_c", "block8"])
def test_the_text_of_a_residual_block_has_its_scale_and_its_linear_convolution(stage: str) -> None:
    name = "inception_resnet_v2.tf_slim"
    rows = [row for row in block_rows(name, stage, 0).values() if row.op in ("scale", "project")]
    assert Counter(multiplied(row.notation) for row in rows) <= Counter(words(name, stage))


def test_the_last_block_says_that_it_has_no_relu() -> None:
    lines = {stage: words("inception_resnet_v1.facenet", stage) for stage in ("block_c", "block8")}
    said = {stage: [line for line in each if line.startswith("sum")] for stage, each in lines.items()}
    assert said == {
        "block_c": ["sum: input + 0.2 × residual, then ReLU"],
        "block8": ["sum: input + 1 × residual, no ReLU"],
    }


@pytest.mark.parametrize("name", OVERVIEWS)
def test_the_text_of_an_overview_has_the_repeats(name: str) -> None:
    stages = network(name).stages
    assert {f"{s.repeat} × {s.title}" if s.repeat > 1 else s.title for s in stages} <= set(words(name))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("name", "stage", "index"), BLOCKS)
def test_a_theme_changes_no_word(name: str, stage: str, index: int, theme: str) -> None:
    svg = ElementTree.fromstring(draw(network(name), "svg", stage, theme, index))
    texts = [[text.text for text in found.iter(f"{SVG}text")] for found in (svg, picture(name, stage, index))]
    assert texts[0] == texts[1]
