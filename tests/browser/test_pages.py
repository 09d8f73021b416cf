"""Every page in a real browser: its main picture appears, and nothing complains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.apps import SMALL
from tests.browser.conftest import Viewer

MODEL = "inception_resnet_v1.paper"
SMALLER = f"model={MODEL}&{MODEL}.input_height={SMALL}&{MODEL}.input_width={SMALL}"
DRAWN = ".frame[data-drawn] svg"
PICTURES = {
    "": (DRAWN, 3),
    "network": (DRAWN, 1),
    "network?level=units&overlay=MACs&edges=channels": (DRAWN, 1),
    "compare": (DRAWN, 1),
    "compare?with=inception_resnet_v2.tf_slim&with=inception_v4.paper&down=branches&fade=true": (DRAWN, 1),
    "compare?compare=What+differs": (".small-table td", 40),
    f"compare?{SMALLER}&compare=Counts": (".js-plotly-plot .bars .point", 14),
    f"provenance?model={MODEL}": ("[data-testid=stTable] td", 80),
    "errata?erratum=E4": (f"{DRAWN} g.chosen", 1),
    f"cost?{SMALLER}": ("[data-testid=stDataFrame] canvas", 1),
    f"cost?{SMALLER}&cost=Stages": (".js-plotly-plot .bars .point", 7),
    f"cost?{SMALLER}&cost=Tree": (".js-plotly-plot .iciclelayer .slice", 8),
    f"activations?{SMALLER}": (".js-plotly-plot .scatterlayer .trace", 2),
    f"block?{SMALLER}": (".js-plotly-plot .heatmaplayer image", 1),
    f"maps?{SMALLER}": (".strip button img", 26),
    f"maps?{SMALLER}&box=block_b.2": (".js-plotly-plot .heatmaplayer image", 1),
    f"field?{SMALLER}&box=block_a.1": (".js-plotly-plot .imagelayer image", 1),
    f"field?{SMALLER}&field=Choose+in+the+diagram": (f"{DRAWN} g.chosen", 1),
}


@pytest.mark.parametrize("address", PICTURES)
def test_a_page_shows_its_picture_and_no_error(viewer: Viewer, address: str) -> None:
    selector, least = PICTURES[address]
    page = viewer.open(address)
    page.wait_for_function(f"() => {_count(selector)} >= {least}")
    viewer.settle()
    assert not viewer.troubles()


def _count(selector: str) -> str:
    """JavaScript that counts the elements on the page and inside its components."""
    return (
        "[document, ...[...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean)]"
        f".reduce((n, root) => n + root.querySelectorAll({selector!r}).length, 0)"
    )


def test_model_and_knobs_go_along_to_another_page(viewer: Viewer) -> None:
    page = viewer.open(f"network?model={MODEL}&{MODEL}.b=3")
    page.get_by_text("Structure", exact=True).click()
    page.get_by_role("menuitem", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{MODEL} and")
    expect(page.locator("g[id='0/block_b'] text").first).to_contain_text("3 × Inception-ResNet-B")
    for part in (f"model={MODEL}", f"{MODEL}.b=3"):
        expect(page).to_have_url(re.compile(re.escape(part)))


@pytest.mark.parametrize(
    ("form", "start"), [("SVG", b"<?xml"), ("PNG", b"\x89PNG"), ("PDF", b"%PDF"), ("DOT", b"digraph")]
)
def test_a_diagram_is_taken_away_as_a_file(viewer: Viewer, form: str, start: bytes) -> None:
    page = viewer.open(f"network?model={MODEL}")
    page.get_by_role("button", name="Download").first.click()
    with page.expect_download() as downloading:
        page.get_by_role("button", name=form, exact=True).click()
    assert downloading.value.suggested_filename == f"{MODEL}.overview.light.{form.lower()}"
    assert Path(downloading.value.path()).read_bytes().startswith(start)


def test_a_dark_page_shows_dark_diagrams(viewer: Viewer) -> None:
    viewer.page.emulate_media(color_scheme="dark")
    page = viewer.open("network")
    paper = page.locator(f"{DRAWN} > rect").first
    expect(paper).to_have_attribute("fill", "#0e1117")


def test_a_drawing_is_served_so_that_nothing_in_it_can_run(viewer: Viewer) -> None:
    answer = viewer.page.request.get(f"{viewer.url}/drawing/{MODEL}.svg?level=2&turned=stem")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("level=9", 400, "level can't be '9'; it can be 0, 1, 2, 3"),
        ("level=1&turned=" + "x" * 20_000, 414, "an address has at most 20000 characters"),
    ],
)
def test_a_bad_address_of_a_drawing_gets_one_sentence(viewer: Viewer, asked: str, status: int, told: str) -> None:
    answer = viewer.page.request.get(f"{viewer.url}/drawing/{MODEL}.svg?{asked}")
    assert (answer.status, answer.text()) == (status, told)
