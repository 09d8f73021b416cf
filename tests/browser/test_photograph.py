"""A photograph inside the diagram, in a real browser: uploaded, seen in every box, scaled, and looked at from near."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
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


def test_an_uploaded_photograph_is_inside_the_network_after_two_clicks_from_home(
    viewer: Viewer, tmp_path: Path
) -> None:
    Image.new("RGB", (200, 160), "tomato").save(tmp_path / "mine.png")
    page = viewer.open("")
    page.get_by_role("link", name="Run a photograph through it").nth(1).click()
    expect(page).to_have_url(re.compile("overlay=photograph"))
    drawn(page, 1)
    viewer.settle()
    before = hrefs(page)
    with page.expect_file_chooser() as choosing:
        page.get_by_test_id("stFileUploaderDropzone").locator("button").click()
    choosing.value.set_files(tmp_path / "mine.png")
    drawn(page, 2)
    viewer.settle()
    after = hrefs(page)
    assert set(after) == set(before) >= {"input", "stem", "block_a", "block_b", "pool", "classifier"}
    assert all(set(one).isdisjoint(before[path]) for path, one in after.items())
    expect(page.get_by_text("mine.png").first).to_be_visible()
    expect(page.get_by_text("Untrained, init tf, seed 0")).to_be_visible()
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
