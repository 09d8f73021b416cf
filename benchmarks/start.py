"""What a server's start costs until it is ready, without a folder of drawings, with an empty one and with a full one.

    python -m benchmarks.start [--rounds 3]

The three take turns, so that what else the machine does meets them alike; processor seconds, those of the layout engine
included, bear that better than the clock. Then a second replica is asked for what the first one has drawn. Exit status
1 if a full folder is no cheaper, or if the bytes differ.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.request import urlopen

from app.kept import FOLDER
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


def main() -> int:
    """Measure, and print each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    times: dict[str, list[tuple[float, float]]] = {"without a folder": [], "an empty folder": [], "a full folder": []}
    with TemporaryDirectory() as home:
        full, empty = Path(home, "full"), Path(home, "empty")
        started(str(full))
        for _ in range(given.rounds):
            for name, folder in zip(times, ("", str(empty), str(full)), strict=True):
                times[name].append(started(folder))
            shutil.rmtree(empty)
        held = sum(file.stat().st_size for file in full.iterdir())
        same, first, second = shared(str(full))
    ready = {name: [median(each) for each in zip(*found, strict=True)] for name, found in times.items()}
    without = ready["without a folder"][1]
    for name, (seconds, spent) in ready.items():
        print(f"ready, {name:17} {seconds:6.2f} s  {spent:6.2f} processor seconds   {spent / without:4.2f} of without")
    print(f"a drawing with every box open: {first:.0f} ms at the replica that makes it, {second:.0f} ms at the other")
    print(f"{held / 1e6:.1f} MB in {FOLDER}; the bytes are {'the same' if same else 'different'}")
    return int(not (same and ready["a full folder"][1] < without and second < first))


if __name__ == "__main__":
    sys.exit(main())
