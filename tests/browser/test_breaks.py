"""What breaks while a reader looks: the renderer, the server, the processes of a run; and two tabs at once."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks.server import free_port
from tests.browser.conftest import Viewer
from tests.browser.served import SETTLED, running, served
from tests.training.test_sweep import children, steps, wait_for

MODEL = "inception_resnet_v1.paper"
SHORT = "race.width=0.125&race.size=75&race.batch=2&race.steps=5000"
ENGINE = """#!/bin/sh
case "$(cat '{here}/mode')" in
    crashes) kill -SEGV $$ ;;
    hangs) exec sleep 60 ;;
    stops) '{real}' "$@" 2>/dev/null | head -c 3000; exit 0 ;;
esac
exec '{real}' "$@"
"""
HOOK = """
import shutil, sys
from pathlib import Path
found, here = shutil.which, Path(__file__).parent
def which(name, *rest, **more):
    if name not in ("graphviz-pure", "dot"):
        return found(name, *rest, **more)
    mode = (here / "mode").read_text()
    sys.modules["irnet.diagrams.render"].TIME_LIMIT = 1 if mode == "hangs" else 20
    return None if mode == "missing" else str(here / "graphviz-pure")
shutil.which = which
"""


@pytest.fixture
def breaking(tmp_path: Path) -> Iterator[tuple[str, Callable[[str], object]]]:
    """A server whose renderer is a program of the test's, and a way to say what that does from now on."""
    real = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts")) or shutil.which("dot")
    engine, mode = tmp_path / "graphviz-pure", tmp_path / "mode"
    engine.write_text(ENGINE.format(here=tmp_path, real=real))
    engine.chmod(0o755)
    (tmp_path / "sitecustomize.py").write_text(HOOK)
    mode.write_text("works")
    with served(PYTHONPATH=str(tmp_path)) as url:
        yield url, mode.write_text


def press(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).or_(page.get_by_role("button", name=name, exact=True)).click()


def test_a_renderer_that_breaks_is_told_in_the_place_of_the_drawing_and_the_app_goes_on(
    page: Page, breaking: tuple[str, Callable[[str], object]]
) -> None:
    url, does = breaking
    viewer = Viewer(page, url)
    viewer.open(f"network?model={MODEL}")
    problem, drawing = page.locator(".frame .problem"), page.locator(".frame .sheet svg")
    expect(drawing).to_be_visible()
    for mode, control, told in (
        ("crashes", "branches", "graphviz-pure failed: exit status -11"),
        ("hangs", "steps", "graphviz-pure did not finish within 1 seconds"),
        ("missing", "units", "pip install graphviz-pure, or install Graphviz"),
        ("stops", "right", "graphviz-pure failed: what it wrote is not a whole drawing"),
    ):
        does(mode)
        press(page, control)
        expect(problem).to_contain_text(told)
        expect(page.get_by_role("textbox", name="Box")).to_be_editable()
    assert not page.locator("[data-testid=stException], [data-testid=stAlert]").count()
    does("works")
    press(page, "stages")
    expect(drawing).to_be_visible()
    press(page, "branches")  # refused before in another direction; nothing of that was remembered
    expect(page.locator("g.cluster[id='block_b']")).to_be_visible()
    expect(problem).to_have_count(0)


def progress(page: Page, word: str) -> Locator:
    return page.get_by_test_id("stProgress").get_by_text(re.compile(f"^{word}:"))


def kill(pid: int) -> None:
    """End a run's process and its workers where they stand."""
    for process in (pid, *children(pid)):
        os.kill(process, signal.SIGKILL)


def owner(place: Path) -> int:
    return int(json.loads((place / "lock").read_text())["pid"])


def test_a_run_outlives_its_server_and_the_page_comes_back_to_it_and_resumes_it(page: Page, tmp_path: Path) -> None:
    port, place = free_port(), tmp_path / "race-1"
    with running(port, IRNET_RUNS=str(tmp_path)) as (url, server):
        Viewer(page, url).open(f"race?{SHORT}&new=true")
        page.get_by_role("button", name="Start the race").click()
        expect(progress(page, "Running")).to_be_visible()
        wait_for(lambda: steps(place, 0) > 5)
        server.kill()
        server.wait()
        before = steps(place, 0)
        wait_for(lambda: steps(place, 0) > before + 2)  # nobody serves, and it goes on
    try:
        with running(port, IRNET_RUNS=str(tmp_path)):
            page.wait_for_selector(SETTLED)
            expect(progress(page, "Running")).to_be_visible()
            expect(page).to_have_url(re.compile("race=race-1"))
            kill(owner(place))
            expect(progress(page, "Stopped")).to_be_visible()
            resume = page.get_by_role("button", name="Resume")
            expect(resume).to_be_enabled()
            resume.click()
            expect(progress(page, "Running")).to_be_visible()
            page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True).click()
            expect(progress(page, "Stopped")).to_be_visible()
            assert not page.locator("[data-testid=stException], [data-testid=stAlertContentError]").count()
    finally:
        if place.exists() and Path(f"/proc/{owner(place)}").exists():
            kill(owner(place))


def test_two_tabs_of_one_reader_do_not_disturb_each_other(viewer: Viewer) -> None:
    """Both belong to one browser, with the same cookies and the same storage."""
    first = viewer.open(f"network?model={MODEL}&box=stem")
    other = Viewer(first.context.new_page(), viewer.url)
    second = other.open("network?model=inception_v4.paper&box=inception_b&level=branches")
    first.locator("g[id='block_c']").click()
    expect(first).to_have_url(re.compile("box=block_c"))
    second.get_by_role("textbox", name="Box").fill("inception_a")
    second.get_by_role("textbox", name="Box").press("Enter")
    expect(second.locator("g.chosen")).to_have_id("inception_a")
    expect(second).to_have_url(re.compile(r"model=inception_v4\.paper.*box=inception_a|box=inception_a.*inception_v4"))
    first.reload()
    viewer.settle()
    expect(first.locator("g.chosen")).to_have_id("block_c")
    expect(first).to_have_url(re.compile(re.escape(MODEL)))
    assert not viewer.troubles() + other.troubles()
