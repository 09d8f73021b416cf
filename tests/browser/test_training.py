"""Race and death map in a real browser: a run from its form to its end, and a click on a cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from irnet.training.directory import run_file, settings
from irnet.training.race import race
from tests.browser.conftest import Viewer
from tests.browser.served import served
from tests.training.small import TINY, made


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


def test_a_finished_death_map_is_there_at_once_and_a_click_shows_how_a_network_died(unused: Viewer) -> None:
    page = unused.walk("Experiment", "Death map")
    expect(page.get_by_role("figure", name=re.compile(r"^Of \d+ runs: 3 dead"))).to_be_visible()
    expect(page.get_by_text("with more than 1,000 filters", exact=False).first).to_be_visible()
    expect(page.get_by_text(re.compile("^Not reproduced: at the paper's rate of 0.045"))).to_be_visible()
    page.locator(".js-plotly-plot").first.get_by_text("3 of 3 dead").click(force=True)
    expect(page.get_by_role("combobox", name="Cell")).to_have_value("scale 1, rate 1.2, width 0.25")
    expect(page.get_by_role("figure", name=re.compile("^Held-out images: 100.0 % zeros, 12.5 % right"))).to_be_visible()
    assert not unused.troubles()


def test_a_form_stays_shut_once_its_run_has_begun(unused: Viewer) -> None:
    page = unused.open("race?race.width=0.125&race.size=75&race.batch=2")
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


def tied(place: Path) -> None:
    """A finished race in which two networks reach 80 % at the same step."""
    sweep = made(
        place,
        race(
            replace(TINY, network="inception_v4.paper", steps=4),
            ["inception_v4.paper", "inception_resnet_v2.paper"],
            (0,),
        ),
    )
    (sweep / "runs").mkdir(exist_ok=True)
    for number, run in enumerate(settings(sweep).runs()):
        first = {"network": run.network, "parameters": 10, "blocks": ["block_c.0"], "macs_per_step": 10 + number}
        first |= {"images_per_epoch": 32, "classes": list("abcdefgh"), "run": number}
        steps = [
            {"step": i, "loss": 1.0, "seconds": float(i), "zeros": [0.1], "magnitudes": [1.0], "accuracy": 0.2 * i}
            for i in range(1, 5)
        ]
        text = "".join(f"{json.dumps(line)}\n" for line in (first, *steps, {"end": "finished", "steps": 4}))
        run_file(sweep, number).write_text(text, encoding="utf-8")


def test_a_tie_of_one_seed_is_told_as_one(unused: Viewer, runs: Path) -> None:
    tied(runs / "race-tied")
    page = unused.walk("Experiment", "Race")
    page.get_by_role("combobox", name="Run").click()
    page.get_by_role("option", name="race-tied").click()
    names = "inception_v4.paper and inception_resnet_v2.paper"
    told = f"{names} reach 80 % held-out accuracy after 4 steps: a tie. One seed: another may order them otherwise."
    expect(page.get_by_text(told)).to_be_visible()
    page.get_by_role("radio", name="MACs").click()
    expect(page.get_by_text("a tie, because accuracy is measured too seldom")).to_be_visible()
    expect(page.get_by_text(" is first at 80")).to_have_count(0)
    expect(page.get_by_text("takes 0")).to_have_count(0)
    assert not unused.troubles()
