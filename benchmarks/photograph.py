"""How soon a photograph is inside the diagram, in a real Chromium on a server of this machine, beside its forward pass.

    python -m benchmarks.photograph [--rounds 5]

From the click until pictures stand in the boxes, less what the same pass takes by itself in this process.
Exit status 1 if one is above its limit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from time import perf_counter

import app  # isort: skip  # noqa: F401, its threads wait asleep, as the server's do; before torch comes

from playwright.sync_api import Page, sync_playwright
from torch import Tensor

from benchmarks.canvas import SINCE
from benchmarks.figure import Figure, by_rounds
from irnet.lab.forward import ForwardCache, Scaling
from irnet.lab.photos import PHOTOS, photo, to_input
from irnet.models import network
from irnet.runtime.build import Model, build, channels_last
from tests.browser.served import FLAGS, SETTLED, served
from tests.system import browser

NETWORK = "inception_resnet_v2.tf_slim"
LIMITS = {"photograph to the first maps, over its pass": 300, "moved scale, over the part of the pass": 150}
PAINTED = "Number(root.querySelector('.frame').dataset.maps ?? 0) > {}"
CHOOSE = "[...document.querySelectorAll('[role=option]')].find((one) => one.textContent.trim() === '{}').click()"
SWITCH = "document.querySelector('[aria-label=\"Without scaling\"]').click()"


def passes(model: Model, pixels: Tensor) -> tuple[float, float]:
    """Milliseconds of a bare pass, and of what of it runs again at another scale."""
    cache = ForwardCache(model.network, pixels, "batch")
    times = []
    scales: tuple[Scaling, ...] = (None, 1.0)
    for scale in scales:
        start = perf_counter()
        cache.run(model, len(cache.units), (scale,))
        times.append(1000 * (perf_counter() - start))
    return times[0], times[1]


def painted(page: Page) -> str:
    """JavaScript that says whether pictures were put into the boxes once more than until now."""
    frame = page.locator(".frame")
    return PAINTED.format(frame.get_attribute("data-maps") or 0)


def measured(page: Page, url: str, name: str) -> tuple[float, float]:
    """Milliseconds from a choice to its pictures: of the overlay, and of another scale."""
    page.goto(f"{url}/network?model={NETWORK}&photo={name}")
    page.wait_for_selector(SETTLED)
    page.wait_for_selector(".frame[data-drawn]")
    page.get_by_role("combobox", name="Colour by").click()
    first = page.evaluate(SINCE, [CHOOSE.format("photograph"), painted(page)])
    page.wait_for_selector(SETTLED)
    moved = page.evaluate(SINCE, [SWITCH, painted(page)])
    page.wait_for_selector(SETTLED)
    return first, moved


def figures(rounds: int = 5) -> Iterator[Figure]:
    """The fastest of each, less the fastest of the passes alone, which take turns with them."""
    model, pixels = channels_last(build(network(NETWORK), init="tf")), to_input(photo(PHOTOS[0]), (3, 299, 299))
    alone, found = [passes(model, pixels)], []
    with served() as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"{url}/network?model={NETWORK}&overlay=photograph")  # builds the model, warms server and browser
        page.wait_for_selector(".frame[data-maps]", timeout=120_000)
        page.wait_for_selector(SETTLED)
        for name in PHOTOS[1 : rounds + 1]:  # each a pass that nothing is known of
            found.append(measured(page, url, name))
            alone.append(passes(model, pixels))
        chromium.close()
    for (name, limit), times, bare in zip(
        LIMITS.items(), zip(*found, strict=True), zip(*alone, strict=True), strict=True
    ):
        counts = f"in Chromium, of {NETWORK}: {min(times):.0f} less {min(bare):.0f} ms, fastest of {len(times)}"
        yield Figure(name=name, value=min(times) - min(bare), unit="ms", counts=counts, goal=limit)


def main() -> int:
    """Measure both and print them beside their limits."""
    return by_rounds(figures, __doc__, 5)


if __name__ == "__main__":
    sys.exit(main())
