"""Block and Feature maps in a real browser: playing, choosing, values under the pointer, files."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.apps import SMALL
from tests.browser.conftest import Viewer

MODEL = "inception_resnet_v1.paper"
SMALLER = f"model={MODEL}&{MODEL}.input_height={SMALL}&{MODEL}.input_width={SMALL}"
PATIENT = 30_000  # milliseconds: a click may run a network
HEAT = ".js-plotly-plot .heatmaplayer image"


def at_step(page: Page, number: int) -> None:
    expect(page.get_by_text(f"Step {number} of 9.")).to_be_visible(timeout=PATIENT)


def test_a_block_stands_still_until_it_is_played_and_stops_at_its_end(viewer: Viewer) -> None:
    page = viewer.open(f"block?{SMALLER}&block=block_a.0&step=add")
    at_step(page, 8)
    page.wait_for_timeout(3500)
    at_step(page, 8)
    page.get_by_text("Play", exact=True).click()
    at_step(page, 9)
    expect(page).to_have_url(re.compile("step=output"))
    expect(page.locator("label", has_text="Play").locator("input")).not_to_be_checked(timeout=PATIENT)
    page.get_by_role("button", name="Back", exact=True).click()
    at_step(page, 8)
    assert not viewer.troubles()


def test_a_moved_scale_shrinks_the_bars_of_the_scaled_residual(viewer: Viewer) -> None:
    page = viewer.open(f"block?{SMALLER}&step=scale&s.block_a=1")
    expect(page.get_by_text("by 1, and nothing else")).to_be_visible(timeout=PATIENT)
    page.get_by_role("slider", name="Scale s of this block").focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("by 0, and nothing else")).to_be_visible(timeout=PATIENT)
    expect(page.get_by_text("100.0 % of 0 F(x) is zero")).to_be_visible(timeout=PATIENT)
    expect(page).to_have_url(re.compile(r"s\.block_a=0"))


def test_strip_diagram_and_field_choose_the_same_box(viewer: Viewer) -> None:
    page = viewer.open(f"maps?{SMALLER}")
    page.locator(".strip button[data-path='block_b.1']").click()
    expect(page).to_have_url(re.compile("box=block_b.1"), timeout=PATIENT)
    viewer.settle()
    expect(page.get_by_role("textbox", name="Box")).to_have_value("block_b.1", timeout=PATIENT)
    page.locator("g[id='block_c']").click()
    expect(page).to_have_url(re.compile("box=block_c"), timeout=PATIENT)
    viewer.settle()
    expect(page.get_by_role("textbox", name="Box")).to_have_value("block_c", timeout=PATIENT)
    expect(page.locator(".strip button[aria-pressed=true]")).to_have_attribute("data-path", "block_c.0")
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
    page.wait_for_timeout(500)  # until the label of the second place stands, which is then read in one go
    lines: list[str] = told.evaluate("label => [...label.querySelectorAll('tspan')].map(line => line.textContent)")
    numbers = re.fullmatch(r"channel (\d+), y (\d+), x (\d+)", lines[0])
    assert numbers
    with page.expect_download() as downloading:
        page.get_by_role("button", name="NPZ").click()
    assert downloading.value.suggested_filename == f"{MODEL}.block_a.1.body.b1.npz"
    with np.load(BytesIO(Path(downloading.value.path()).read_bytes())) as file:
        value = float(file["b1"][tuple(map(int, numbers.groups()))])
    assert abs(float(lines[1].replace("−", "-")) - value) <= 1e-4 * max(1, abs(value))


def test_a_page_of_channels_is_taken_away_as_a_picture(viewer: Viewer) -> None:
    page = viewer.open(f"maps?{SMALLER}&box=block_a.1")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="PNG").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"\x89PNG")


def test_a_box_leads_to_its_block_and_from_the_canvas_to_its_maps(viewer: Viewer) -> None:
    page = viewer.open(f"network?{SMALLER}&box=block_b.1")
    page.get_by_role("link", name="Feature maps of this box").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Feature maps of", timeout=PATIENT)
    pressed = page.locator(".strip button[aria-pressed=true]")
    expect(pressed).to_have_attribute("data-path", "block_b.1", timeout=PATIENT)
    page.get_by_role("link", name="This block as an equation").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("One residual block", timeout=PATIENT)
    expect(page).to_have_url(re.compile(r"block=block_b\.1"))
