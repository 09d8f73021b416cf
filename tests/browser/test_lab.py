"""The scale slider in a real browser: what is moved is what is plotted, and the last position wins."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.apps import SMALL
from tests.browser.conftest import Viewer

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
    slider = page.get_by_role("slider", name="A scale to compare with, besides the published one")
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
