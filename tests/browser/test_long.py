"""Work that takes long in a real browser: Streamlit's own Stop ends it, and a button goes on with it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, Viewer
from tests.browser.served import SETTLED

SLOW = "inception_resnet_v2.paper"


def test_a_network_that_runs_is_stopped_and_gone_on_with(viewer: Viewer) -> None:
    page = viewer.page
    page.goto(f"{viewer.url}/cost?model={SLOW}&{SLOW}.depth=4")  # a network that no other test has built
    bar, go_on = page.get_by_role("progressbar"), page.get_by_role("button", name="Stopped here. Go on")
    expect(bar).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Counting with fvcore: ")).to_be_visible()
    expect(go_on).to_be_hidden()
    page.get_by_role("button", name="Stop", exact=True).press("Enter")
    expect(go_on).to_be_visible(timeout=PATIENCE)
    page.wait_for_selector(SETTLED)
    go_on.focus()
    expect(
        go_on
    ).to_be_focused()  # the page is drawn once more when a script has ended, and a key press can fall between
    go_on.press("Enter")
    expect(go_on).to_be_hidden(timeout=PATIENCE)
    expect(bar).to_be_visible(timeout=PATIENCE)
    assert not viewer.troubles()
