"""The Edit page in a browser: choose a box, change it, undo with the keys, compare, take away and bring back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from irnet.edit.document import load
from tests.browser.conftest import Viewer

MODEL = "inception_v4.paper"
PLACE = "inception_b.0.b1.filters"


def given(edits: str, more: str = "") -> str:
    """The address of the page with edits."""
    return f"edit?model={MODEL}&{MODEL}.edits={edits.replace('=', '%3D')}{more}"


def filters(page: Page, count: int) -> None:
    """Type a number of filters and leave the field."""
    field = page.get_by_label("Filters", exact=True)
    field.fill(str(count))
    field.press("Enter")


def test_a_box_is_chosen_changed_and_undone_with_the_keys(viewer: Viewer) -> None:
    page = viewer.open(f"edit?model={MODEL}&turned=inception_b")
    page.locator(".frame[data-drawn] g[id='inception_b.0.b1']").click()
    expect(page.get_by_label("Filters", exact=True)).to_have_value("384")
    filters(page, 200)
    expect(page).to_have_url(re.compile(re.escape(f"{PLACE}%3D200")))
    expect(page.locator(".frame g[id='inception_b.0.b1']")).to_contain_text("≠ 1×1 conv 200")
    viewer.settle()
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(page.get_by_label("Filters", exact=True)).to_have_value("384")
    expect(page.locator(".frame g[id='inception_b.0.b1']")).not_to_contain_text("≠")
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_label("Filters", exact=True)).to_have_value("200")
    assert not viewer.troubles()


def test_a_field_keeps_the_keyboard_while_its_number_changes(viewer: Viewer) -> None:
    page = viewer.open(f"edit?model={MODEL}&box=inception_b.0.b1")
    field = page.get_by_label("Filters", exact=True)
    field.focus()
    for count in (385, 386):
        field.press("ArrowUp")
        field.press("Enter")
        expect(page).to_have_url(re.compile(re.escape(f"{PLACE}%3D{count}")))
        viewer.settle()
        expect(field).to_be_focused()


def test_the_box_that_cannot_be_is_red_and_the_fix_makes_it_right(viewer: Viewer) -> None:
    page = viewer.open(given("reduction_a.0.b1.kernel=4"))
    expect(page.locator(".frame g[id='reduction_a.0.concat']")).to_contain_text("✗")
    expect(page.get_by_text("branches end on different grids")).to_be_visible()
    page.get_by_role("button", name="Use reduction_a.0.b1.kernel=3").click()
    expect(page.locator(".frame[data-drawn]")).not_to_contain_text("✗")
    viewer.settle()
    assert not viewer.troubles()


def test_the_original_stands_beside_the_edited_network(viewer: Viewer) -> None:
    page = viewer.open(given("inception_a.repeat=9"))
    page.get_by_role("link", name="Compare with the original").click()
    expect(page).to_have_url(re.compile(r"/compare\?"))
    viewer.settle()
    expect(
        page.get_by_text(re.compile(rf"{MODEL} has .* fewer .* than {MODEL} \(inception_a\.repeat=9\)"))
    ).to_be_visible()
    expect(page.locator(".frame[data-drawn] g[id='0/inception_a']")).to_contain_text("9 × Inception-A")
    expect(page.locator(".frame[data-drawn] g[id='1/inception_a']")).to_contain_text("4 × Inception-A")
    assert not viewer.troubles()


@pytest.mark.parametrize("other", ["inception_v3.tf_slim", MODEL])
def test_an_edited_network_is_taken_away_and_brought_back(viewer: Viewer, tmp_path: Path, other: str) -> None:
    page = viewer.open(given("inception_a.repeat=9", "&edit=Take+away"))
    with page.expect_download() as downloading:
        page.get_by_role("button", name="JSON", exact=True).click()
    file = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(file)
    assert load(file.read_bytes()).network.edit_text == "inception_a.repeat=9"
    page = viewer.open(f"edit?model={other}&edit=Load")
    page.locator("input[type=file]").set_input_files(file)
    expect(page).to_have_url(re.compile(r"inception_a\.repeat%3D9"))
    expect(page.get_by_role("heading", name=f"Edit {MODEL}")).to_be_visible()
    assert not viewer.troubles()
