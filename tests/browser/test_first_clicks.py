"""First clicks of a reader who starts on the home page and only clicks: what they do, and that nothing else happens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from irnet.models import title
from tests.browser.conftest import Viewer


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("inception_resnet_v2.paper", ("block_a", "block_b")),
        pytest.param("inception_v4.paper", ("inception_a", "inception_b"), marks=pytest.mark.soak),
    ],
)
def test_a_double_click_opens_a_stage_and_edits_nothing(viewer: Viewer, name: str, paths: tuple[str, str]) -> None:
    page = viewer.walk("Explore", "Edit")
    if name != "inception_resnet_v2.paper":  # which is the first
        viewer.choose(name)
    for path in paths:
        page.locator(f".frame[data-drawn] g.node[id='{path}']").dblclick()
        expect(page.locator(f"g.cluster[id='{path}']")).to_be_visible()
        expect(page).to_have_url(re.compile(f"turned=[^&]*{path}"))
        viewer.settle()
        expect(page).not_to_have_url(re.compile("edits"))
        expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert not viewer.troubles()


def test_a_lesson_that_is_started_is_in_the_address_and_every_way_on_leads_through_it(fresh: Viewer) -> None:
    page = fresh.walk("Learn")
    heading = page.get_by_role("heading", level=1)
    page.get_by_role("button", name="Start: 11 steps").click()
    expect(page).to_have_url(re.compile(r"/learn\?lesson=tour$"))
    expect(heading).to_have_text("A tour of the paper")
    fresh.settle()
    page.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile("step=2"))
    expect(page.get_by_text("Step 2 of 11")).to_be_visible()
    fresh.settle()
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Step 3 of 11")).to_be_visible()
    fresh.settle()
    page.reload()
    expect(page.get_by_text("Step 3 of 11")).to_be_visible()
    fresh.settle()
    page.get_by_role("button", name="Present").click()
    expect(heading).to_have_text("Section 3.1: Inception-v4")
    fresh.settle()
    page.get_by_role("button", name="Leave").click()
    expect(heading).to_have_text("A tour of the paper")
    fresh.settle()
    page.get_by_role("button", name="All lessons").click()
    expect(heading).to_have_text("Learn")
    expect(page).to_have_url(re.compile(r"/learn$"))
    fresh.settle()
    page.reload()
    expect(heading).to_have_text("Learn")
    page.go_back()
    expect(page.get_by_text("Step 3 of 11")).to_be_visible()
    assert not fresh.troubles()


def test_a_control_of_a_step_is_as_its_author_set_it_once_the_step_is_left_and_help_starts_anew(viewer: Viewer) -> None:
    page = viewer.open("learn?lesson=tour&step=3")
    page.get_by_role("button", name="Show the answer").click()  # until then, colours would show it
    page.get_by_role("combobox", name="Colour by").click()
    page.get_by_role("option", name="MACs").click()
    expect(page).to_have_url(re.compile("overlay=MACs"))
    viewer.settle()
    for act, step in (("Next", 4), ("Back", 3)):
        page.get_by_role("button", name=act).click()
        expect(page.get_by_text(f"Step {step} of 11")).to_be_visible()
        viewer.settle()
        expect(page).not_to_have_url(re.compile("overlay"))
    page.get_by_role("button", name="Help", exact=True).click()
    page.get_by_test_id("stPopoverBody").get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/learn\?lesson=tour$"))
    expect(page.get_by_text("Step 1 of 11")).to_be_visible()
    assert not viewer.troubles()


@pytest.mark.parametrize("first", [pytest.param("", marks=pytest.mark.soak), "inception_v3.tf_slim"])
def test_a_link_shows_the_network_that_it_names(viewer: Viewer, first: str) -> None:
    page = viewer.walk("Explore")
    if first:
        viewer.choose(first)
    viewer.turn("Home")
    for number, name in enumerate(("inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper")):
        page.get_by_role("link", name="Open", exact=True).nth(number).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title(name))
        viewer.settle()
        assert page.url.count("model=") <= 1
        viewer.turn("Home")
    assert not viewer.troubles()


def test_a_lesson_leads_to_what_it_shows_whatever_was_changed_before(fresh: Viewer) -> None:
    page = fresh.walk("Explore")
    fresh.choose("inception_v4.paper")
    fresh.panel()
    page.get_by_role("slider", name="Inception-A blocks").press("ArrowRight")
    expect(page).to_have_url(re.compile("inception_v4.paper.a=5"))
    fresh.settle()
    fresh.panel()
    fresh.turn("Learn")
    page.get_by_role("button", name="Start: 3 steps").first.click()
    expect(page.get_by_text("Step 1 of 3")).to_be_visible()
    fresh.settle()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Step 2 of 3")).to_be_visible()
    fresh.settle()
    steps = page.evaluate("history.length")
    page.get_by_role("link", name="Open in Network").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inception-v4 (paper)")
    fresh.settle()
    expect(page.get_by_text("with changes")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Colour by")).to_have_value("MACs")
    expect(page.locator("g.chosen")).to_have_id("inception_a.0.b2")
    assert page.evaluate("history.length") == steps + 1
    assert not fresh.troubles()


def test_each_choice_of_the_model_is_a_step_of_the_history(fresh: Viewer) -> None:
    page = fresh.walk("Explore")
    heading, blocks = page.get_by_role("heading", level=1), page.get_by_role("slider", name="Inception-ResNet-A blocks")
    first = page.evaluate("history.length")
    fresh.choose("inception_v4.paper")
    fresh.choose("inception_resnet_v1.paper")
    fresh.panel()
    blocks.press("ArrowRight")
    expect(page).to_have_url(re.compile("inception_resnet_v1.paper.a=6"))
    fresh.settle()
    assert page.evaluate("history.length") == first + 3
    drag(page, blocks, 60)
    expect(page).not_to_have_url(re.compile("inception_resnet_v1.paper.a=6"))
    fresh.settle()
    fresh.panel()
    assert page.evaluate("history.length") == first + 4
    for name, changed in (
        ("inception_resnet_v1.paper", True),
        ("inception_resnet_v1.paper", False),
        ("inception_v4.paper", False),
        ("inception_resnet_v2.paper", False),
    ):
        page.go_back()
        expect(heading).to_have_text(title(name))
        fresh.settle()
        expect(page.get_by_text("with changes: a=6")).to_have_count(int(changed))
        said = f"{title(name)} · 299 px{' · 1 change' if changed else ''}"
        expect(page.locator(".st-key-about").get_by_text(said, exact=True)).to_be_visible()
    page.go_forward()
    expect(heading).to_have_text("Inception-v4 (paper)")
    page.go_back()
    page.go_back()
    expect(heading).to_have_text("Inception-v4 and the Inception-ResNets")
    assert not fresh.troubles()


def drag(page: Page, slider: Locator, far: int) -> None:
    """Drag the thumb of a slider to the right, in thirty moves."""
    thumb = slider.locator("xpath=ancestor::*[@data-testid='stSlider']").locator("[data-testid=stSliderThumbValue]")
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] + 8
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(30):
        page.mouse.move(x + far * (i + 1) / 30, y)
    page.mouse.up()
