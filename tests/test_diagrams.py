"""Every picture: laid out by both engines; its boxes, arrows, words and legend are those of the rows."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from irnet.diagrams import canvas_svgs, draw, source
from irnet.diagrams.nested import Expansion
from irnet.diagrams.overlay import OVERLAYS, Overlay
from irnet.diagrams.render import laid_out
from irnet.diagrams.theme import THEMES
from irnet.models import PRESETS, network
from irnet.spec import Network
from irnet.tree import Box, Row, resolve
from irnet.units import short
from tests.conftest import presets

pdfium = import_module("pypdfium2")  # it comes without types
SVG = "{http://www.w3.org/2000/svg}"
MERGED = re.compile(r"\.b\d+(\.\d+)?$")  # a fork that ends a branch is drawn as part of the outer one, as in Figure 6
VARIED = ("inception_v4.paper", "inception_resnet_v1.facenet", "inception_resnet_v2.tf_slim", "inception_v3.tf_slim")
each_preset = pytest.mark.parametrize("name", presets(*VARIED))


def blocks(name: str) -> Iterator[tuple[str, str, int]]:
    """The first and the last block of every stage."""
    for stage in network(name).stages:
        yield from ((name, stage.name, index) for index in {0, stage.repeat - 1})


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


@pytest.mark.skipif(not shutil.which("dot"), reason="no dot here: run python -m tests.system")
@pytest.mark.parametrize("name", presets("inception_v4.paper", "inception_resnet_v2.paper"))
def test_a_systems_graphviz_lays_out_the_same_boxes(name: str) -> None:
    engine = Path(shutil.which("dot") or "")
    for stage in ("", *(stage.name for stage in network(name).stages)):
        svg = ElementTree.fromstring(laid_out(source(network(name), stage), engine))
        assert boxes(svg) == boxes(picture(name, stage)), stage


@pytest.mark.parametrize("name", PRESETS)
def test_an_overview_has_stages_and_head_in_one_line_with_their_repeats(name: str) -> None:
    spec = network(name)
    head = [row.path for row in resolve(spec).rows if "." not in row.path]
    assert boxes(picture(name)) == ["input", *(stage.name for stage in spec.stages), *head, "softmax"]
    assert len(arrows(picture(name))) == len(boxes(picture(name))) - 1
    titles = {f"{s.repeat} × {s.title}" if s.repeat > 1 else s.title for s in spec.stages}
    assert titles <= set(words(name))


def test_a_stage_without_blocks_is_not_drawn() -> None:
    svg = ElementTree.fromstring(draw(network("inception_v4", b=0), "svg"))
    assert "inception_b" not in boxes(svg)


@each_preset
def test_the_boxes_of_a_block_are_its_rows(name: str) -> None:
    for block in blocks(name):
        assert sorted(boxes(picture(*block))) == sorted(["input", *shown(block_rows(*block)), "output"]), block


@each_preset
def test_an_arrow_carries_what_its_target_reads(name: str) -> None:
    for block in blocks(name):
        rows = block_rows(*block)
        shapes = {"input": next(iter(rows.values())).in_shape} | {path: row.out_shape for path, row in rows.items()}
        targets = {path: row.in_shape for path, row in rows.items() if row.op != "concat"}
        read = {(head, shapes[tail]) for tail, head in arrows(picture(*block)) if head in targets}
        assert read == set(targets.items()), block


@each_preset
def test_the_arrows_into_a_concatenation_add_up_to_its_channels(name: str) -> None:
    for block in blocks(name):
        rows, into = block_rows(*block), Counter[str]()
        for tail, head in arrows(picture(*block)):
            into[head] += rows[tail].out_shape[0] if tail in rows else 0
        pooled = {path: row.out_shape[0] for path, row in shown(rows).items() if row.op == "concat"}
        assert {path: into[path] for path in pooled} == pooled, block


@each_preset
def test_every_box_has_one_arrow_in_and_a_sum_has_two(name: str) -> None:
    for block in blocks(name):
        rows, into = shown(block_rows(*block)), Counter(head for _, head in arrows(picture(*block)))
        counted = {path: into[path] for path, row in rows.items() if row.op != "concat"}
        assert counted == {path: 2 if rows[path].op == "add" else 1 for path in counted}, block


@each_preset
def test_the_text_of_a_pdf_has_every_row_and_its_size_and_what_a_concatenation_says_adds_up(name: str) -> None:
    for block in blocks(name):
        rows = shown(block_rows(*block)).values()
        named = [row for row in rows if row.op in ("conv", "max_pool", "avg_pool", "scale", "project")]
        sizes = [row for row in named if row.op not in ("scale", "project")]
        told = [re.sub(r"(?<=\d)x(?=\d)|^x(?= )", "×", row.notation) for row in named]
        told += [f"{row.out_shape[1]}×{row.out_shape[2]}×{row.out_shape[0]}" for row in sizes]
        assert Counter(told) <= Counter(words(*block)), block
        said = [[int(n) for n in re.findall(r"\d+", line)] for line in words(*block) if line.startswith("concat ")]
        stacked = [(*row.out_shape[1:], row.out_shape[0]) for row in rows if row.op == "concat"]
        found = sorted((*numbers[-3:], sum(numbers[:-3])) for numbers in said)
        assert found == sorted((*size, size[-1]) for size in stacked), block


def test_the_last_block_says_that_it_has_no_relu() -> None:
    lines = {stage: words("inception_resnet_v1.facenet", stage) for stage in ("block_c", "block8")}
    said = {stage: [line for line in each if line.startswith("sum")] for stage, each in lines.items()}
    assert said == {
        "block_c": ["sum: input + 0.2 × residual, then ReLU"],
        "block8": ["sum: input + 1 × residual, no ReLU"],
    }


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_changes_no_word(theme: str) -> None:
    for _, stage, index in blocks("inception_resnet_v2.tf_slim"):
        svg = ElementTree.fromstring(draw(network("inception_resnet_v2.tf_slim"), "svg", stage, theme, index))
        both = (svg, picture("inception_resnet_v2.tf_slim", stage, index))
        texts = [[text.text for text in found.iter(f"{SVG}text")] for found in both]
        assert texts[0] == texts[1], stage


UNIT = {"parameters": "", "MACs": "MAC", "activation memory": "B"}
VIEWS = {
    "stages": Expansion(0),
    "one stage open": Expansion(0, frozenset({"block_b"})),
    "branches": Expansion(1),
    "steps": Expansion(2),
    "units": Expansion(3),
}


AMOUNTS: dict[str, Callable[[Box], int]] = {
    "parameters": lambda box: box.params,
    "MACs": lambda box: box.macs,
    "activation memory": lambda box: box.activation_bytes,
    "receptive field": lambda box: max(box.rows[-1].field.size),
}


def drawn(spec: Network, opened: Expansion, overlay: Overlay) -> tuple[dict[str, str], list[str]]:
    """The fills of the boxes of a drawing by their paths, and the lines of its legend."""
    light, _ = canvas_svgs(spec, opened, overlay)
    root = ElementTree.fromstring(light)
    fills = {}
    for group in root.iter(f"{SVG}g"):
        shapes = [shape for tag in ("path", "polygon") for shape in group.findall(f"{SVG}{tag}")]
        painted = [fill for shape in shapes if (fill := shape.get("fill", "none")) != "none"]
        if group.get("class", "").startswith("node") and painted:
            fills[group.get("id", "")] = painted[0]
    texts = [swatch["text"] for swatch in json.loads(root.findtext(f"{SVG}metadata", "[]"))]
    return fills, [text for text in texts if re.search(r"(up to .*|: none|^none)$", text)]


@pytest.mark.parametrize("overlay", [overlay for overlay in OVERLAYS if overlay not in ("operation", "photograph")])
@pytest.mark.parametrize("view", ["stages", "steps", *(pytest.param(view, marks=pytest.mark.soak) for view in VIEWS)])
def test_the_legend_ends_with_the_largest_box_that_is_drawn(view: str, overlay: Overlay) -> None:
    spec = network("inception_resnet_v2.paper")
    fills, legend = drawn(spec, VIEWS[view], overlay)
    amounts = {path: AMOUNTS[overlay](resolve(spec)[path]) for path in fills if path in resolve(spec)}
    assert len(amounts) > 8
    assert legend[0].startswith(overlay)
    largest = max(amounts.values())
    assert legend[-1] == f"up to {f'{largest:,} px' if overlay == 'receptive field' else short(largest, UNIT[overlay])}"
    by_fill: dict[str, list[int]] = {}
    for path, value in amounts.items():
        by_fill.setdefault(fills[path], []).append(value)
    steps = sorted(by_fill.values(), key=max)
    assert all(max(lower) < min(upper) for lower, upper in pairwise(steps))  # no two overlap
    assert len(steps) <= len(legend)


def test_a_field_of_view_is_whole_pixels() -> None:
    _, legend = drawn(network("inception_v4.paper"), Expansion(2), "receptive field")
    assert all(re.search(r"up to [\d,]+ px$", line) for line in legend)
