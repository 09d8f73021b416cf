"""The Receptive field page: a click on the picture looks from there, a click in the diagram chooses the box."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.apps import SMALL
from tests.browser.conftest import Viewer

MODEL = "inception_resnet_v1.paper"
SMALLER = f"field?model={MODEL}&{MODEL}.input_height={SMALL}&{MODEL}.input_width={SMALL}"


def click_picture(page: Page, x: float, y: float) -> None:
    """Click at this share of the photograph's width and height."""
    page.get_by_text("Click the picture to look from there").scroll_into_view_if_needed()
    image = page.locator(".js-plotly-plot .imagelayer image").first.bounding_box()
    assert image
    page.mouse.move(image["x"] + x * image["width"], image["y"] + y * image["height"])
    page.wait_for_timeout(300)  # Plotly looks for the nearest point before it takes a click
    page.mouse.click(image["x"] + x * image["width"], image["y"] + y * image["height"])


def test_a_click_on_the_picture_looks_from_there(viewer: Viewer) -> None:
    page = viewer.open(f"{SMALLER}&box=block_a.1")
    page.wait_for_selector(".js-plotly-plot .imagelayer image")
    click_picture(page, 0.02, 0.98)
    expect(page).to_have_url(re.compile(r"[?&]row=14(&|$)"))
    expect(page).to_have_url(re.compile(r"[?&]column=0(&|$)"))
    viewer.settle()
    expect(page.get_by_text("The output at row 14, column 0 on a grid of 15x15 sees")).to_be_visible()
    assert not viewer.troubles()


def test_a_click_in_the_diagram_chooses_the_box(viewer: Viewer) -> None:
    page = viewer.open(f"{SMALLER}&field=Choose+in+the+diagram")
    page.locator(".frame[data-drawn] g[id='reduction_a']").click()
    expect(page).to_have_url(re.compile(r"[?&]box=reduction_a(&|$)"))
    expect(page.get_by_text("What comes together here sees different fields")).to_be_visible()
    assert not viewer.troubles()


def test_the_picture_is_taken_away_as_a_file(viewer: Viewer) -> None:
    page = viewer.open(f"{SMALLER}&box=stem")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="PNG", exact=True).click()
    assert downloading.value.suggested_filename == f"{MODEL}.stem.field.png"
    assert Path(downloading.value.path()).read_bytes().startswith(b"\x89PNG")
