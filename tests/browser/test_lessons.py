"""Lessons in a browser: words and boxes light each other, keys turn pages, paper has everything."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from irnet.lessons import LESSONS
from tests.browser.conftest import Viewer

CHOSEN = "g.chosen"
PAPER = 680  # pixels: an A4 page between its margins
TABLED = [one.id for one in LESSONS if any(step.table for step in one.steps)]
TWINS = """(() => {
  const roots = [], attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (how) {
    roots.push(attach.call(this, how));
    return roots.at(-1);
  };
  window.twins = 0;
  const count = () => {
    const there = roots.filter((root) => root.host.isConnected);
    const found = there.flatMap((root) => [...root.querySelectorAll("g[id='reduction_a.0.b1']")]);
    window.twins = Math.max(window.twins, found.length);
    requestAnimationFrame(count);
  };
  count();
})()"""


def opened(viewer: Viewer, address: str) -> Page:
    page = viewer.open(address)
    page.locator(".frame[data-drawn]").first.wait_for()
    return page


def test_a_word_chooses_its_box_a_box_lights_its_word_and_a_link_opens_the_view(viewer: Viewer) -> None:
    page = opened(viewer, "learn?lesson=linear-and-sum")
    page.locator(".word", has_text="a constant").press("Enter")
    expect(page.locator(CHOSEN)).to_have_id("block_a.0.scale")
    expect(page).to_have_url(re.compile("box=block_a.0.scale"))
    page.locator("g[id='block_a.0.project']").click()
    expect(page.locator(".word[aria-pressed=true]", has_text="a 1x1")).to_be_visible()
    viewer.settle()
    for number in (2, 3):
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_text(f"Step {number} of ")).to_be_visible()
        viewer.settle()
    page.get_by_role("link", name="Open in Network").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inception-ResNet-v2 (paper)")
    expect(page.locator(CHOSEN)).to_have_id("block_b.0.project")
    expect(page.get_by_role("textbox", name="Box")).to_have_value("block_b.0.project")
    assert not viewer.troubles()


def test_arrow_keys_go_on_and_back_before_a_class_and_no_picture_stays_beside_the_next(fresh: Viewer) -> None:
    fresh.page.add_init_script(TWINS)
    page = opened(fresh, "learn?lesson=reductions&present=true")
    title = page.get_by_role("heading", level=1)
    for key, words in (("ArrowRight", "No padding"), ("ArrowLeft", "Three ways to halve a grid")) * 2:
        page.keyboard.press(key)
        expect(title).to_have_text(words)
        fresh.settle()  # the title comes before the buttons
    page.locator("g[id='reduction_a.0.b1']").click()
    expect(page.locator(CHOSEN)).to_have_id("reduction_a.0.b1")
    page.keyboard.press("ArrowRight")
    fresh.settle()
    expect(title).to_have_text("Three ways to halve a grid")  # it walked in the picture
    page.locator("h1").click()
    page.keyboard.press("Escape")
    expect(title).to_have_text("What the reduction blocks do in parallel")
    fresh.settle()
    page.get_by_role("button", name="Present").click()
    page.get_by_role("heading", level=1, name="Three ways to halve a grid").wait_for()  # the old title leaves later
    fresh.settle()
    page.locator("g[id='reduction_a.0.b1']").click()
    expect(page.locator(CHOSEN)).to_have_id("reduction_a.0.b1")
    assert page.evaluate("window.twins") == 1


@pytest.mark.parametrize("width", [1440, 390])
def test_a_reader_finishes_the_tour_from_the_home_page(fresh: Viewer, width: int) -> None:
    page, tour = fresh.open(""), LESSONS[0]
    page.set_viewport_size({"width": width, "height": 900 if width == 1440 else 844})
    page.get_by_role("link", name="Learn", exact=True).click()
    page.get_by_role("button", name=f"Start: {len(tour.steps)} steps").click()
    answered = {0: "8", 3: "160"}
    for i, step in enumerate(tour.steps):
        expect(page.get_by_text(f"Step {i + 1} of {len(tour.steps)}")).to_be_visible()
        expect(page.get_by_role("heading", level=2)).to_have_text(step.title)
        fresh.settle()
        if guess := answered.get(i):
            page.locator(".frame[data-drawn]").wait_for()
            assert guess not in sizes(page)
            page.get_by_role("spinbutton").fill(guess)
            page.get_by_role("button", name="Check").click()
            expect(page.get_by_text("Right", exact=False).last).to_be_visible()
            page.wait_for_function("() => !document.querySelector('[data-stale=true]')")
            expect(page.locator(".sheet svg")).to_contain_text(guess)
        if i + 1 < len(tour.steps):
            page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="What you have learnt")).to_be_visible()
    page.get_by_role("button", name="All lessons").last.click()
    expect(page.get_by_text("Finished")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Finished")).to_be_visible()
    assert not fresh.troubles()


def sizes(page: Page) -> set[str]:
    """The numbers of the drawing, without those that are part of a name."""
    drawn: str = page.locator(".sheet svg").inner_html()
    return {size for text in re.findall(r"<text[^>]*>([^<]*)", drawn) for size in re.split(r"[^\w.,]+|×", text)}


@pytest.mark.parametrize("width", [1440, 390])
def test_next_begins_at_the_top_of_the_next_step(viewer: Viewer, width: int) -> None:
    page = opened(viewer, "learn?lesson=tour&step=3")
    page.set_viewport_size({"width": width, "height": 844})
    count = len(LESSONS[0].steps)
    for number in (4, 5):
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_text(f"Step {number} of {count}")).to_be_visible()
        viewer.settle()
        expect(page.get_by_role("heading", level=2)).to_be_in_viewport()
        expect(page.get_by_role("group", name=f"Step {number} of ")).to_be_focused()


def test_a_step_is_answered_and_left_by_keyboard_alone(viewer: Viewer) -> None:
    page = opened(viewer, "learn?lesson=tour")
    field = page.get_by_role("spinbutton")
    field.focus()
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not quite")).to_be_visible()
    viewer.settle()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.get_by_role("button", name="Next").evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("Step 2 of 11")).to_be_visible()
    viewer.settle()
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Check").press("Enter")
    expect(page.get_by_text("Step 2 of 11")).to_be_visible()  # the keys moved within the choices
    expect(page.get_by_text("Here the four branches")).to_be_visible()


@pytest.mark.parametrize("lesson", [TABLED[0], *(pytest.param(one, marks=pytest.mark.soak) for one in TABLED[1:])])
def test_paper_has_every_step_with_every_column_of_its_tables_and_no_buttons(viewer: Viewer, lesson: str) -> None:
    page = viewer.open(f"learn?lesson={lesson}&all=true")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 960})
    page.locator(".small-table td").first.wait_for()
    viewer.settle()
    expect(page.get_by_role("heading", name="Answers")).to_be_visible()
    steps = next(one.steps for one in LESSONS if one.id == lesson)
    expect(page.get_by_role("heading", level=2)).to_have_count(len(steps))
    assert page.locator(".stButton").evaluate_all("all => all.filter((one) => one.checkVisibility()).length") == 0
    main = "() => getComputedStyle(document.querySelector('[data-testid=stMain]')).overflowY"
    assert page.evaluate(main) == "visible"
    ends: list[float] = page.evaluate(
        "() => [...document.querySelectorAll('.small-table td')].map(cell => cell.getBoundingClientRect().right)"
    )
    assert len(ends) > 10
    assert max(ends) <= PAPER
    expect(page.locator("[data-testid=stDataFrame]")).to_have_count(0)
