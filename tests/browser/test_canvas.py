"""The canvas in a real browser: opening, choosing, searching, walking, comparing, and the address that goes along."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from irnet.diagrams.canvas import assets
from irnet.models import title
from tests.browser.conftest import PATIENCE, Viewer
from tests.browser.served import SETTLED
from tests.conftest import Golden

MODEL = "inception_resnet_v1.paper"
START = f"network?model={MODEL}"
PARTNERS = "compare?model=inception_resnet_v2.paper&with=inception_resnet_v2.tf_slim"


def box(page: Page, path: str) -> Locator:
    """The box or frame with this path."""
    return page.locator(f"g[id='{path}']")


def frame(page: Page, path: str) -> Locator:
    """The box with this path, open."""
    return page.locator(f"g.cluster[id='{path}']")


def chosen(page: Page, path: str) -> None:
    """Wait until a box is chosen in the drawing, the field and the table alike."""
    expect(page.locator("g.chosen")).to_have_id(path)
    expect(page.get_by_role("textbox", name="Box")).to_have_value(path)
    expect(page.get_by_role("table").get_by_text(path, exact=True)).to_be_visible()


def walk(page: Page, *steps: tuple[str, str]) -> None:
    """Press keys in the canvas, each of which chooses a box."""
    for key, path in steps:
        page.keyboard.press(key)
        chosen(page, path)


def test_a_choice_goes_into_table_address_and_history_and_draws_nothing_again(viewer: Viewer) -> None:
    page = viewer.open(START)
    drawn = page.locator(".frame[data-drawn]")
    expect(drawn).to_have_attribute("data-drawn", "1")
    drawing = page.locator(".frame .sheet svg").element_handle()
    for path in ("stem", "block_c"):
        box(page, path).click()
        chosen(page, path)
        expect(page).to_have_url(re.compile(f"box={path}"))
    page.go_back()
    chosen(page, "stem")
    page.go_forward()
    chosen(page, "block_c")
    expect(drawn).to_have_attribute("data-drawn", "1")
    assert drawing.evaluate("svg => svg.isConnected")
    place = box(page, "block_c").bounding_box()
    page.emulate_media(color_scheme="dark")  # which repaints the drawing without a new layout
    expect(page.locator(".sheet svg > rect")).to_have_attribute("fill", "#0e1117")
    assert box(page, "block_c").bounding_box() == place
    chosen(page, "block_c")
    assert not viewer.troubles()


def test_boxes_open_in_place_by_levels_and_shut_again(viewer: Viewer) -> None:
    page = viewer.open(START)
    page.get_by_role("combobox", name="Colour by").click()
    page.get_by_role("option", name="parameters").click()
    legend = page.locator(".legend li", has_text=re.compile("up to")).last
    most = str(legend.text_content()).strip().removeprefix("up to ")
    expect(page.locator("g.node", has_text=f"{most} parameters")).to_have_count(1)  # the largest box in sight
    for path in ("block_b", "block_b.0.body.b1", "block_b.0.body.b1.1"):
        box(page, path).dblclick()
        expect(frame(page, path)).to_be_visible()
    expect(box(page, "block_b.0.body.b1.1.bn")).to_be_visible()
    expect(page).to_have_url(re.compile("turned=block_b%2Cblock_b.0.body.b1%2Cblock_b.0.body.b1.1"))
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("g.node[id='block_b.0.body.b1.1']")).to_be_visible()
    for level, path in (("branches", "block_c"), ("steps", "block_c.0.body.b1"), ("units", "block_c.0.body.b1.1")):
        page.get_by_role("radio", name=level).click()
        expect(frame(page, path)).to_be_visible()
        expect(box(page, "block_a.0.body.b2.1.relu")).to_have_count(int(level == "units"))
    page.get_by_role("button", name="Close all").click()
    expect(page.locator("g.node[id='block_b']")).to_be_visible()
    expect(page.locator("g.cluster")).to_have_count(0)
    expect(page.get_by_role("button", name="Close all")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("turned|level"))
    box(page, "block_b").click()
    chosen(page, "block_b")
    page.evaluate("() => { WebSocket.prototype.send = () => {} }")  # without the server that runs the page
    page.get_by_role("toolbar").get_by_role("button", name="Open").click()
    expect(frame(page, "block_b")).to_be_visible()
    assert not viewer.troubles()


def test_a_link_reopens_a_view_whose_rows_and_matches_choose_boxes(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&{MODEL}.a=7&box=block_b.3.body.b1.1&turned=block_c&steps=true&find=E18")
    chosen(page, "block_b.3.body.b1.1")
    expect(frame(page, "block_c")).to_be_visible()
    expect(box(page, "block_a").locator("text").first).to_have_text("7 × Inception-ResNet-A")
    expect(box(page, "block_b.0-2")).to_be_visible()
    marked = page.locator("[data-testid=stDataFrame] tbody [role=row][aria-selected=true]")
    expect(marked).to_contain_text("block_b.3.body.b1.1")
    box(page, "block_b.3.project").click()
    expect(marked).to_contain_text("block_b.3.project")
    rows = page.locator("[data-testid=stDataFrame] canvas").first
    rows.click(position={"x": 20, "y": 53}, force=True)  # the box at the head of the first row
    chosen(page, "block_b.3.body.b0")
    expect(page.get_by_text("3 boxes", exact=True)).to_be_visible()
    page.get_by_role("button", name="Next hit").click()
    chosen(page, "block_a")


def test_search_marks_every_hit_walks_through_them_and_opens_what_hides_one(viewer: Viewer) -> None:
    page = viewer.open(START)
    field = page.get_by_role("searchbox", name="Search")
    field.fill("1x7")
    hits = page.locator("g.hit")
    found = page.locator(".count")
    expect(found).to_have_text("10 boxes")
    expect(hits).to_have_count(1)  # the shut stage that holds them all
    field.press("Enter")
    chosen(page, "block_b.0.body.b1.1")
    expect(found).to_have_text("1 of 10")
    page.get_by_role("button", name="Next hit").click()
    chosen(page, "block_b.1.body.b1.1")
    page.get_by_role("button", name="Previous hit").click()
    chosen(page, "block_b.0.body.b1.1")
    expect(page).to_have_url(re.compile("find=1x7"))
    field.fill("max pool")
    expect(hits).to_have_count(3)
    field.fill("nothing like it")
    expect(found).to_have_text("no box")
    expect(hits).to_have_count(0)
    assert not viewer.troubles()


def test_a_box_of_the_first_page_and_of_a_figure_opens_on_the_page_of_its_network(viewer: Viewer) -> None:
    page = viewer.open("")
    page.locator("g.node[id='block_b']").first.click()  # in the live block, it is open
    expect(page).to_have_url(re.compile(r"/network\?.*box=block_b"))
    chosen(page, "block_b")
    page = viewer.open("figures?figure=figure_17")
    box(page, "block_b.0.body.b1.1").click()
    expect(page).to_have_url(re.compile(r"/network\?.*box=block_b.0.body.b1.1"))
    chosen(page, "block_b.0.body.b1.1")
    assert not viewer.troubles()


def test_a_comparison_is_taken_away_where_it_is_shown_as_a_slide_too(viewer: Viewer) -> None:
    page = viewer.open("compare")
    marked = page.locator("g[id='0/block_b.0.project'] text", has_text="≠")
    box(page, "0/block_b").dblclick()
    expect(marked).to_have_count(1)
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Slide SVG").click()
    slide = started.value.path().read_text(encoding="utf-8")
    assert 'width="960pt" height="540pt"' in slide
    assert not viewer.troubles()


def test_keys_walk_along_arrows_that_run_right_lead_up_shut_and_search(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&box=block_b.0.body.b0&level=steps&flow=right")
    box(page, "block_b.0.body.b0").focus()
    walk(page, ("ArrowDown", "block_b.0.body.b1.0"), ("ArrowRight", "block_b.0.body.b1.1"))
    walk(page, ("ArrowLeft", "block_b.0.body.b1.0"), ("ArrowUp", "block_b.0.body.b0"))
    paths = ("block_b.0.body.b0", "block_b.0.body.b1.0", "block_b.0.add")
    places = [box(page, path).bounding_box() for path in paths]
    (x, y), (x_below, y_below), (x_after, _) = ((place["x"], place["y"]) for place in places if place)
    assert y < y_below
    assert x == pytest.approx(x_below, abs=20)
    assert x_after > x_below
    walk(page, ("Escape", "block_b.0"), ("Escape", "block_b"))
    page.keyboard.press("Enter")
    expect(page.locator("g.node[id='block_b']")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    assert not viewer.troubles()


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


# While `held` is a list, what the server says is put there; `release` says it in order, and the page draws in between.
HOLD = """(() => {
  const listen = WebSocket.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (what, act, more) {
    const late = (event) => {
      if (!window.held) return act.call(this, event);
      window.held.push(() => act.call(this, event));
      window.heldSince = performance.now();
    };
    return listen.call(this, what, what === "message" ? late : act, more);
  };
  window.release = async () => {
    for (const answer of window.held) { answer(); await new Promise(requestAnimationFrame); }
    window.held = null;
  };
})()"""
ANSWERED = "() => window.held.length && performance.now() - window.heldSince > 700"
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


def test_an_answer_to_an_older_choice_changes_nothing_however_late_it_comes(fresh: Viewer) -> None:
    fresh.page.add_init_script(HOLD)
    page = fresh.open(f"{START}&box=block_b.0.body.b1.0&level=steps")
    box(page, "block_b.0.body.b1.0").focus()
    page.evaluate(WALKED)
    page.evaluate("window.held = []")
    page.keyboard.press("ArrowDown")
    page.wait_for_function(ANSWERED)
    page.keyboard.press("ArrowDown")
    expect(page.locator("g.chosen")).to_have_id("block_b.0.body.b1.2")
    page.evaluate("window.release()")
    chosen(page, "block_b.0.body.b1.2")
    assert page.evaluate("window.walked") == [f"block_b.0.body.b1.{i}" for i in (0, 1, 2)]

    fresh.settle()
    page.evaluate("window.held = []")
    box(page, "block_c.0.project").click()
    page.wait_for_function(ANSWERED)
    box(page, "block_b.0.body.b1.2").dblclick()
    expect(frame(page, "block_b.0.body.b1.2")).to_be_visible()
    drawn = page.locator(".frame").get_attribute("data-drawn")
    page.evaluate("window.release()")
    chosen(page, "block_b.0.body.b1.2")
    fresh.settle()
    expect(frame(page, "block_b.0.body.b1.2")).to_be_visible()
    expect(page).to_have_url(re.compile("turned=block_b.0.body.b1.2"))
    expect(page.locator(".frame")).to_have_attribute("data-drawn", str(drawn))
    assert not fresh.troubles()


OVERTAKEN = """async (script) => {
  const { default: canvas } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const asked = [], node = (id, y) => `<g class="node choice" id="${id}"><path d="M0 ${y}h9v4h-9z"/></g>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">${node("a", 0)}${node("b", 5)}</svg>`;
  const call = (data) => canvas({
    data: { light: svg, dark: svg, label: "two boxes", height: 300, ...data },
    parentElement: document.body,
    setTriggerValue: (what, { path }) => asked.push(path),
  });
  const leave = call({ answered: 0 });
  const press = () => document.querySelector("#b").dispatchEvent(new MouseEvent("click", { bubbles: true }));
  press();
  leave();                                   // what Streamlit does where the next data come before a call has ended
  call({ answered: 0, selected: "a" });      // an answer from before the click
  const kept = document.querySelector("g.chosen")?.id;
  call({ answered: 1, selected: "a" });
  press();
  return { kept, asked };
}"""


def test_data_that_overtake_a_call_leave_the_canvas_alive(fresh: Viewer) -> None:
    page = fresh.open("")
    html, _, script = assets()
    page.set_content(html)
    assert page.evaluate(OVERTAKEN, script) == {"kept": "b", "asked": ["b", "b"]}


def test_a_screen_reader_hears_the_stored_text_of_the_canvas_and_what_is_chosen(viewer: Viewer, golden: Golden) -> None:
    page = viewer.open(f"{START}&box=block_a&turned=block_a")
    page.locator("g.chosen").wait_for()
    golden("canvas.aria.yml", f"{page.locator('.frame').aria_snapshot()}\n")
    for landmark in (page.get_by_role("main"), page.get_by_role("banner")):
        expect(landmark).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text(title(MODEL))
    expect(page.get_by_role("region", name=f"Block diagram of {MODEL}")).to_have_count(1)
    told = page.locator(".frame").get_by_role("status")
    expect(told).to_have_text("Chosen: Inception-ResNet-A, 5 blocks")
    box(page, "block_a").press("ArrowUp")
    expect(told).to_have_text("Chosen: Stem")


def test_high_contrast_shows_what_is_chosen_and_set_by_more_than_colour(viewer: Viewer) -> None:
    viewer.page.emulate_media(forced_colors="active", color_scheme="dark")
    page = viewer.open(f"compare?model={MODEL}&with=inception_resnet_v2.paper&place=0/stem")
    lines = {
        path: page.locator(f"g[id='{path}'] > polygon, g[id='{path}'] > path").first.evaluate(
            "line => [parseFloat(getComputedStyle(line).strokeWidth), getComputedStyle(line).strokeDasharray]"
        )
        for path in ("0/stem", "1/stem", "0/block_a")
    }
    assert lines["0/stem"][0] > lines["1/stem"][0] > lines["0/block_a"][0]
    assert lines["1/stem"][1] != lines["0/stem"][1] == "none"
    outline = "button => getComputedStyle(button).outlineStyle"
    assert page.get_by_role("radio", name="stages").evaluate(outline) == "solid"
    assert page.get_by_role("radio", name="branches").evaluate(outline) == "none"
    tab = "tab => getComputedStyle(tab).textDecorationLine"
    assert page.get_by_role("tab", name="Drawings").evaluate(tab) == "underline"
    viewer.panel()
    dot = page.get_by_role("slider", name="Inception-ResNet-A blocks").locator("xpath=../..")
    assert dot.evaluate("dot => getComputedStyle(dot).forcedColorAdjust") == "none"
    assert dot.evaluate("dot => getComputedStyle(dot).backgroundColor") != "rgb(0, 0, 0)"


def test_partners_stand_at_one_height_light_up_and_open_together_and_a_link_reopens_them(viewer: Viewer) -> None:
    page = viewer.open(PARTNERS)
    first, second = box(page, "0/block_b"), box(page, "1/block_b")
    heights = [(one.bounding_box() or {"y": None})["y"] for one in (first, second)]
    assert heights[0] == heights[1]
    first.click()
    expect(second).to_have_class(re.compile("partner"))
    expect(page.get_by_role("cell", name="20 x Inception-ResNet-B")).to_be_visible()
    expect(page).to_have_url(re.compile("place=0%2Fblock_b"))
    box(page, "1/block_a").dblclick()
    for side in (0, 1):
        expect(frame(page, f"{side}/block_a")).to_be_visible()
    expect(page).to_have_url(re.compile("opened=0%2Fblock_a%2C1%2Fblock_a"))
    page = viewer.open(f"{page.url.removeprefix(f'{viewer.url}/')}&fade=true")
    expect(frame(page, "0/block_a")).to_be_visible()
    paper = page.locator(".sheet svg > rect").get_attribute("fill")  # what is the same fades into it
    expect(page.locator("g[id='0/block_a.0.body.b0'] > path")).to_have_attribute("fill", str(paper))
    changed = box(page, "0/block_a.0.scale").locator("polygon").first
    expect(changed).not_to_have_attribute("fill", str(paper))
    ready = "Reduction-A in all three"
    page.get_by_role("button", name=ready).or_(page.get_by_role("radio", name=ready)).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "Inception-v4 (paper) and Inception-ResNet-v1 (paper) and"
    )
    for side in (0, 1, 2):
        expect(frame(page, f"{side}/reduction_a")).to_be_visible()
    expect(page.get_by_text("the letters of Table 1")).to_be_visible()
    assert not viewer.troubles()
