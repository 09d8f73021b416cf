"""The figure factory in a real browser: what the list names is what is drawn, whatever is searched."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.views.figures import matching_ids
from irnet.diagrams.factory import listing
from tests.browser.conftest import Viewer

TITLES = {one["id"]: one["title"] for one in listing()}
NOWHERE = "no such figure"


def drawn(page: Page, name: str) -> None:
    """Hold the list, the heading above the picture and the address against a figure."""
    expect(page.get_by_role("combobox", name="Figure")).to_have_value(name)
    expect(page.get_by_role("heading", level=2)).to_have_text(TITLES[name])


@pytest.mark.parametrize("chosen", ["figure_3", "figure_18"])
def test_after_a_search_the_list_names_what_is_drawn(viewer: Viewer, chosen: str) -> None:
    page = viewer.walk("Sources", "Figures")
    if chosen != "figure_3":  # which is the first
        page.get_by_role("combobox", name="Figure").fill(chosen)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"figure={chosen}"))
    drawn(page, chosen)
    field = page.get_by_role("textbox", name="Search")
    for words in ("reduction", "cost", "v2", "table", ""):
        field.fill(words)
        field.press("Enter")
        chosen = chosen if chosen in matching_ids(words) else matching_ids(words)[0]
        drawn(page, chosen)
    viewer.settle()
    page.reload()
    drawn(page, chosen)  # the address names it too
    page.get_by_role("textbox", name="Search").fill(NOWHERE)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing in the catalogue")).to_be_visible()
    assert not viewer.troubles()
