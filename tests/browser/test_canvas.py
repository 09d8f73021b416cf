"""The canvas in a real browser: opening, choosing, searching, walking, and the address that goes along."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Viewer

MODEL = "inception_resnet_v1.paper"
START = f"network?model={MODEL}"


def box(page: Page, path: str) -> Locator:
    """The box or frame with this path."""
    return page.locator(f"g[id='{path}']")


def chosen(page: Page, path: str) -> None:
    """Wait until a box is chosen in the drawing, the field and the table alike."""
    expect(page.locator("g.chosen")).to_have_id(path)
    expect(page.get_by_role("combobox", name="Box")).to_have_value(path)
    expect(page.get_by_role("table").get_by_text(path, exact=True)).to_be_visible()


def test_a_click_tells_what_a_box_is_and_the_address_follows(viewer: Viewer) -> None:
    page = viewer.open(START)
    box(page, "block_c").click()
    chosen(page, "block_c")
    expect(page).to_have_url(re.compile("box=block_c"))
    assert not viewer.troubles()


def test_choosing_a_box_does_not_draw_the_picture_again(viewer: Viewer) -> None:
    page = viewer.open(START)
    frame = page.locator(".frame[data-drawn]")
    expect(frame).to_have_attribute("data-drawn", "1")
    drawing = page.locator(".frame svg").first.element_handle()
    box(page, "reduction_a").click()
    chosen(page, "reduction_a")
    expect(frame).to_have_attribute("data-drawn", "1")
    assert drawing.evaluate("svg => svg.isConnected")


def test_a_box_opens_in_place_down_to_a_unit_and_shuts_again(viewer: Viewer) -> None:
    page = viewer.open(START)
    for path in ("block_b", "block_b.0.body.b1", "block_b.0.body.b1.1"):
        box(page, path).dblclick()
        expect(page.locator(f"g.cluster[id='{path}']")).to_be_visible()
    expect(box(page, "block_b.0.body.b1.1.bn")).to_be_visible()
    expect(page).to_have_url(re.compile("turned=block_b%2Cblock_b.0.body.b1%2Cblock_b.0.body.b1.1"))
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("g.node[id='block_b.0.body.b1.1']")).to_be_visible()
    assert not viewer.troubles()


def test_a_link_reopens_the_same_view(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&{MODEL}.a=7&box=block_b.3.body.b1.1&turned=block_c")
    chosen(page, "block_b.3.body.b1.1")
    expect(page.locator("g.cluster[id='block_c']")).to_be_visible()
    expect(box(page, "block_a").locator("text").first).to_have_text("7 × Inception-ResNet-A")
    expect(box(page, "block_b.0-2")).to_be_visible()


def test_back_and_forth_lead_through_the_choices(viewer: Viewer) -> None:
    page = viewer.open(START)
    for path in ("stem", "block_a"):
        box(page, path).click()
        chosen(page, path)
    page.go_back()
    chosen(page, "stem")
    page.go_forward()
    chosen(page, "block_a")


def test_keys_walk_along_the_arrows_open_and_lead_up(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&box=block_b.0.body.b0&level=steps")
    box(page, "block_b.0.body.b0").focus()
    for key, path in (
        ("ArrowRight", "block_b.0.body.b1.0"),
        ("ArrowDown", "block_b.0.body.b1.1"),
        ("ArrowDown", "block_b.0.body.b1.2"),
        ("ArrowDown", "block_b.0.body.concat"),
        ("ArrowDown", "block_b.0.project"),
        ("ArrowDown", "block_b.0.scale"),
        ("ArrowDown", "block_b.0.add"),
        ("ArrowUp", "block_b.0.scale"),
        ("Escape", "block_b.0"),
        ("Escape", "block_b"),
    ):
        page.keyboard.press(key)
        chosen(page, path)
    page.keyboard.press("Enter")
    expect(page.locator("g.node[id='block_b']")).to_be_visible()
    assert not viewer.troubles()


@pytest.mark.parametrize("level", ["branches", "steps", "units"])
def test_a_level_opens_every_stage(viewer: Viewer, level: str) -> None:
    page = viewer.open(START)
    page.get_by_role("radio", name=level).click()
    expect(page.locator("g.cluster[id='block_c']")).to_be_visible()
    expect(page.locator("g[id='block_a.0.body.b2.1.relu']")).to_have_count(int(level == "units"))


def test_a_search_leads_to_its_matches(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&find=E18")
    expect(page.get_by_text("3 boxes", exact=True)).to_be_visible()
    page.get_by_role("button", name="Next").click()
    chosen(page, "block_a")


def test_a_box_says_what_it_is(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&level=steps")
    expect(box(page, "block_b.0.body.b1.1")).to_have_attribute(
        "aria-label", "1x7 convolution, 128 filters, step 2 of 3, branch 2 of 2 of Inception-ResNet-B 1 of 10"
    )
    expect(page.locator("g.cluster[id='block_b']")).to_have_attribute("aria-expanded", "true")


def test_a_hostile_address_puts_nothing_on_the_page(viewer: Viewer) -> None:
    evil = "<img src=x onerror=document.title='pwned'>"
    page = viewer.open(f"network?model={evil}&box={evil}&turned={evil}&find={evil}&overlay={evil}")
    expect(page.locator(".frame[data-drawn]")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert "pwned" not in page.title()
