"""What a screen reader hears of the canvas, and what Windows high contrast leaves to be seen."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Viewer
from tests.conftest import Golden

MODEL = "inception_resnet_v1.paper"
OPEN = f"network?model={MODEL}&box=block_a&turned=block_a"


def test_a_screen_reader_hears_the_stored_text_of_the_canvas(viewer: Viewer, golden: Golden) -> None:
    page = viewer.open(OPEN)
    page.locator("g.chosen").wait_for()
    golden("canvas.aria.yml", f"{page.locator('.frame').aria_snapshot()}\n")


def test_what_is_chosen_is_told_when_it_changes(viewer: Viewer) -> None:
    page = viewer.open(OPEN)
    told = page.locator(".frame").get_by_role("status")
    expect(told).to_have_text("Chosen: Inception-ResNet-A, 5 blocks")
    page.locator("g[id=block_a]").press("ArrowUp")
    expect(told).to_have_text("Chosen: Stem")


def test_a_page_has_its_landmarks_and_one_first_heading(viewer: Viewer) -> None:
    page = viewer.open(OPEN)
    for landmark in (page.get_by_role("main"), page.get_by_role("banner"), page.get_by_role("navigation")):
        expect(landmark).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text(MODEL)
    expect(page.get_by_role("region", name=f"Block diagram of {MODEL}")).to_have_count(1)


def contrast(page: Page) -> None:
    page.emulate_media(forced_colors="active", color_scheme="dark")


def test_high_contrast_shows_what_is_chosen_by_more_than_colour(viewer: Viewer) -> None:
    contrast(viewer.page)
    page = viewer.open(f"compare?model={MODEL}&with=inception_resnet_v2.paper&place=0/stem")
    lines = {
        path: page.locator(f"g[id='{path}'] > polygon, g[id='{path}'] > path").first.evaluate(
            "line => [parseFloat(getComputedStyle(line).strokeWidth), getComputedStyle(line).strokeDasharray]"
        )
        for path in ("0/stem", "1/stem", "0/block_a")
    }
    assert lines["0/stem"][0] > lines["1/stem"][0] > lines["0/block_a"][0]
    assert lines["1/stem"][1] != lines["0/stem"][1] == "none"


def test_high_contrast_shows_which_of_several_is_set_and_where_a_slider_stands(viewer: Viewer) -> None:
    contrast(viewer.page)
    page = viewer.open(f"compare?model={MODEL}&with=inception_resnet_v2.paper")
    outline = "button => getComputedStyle(button).outlineStyle"
    assert page.get_by_role("radio", name="stages").evaluate(outline) == "solid"
    assert page.get_by_role("radio", name="branches").evaluate(outline) == "none"
    tab = "tab => getComputedStyle(tab).textDecorationLine"
    assert page.get_by_role("tab", name="Drawings").evaluate(tab) == "underline"
    slider = page.get_by_role("slider", name="Inception-ResNet-A blocks")
    dot = slider.locator("xpath=../..")
    assert dot.evaluate("dot => getComputedStyle(dot).forcedColorAdjust") == "none"
    assert dot.evaluate("dot => getComputedStyle(dot).backgroundColor") != "rgb(0, 0, 0)"
