"""What a server's start costs until it is ready, without a folder of drawings, with an empty one and with a full one.

    python -m benchmarks.start [--rounds 3]

The three take turns, so that what else the machine does meets them alike; processor seconds, those of the layout engine
included, bear that better than the clock. Then a second replica is asked for what the first one has drawn. Exit status
1 if a full folder is no cheaper, or if the bytes differ.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.request import urlopen

from app.server.disk_cache import FOLDER
from benchmarks.figure import Figure, by_rounds
from benchmarks.server import serving

ADDRESS = "drawing/inception_resnet_v2.paper.svg?edits=a%3D{}&level=3"
DRAWINGS = 8


def started(folder: str) -> tuple[float, float]:
    """Seconds and processor seconds until a server is ready."""
    start = perf_counter()
    with serving(IRNET_CACHE=folder) as server:
        return perf_counter() - start, server.spent


def asked(port: int, first: int) -> tuple[list[bytes], float]:
    """Drawings that no server makes before it is asked, and the median milliseconds that one took."""
    found, times = [], []
    for number in range(first, first + DRAWINGS):
        start = perf_counter()
        with urlopen(f"http://127.0.0.1:{port}/{ADDRESS.format(number)}") as answer:
            found.append(answer.read())
        times.append(1000 * (perf_counter() - start))
    return found, median(times)


def shared(folder: str) -> tuple[bool, float, float]:
    """Whether two replicas give the same bytes, and the milliseconds of a drawing at the first and at the second."""
    with serving(IRNET_CACHE=folder) as one, serving(IRNET_CACHE=folder) as two:
        asked(one.port, 0), asked(two.port, 0)  # both have drawn before
        made, first = asked(one.port, DRAWINGS)
        found, second = asked(two.port, DRAWINGS)
    return made == found, first, second


def figures(rounds: int = 2) -> Iterator[Figure]:
    """Processor seconds until a server is ready, and milliseconds of a drawing at either replica."""
    times: dict[str, list[tuple[float, float]]] = {"without a folder": [], "an empty folder": [], "a full folder": []}
    with TemporaryDirectory() as home:
        full, empty = Path(home, "full"), Path(home, "empty")
        started(str(full))
        for _ in range(rounds):
            for name, folder in zip(times, ("", str(empty), str(full)), strict=True):
                times[name].append(started(folder))
            shutil.rmtree(empty)
        held = sum(file.stat().st_size for file in full.iterdir())
        same, first, second = shared(str(full))
    ready = {name: [median(each) for each in zip(*found, strict=True)] for name, found in times.items()}
    without = ready.pop("without a folder")[1]
    counts = f"processor seconds until /ready, beside those without {FOLDER}: {without:.2f} s"
    for name, (_, spent) in ready.items():
        goal = 1 if name == "a full folder" else None
        yield Figure(name=f"ready, {name}", value=spent / without, unit="", goal=goal, counts=counts)
    counts = f"every box open; median of {DRAWINGS}; {held / 1e6:.1f} MB in {FOLDER}"
    yield Figure(name="a drawing, at the replica that makes it", value=first, unit="ms", counts=counts)
    yield Figure(name="a drawing, at the other replica", value=second, unit="ms", goal=round(first, 1), counts=counts)
    counts = "between the two replicas"
    yield Figure(name="drawings that differ", value=int(not same), unit="", goal=0, counts=counts)


def main() -> int:
    """Print the figures; exit 1 if a goal is missed."""
    return by_rounds(figures, __doc__, 3)


if __name__ == "__main__":
    sys.exit(main())
