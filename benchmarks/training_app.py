"""How soon the death map answers a slider while a run uses all cores.

    python -m benchmarks.training_app [--moves 20]

Starts the curated map as the page does, moves a slider of the definition of death by one step at a time, and prints the
median time until the page says the new definition; 300 ms is the limit that the project set itself.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from playwright.sync_api import Page, sync_playwright

from app import runs, training
from app.server import roots
from benchmarks.figure import Figure, told
from irnet.training.directory import run_file
from tests.browser.served import DRAWN, FLAGS, SETTLED, served
from tests.system import browser

LIMIT = 300.0  # milliseconds
PATIENCE = 120  # seconds for the first step of the run


def begun(folder: Path) -> str:
    """The curated map, with every worker at its first steps."""
    name = runs.begin(training.quick_death_map(), keep=True)
    until = perf_counter() + PATIENCE
    while perf_counter() < until:
        if all(run_file(folder / name, i).exists() for i in (0, 1)) and all(one.lines for one in runs.read(name)[1]):
            return name
        sleep(0.2)
    raise TimeoutError(f"{name} took no step in {PATIENCE} s")


def milliseconds(page: Page, moves: int) -> list[float]:
    """From a key on the slider to the new definition under the map, move by move."""
    page.get_by_role("button", name="What counts as dead").click()
    slider = page.get_by_role("slider", name="Zeros after the last block, at least")
    slider.focus()
    took = []
    for move in range(moves):
        sleep(0.5)
        wanted = f"at least {94 - move} % zeros"
        start = perf_counter()
        page.keyboard.press("ArrowLeft")
        page.get_by_text(wanted).wait_for()
        took.append(1000 * (perf_counter() - start))
    return took


def figures(moves: int = 15) -> Iterator[Figure]:
    """The median move."""
    with TemporaryDirectory() as folder:
        os.environ[roots.RUNS] = folder
        with served() as url, sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=browser(), args=FLAGS).new_page()
            name = begun(Path(folder))
            page.goto(f"{url}/death?death={name}")
            page.wait_for_selector(SETTLED)
            page.wait_for_function(DRAWN)
            took = milliseconds(page, moves)
            state = runs.status(name)
            runs.tell(name, "stop")
            while runs.status(name).active:
                sleep(0.1)
    counts = f"a run uses all cores ({state.sentence}); median of {len(took)}, slowest {max(took):.0f} ms"
    yield Figure(name="a slider of the death map", value=median(took), unit="ms", counts=counts, goal=LIMIT)


def main() -> int:
    """Measure; exit 1 if the median is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=20)
    return told(figures(parser.parse_args().moves))


if __name__ == "__main__":
    sys.exit(main())
