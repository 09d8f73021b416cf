"""First clicks of a reader who starts on the home page and only clicks: what they do, and that nothing else happens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Viewer


def home(viewer: Viewer) -> Page:
    """The home page."""
    return viewer.open("")


def to(viewer: Viewer, group: str, page: str) -> Page:
    """Another page, by the menu."""
    viewer.page.get_by_role("button", name=group, exact=True).click()
    viewer.page.get_by_role("menuitem", name=page, exact=True).click()
    expect(viewer.page).to_have_url(re.compile(rf"/{page.lower()}\b"))
    viewer.settle()
    return viewer.page


def model(viewer: Viewer, name: str) -> None:
    """Choose a model in the sidebar."""
    field = viewer.page.get_by_role("combobox", name="Model")
    field.click()
    viewer.page.get_by_role("option", name=name, exact=True).click()
    expect(viewer.page).to_have_url(re.compile(f"model={name}"))
    viewer.settle()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("", "block_a"),
        ("", "block_b"),
        ("inception_v4.paper", "inception_a"),
        ("inception_v4.paper", "inception_b"),
    ],
)
def test_a_double_click_opens_a_stage_and_edits_nothing(viewer: Viewer, name: str, path: str) -> None:
    page = home(viewer)
    if name:
        model(viewer, name)
    to(viewer, "Structure", "Edit")
    page.locator(f".frame[data-drawn] g.node[id='{path}']").dblclick()
    expect(page.locator(f"g.cluster[id='{path}']")).to_be_visible()
    expect(page).to_have_url(re.compile(f"turned={path}"))
    viewer.settle()
    expect(page).not_to_have_url(re.compile("edits"))
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert not viewer.troubles()
