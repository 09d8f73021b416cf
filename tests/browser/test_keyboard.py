"""The main path without a mouse: a model, its boxes, a knob, a comparison, a file; and focus is seen on the way."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from irnet.models import title
from tests.browser.conftest import Viewer
from tests.browser.views import UNSEEN

MODEL = "inception_resnet_v1.paper"
OPENS = ("Enter", "block_a")
WALK = (  # keys in the canvas, and the box that then is chosen and has the focus
    ("Enter", "stem"),
    ("ArrowDown", "block_a"),
    OPENS,
    ("ArrowDown", "block_a.0"),
    ("ArrowDown", "block_a.0.body.b0"),
    ("ArrowRight", "block_a.0.body.b1"),
    ("ArrowDown", "block_a.0.body.concat"),
    ("ArrowUp", "block_a.0.body.b0"),
    ("ArrowDown", "block_a.0.body.concat"),
    ("ArrowDown", "block_a.0.project"),
)
FORMS = {"SVG": b"<?xml", "PNG": b"\x89PNG", "PDF": b"%PDF", "DOT": b"digraph"}
FAR = 150  # stops of Tab on a page
FOCUSED = "element => element.matches(':focus')"


def tab(page: Page, to: Locator, key: str = "Tab") -> None:
    """Press Tab until `to` has the focus; every stop on the way shows that it has it."""
    for _ in range(FAR):
        if to.count() and to.first.evaluate(FOCUSED):
            return
        page.keyboard.press(key)
        unseen = page.evaluate(UNSEEN)
        assert not unseen, f"no focus is seen on {unseen}"
    raise AssertionError(f"{FAR} times {key} do not lead to {to}")


def box(page: Page, path: str) -> Locator:
    return page.locator(f"g[id='{path}']")


def turn(viewer: Viewer, to: str) -> None:
    """To another place of the bar."""
    tab(viewer.page, viewer.page.locator(".st-key-bar").get_by_role("link", name=to, exact=True))
    viewer.page.keyboard.press("Enter")
    expect(viewer.page.locator(".st-key-bar strong")).to_have_text(to)
    viewer.settle()


def panel(viewer: Viewer) -> None:
    """Open the panel of the network."""
    tab(viewer.page, viewer.page.locator(".st-key-panel button"), "Shift+Tab")
    viewer.page.keyboard.press("Enter")
    expect(viewer.page.get_by_role("button", name="Back to the preset")).to_be_visible()  # what is drawn last
    viewer.settle()


def test_the_main_path_needs_no_mouse(viewer: Viewer) -> None:
    page = viewer.open("")
    keys = page.keyboard
    turn(viewer, "Explore")
    panel(viewer)
    tab(page, page.get_by_role("combobox", name="Network"))
    keys.type("ResNet-v1")
    keys.press("Enter")
    expect(page).to_have_url(re.compile(f"model={MODEL}"))
    viewer.settle()
    keys.press("Escape")

    tab(page, box(page, "stem"))
    for key, path in WALK:
        keys.press(key)
        expect(page.locator("g.chosen")).to_have_attribute("id", path)
        expect(box(page, path)).to_be_focused()
        if (key, path) == OPENS:
            expect(box(page, path)).to_have_attribute("aria-expanded", "true")
            viewer.settle()
    expect(page.get_by_role("cell", name="block_a.0.project", exact=True)).to_be_visible()
    for path in ("block_a.0", "block_a"):
        keys.press("Escape")
        expect(box(page, path)).to_be_focused()

    tab(page, page.get_by_role("button", name="Download"))
    keys.press("Enter")
    for form, start in FORMS.items():
        file = page.get_by_role("button", name=form, exact=True)
        expect(file).to_be_visible()
        tab(page, file)
        with page.expect_download() as downloading:
            keys.press("Enter")
        assert downloading.value.suggested_filename == f"{MODEL}.block_a.light.{form.lower()}"
        assert Path(downloading.value.path()).read_bytes().startswith(start)
    keys.press("Escape")

    panel(viewer)
    tab(page, page.get_by_role("slider", name="Inception-ResNet-B blocks"))
    keys.press("ArrowRight")
    expect(page).to_have_url(re.compile(rf"{MODEL}\.b=11"))
    viewer.settle()
    keys.press("Escape")
    turn(viewer, "Compare")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{title(MODEL)} and")
    expect(page.locator("g[id='0/block_b'] text").first).to_contain_text("11 × Inception-ResNet-B")
    for part in (f"model={MODEL}", f"{MODEL}.b=11"):
        expect(page).to_have_url(re.compile(re.escape(part)))
    tab(page, box(page, "0/stem"))
    keys.press("Enter")
    expect(page.get_by_role("cell", name="stem", exact=True).first).to_be_visible()
    assert not viewer.troubles()
