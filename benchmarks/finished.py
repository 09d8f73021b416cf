"""Train the death map that comes with the library (rate by scale at two widths) or the race (the paper's pairs).

    python -m benchmarks.finished map|race [DIRECTORY]

Three seeds each: about an hour on two cores for the map, minutes for the race. The directory holds a sweep, so that
what is interrupted goes on where it was; what has ended is written into `irnet/training/finished_map.json` or
`finished_race.json`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from irnet.training import race
from irnet.training.backends import Backend
from irnet.training.cost import Progress
from irnet.training.directory import environment
from irnet.training.finished import FILES, text_of
from irnet.training.results import histories
from irnet.training.settings import PAPER_RATE, Sweep, SweepKind
from irnet.training.stability import BASE, stability
from irnet.training.sweep import start, threads_for

SCALES = (0.1, 0.3, 1.0)
RATES = (PAPER_RATE, 0.2, 0.6, BASE.rate)
WIDTHS = (0.25, 0.5)
SEEDS = range(3)


def sweep(kind: SweepKind) -> Sweep:
    """What is trained."""
    if kind == "race":
        return race.race(race.BASE, [name for pair in race.PAIRS for name in pair], SEEDS, threads_for(Backend()))
    axes = [("scale", SCALES), ("rate", RATES), ("width", WIDTHS)]
    return stability(BASE, axes, SEEDS, threads_for(Backend()))


def write(kind: SweepKind, directory: Path) -> None:
    """Write what has ended in a directory into the library's file."""
    found = histories(directory)
    made_with = environment(directory)
    made_with = {name: made_with[name] for name in ("python", "processor", "packages")}
    FILES[kind].write_text(text_of(sweep(kind), found, made_with), encoding="utf-8")
    print(FILES[kind])


def main() -> None:
    """Train what is missing, then write."""
    kinds: dict[str, SweepKind] = {"map": "stability", "race": "race"}
    kind = kinds[sys.argv[1]]
    directory = Path(sys.argv[2] if len(sys.argv) > 2 else f"irnet-{kind}")
    said: list[int] = []

    def report(now: Progress) -> None:
        if said[-1:] != [now.ended]:
            said.append(now.ended)
            print(now.sentence, flush=True)

    start(directory, sweep(kind), Backend(), report)
    write(kind, directory)


if __name__ == "__main__":
    main()
