"""About how long a sweep will take before it has begun; no torch here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapreplace
from statistics import median

from irnet.training.results import History, clock
from irnet.training.settings import Run, Sweep
from irnet.training.work import evaluation_seconds, training_seconds

BEGIN = 8.0  # seconds until the processes have started and imported torch
BUILD = 0.5  # seconds until a run has its network and its images
# By what runs beside each other are slower than one alone, on cores of their own and on two halves of one core with
# a browser and a server beside them.
SHARED = (1.3, 2.6)


@dataclass(frozen=True, slots=True)
class Expected:
    """About how long a sweep takes, in seconds; `low` and `high` are one number where this machine is known.

    Examples
    --------
    >>> Expected(43.2, 86.4).words, Expected(61.0, 61.0).words
    ('45 s to 1 min 25 s', 'about 1 min 0 s')
    """

    low: float
    high: float

    @property
    def words(self) -> str:
        """The same for people, no finer than it can be known."""
        low, high = (clock(_coarse(seconds)) for seconds in (self.low, self.high))
        return f"about {low}" if low == high else f"{low} to {high}"


def _coarse(seconds: float) -> float:
    step = 5 if seconds < 120 else 10 if seconds < 600 else 60
    return max(step, step * round(seconds / step))


def expected_seconds(sweep: Sweep, workers: int, found: Sequence[History] = (), load: float = 0.0) -> Expected:
    """About how long a sweep takes on this machine's cores, from the start of its processes to its last accuracy.

    Parameters
    ----------
    sweep
        Which is to run.
    workers
        How many runs at a time.
    found
        Runs that have ended on the same machine: what they took is what is reckoned with. Without, it is a range.
    load
        How many other processes want its cores; it tells of a busy machine where there are no earlier runs.

    Examples
    --------
    >>> short, long = (Sweep(kind="race", base=Run(steps=n), axes=(("seed", (0,)),)) for n in (10, 1000))
    >>> expected_seconds(long, 1).low > 50 * (expected_seconds(short, 1).low - BEGIN - BUILD)
    True
    """
    runs = list(sweep.runs())
    at_once = max(1, min(workers, len(runs)))
    ratios = [ratio for one in found if (ratio := _slower(one))]
    if ratios:
        slowest = fastest = median(ratios)
    else:
        fastest, slowest = SHARED if at_once > 1 else (1.0, SHARED[1] / SHARED[0])
        slowest = max(slowest, (load + at_once) / max(1, workers))
        fastest = max(fastest, slowest * SHARED[0] / SHARED[1])
    low, high = (
        _begin(factor) + _until_all_end((_seconds(run, sweep.threads, factor) for run in runs), at_once)
        for factor in (fastest, slowest)
    )
    return Expected(low, high)


def _begin(factor: float) -> float:
    """Other work slows the start less than the training: much of it is waiting for files."""
    return BEGIN * (1 + factor) / 2


def _seconds(run: Run, threads: int, factor: float) -> float:
    return BUILD + factor * (training_seconds(run, run.steps) + evaluation_seconds(run)) / threads


def _slower(one: History) -> float | None:
    """How many times as long as on an idle core a run took; None where it says nothing."""
    return one.lines[-1].seconds / training_seconds(one.run, len(one.lines)) if one.ended and one.lines else None


def _until_all_end(lengths: Iterable[float], at_once: int) -> float:
    """When the last run ends, each begun as soon as one before it has ended.

    Examples
    --------
    >>> _until_all_end([1, 1, 1], 2), _until_all_end([3, 1, 1], 2)
    (2.0, 3.0)
    """
    ends = [0.0] * at_once
    for length in lengths:
        heapreplace(ends, ends[0] + length)
    return max(ends)
