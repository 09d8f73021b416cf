"""The scale slider in a real browser: what is moved is what is plotted, and the last position wins."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.apps import SMALL
from tests.browser.conftest import PATIENCE, Viewer

MODEL = "inception_resnet_v1.paper"
PLACE = f"activations?model={MODEL}&{MODEL}.input_height={SMALL}&{MODEL}.input_width={SMALL}&norm=running&init=he"
PLOTTED = """() => (document.querySelector('.js-plotly-plot')?.data ?? [])
  .map((line) => ({name: line.name, y: Array.from(line.y._inputArray ?? line.y)}))"""


def plotted(page: Page) -> dict[str, list[float]]:
    """The lines of the plot, by name."""
    found: list[dict[str, Any]] = page.evaluate(PLOTTED)
    return {line["name"]: line["y"] for line in found}


def moved(viewer: Viewer, page: Page, key: str, times: int, name: str) -> dict[str, list[float]]:
    """The lines after the slider has been moved by a key, once the one with this name is there."""
    slider = page.get_by_role("slider", name="A scale to compare with, besides the network's own")
    slider.focus()
    for _ in range(times):
        slider.press(key)
    page.wait_for_function(f"() => ({PLOTTED})().some(line => line.name === {name!r})")
    viewer.settle()
    return plotted(page)


def test_a_moved_slider_plots_its_last_position(viewer: Viewer) -> None:
    page = viewer.open(PLACE)
    page.wait_for_function(f"() => ({PLOTTED})().length === 2")
    before = plotted(page)
    after = moved(viewer, page, "ArrowLeft", 8, "at scale 0.6")
    published = "as published (scale 0.1)"
    assert set(after) == {published, "at scale 0.6"}
    assert after[published] == before[published]
    assert after["at scale 0.6"][-1] < before["without scaling (scale 1)"][-1]
    assert not viewer.troubles()


def test_the_published_scale_by_hand_is_the_published_curve(viewer: Viewer) -> None:
    page = viewer.open(f"{PLACE}&scale=0.15")
    page.wait_for_function(f"() => ({PLOTTED})().length === 2")
    lines = moved(viewer, page, "ArrowLeft", 1, "at scale 0.1")
    assert lines["at scale 0.1"] == lines["as published (scale 0.1)"]
    assert not viewer.troubles()


def test_a_curve_is_called_published_only_where_its_scales_are(viewer: Viewer) -> None:
    page = viewer.walk("Residual lab", "Activations")
    names = page.locator(".legendtext")
    published, changed = "as published (scale 0.1)", "at its own scale (block_a=0.11, block_b=0.1, block_c=0.1)"
    expect(names).to_have_text([published, "without scaling (scale 1)"], timeout=PATIENCE)
    page.get_by_role("slider", name="Scale of the residual in A blocks").press("ArrowRight")
    expect(page).to_have_url(re.compile("scale_a=0.11"))
    expect(names.first).to_have_text(changed, timeout=PATIENCE)  # the network runs once more
    viewer.settle()
    words = page.locator("[data-testid=stMain]")
    expect(words.get_by_text("as published", exact=False)).to_have_count(0)
    page.get_by_role("tab", name="Five scales").click()
    expect(words.get_by_text(f"dotted: {changed}")).to_be_visible(timeout=PATIENCE)
    viewer.turn("Residual lab", "Block")
    expect(page.get_by_role("slider", name="Scale s of this block (the network's own: 0.11)")).to_be_visible()
    assert not viewer.troubles()
