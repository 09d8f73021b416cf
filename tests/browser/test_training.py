"""The death map in a real browser: a click on a cell."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Viewer


def test_a_click_on_a_cell_tells_its_story(viewer: Viewer) -> None:
    page = viewer.open("death?death=death-1")
    plot = page.locator(".js-plotly-plot").first
    plot.scroll_into_view_if_needed()
    area = plot.locator(".nsewdrag").first.bounding_box()
    assert area
    page.mouse.click(area["x"] + 0.75 * area["width"], area["y"] + 0.5 * area["height"])
    expect(page.get_by_role("combobox", name=re.compile("Cell"))).to_have_value("1")
    expect(page).to_have_url(re.compile(r"death\.cell=1"))
    assert not viewer.troubles()
