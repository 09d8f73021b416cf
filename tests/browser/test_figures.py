"""The figure factory in a real browser: what the list names is what is drawn, whatever is searched."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from irnet.diagrams.factory import ids_with, listing
from tests.browser.conftest import Viewer

TITLES = {one["id"]: one["title"] for one in listing()}


@pytest.mark.parametrize("chosen", [pytest.param("figure_3", marks=pytest.mark.soak), "figure_18"])
def test_after_a_search_the_list_names_what_is_drawn(viewer: Viewer, chosen: str) -> None:
    page = viewer.walk("Sources", "Figures")
    listed, field = page.get_by_role("combobox", name="Figure"), page.get_by_role("textbox", name="Search")

    def drawn() -> None:
        """Hold the list and the heading above the picture against the figure."""
        expect(listed).to_have_value(TITLES[chosen])
        expect(page.get_by_role("heading", level=2)).to_have_text(TITLES[chosen])

    if chosen != "figure_3":  # which is the first
        listed.fill(TITLES[chosen])
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"figure={chosen}"))
    drawn()
    for words in ("reduction", "cost", "table", ""):
        field.fill(words)
        field.press("Enter")
        chosen = chosen if chosen in ids_with(words) else ids_with(words)[0]
        drawn()
    expect(page).not_to_have_url(re.compile(r"figure\.find="))  # the last search is over; it changed no figure
    expect(page).to_have_url(re.compile(f"figure={chosen}(&|$)"))
    viewer.settle()
    page.reload()
    drawn()  # the address names it too
    field.fill("no such figure")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No figure has all of these words")).to_be_visible()
    assert not viewer.troubles()
