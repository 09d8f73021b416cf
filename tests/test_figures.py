"""The catalogue: what the figures show is the paper's, and what departs from it says so."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from xml.etree import ElementTree

import pytest

from irnet.diagrams.factory import Order as Wanted
from irnet.diagrams.factory import content, listing, make_figure, told_of
from irnet.diagrams.figures import catalogue, laid_figure
from irnet.diagrams.layouts import ROOMS
from irnet.models import PRESETS, network
from irnet.models.errata import ERRATA
from tests.conftest import Golden

SVG = "{http://www.w3.org/2000/svg}"
PAPER = [name for name in catalogue() if name.startswith("figure_")]
RESIDUAL = [f"figure_{number}" for number in (10, 11, 13, 16, 17, 19)]
PRINTED = {  # read off the figures of arXiv 1602.07261v2, box by box; E4 and E5 with the widths that can be added
    4: "1x1 96, 1x1 96, 1x1 64, 3x3 96, 1x1 64, 3x3 96, 3x3 96",
    5: "1x1 128, 1x1 384, 1x1 192, 1x7 224, 1x7 256, 1x1 192, 1x7 192, 7x1 224, 1x7 224, 7x1 256",
    6: "1x1 256, 1x1 256, 1x1 384, 1x3 256, 3x1 256, 1x1 384, 1x3 448, 3x1 512, 3x1 256, 1x3 256",
    7: "3x3 n stride 2 V, 1x1 k, 3x3 l, 3x3 m stride 2 V",
    8: "1x1 192, 3x3 192 stride 2 V, 1x1 256, 1x7 256, 7x1 320, 3x3 320 stride 2 V",
    10: "1x1 32, 1x1 32, 3x3 32, 1x1 32, 3x3 32, 3x3 32, 1x1 256 Linear",
    11: "1x1 128, 1x1 128, 1x7 128, 7x1 128, 1x1 896 Linear",
    12: "1x1 256, 3x3 384 stride 2 V, 1x1 256, 3x3 256 stride 2 V, 1x1 256, 3x3 256, 3x3 256 stride 2 V",
    13: "1x1 192, 1x1 192, 1x3 192, 3x1 192, 1x1 1792 Linear",
    14: "3x3 32 stride 2 V, 3x3 32 V, 3x3 64, 1x1 80, 3x3 192 V, 3x3 256 stride 2 V",
    16: "1x1 32, 1x1 32, 3x3 32, 1x1 32, 3x3 48, 3x3 64, 1x1 384 Linear",
    17: "1x1 192, 1x1 128, 1x7 160, 7x1 192, 1x1 1152 Linear",
    18: "1x1 256, 3x3 384 stride 2 V, 1x1 256, 3x3 288 stride 2 V, 1x1 256, 3x3 288, 3x3 320 stride 2 V",
    19: "1x1 192, 1x1 192, 1x3 224, 3x1 256, 1x1 2144 Linear",
}


def texts(name: str, theme: str = "light", width: str = "natural") -> list[str]:
    """Every line of text on the face of a figure."""
    root = ElementTree.fromstring(content(name, "svg", theme, width, 2.0))
    return [(text.text or "").replace("\u00a0", " ").replace("×", "x") for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("number", PRINTED)
def test_a_figure_has_the_convolutions_of_the_print_in_its_notation(number: int) -> None:
    drawn = Counter(text for text in texts(f"figure_{number}") if " Conv (" in text)
    wanted = (box.split(" ", 1) for box in PRINTED[number].split(", "))
    assert drawn == Counter(f"{size} Conv ({rest})" for size, rest in wanted)


@pytest.mark.parametrize(("number", "slip"), [(17, "1154"), (19, "2048")])
def test_a_slip_stands_in_the_note_and_in_no_box(number: int, slip: str) -> None:
    drawn = [text for text in texts(f"figure_{number}") if slip in text]
    assert [text.partition(":")[0] for text in drawn] == [{17: "E4", 19: "E5"}[number]]


@pytest.mark.parametrize("name", PAPER)
def test_a_figure_says_that_it_runs_the_other_way_and_names_every_erratum_of_its_stage(name: str) -> None:
    figure = catalogue()[name]
    stages = [stage for stage in figure.networks[0].stages if stage.name == figure.stage]
    wanted = [rf"\b{error.id}\b" for stage in stages for error in stage.source.errata]
    wanted += [r"the print runs bottom to top\."]
    wanted += ["no scaling here", "E15:", "E18:"] if name in RESIDUAL else []
    face = " ".join(texts(name))
    assert [words for words in wanted if not re.search(words, face)] == []


def test_figure_7_has_the_letters_and_table_1_underneath_and_figure_20_the_typical_scale() -> None:
    face = " ".join(texts("figure_7"))
    assert "inception_resnet_v2: k = 256, l = 256, m = 384, n = 384" in face
    assert not re.search(r"Conv \(\d", face)
    assert {"Activation scaling", "x 0.1", "+", "Inception"} <= set(texts("figure_20"))


def test_the_catalogue_has_the_papers_figures_every_block_that_was_released_and_no_id_twice() -> None:
    assert [f"figure_{number}" for number in range(3, 21)] == PAPER
    released = [name for name in PRESETS if not name.endswith(".paper")]
    wanted = {f"{name}.{stage.name}" for name in released for stage in network(name).stages}
    assert wanted == {figure.id for figure in catalogue().values() if figure.group == "released"}
    ids = [one["id"] for one in listing()]
    assert len(ids) == len(set(ids)) > 100


WIDTHS = [name for name in ROOMS if name != "natural"]
RARER = [name for name in catalogue() if not name.startswith(("figure_", "comparison.cost"))]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.soak] if name in RARER else []) for name in catalogue()]
)
def test_text_has_eight_points_at_a_width_or_a_sentence_says_why_not(name: str) -> None:
    fits = set()
    for width in WIDTHS:
        with suppress(ValueError):
            _legible(content(name, "svg", "light", width, 2.0), width)
            fits.add(width)
    for width in set(WIDTHS) - fits:
        refusal = rf"^{re.escape(name)} does not fit the width '{width}' .* at least 8 points; it fits (.*)$"
        with pytest.raises(ValueError, match=refusal) as refused:
            laid_figure(catalogue()[name], "light", width)
        found = re.fullmatch(refusal, str(refused.value))
        assert found
        assert set(found[1].split(", ")) == fits | {"natural"}
    assert {"page", "slide"} <= fits or name in RARER


def _legible(svg: bytes, width: str) -> None:
    root, room = ElementTree.fromstring(svg), ROOMS[width]
    wide, high = (float(root.get(side, "").removesuffix("pt")) for side in ("width", "height"))
    factor = wide / float(root.get("viewBox", "").split()[2])
    sizes = [float(size) * factor for size in re.findall(r'font-size="([\d.]+)"', svg.decode())]
    assert min(sizes) >= 7.99
    assert wide <= room.width + 0.01
    assert high <= room.height + 0.01


COMPARISONS = [name for name in catalogue() if name.startswith("comparison.")]
TOO_LONG = {"comparison.cost_v3_and_v1", "comparison.cost_v4_and_v2"}  # 9 inches are too few for 15 boxes in a column


def test_most_figures_of_the_paper_fit_one_column_and_all_fit_a_page_and_a_slide() -> None:
    """Of a page and a slide, see above; all comparisons but two fit a column."""
    fits = set()
    for name in (*PAPER, *COMPARISONS):
        with suppress(ValueError):
            fits |= {name} if laid_figure(catalogue()[name], "light", "column").least >= 8 else set()
    assert len(set(PAPER) - fits) <= 2
    assert set(COMPARISONS) - fits == TOO_LONG


@pytest.mark.parametrize("name", ["figure_17", "figure_20", "comparison.v2_paper_and_released"])
def test_a_figure_of_a_column_is_no_wider_than_252_points_of_tex_to_the_point(name: str) -> None:
    """A point of TeX is 1/72.27 inch, one of SVG and PDF 1/72."""
    svg, pdf = (content(name, form, "light", "column", 2.0) for form in ("svg", "pdf"))
    written = re.search(rb'width="([\d.]+)pt"', svg), re.search(rb"/MediaBox *\[0 0 ([\d.]+)", pdf)
    inches = [float(found[1]) / 72 for found in written if found]
    assert len(inches) == 2
    assert min(inches) * 72.27 > 249
    assert max(inches) * 72.27 <= 252.01


def test_a_folded_comparison_has_all_boxes_and_turns_at_partners() -> None:
    figure = catalogue()["comparison.cost_v4_and_v2"]
    folded, straight = (laid_figure(figure, "light", width) for width in ("slide", "page"))
    assert (folded.way.folded, straight.way.folded) == (True, False)
    assert [item.path for item in folded.sheet.items] == [item.path for item in straight.sheet.items]
    heads = [line for line in folded.sheet.lines if "constraint=false" in line]
    assert [re.findall(r'-> "([^"]+)"', line)[0] for line in heads] == ["0/inception_b", "1/block_b", "2/block_b"]
    boxes = ElementTree.fromstring(folded.svg.partition("?>")[2]).iter(f"{SVG}g")
    tops = {box.get("id"): next((text.get("y") for text in box.iter(f"{SVG}text")), "") for box in boxes}
    assert tops["0/inception_b"] == tops["1/block_b"] == tops["2/block_b"] != tops["1/reduction_b"]


@pytest.mark.parametrize(
    "name", ["figure_4", "figure_9", "inception_resnet_v2.tf_slim.block_b", "comparison.v1_and_v2"]
)
def test_a_figure_says_in_its_svg_what_it_says_beside_it(name: str) -> None:
    root, told = ElementTree.fromstring(content(name, "svg", "light", "natural", 2.0)), told_of(name)
    assert (root[0].text, root[1].text) == (told["alt"], told["caption"])


def test_words_of_a_figure_tell_boxes_in_the_order_of_reading_and_name_the_architecture_by_its_hash() -> None:
    for figure in catalogue().values():
        told = figure.words()
        assert told.caption.endswith(f"Architecture {', '.join(spec.key for spec in figure.networks)}."), figure.id
        for line in told.long if figure.group != "comparisons" else ():
            number, _, rest = line.partition(". ")
            reads = re.search(r" From ([\d, ]+)\.$", rest)
            assert not reads or max(map(int, reads[1].split(", "))) < int(number), figure.id


def test_captions_and_alternative_texts_are_the_stored_ones(golden: Golden) -> None:
    told = ((name, told_of(name)) for name in catalogue())
    golden("captions.txt", "".join(f"{name}\n  {one['alt']}\n  {one['caption']}\n" for name, one in told))


@pytest.mark.parametrize("form", ["dot", "mmd", "tikz"])
@pytest.mark.parametrize("name", ["figure_7", "figure_17", "figure_20"])
def test_a_figure_as_text_is_the_stored_one(name: str, form: str, golden: Golden) -> None:
    golden(f"{name}.{form}", content(name, form, "light", "natural", 2.0).decode())


def test_a_page_of_a_figure_asks_no_server_and_a_snippet_names_the_files_that_are_written() -> None:
    page = content("figure_4", "html", "light", "natural", 2.0).decode()
    assert page.count("data:image/svg+xml;base64,") == 2
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    snippet = told_of("figure_4")["snippets"]["picture"]
    files = make_figure("figure_4", Wanted(("svg",), ("light", "dark"))).files
    assert set(re.findall(r'(?:src|srcset)="([^"]+)"', snippet)) == set(files)


def test_errata_that_the_drawings_repeat_are_those_that_the_presets_print() -> None:
    kept = [id_ for id_, error in ERRATA.items() if error.used.startswith("as printed in .paper")]
    assert sorted(kept) == ["E2", "E3"]
    assert "Drawn as printed, slips included: E2, E3." in texts("figure_5")
