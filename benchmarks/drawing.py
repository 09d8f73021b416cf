"""Every unit of one network laid out and drawn, beside torchview's drawing and Netron's page of its ONNX export.

    python -m benchmarks.drawing [--rounds 3]

torchview draws on "meta", to SVG by Graphviz. Netron is served on loopback and opened in Chromium, as our page is, till
its boxes are there; it may reach nothing else, and its question about cookies is answered before.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from playwright.sync_api import Browser, Route, sync_playwright

from benchmarks.canvas import LARGEST, layout
from benchmarks.figure import Figure, by_rounds
from benchmarks.rivals import missing, rival
from benchmarks.server import free_port
from irnet.models import network
from irnet.runtime.build import build
from tests.browser.served import FLAGS, served
from tests.system import browser

GOAL = 1.0
PATIENCE = 120_000  # milliseconds
OURS, NETRON = ".frame[data-drawn]", "body.default g.node"
ONNX = ("onnx", "netron")


def torchview() -> float:
    """Milliseconds in which torchview draws every module, from the model to SVG."""
    start = perf_counter()
    model, shape = build(LARGEST, device="meta"), network(LARGEST).input_shape
    drawn = rival("torchview").draw_graph(
        model, input_size=(1, *shape), device="meta", depth=9, expand_nested=True, graph_name=LARGEST
    )
    drawn.visual_graph.pipe(format="svg")
    return 1000 * (perf_counter() - start)


def export(file: Path) -> None:
    """Write the network as ONNX, weights and all."""
    image = torch.zeros(1, *network(LARGEST).input_shape)
    torch.onnx.export(build(LARGEST), (image,), str(file), dynamo=False)


def opened(chromium: Browser, url: str, seen: str, rounds: int) -> list[float]:
    """Milliseconds from the address to the drawing, each in a browser context that knows nothing."""
    found = []
    for _ in range(rounds):
        context = chromium.new_context(viewport={"width": 1440, "height": 1000})
        context.add_cookies([{"name": "consent", "value": "1", "url": url}])
        page = context.new_page()
        page.route(lambda address: "//127.0.0.1" not in address, _refuse)
        start = perf_counter()
        page.goto(url, wait_until="commit")
        page.wait_for_selector(seen, timeout=PATIENCE, state="attached")
        found.append(1000 * (perf_counter() - start))
        context.close()
    return found


def _refuse(route: Route) -> None:
    route.abort()


def in_netron(chromium: Browser, rounds: int) -> list[float]:
    """The same for Netron, whose file lies on disk."""
    with TemporaryDirectory() as folder:
        file, address = Path(folder) / f"{LARGEST}.onnx", ("127.0.0.1", free_port())
        export(file)
        rival("netron").start(str(file), address, browse=False)
        try:
            return opened(chromium, f"http://127.0.0.1:{address[1]}", NETRON, rounds)
        finally:
            rival("netron").stop(address)


def figures(rounds: int = 3) -> Iterator[Figure]:
    """Ours over each of theirs."""
    warnings.simplefilter("ignore")
    absent = missing(["torchview", *ONNX])
    ours = median(layout() for _ in range(rounds))
    theirs = None if "torchview" in absent else torchview()
    yield _ratio("layout and SVG", "torchview", ours, theirs, absent.get("torchview", ""))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=FLAGS)
        why = next((absent[name] for name in ONNX if name in absent), "")
        theirs = None if why else median(in_netron(chromium, rounds))
        with served() as url:
            where = f"{url}/network?model={LARGEST}&level=units"
            ours = median(opened(chromium, where, OURS, rounds + 1)[1:])  # the first one warms the server
        yield _ratio("a page opened until it is drawn", "Netron", ours, theirs, why)
        chromium.close()


def _ratio(what: str, other: str, ours: float, theirs: float | None, why: str) -> Figure:
    name, counts = f"{what}, over {other}", f"every unit of {LARGEST}"
    if theirs is None:
        return Figure(name=name, value=None, unit="", counts=counts, goal=GOAL, remark=why)
    told_of = f"{counts}: {ours:,.0f} over {theirs:,.0f} ms"
    return Figure(name=name, value=ours / theirs, unit="", counts=told_of, goal=GOAL)


def main() -> int:
    """Print the ratios; exit 1 if one is above its goal."""
    return by_rounds(figures, __doc__, 3)


if __name__ == "__main__":
    sys.exit(main())
