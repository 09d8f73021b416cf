"""How fast the canvas answers, in a real Chromium on a server of this machine: medians, in milliseconds.

    python -m benchmarks.canvas [--rounds 20]

Exit status 1 if a median is above its limit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from playwright.sync_api import Page, sync_playwright

from benchmarks.figure import Figure, by_rounds
from irnet.diagrams.nested import LEVELS, Expansion, nested
from irnet.diagrams.render import laid_out, render
from irnet.models import network
from tests.browser.served import FLAGS, SETTLED, served
from tests.system import browser

LARGEST = "inception_resnet_v2.tf_slim"
LIMITS = {
    "click to the box marked": 50,
    "click to details": 250,
    "expand a stage, cold": 200,
    "expand a stage, warm": 100,
    "open the page, warm server": 1000,
    "lay out every unit": 1000,
    "a frame while panning every unit": 1000 / 30,
}
# The app's policy lets text be evaluated while the browser is driven from here, and not in what it calls back later.
SINCE = """([act, done]) => new Promise((resolve, reject) => {
  const root = [...document.querySelectorAll('*')].find((e) => e.shadowRoot?.querySelector('.frame')).shadowRoot;
  const start = performance.now(), is = eval(`() => ${done}`);
  const look = () => {
    const took = performance.now() - start;
    if (took > 30000) reject(new Error(`nothing came of ${act} in 30 s: ${done}`));
    else is() ? resolve(took) : requestAnimationFrame(look);
  };
  eval(act);
  requestAnimationFrame(look);
})"""
FIRST = """(() => {
  const look = () => {
    const found = [...document.querySelectorAll('*')].some((e) => e.shadowRoot?.querySelector('.frame[data-drawn]'));
    requestAnimationFrame(found ? () => { window.firstDrawing = performance.now() } : look);
  };
  requestAnimationFrame(look);
})()"""
PAN = """() => new Promise((resolve) => {
  const root = [...document.querySelectorAll('*')].find((e) => e.shadowRoot?.querySelector('.frame')).shadowRoot;
  const sheet = root.querySelector('.sheet'), times = [];
  const step = (t) => {
    times.push(t);
    sheet.style.transform = `translate(${times.length * 3}px, ${-times.length * 9}px) scale(0.8)`;
    times.length < 90 ? requestAnimationFrame(step) : resolve((times.at(-1) - times[0]) / (times.length - 1));
  };
  requestAnimationFrame(step);
})"""


def click(path: str, kind: str = "click") -> str:
    """JavaScript that clicks a box."""
    return f"root.getElementById('{path}').dispatchEvent(new MouseEvent('{kind}', {{bubbles: true, composed: true}}))"


def says(path: str) -> str:
    """JavaScript that says whether the details of a box are on the page."""
    return f"[...document.querySelectorAll('[data-testid=stTable] td')].some((td) => td.textContent === '{path}')"


def opened(path: str) -> str:
    """JavaScript that says whether a frame stands round a box."""
    return f"root.getElementById('{path}').classList.contains('cluster')"


def measured(page: Page, url: str, rounds: int) -> dict[str, list[float]]:
    """Every figure, round by round."""
    found: dict[str, list[float]] = {name: [] for name in LIMITS}
    stages = ("block_a", "block_c")
    page.add_init_script(FIRST)
    for i in range(rounds):
        page.goto(f"{url}/network?model={LARGEST}")
        page.wait_for_function("() => window.firstDrawing")
        if i:  # the first one warms the server
            found["open the page, warm server"].append(page.evaluate("window.firstDrawing"))
        page.goto(f"{url}/network?model={LARGEST}&{LARGEST}.classes={1000 + i}")  # a network that nothing is known of
        page.wait_for_selector(SETTLED)
        page.wait_for_selector(".frame[data-drawn]")
        path = stages[i % 2]
        found["click to the box marked"].append(page.evaluate(SINCE, [click(path), f"{_box(path)}.contains('chosen')"]))
        page.wait_for_function(f"() => {says(path)}")
        path = stages[(i + 1) % 2]
        found["click to details"].append(page.evaluate(SINCE, [click(path), says(path)]))
        for act in ("block_a", "block_a"):  # the browser's first opening compiles its script: not what is asked
            page.evaluate(SINCE, [click(act, "dblclick"), "true"])
            page.wait_for_timeout(600)
        found["expand a stage, cold"].append(page.evaluate(SINCE, [click("block_b", "dblclick"), opened("block_b")]))
        page.evaluate(SINCE, [click("block_b", "dblclick"), f"!{opened('block_b')}"])
        found["expand a stage, warm"].append(page.evaluate(SINCE, [click("block_b", "dblclick"), opened("block_b")]))
    return found


def _box(path: str) -> str:
    return f"root.getElementById('{path}').classList"


def layout() -> float:
    """Milliseconds to draw the largest network with everything open, nothing remembered."""
    laid_out.cache_clear()
    start = perf_counter()
    render(nested(network(LARGEST), Expansion(len(LEVELS) - 1)).text, "svg")
    return 1000 * (perf_counter() - start)


def figures(rounds: int = 8) -> Iterator[Figure]:
    """The median of everything, beside its limit."""
    with served() as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1440, "height": 1000})
        found = measured(page, url, rounds)
        page.goto(f"{url}/network?model={LARGEST}&level=units")
        page.wait_for_selector(".frame[data-drawn]")
        page.wait_for_timeout(1000)
        found["a frame while panning every unit"] = [page.evaluate(PAN) for _ in range(rounds)]
        chromium.close()
    found["lay out every unit"] = [layout() for _ in range(rounds)]
    for name, limit in LIMITS.items():
        counts = f"in Chromium, of {LARGEST}; median of {len(found[name])}"
        yield Figure(name=name, value=median(found[name]), unit="ms", counts=counts, goal=limit)


def main() -> int:
    """Measure everything and print medians beside their limits."""
    return by_rounds(figures, __doc__, 20)


if __name__ == "__main__":
    sys.exit(main())
