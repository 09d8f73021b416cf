"""Race and death map in a real browser: a run from its form to its end, and a click on a cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import SIZE, Viewer
from tests.browser.served import served

PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which nothing has run yet."""
    return tmp_path_factory.mktemp("unused")


@pytest.fixture(scope="module")
def unused_url(runs: Path) -> Iterator[str]:
    with served(IRNET_RUNS=str(runs)) as url:
        yield url


@pytest.fixture
def unused(page: Page, unused_url: str) -> Viewer:
    """A browser page on a server on which nothing has run yet but what these tests run, one after the other."""
    return Viewer(page, unused_url)


@pytest.mark.parametrize("size", [SIZE, PHONE], ids=["wide", "phone"])
def test_a_finished_death_map_says_where_networks_died_and_a_click_shows_how(
    unused: Viewer, size: ViewportSize
) -> None:
    unused.page.set_viewport_size(size)
    page = unused.walk("Experiment", "Death map")
    expect(
        page.get_by_text(re.compile("^At residual scale 1, .* 3 of 3 networks died: .* 100.0 % zeros"))
    ).to_be_visible()
    died = page.locator(".js-plotly-plot").first.get_by_text("3 of 3 dead")
    expect(died).to_be_in_viewport()  # in the first screen
    expect(page.get_by_text("with more than 1,000 filters", exact=False).first).to_be_visible()
    expect(page.get_by_text(re.compile("^Not reproduced: at the paper's rate of 0.045"))).to_be_visible()
    died.click(force=True)
    expect(page.get_by_role("combobox", name="Cell")).to_have_value("scale 1, rate 1.2, width 0.25")
    expect(page.get_by_role("figure", name=re.compile("^Held-out images: 100.0 % zeros, 12.5 % right"))).to_be_visible()
    assert not unused.troubles()


def test_a_form_stays_shut_once_its_run_has_begun(unused: Viewer) -> None:
    page = unused.open("race?race.width=0.125&race.size=75&race.batch=2")
    expect(page.get_by_role("figure", name=re.compile("Training loss"))).to_be_in_viewport()  # of a finished one
    page.get_by_text("A race of your own").click()
    button = page.get_by_role("button", name="Start the race")
    expect(button).to_be_visible()
    steps = page.get_by_role("spinbutton", name="Steps", exact=True)
    steps.fill("2")
    steps.press("Enter")
    expect(page.get_by_text(re.compile("4 runs of 2 steps: .* s, a guess"))).to_be_visible()
    button.click()
    seen: list[bool] = []
    finished = page.get_by_text(re.compile("^Finished: "))
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(button).not_to_be_visible()
    while not finished.is_visible():
        seen.append(button.is_visible())
        page.wait_for_timeout(200)
    unused.settle()
    page.wait_for_timeout(1000)  # the last look is followed by one more run of the page
    assert not any([*seen, button.is_visible()])
    expect(page).not_to_have_url(re.compile("new="))
    page.reload()
    unused.settle()
    expect(button).not_to_be_visible()
    assert not unused.troubles()
