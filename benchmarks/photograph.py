"""How soon a photograph is inside the diagram, in a real Chromium on a server of this machine, beside its forward pass.

    python -m benchmarks.photograph [--rounds 5]

From the click until pictures stand in the boxes, less what the same pass takes by itself, in a process of its own with
as many threads. Exit status 1 if a median is above its limit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from playwright.sync_api import Page, sync_playwright

from benchmarks.canvas import SINCE
from benchmarks.figure import Figure, by_rounds
from irnet.lab.forward import ForwardCache, Scaling
from irnet.lab.photos import photo, to_input
from irnet.models import network
from irnet.runtime.build import build, channels_last
from tests.browser.served import FLAGS, SETTLED, served
from tests.system import browser

NETWORK, FIRST, SECOND = "inception_resnet_v2.tf_slim", "astronaut", "coffee"
LIMITS = {"photograph to the first maps, over its pass": 300, "moved scale, over the part of the pass": 150}
PAINTED = "Number(root.querySelector('.frame').dataset.maps ?? 0) > {}"
CHOOSE = "[...document.querySelectorAll('[role=option]')].find((one) => one.textContent.trim() === '{}').click()"
SWITCH = "document.querySelector('[aria-label=\"Without scaling\"]').click()"


def passes(rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of a bare pass, and of one from the first block that another scale changes."""
    spec = network(NETWORK)
    model, pixels = channels_last(build(spec, init="tf")), to_input(photo(FIRST), (299, 299))
    whole, part = [], []
    for _ in range(rounds + 1):
        cache = ForwardCache(spec, pixels, "batch")
        scales: tuple[tuple[Scaling, list[float]], ...] = ((None, whole), (1.0, part))
        for scale, times in scales:
            start = perf_counter()
            cache.run(model, len(cache.units), (scale,))
            times.append(1000 * (perf_counter() - start))
    return whole[1:], part[1:]  # the first one warms up


def painted(page: Page) -> str:
    """JavaScript that says whether pictures were put into the boxes once more than until now."""
    frame = page.locator(".frame")
    return PAINTED.format(frame.get_attribute("data-maps") or 0)


def measured(page: Page, url: str, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds from a choice to its pictures: of the overlay, and of another scale."""
    page.goto(f"{url}/network?model={NETWORK}&overlay=photograph&photo={SECOND}")  # builds the model, warms the server
    page.wait_for_selector(".frame[data-maps]", timeout=120_000)
    first, moved = [], []
    for i in range(rounds):
        # another seed would build another model; another photograph is a pass that nothing is known of
        page.goto(
            f"{url}/network?model={NETWORK}&photo={('rocket', 'chelsea', 'retina', FIRST, 'hubble_deep_field')[i % 5]}"
        )
        page.wait_for_selector(SETTLED)
        page.wait_for_selector(".frame[data-drawn]")
        page.get_by_role("combobox", name="Colour by").click()
        first.append(page.evaluate(SINCE, [CHOOSE.format("photograph"), painted(page)]))
        page.wait_for_selector(SETTLED)
        page.wait_for_timeout(500)
        moved.append(page.evaluate(SINCE, [SWITCH, painted(page)]))
        page.wait_for_selector(SETTLED)
    return first, moved


def figures(rounds: int = 5) -> Iterator[Figure]:
    """The medians, less those of the passes alone."""
    alone = passes(rounds)
    with served() as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=FLAGS)
        found = measured(chromium.new_page(viewport={"width": 1440, "height": 1000}), url, rounds)
        chromium.close()
    for (name, limit), times, bare in zip(LIMITS.items(), found, alone, strict=True):
        counts = f"in Chromium, of {NETWORK}: {median(times):.0f} less {median(bare):.0f} ms, medians of {rounds}"
        yield Figure(name=name, value=median(times) - median(bare), unit="ms", counts=counts, goal=limit)


def main() -> int:
    """Measure both and print them beside their limits."""
    return by_rounds(figures, __doc__, 5)


if __name__ == "__main__":
    sys.exit(main())
