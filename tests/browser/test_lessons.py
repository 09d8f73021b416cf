"""Lessons in a browser: axe-core finds nothing, words and boxes light each other, keys turn pages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from irnet.lessons import LESSONS
from tests.browser.axe import violations
from tests.browser.conftest import Viewer

CHOSEN = "g.chosen"
DRAWN = ".frame[data-drawn]"


def opened(viewer: Viewer, address: str) -> Page:
    page = viewer.open(address)
    page.locator(DRAWN).first.wait_for()
    return page


@pytest.mark.parametrize("lesson", [lesson.id for lesson in LESSONS])
def test_a_lesson_opens_and_axe_finds_nothing_in_either_theme(viewer: Viewer, lesson: str) -> None:
    assert violations(opened(viewer, f"learn?lesson={lesson}")) == []
    assert not viewer.troubles()


@pytest.mark.parametrize("address", ["lesson_editor?lesson=tour", "learn?lesson=tour&step=4&present=true"])
def test_axe_finds_nothing_around_the_lessons(viewer: Viewer, address: str) -> None:
    assert violations(viewer.open(address)) == []


def test_a_word_chooses_its_box_and_a_box_lights_its_word(viewer: Viewer) -> None:
    page = opened(viewer, "learn?lesson=linear-and-sum")
    page.locator(".word", has_text="a constant").press("Enter")
    expect(page.locator(CHOSEN)).to_have_attribute("id", "block_a.0.scale")
    expect(page).to_have_url(re.compile("box=block_a.0.scale"))
    page.locator("g[id='block_a.0.project']").click()
    expect(page.locator(".word[aria-pressed=true]", has_text="a 1x1")).to_be_visible()
    assert not viewer.troubles()


def test_arrow_keys_go_on_and_back_before_a_class(viewer: Viewer) -> None:
    page = opened(viewer, "learn?lesson=reductions&present=true")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_have_text("No padding")
    viewer.settle()  # the title comes before the buttons
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", level=1)).to_have_text("Three ways to halve a grid")
    page.locator("g[id='reduction_a.0.b1']").click()
    page.keyboard.press("ArrowRight")
    viewer.settle()
    expect(page.get_by_role("heading", level=1)).to_have_text("Three ways to halve a grid")  # it walked in the picture


TWINS = """() => {
  const roots = [], attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (how) {
    roots.push(attach.call(this, how));
    return roots.at(-1);
  };
  window.twins = 0;
  const count = () => {
    const there = roots.filter((root) => root.host.isConnected);
    const found = there.flatMap((root) => [...root.querySelectorAll("g[id='%s']")]);
    window.twins = Math.max(window.twins, found.length);
    requestAnimationFrame(count);
  };
  count();
}"""


def test_a_picture_that_gives_way_to_another_has_no_boxes_any_more(viewer: Viewer) -> None:
    viewer.page.add_init_script(f"({TWINS % 'reduction_a.0.b1'})()")
    page = opened(viewer, "learn?lesson=reductions&present=true")
    title = page.get_by_role("heading", level=1)
    for key, words in (("ArrowRight", "No padding"), ("ArrowLeft", "Three ways to halve a grid")) * 2:
        page.keyboard.press(key)
        expect(title).to_have_text(words)
        viewer.settle()
    page.keyboard.press("Escape")
    expect(title).to_have_text("What the reduction blocks do in parallel")
    viewer.settle()
    page.get_by_role("button", name="Present").click()
    expect(title).to_have_text("Three ways to halve a grid")
    viewer.settle()
    page.locator("g[id='reduction_a.0.b1']").click()
    expect(page.locator(CHOSEN)).to_have_id("reduction_a.0.b1")
    assert page.evaluate("window.twins") == 1


def test_a_phone_shows_a_lesson_without_sideways_scroll(viewer: Viewer) -> None:
    viewer.page.set_viewport_size({"width": 390, "height": 844})
    for address in ("learn", "learn?lesson=tour&step=6", "lesson_editor?lesson=tour"):
        page = viewer.open(address)
        assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_a_link_to_network_opens_the_same_view(viewer: Viewer) -> None:
    page = opened(viewer, "learn?lesson=linear-and-sum&step=3")
    page.get_by_role("link", name="Open in Network").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("inception_resnet_v2.paper")
    expect(page.locator(CHOSEN)).to_have_attribute("id", "block_b.0.project")
    expect(page.get_by_role("textbox", name="Box")).to_have_value("block_b.0.project")
    assert not viewer.troubles()


def test_paper_has_every_step_and_no_buttons(viewer: Viewer) -> None:
    page = opened(viewer, "learn?lesson=reductions&all=true")
    page.emulate_media(media="print")
    for button in page.locator(".stButton").all():
        expect(button).to_be_hidden()
    assert (
        page.evaluate("() => getComputedStyle(document.querySelector('[data-testid=stMain]')).overflowY") == "visible"
    )
    expect(page.get_by_role("heading", level=2)).to_have_count(3)
