"""Train the death map that comes with the library: rate by scale at two widths, three seeds.

    python -m benchmarks.death_map [DIRECTORY]

About an hour on two cores. The directory holds a sweep, so that an interrupted map goes on where it was; what has ended
is written into `irnet/training/finished_map.json`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from irnet.training.backends import Backend
from irnet.training.cost import Progress
from irnet.training.directory import environment
from irnet.training.finished_map import FILE, text_of
from irnet.training.results import histories
from irnet.training.settings import PAPER_RATE, Sweep
from irnet.training.stability import BASE, cells, outcome, stability
from irnet.training.sweep import start, threads_for

SCALES = (0.1, 0.3, 1.0)
RATES = (PAPER_RATE, 0.2, 0.6, BASE.rate)
WIDTHS = (0.25, 0.5)
SEEDS = range(3)


def sweep() -> Sweep:
    """What is trained."""
    axes = [("scale", SCALES), ("rate", RATES), ("width", WIDTHS)]
    return stability(BASE, axes, SEEDS, threads_for(Backend()))


def write(directory: Path) -> None:
    """Write what has ended in a directory into the library's file."""
    found = histories(directory)
    made_with = environment(directory)
    made_with = {name: made_with[name] for name in ("python", "processor", "packages")}
    FILE.write_text(text_of(sweep(), found, made_with), encoding="utf-8")
    print(outcome(cells(sweep(), found)))


def main() -> None:
    """Train what is missing, then write."""
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else "irnet-stability")
    said: list[int] = []

    def report(now: Progress) -> None:
        if said[-1:] != [now.ended]:
            said.append(now.ended)
            print(now.sentence, flush=True)

    start(directory, sweep(), Backend(), report)
    write(directory)


if __name__ == "__main__":
    main()
