"""A photograph inside the diagram, in a real browser: uploaded, seen in every box, scaled, and looked at from near."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Viewer
from tests.browser.test_views import SMALLER, views

HREFS = """() => Object.fromEntries([...document.querySelectorAll('*')].map((e) => e.shadowRoot)
  .find((root) => root?.querySelector('.frame')).querySelectorAll('g.node:has(image)').values()
  .map((g) => [g.id, [...g.querySelectorAll('image')].map((image) => image.getAttribute('href'))]))"""


def hrefs(page: Page) -> dict[str, list[str]]:
    """The addresses of the pictures in every box."""
    found: dict[str, list[str]] = page.evaluate(HREFS)
    return found


def drawn(page: Page, times: int) -> None:
    """Wait until pictures were put into the boxes at least so often, and say how often the drawing was."""
    page.wait_for_function(
        "(times) => [...document.querySelectorAll('*')].map((e) => e.shadowRoot?.querySelector('.frame'))"
        ".find(Boolean)?.dataset.maps >= times",
        arg=times,
    )


def test_a_chosen_box_shows_the_channel_that_the_reader_wants_and_the_address_keeps_it(viewer: Viewer) -> None:
    page = viewer.open(f"network?{SMALLER}&overlay=photograph&turned=block_b&box=block_b.0.add")
    drawn(page, 1)
    viewer.settle()
    box = page.locator("g[id='block_b.0.add']")
    pictures, numbers = box.locator("image.magnitude:not(.channels)"), box.locator(".number:not(.name)")
    expect(pictures).not_to_have_count(0)
    means = hrefs(page)["block_b.0.add"]
    page.get_by_text("one channel", exact=True).click()
    expect(page.get_by_label("Channel, 0 to 895")).to_be_visible()
    page.get_by_label("Channel, 0 to 895").fill("37")
    page.keyboard.press("Enter")
    expect(numbers).to_have_text([re.compile(r"^#37: ")] * 4)
    expect(box).to_have_attribute("aria-label", re.compile("; channel 37 of 896: mean magnitude"))
    assert {image.get_attribute("href") for image in pictures.all()}.isdisjoint(means)
    expect(page).to_have_url(re.compile(r"shows=one(\+|%20)channel.*map=37|map=37.*shows=one(\+|%20)channel"))
    viewer.settle()
    page.reload()
    expect(numbers).to_have_text([re.compile(r"^#37: ")] * 4)
    viewer.settle()
    page.get_by_text("strongest", exact=True).click()
    expect(numbers).to_have_text(["16 of 896"] * 4)
    viewer.settle()
    page.locator("g[id='block_b.0.scale']").click()
    expect(page.locator("g[id='block_b.0.scale'] .number")).to_have_text("16 of 896")
    expect(pictures.first).to_have_attribute("href", means[0])  # of the box that is left
    viewer.settle()
    page.get_by_text("mean", exact=True).click()
    expect(page.locator("g[id='block_b.0.scale'] .number")).to_have_text(re.compile(r"^[\d.]+$"))
    assert not viewer.troubles()


def test_a_box_that_opens_keeps_a_small_map_in_its_frame_and_fills_the_boxes_inside(viewer: Viewer) -> None:
    page = viewer.open(f"network?{SMALLER}&overlay=photograph&box=block_b")
    drawn(page, 1)
    viewer.settle()
    page.locator("g[id='block_b']").dblclick()
    framed, beside = (page.locator(f"{g} > image.m0") for g in ("g.cluster[id='block_b']", "g[id='stem']"))
    expect(framed).to_have_count(1)
    expect(page.locator(".slot:not(.full)")).to_have_count(0)
    small, large = framed.bounding_box(), beside.bounding_box()
    assert small
    assert large
    assert small["width"] < 0.7 * large["width"]
    expect(page.locator("g.cluster[id='block_b']")).to_have_attribute("aria-label", re.compile("mean magnitude"))
    assert not viewer.troubles()


def test_a_moved_scale_changes_pictures_and_numbers_and_draws_nothing_again(viewer: Viewer) -> None:
    page = viewer.open(f"network?{SMALLER}&overlay=photograph&turned=block_b&box=block_b.0.add")
    drawn(page, 1)
    viewer.settle()
    expect(page.locator("g[id='block_b.0.add'] .name")).to_have_text(["x", "F(x)", "s F(x)", "sum"])
    label = page.locator("g[id='block_b.0.scale']")
    expect(label).to_have_attribute("aria-label", re.compile(r"mean magnitude \S+, [\d.]+ % zeros$"))
    expect(page.locator(".status")).to_have_text(re.compile(r"^Chosen: .*mean magnitude"))
    before, said = hrefs(page), label.get_attribute("aria-label")
    painted = int(page.locator(".frame").get_attribute("data-maps") or 0)
    page.get_by_text("Without scaling", exact=True).click()
    drawn(page, painted + 1)
    expect(label).not_to_have_attribute("aria-label", str(said))
    after = hrefs(page)
    assert (after["input"], after["stem"]) == (before["input"], before["stem"])
    assert after["block_b.0.scale"] != before["block_b.0.scale"]
    assert after["block_b.0.scale"] == after["block_b.0.project"]  # times one
    expect(page.locator(".frame")).to_have_attribute("data-drawn", "1")
    expect(page).to_have_url(re.compile("unscaled=true"))
    page.reload()
    drawn(page, 1)
    viewer.settle()
    assert hrefs(page)["block_b.0.scale"] == after["block_b.0.scale"]
    page.get_by_role("combobox", name="Colour by").click()
    page.get_by_role("option", name="operation").click()
    expect(page.locator(".frame image")).to_have_count(0)
    assert not viewer.troubles()


def test_zooming_into_a_box_leads_to_its_channels_and_to_the_window_that_one_output_sees(viewer: Viewer) -> None:
    page = viewer.open(f"network?{SMALLER}&overlay=photograph&box=reduction_a")
    drawn(page, 1)
    viewer.settle()
    near, farther = (page.get_by_role("button", name=name) for name in ("Zoom to the chosen box", "Zoom in"))
    channels, photo = (page.locator(f"g[id='reduction_a'] image.{kind}") for kind in ("channels", "seen"))
    expect(channels).to_have_attribute("href", re.compile("^map/"))
    expect(channels).to_have_attribute("opacity", "0")
    near.click()
    note = page.locator("g[id='reduction_a'] .note")
    expect(note).to_have_text(re.compile(r"^16 strongest of [\d,]+ channels$"))
    expect(channels).to_have_attribute("opacity", "1")
    for _ in range(5):
        farther.click()
    expect(photo).to_have_attribute("opacity", "1")
    expect(note).to_have_text(re.compile(r"^one output sees \d+(x\d+)? px$"))
    page.get_by_role("button", name="Fit").click()
    expect(channels).to_have_attribute("opacity", "0")
    expect(page.locator("g[id='input'] rect.window")).to_have_count(1)
    assert not viewer.troubles()


@pytest.mark.parametrize("address", [f"network?{SMALLER}&overlay=photograph&box=block_b.0.add&turned=block_b"])
def test_a_view_with_a_photograph_keeps_to_the_rules(viewer: Viewer, address: str) -> None:
    views(viewer, address, ("g.node image", 12))
