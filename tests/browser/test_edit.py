"""The Edit page in a browser: choose a box, change it, undo with the keys, compare, take away and bring back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from irnet.edit.document import load
from irnet.models import title
from tests.browser.conftest import Viewer

MODEL = "inception_v4.paper"
PLACE = "inception_b.0.b1.filters"


def given(edits: str, more: str = "") -> str:
    """The address of the page with edits."""
    return f"edit?model={MODEL}&{MODEL}.edits={edits.replace('=', '%3D')}{more}"


def test_a_box_is_chosen_changed_and_undone_with_the_keys_and_its_field_keeps_them(viewer: Viewer) -> None:
    page = viewer.open(f"edit?model={MODEL}&turned=inception_b")
    field, box = page.get_by_label("Filters", exact=True).last, page.locator(".frame g[id='inception_b.0.b1']")
    box.click()
    expect(field).to_have_value("384")
    field.fill("200")
    field.press("Enter")
    expect(page).to_have_url(re.compile(re.escape(f"{PLACE}%3D200")))
    expect(box).to_contain_text("≠ 1×1 conv 200")
    viewer.settle()
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(field).to_have_value("384")
    expect(box).not_to_contain_text("≠")
    page.keyboard.press("Control+Shift+z")
    expect(field).to_have_value("200")
    viewer.settle()
    field.focus()
    for count in (201, 202):
        field.press("ArrowUp")
        field.press("Enter")
        expect(page).to_have_url(re.compile(re.escape(f"{PLACE}%3D{count}")))
        viewer.settle()
        expect(field).to_be_focused()
    assert not viewer.troubles()


@pytest.mark.parametrize("other", ["inception_v3.tf_slim", pytest.param(MODEL, marks=pytest.mark.soak)])
def test_an_edited_network_is_compared_taken_away_and_brought_back(viewer: Viewer, tmp_path: Path, other: str) -> None:
    page = viewer.open(given("inception_a.repeat=9", "&edit=Export"))
    with page.expect_download() as downloading:
        page.get_by_role("button", name="JSON", exact=True).click()
    file = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(file)
    assert load(file.read_bytes()).network.edit_text == "inception_a.repeat=9"
    page.get_by_role("link", name="Compare with the original").click()
    expect(page).to_have_url(re.compile(r"/compare\?"))
    viewer.settle()
    name = re.escape(title(MODEL))
    said = re.compile(rf"{name} has .* fewer .* than {name} \(inception_a\.repeat=9\)")
    expect(page.get_by_text(said)).to_be_visible()
    for side, repeat in ((0, 9), (1, 4)):
        expect(page.locator(f".frame g[id='{side}/inception_a']")).to_contain_text(f"{repeat} × Inception-A")
    page = viewer.open(f"edit?model={other}&edit=Import")
    page.locator("input[type=file]").set_input_files(file)
    expect(page).to_have_url(re.compile(r"inception_a\.repeat%3D9"))
    expect(page.get_by_role("heading", name=f"Edit {title(MODEL)}")).to_be_visible()
    assert not viewer.troubles()
