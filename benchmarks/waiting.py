"""A forward pass where OpenMP's threads wait asleep, over one where they spin: alone, and beside other work.

    python -m benchmarks.waiting [--rounds 9]

Each case is a process of its own, which runs Inception-ResNet-v1 at 299 pixels. The other work is one process a core
that does nothing but count. The app is rarely alone: pages are served while a network runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.figure import Figure, by_rounds

PASSES = """
import sys
from statistics import median
from time import perf_counter
from irnet.runtime.build import build
import torch
model, image, times = build("inception_resnet_v1"), torch.zeros(1, 3, 299, 299), []
with torch.inference_mode():
    for _ in range(int(sys.argv[1])):
        start = perf_counter()
        model(image)
        times.append(perf_counter() - start)
print(median(times[1:]))
"""
COUNTING = "n = 0\nwhile True: n += 1"
GOALS = {"alone": None, "beside other work": 1.0}


def milliseconds(policy: str, rounds: int) -> float:
    """Of a pass in a process with this policy: the median, its first left out."""
    command = [sys.executable, "-c", PASSES, str(1 + rounds)]
    environment = os.environ | {"OMP_WAIT_POLICY": policy}
    return 1000 * float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def figures(rounds: int = 5) -> Iterator[Figure]:
    """Asleep over spinning, the medians of two turns each."""
    for where, goal in GOALS.items():
        others = range(os.cpu_count() or 1) if where != "alone" else ()
        busy = [subprocess.Popen([sys.executable, "-c", COUNTING]) for _ in others]
        try:
            found = {"PASSIVE": list[float](), "ACTIVE": list[float]()}
            for turn in range(4):
                policy = ("PASSIVE", "ACTIVE")[turn % 2]
                found[policy].append(milliseconds(policy, rounds))
        finally:
            for process in busy:
                process.kill()
        asleep, spinning = map(median, found.values())
        counts = f"a pass of inception_resnet_v1: {asleep:.0f} over {spinning:.0f} ms"
        yield Figure(
            name=f"threads asleep over spinning, {where}", value=asleep / spinning, unit="", counts=counts, goal=goal
        )


def main() -> int:
    """Print the figures; exit 1 if sleeping threads are slower beside other work."""
    return by_rounds(figures, __doc__, 9)


if __name__ == "__main__":
    sys.exit(main())
