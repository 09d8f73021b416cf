"""The canvas in a real browser: opening, choosing, searching, walking, and the address that goes along."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import PATIENCE, Viewer
from tests.browser.served import SETTLED

MODEL = "inception_resnet_v1.paper"
START = f"network?model={MODEL}"


def box(page: Page, path: str) -> Locator:
    """The box or frame with this path."""
    return page.locator(f"g[id='{path}']")


def chosen(page: Page, path: str) -> None:
    """Wait until a box is chosen in the drawing, the field and the table alike."""
    expect(page.locator("g.chosen")).to_have_id(path)
    expect(page.get_by_role("textbox", name="Box")).to_have_value(path)
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


def test_a_change_of_theme_repaints_the_drawing_without_a_new_layout(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&box=block_b")
    place = box(page, "block_b").bounding_box()
    viewer.page.emulate_media(color_scheme="dark")
    expect(page.locator(".sheet svg > rect")).to_have_attribute("fill", "#0e1117")
    assert box(page, "block_b").bounding_box() == place
    chosen(page, "block_b")


def test_a_slash_leads_to_the_search_field(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&box=block_b")
    box(page, "block_b").focus()
    page.keyboard.press("/")
    expect(page.get_by_role("textbox", name="Search")).to_be_focused()


def test_arrows_that_run_right_are_walked_with_the_keys_that_point_along_them(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&box=block_b.0.body.b0&level=steps&flow=right")
    box(page, "block_b.0.body.b0").focus()
    for key, path in (
        ("ArrowDown", "block_b.0.body.b1.0"),
        ("ArrowRight", "block_b.0.body.b1.1"),
        ("ArrowLeft", "block_b.0.body.b1.0"),
        ("ArrowUp", "block_b.0.body.b0"),
    ):
        page.keyboard.press(key)
        chosen(page, path)
    places = [box(page, path).bounding_box() for path in ("block_b.0.body.b0", "block_b.0.body.b1.0", "block_b.0.add")]
    (x, y), (x_below, y_below), (x_after, _) = ((place["x"], place["y"]) for place in places if place)
    assert y < y_below
    assert x == pytest.approx(x_below, abs=20)
    assert x_after > x_below


def test_everything_shuts_at_once(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&level=branches&turned=stem")
    page.get_by_role("button", name="Close all").click()
    expect(page.locator("g.node[id='block_b']")).to_be_visible()
    expect(page.locator("g.cluster")).to_have_count(0)
    expect(page.get_by_role("button", name="Close all")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("turned|level"))


def test_a_box_opens_without_the_server_that_runs_the_page(viewer: Viewer) -> None:
    page = viewer.open(START)
    box(page, "block_b").click()
    chosen(page, "block_b")
    page.evaluate("() => { WebSocket.prototype.send = () => {} }")
    page.get_by_role("toolbar").get_by_role("button", name="Open").click()
    expect(page.locator("g.cluster[id='block_b']")).to_be_visible()


def test_a_row_of_the_table_is_the_box_that_is_chosen(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&steps=true&box=block_b.3.body.b1.1")
    marked = page.locator("[data-testid=stDataFrame] tbody [role=row][aria-selected=true]")
    expect(marked).to_contain_text("block_b.3.body.b1.1")
    box(page, "block_b.3.project").click()
    expect(marked).to_contain_text("block_b.3.project")
    rows = page.locator("[data-testid=stDataFrame] canvas").first
    rows.click(position={"x": 20, "y": 53}, force=True)  # the box at the head of the first row
    chosen(page, "block_b.3.body.b0")


def test_fingers_move_zoom_and_choose(browser: Browser, app_url: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app_url}/{START}")
    page.wait_for_selector(SETTLED)
    target = box(page, "reduction_a")
    target.scroll_into_view_if_needed()
    target.tap()
    expect(page.locator("g.chosen")).to_have_id("reduction_a")
    before = placed(page)
    touch(page, target, [(0, 0)], [(60, 40)])
    moved = placed(page)
    assert (moved["x"] - before["x"], moved["y"] - before["y"]) == pytest.approx((60, 40), abs=2)
    touch(page, target, [(-20, 0), (20, 0)], [(-60, 0), (60, 0)])
    assert placed(page)["k"] == pytest.approx(3 * moved["k"], rel=0.1)
    context.close()


def placed(page: Page) -> dict[str, float]:
    """Where the sheet lies, and how large it is drawn."""
    found: dict[str, float] = page.locator(".sheet").evaluate(
        "e => { const m = new DOMMatrix(getComputedStyle(e).transform); return {x: m.e, y: m.f, k: m.a} }"
    )
    return found


def touch(page: Page, at: Locator, start: list[tuple[int, int]], end: list[tuple[int, int]]) -> None:
    """Put fingers down around the middle of an element, move them in ten steps and lift them."""
    place = at.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    fingers = page.context.new_cdp_session(page)
    for i in range(11):
        points = [
            {"x": x + a + (c - a) * i / 10, "y": y + b + (d - b) * i / 10, "id": n}
            for n, ((a, b), (c, d)) in enumerate(zip(start, end, strict=True))
        ]
        kind = "touchStart" if i == 0 else "touchMove"
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


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


def test_a_picture_or_link_in_an_address_is_only_text(viewer: Viewer) -> None:
    asked: list[str] = []
    viewer.page.on("request", lambda request: asked.append(request.url))
    evil = "![x](http://127.0.0.1:9/x.png) [y](http://127.0.0.1:9/y) http://127.0.0.1:9/z"
    page = viewer.open(f"network?model={evil}&box={evil}&turned={evil}&find={evil}&flow={evil}")
    told = page.get_by_test_id("stAlert").first
    expect(told).to_contain_text("no network is called")
    assert "![x](http://127.0.0.1:9/x.png)" in told.inner_text().replace("\u2060", "")  # it parts links
    assert page.locator("a[href*='127.0.0.1:9/']").count() == 0
    assert not [url for url in asked if url.startswith("http://127.0.0.1:9")]


SLOW = """() => {
  const listen = WebSocket.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (what, act, more) {
    const late = (event) => setTimeout(() => act.call(this, event), window.delay ?? 0);
    return listen.call(this, what, what === "message" ? late : act, more);
  };
}"""
WALKED = """() => {
  window.walked = [];
  const frame = [...document.querySelectorAll('*')].map((e) => e.shadowRoot?.querySelector('.frame')).find(Boolean);
  const note = () => {
    const id = frame.querySelector('g.chosen')?.id;
    if (id !== window.walked.at(-1)) window.walked.push(id);
  };
  new MutationObserver(note).observe(frame, { subtree: true, childList: true, attributes: true });
  note();
}"""


def test_an_answer_to_an_older_choice_changes_nothing_however_late_it_comes(viewer: Viewer) -> None:
    viewer.page.add_init_script(f"({SLOW})()")
    page = viewer.open(f"{START}&box=block_b.0.body.b1.0&level=steps")
    box(page, "block_b.0.body.b1.0").focus()
    page.evaluate(WALKED)
    page.evaluate("window.delay = 6000")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(1500)
    page.keyboard.press("ArrowDown")
    expect(page.locator("g.chosen")).to_have_id("block_b.0.body.b1.2")
    page.wait_for_timeout(6500)
    chosen(page, "block_b.0.body.b1.2")
    assert page.evaluate("window.walked") == [f"block_b.0.body.b1.{i}" for i in (0, 1, 2)]
    assert not viewer.troubles()


def test_a_box_that_was_opened_stays_open_while_older_answers_come(viewer: Viewer) -> None:
    viewer.page.add_init_script(f"({SLOW})()")
    page = viewer.open(START)
    page.evaluate("window.delay = 5000")
    box(page, "block_c").click()
    page.wait_for_timeout(1000)
    box(page, "block_b").dblclick()
    expect(page.locator("g.cluster[id='block_b']")).to_be_visible()
    drawn = page.locator(".frame").get_attribute("data-drawn")
    page.wait_for_timeout(7000)
    expect(page.locator("g.cluster[id='block_b']")).to_be_visible()
    chosen(page, "block_b")
    expect(page).to_have_url(re.compile("turned=block_b"))
    expect(page.locator(".frame")).to_have_attribute("data-drawn", str(drawn))
