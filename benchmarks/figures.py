"""How long the whole set of figures takes, by worker processes and as a loop of single calls.

python -m benchmarks.figures
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory

from benchmarks.figure import Figure, told
from irnet.diagrams.factory import listing

OPTIONS = ["--format", "svg,pdf", "--theme", "light,dark"]
SAMPLE = 6  # single calls that are timed; the rest is taken to be like them
GOAL = 20  # seconds


def timed(*arguments: str) -> tuple[float, float]:
    """Seconds that a command line takes, and its processor time."""
    start, used = time.perf_counter(), _used()
    subprocess.run([sys.executable, "-m", "irnet", "export", *arguments, *OPTIONS], check=False, capture_output=True)
    return time.perf_counter() - start, _used() - used


def _used() -> float:
    """Seconds of processor time of all processes that were started here and ended."""
    spent = getrusage(RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def figures() -> Iterator[Figure]:
    """Both times."""
    with TemporaryDirectory() as folder:
        together, used = timed("--all", folder)
        count = len(list(Path(folder).iterdir()))
        names = [one["id"] for one in listing() if one["group"] != "tables"]
        some = names[:: len(names) // SAMPLE]
        alone = sum(timed("--figure", name, "--out", folder)[0] for name in some) / len(some) * len(names)
    counts = f"export --all {' '.join(OPTIONS)}: {count} files by worker processes"
    limit = f"It takes {used:.0f} s of processor time, on {os.cpu_count()} cores."
    yield Figure(name="all figures", value=together, unit="s", counts=counts, goal=GOAL, remark=limit)
    counts = f"a loop of {len(names)} calls of export --figure, reckoned from {len(some)}"
    yield Figure(name="all figures, one by one", value=alone, unit="s", counts=counts)


def main() -> int:
    """Print both times; exit 1 if the goal is missed."""
    return told(figures())


if __name__ == "__main__":
    sys.exit(main())
