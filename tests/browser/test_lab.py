"""The residual lab in a real browser: what is moved, played, pointed at and clicked is what is shown and kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Viewer
from tests.browser.served import SETTLED
from tests.browser.test_views import HEAT, MODEL, SMALLER

PLOTTED = """() => (document.querySelector('.js-plotly-plot')?.data ?? [])
  .map((line) => ({name: line.name, y: Array.from(line.y._inputArray ?? line.y)}))"""
PUBLISHED = "as published (scale 0.1)"
SLOW = "inception_resnet_v2.paper"


def plotted(page: Page) -> dict[str, list[float]]:
    """The lines of the plot, by name."""
    found: list[dict[str, Any]] = page.evaluate(PLOTTED)
    return {line["name"]: line["y"] for line in found}


def moved(viewer: Viewer, page: Page, times: int, name: str) -> dict[str, list[float]]:
    """The lines after the slider has been moved to the left, once the one with this name is there."""
    slider = page.get_by_role("slider", name="Compare with scale")
    slider.focus()
    for _ in range(times):
        slider.press("ArrowLeft")
    page.wait_for_function(f"() => ({PLOTTED})().some(line => line.name === {name!r})")
    viewer.settle()
    return plotted(page)


def steady(page: Page, read: Callable[[], list[str]]) -> list[str]:
    """What there is to read, once it is the same twice."""
    before: list[str] = []
    while (now := read()) != before or not now:
        before = now
        page.wait_for_timeout(200)
    return now


def file(page: Page, name: str) -> tuple[str, bytes]:
    """Name and content of what a button gives."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name=name, exact=True).click()
    return downloading.value.suggested_filename, Path(downloading.value.path()).read_bytes()


def test_a_moved_slider_plots_its_last_position_and_the_published_scale_the_published_curve(viewer: Viewer) -> None:
    page = viewer.open(f"activations?{SMALLER}&norm=running&init=he")
    page.wait_for_function(f"() => ({PLOTTED})().length === 2")
    before = plotted(page)
    after = moved(viewer, page, 8, "at scale 0.6")
    assert set(after) == {PUBLISHED, "at scale 0.6"}
    assert after[PUBLISHED] == before[PUBLISHED]
    assert after["at scale 0.6"][-1] < before["without scaling (scale 1)"][-1]
    lines = moved(viewer, page, 10, "at scale 0.1")
    assert lines["at scale 0.1"] == pytest.approx(lines[PUBLISHED], rel=1e-5)  # the last bits go by what ran with it
    assert not viewer.troubles()


def test_from_the_home_page_a_moved_scale_shows_what_it_does(viewer: Viewer) -> None:
    page = viewer.walk("Experiment")
    plot = page.get_by_role("figure", name=re.compile("^Mean magnitude through 20 blocks: .* without scaling"))
    expect(plot).to_be_in_viewport(ratio=1)  # whole, in the first screen
    assert set(moved(viewer, page, 1, "at scale 0.95")) == {PUBLISHED, "at scale 0.95"}
    viewer.turn("Experiment", "Block")
    expect(page.locator(".katex").first).to_be_in_viewport()
    expect(page.get_by_role("combobox", name="Block")).to_have_value("Inception-ResNet-A 1 of 5")
    assert not viewer.troubles()


def test_a_curve_is_called_published_only_where_its_scales_are(viewer: Viewer) -> None:
    page = viewer.open(f"activations?{SMALLER}")
    names = page.locator(".legendtext")
    changed = "at its own scale (block_a=0.11, block_b=0.1, block_c=0.1)"
    expect(names).to_have_text([PUBLISHED, "without scaling (scale 1)"])
    viewer.panel()
    page.get_by_role("slider", name="Scale of the residual in A blocks").press("ArrowRight")
    expect(page).to_have_url(re.compile("scale_a=0.11"))
    viewer.panel()
    expect(names.first).to_have_text(changed)  # the network runs once more
    viewer.settle()
    words = page.locator("[data-testid=stMain]")
    expect(words.get_by_text("as published", exact=False)).to_have_count(0)
    page.get_by_role("tab", name="Five scales").click()
    expect(words.get_by_text(f"dotted: {changed}")).to_be_visible()
    viewer.turn("Experiment", "Block")
    expect(page.get_by_role("slider", name="Scale s of this block (the network's own: 0.11)")).to_be_visible()
    assert not viewer.troubles()


def test_a_block_stands_still_until_it_is_played_and_stops_at_its_end_and_its_scale_moves(viewer: Viewer) -> None:
    page = viewer.open(f"block?{SMALLER}&block=block_a.0&step=add&s.block_a=1")

    def at_step(number: int) -> None:
        expect(page.get_by_text(f"Step {number} of 9.")).to_be_visible()

    at_step(8)
    page.wait_for_timeout(3500)  # longer than a step lasts while it is played
    at_step(8)
    page.get_by_text("Play", exact=True).click()
    at_step(9)
    expect(page).to_have_url(re.compile("step=output"))
    expect(page.locator("label", has_text="Play").locator("input")).not_to_be_checked()
    for number in (8, 7):
        page.get_by_role("button", name="Back", exact=True).click()
        at_step(number)
        viewer.settle()
    expect(page.get_by_text("by 1, and nothing else")).to_be_visible()
    page.get_by_role("slider", name="Scale s of this block").focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("by 0, and nothing else")).to_be_visible()
    expect(page.get_by_text("100.0 % of 0 F(x) is zero")).to_be_visible()
    expect(page).to_have_url(re.compile(r"s\.block_a=0"))
    assert not viewer.troubles()


def test_links_strip_and_diagram_choose_the_same_box(viewer: Viewer) -> None:
    page = viewer.open(f"network?{SMALLER}&box=block_b.1")
    page.get_by_role("link", name="Feature maps of this box").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Feature maps of")
    pressed, field = page.locator(".strip button[aria-pressed=true]"), page.get_by_role("textbox", name="Box")
    expect(pressed).to_have_attribute("data-path", "block_b.1")
    viewer.settle()
    page.locator(".strip button[data-path='block_a.1']").click()
    expect(page).to_have_url(re.compile("box=block_a.1"))
    viewer.settle()
    expect(field).to_have_value("block_a.1")
    page.locator("g[id='block_c']").click()
    expect(page).to_have_url(re.compile("box=block_c"))
    viewer.settle()
    expect(field).to_have_value("block_c")
    expect(pressed).to_have_attribute("data-path", "block_c.0")
    page.locator(".strip button[data-path='block_b.2']").click()
    expect(field).to_have_value("block_b.2")
    viewer.settle()
    page.get_by_role("link", name="This block as an equation").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("One residual block")
    expect(page).to_have_url(re.compile(r"block=block_b\.2"))
    assert not viewer.troubles()


def test_the_pointer_shows_the_value_that_the_file_has(viewer: Viewer) -> None:
    page = viewer.open(f"maps?{SMALLER}&box=block_a.1.body&of=b1&order=index")
    tile = page.locator(HEAT).first
    tile.scroll_into_view_if_needed()
    place = tile.bounding_box()
    assert place
    page.mouse.move(place["x"] + 40, place["y"] + 60)
    page.mouse.move(place["x"] + 44, place["y"] + 66)
    told = page.locator(".js-plotly-plot .hoverlayer text").first
    expect(told).to_contain_text("channel")
    lines = steady(page, lambda: told.locator("tspan").all_text_contents())
    numbers = re.fullmatch(r"channel (\d+), y (\d+), x (\d+)", lines[0])
    assert numbers
    name, content = file(page, "NPZ")
    assert name == f"{MODEL}.block_a.1.body.b1.npz"
    with np.load(BytesIO(content)) as arrays:
        value = float(arrays["b1"][tuple(map(int, numbers.groups()))])
    assert abs(float(lines[1].replace("−", "-")) - value) <= 1e-4 * max(1, abs(value))
    assert file(page, "PNG")[1].startswith(b"\x89PNG")


def test_a_click_in_the_diagram_chooses_the_box_of_a_field_and_one_on_its_picture_looks_from_there(
    viewer: Viewer,
) -> None:
    page = viewer.open(f"field?{SMALLER}&field=Choose+in+the+diagram")
    page.locator(".frame[data-drawn] g[id='reduction_a']").click()
    expect(page).to_have_url(re.compile(r"[?&]box=reduction_a(&|$)"))
    expect(page.get_by_text("What comes together here sees different fields")).to_be_visible()
    viewer.settle()
    page.get_by_text("Click the picture or move the sliders").scroll_into_view_if_needed()
    image = page.locator(".js-plotly-plot .imagelayer image").first.bounding_box()
    assert image
    x, y = image["x"] + 0.02 * image["width"], image["y"] + 0.98 * image["height"]
    page.mouse.move(x, y)
    # Plotly looks for the nearest point before it takes a click.
    page.wait_for_function(
        "() => [...document.querySelectorAll('.js-plotly-plot')].some((one) => one._hoverdata?.length)"
    )
    page.mouse.click(x, y)
    expect(page).to_have_url(re.compile(r"[?&]row=6(&|$)"))
    expect(page).to_have_url(re.compile(r"[?&]column=0(&|$)"))
    viewer.settle()
    expect(page.get_by_text("The output at row 6, column 0 on a grid of 7x7 sees")).to_be_visible()
    name, content = file(page, "PNG")
    assert name == f"{MODEL}.reduction_a.0.field.png"
    assert content.startswith(b"\x89PNG")
    assert not viewer.troubles()


def test_a_network_that_runs_is_stopped_and_gone_on_with(viewer: Viewer) -> None:
    page = viewer.page
    page.goto(f"{viewer.url}/cost?model={SLOW}&{SLOW}.depth=4")  # a network that no other test has built
    bar, go_on = page.get_by_role("progressbar"), page.get_by_role("button", name="Stopped here. Resume")
    expect(bar).to_be_visible()
    expect(page.get_by_text("Counting with fvcore: ")).to_be_visible()
    expect(go_on).to_be_hidden()
    page.get_by_role("button", name="Stop", exact=True).press("Enter")
    expect(go_on).to_be_visible()
    page.wait_for_selector(SETTLED)
    go_on.focus()
    expect(
        go_on
    ).to_be_focused()  # the page is drawn once more when a script has ended, and a key press can fall between
    go_on.press("Enter")
    expect(go_on).to_be_hidden()
    expect(bar).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).press("Enter")  # so that it does not run beside the next test
    expect(go_on).to_be_visible()
    assert not viewer.troubles()


def test_every_small_lab_is_a_click_away_and_says_what_comes_out_of_a_setting(viewer: Viewer) -> None:
    page = viewer.walk("Learn", "Small labs")
    for lab, slider, before in (
        ("Reduce the grid", "Side of the grid", "4.24 times the MACs"),
        ("Three sizes", "From one size to the next", "by 4 of 4 branches, then by 3, then by 1"),
        ("Label smoothing", "Epsilon", "at a lead of 9.11 logits"),
        ("RMSProp", "Decay", "RMSProp, rate 0.045: 23;"),
        ("Auxiliary heads", "Auxiliary head after layer", "With the head after layer 7, "),
    ):
        page.get_by_role("tab", name=lab).click()
        finding = page.locator("[data-testid=stTabPanel]:visible, [role=tabpanel]:visible").locator("strong").first
        expect(finding).to_contain_text(before)
        viewer.settle()
        page.get_by_role("slider", name=slider).press("End")
        expect(finding).not_to_contain_text(before)
        viewer.settle()
        told, address = finding.inner_text(), page.url
        viewer.open(address.removeprefix(f"{viewer.url}/"))
        expect(finding).to_have_text(told)
    assert not viewer.troubles()
