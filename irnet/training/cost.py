"""What training costs, in MACs and in seconds, before it begins and on its way; no torch here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import heapreplace
from math import ceil
from pathlib import Path
from statistics import median

from irnet.spec import Network
from irnet.training.directory import is_running, last_word
from irnet.training.results import History
from irnet.training.settings import Run, Sweep
from irnet.tree import resolve
from irnet.units import clock

FORWARD_AND_BACKWARD = 3  # a backward pass counts as two forward ones: gradients of the weights and of the inputs
# One core of 2024 without accelerator: convolutions; calls of a row, forward and backward; drawing a held-out picture.
MACS_A_SECOND, SECONDS_A_ROW, SECONDS_A_PIXEL = 14e9, 0.35e-3, 7e-8
CLASSES = 8  # where only the data know how many
BEGIN = 8.0  # seconds until the processes have started and imported torch
BUILD = 0.5  # seconds until a run has its network and its images
# By what runs beside each other are slower than one alone, on cores of their own and on two halves of one core with
# a browser and a server beside them.
SHARED = (1.3, 2.6)


def macs_per_step(network: Network, batch: int) -> int:
    """MACs of one training step: those of the rows, three times (forward once, backward twice), for every image.

    Examples
    --------
    >>> from irnet.models import network
    >>> macs_per_step(network("inception_v4"), 2) == 6 * sum(row.macs for row in resolve(network("inception_v4")).rows)
    True
    """
    return FORWARD_AND_BACKWARD * batch * sum(row.macs for row in resolve(network).rows)


def training_macs(run: Run) -> int:
    """MACs of all steps of a run.

    Examples
    --------
    >>> training_macs(Run(steps=20)) == 2 * training_macs(Run(steps=10))
    True
    """
    return run.steps * FORWARD_AND_BACKWARD * run.batch * _work(run)[0]


def training_seconds(run: Run, steps: int) -> float:
    """About how long steps of a run take on one core that has nothing else to do.

    Examples
    --------
    >>> training_seconds(Run(), 20) == 2 * training_seconds(Run(), 10)
    True
    """
    macs, rows = _work(run)
    return steps * (FORWARD_AND_BACKWARD * run.batch * macs / MACS_A_SECOND + rows * SECONDS_A_ROW)


def evaluation_seconds(run: Run) -> float:
    """About how long all measurements of accuracy of a run take there, each over its held-out images, batch by batch.

    Examples
    --------
    >>> evaluation_seconds(Run(evaluate_every=0)), evaluation_seconds(Run(steps=30, evaluate_every=10)) > 0
    (0.0, True)
    """
    if not run.evaluate_every:
        return 0.0
    macs, rows = _work(run)
    images = run.data.held_out
    calls = ceil(images / run.batch) * rows * SECONDS_A_ROW / FORWARD_AND_BACKWARD
    each = images * macs / MACS_A_SECOND + calls + images * run.data.size**2 * SECONDS_A_PIXEL
    return ceil(run.steps / run.evaluate_every) * each


def _work(run: Run) -> tuple[int, int]:
    """MACs of one image, and rows; remembered by what they depend on."""
    plain = Run(network=run.network, width=run.width, depth=run.depth, sum_norm=run.sum_norm)
    return _macs_and_rows(replace(plain, data=replace(plain.data, size=run.data.size, classes=run.data.classes)))


@lru_cache(maxsize=1024)
def _macs_and_rows(run: Run) -> tuple[int, int]:
    rows = resolve(run.spec(run.data.classes or CLASSES)).rows
    return sum(row.macs for row in rows), len(rows)


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
    ended = [one for one in found if one.ended and one.lines]
    if ended:  # by how many times as long they took as on an idle core
        ratios = (one.lines[-1].seconds / training_seconds(one.run, len(one.lines)) for one in ended)
        slowest = fastest = median(ratios)
    else:
        fastest, slowest = SHARED if at_once > 1 else (1.0, SHARED[1] / SHARED[0])
        slowest = max(slowest, (load + at_once) / max(1, workers))
        fastest = max(fastest, slowest * SHARED[0] / SHARED[1])
    low, high = (
        # other work slows the start less than the training: much of it is waiting for files
        BEGIN * (1 + factor) / 2
        + _until_all_end((BUILD + factor * _seconds(run) / sweep.threads for run in runs), at_once)
        for factor in (fastest, slowest)
    )
    return Expected(low, high)


def _seconds(run: Run) -> float:
    return training_seconds(run, run.steps) + evaluation_seconds(run)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a sweep is."""

    state: str  # "running", "paused", "stopping", "finished", or "stopped": begun, or not yet begun, by no process
    runs: int
    ended: int
    done: float  # share of the MACs, 0 to 1
    seconds_left: float | None  # with as many workers as are at it; None before there is anything to go by

    @property
    def sentence(self) -> str:
        """The same for people."""
        left = "" if self.seconds_left is None or self.state != "running" else f", {clock(self.seconds_left)} left"
        return f"{self.state}: {self.ended} of {self.runs} runs ended, {100 * self.done:.0f} % of the work{left}"


def _seconds_left(found: Sequence[History], workers: int) -> float | None:
    """With steps and accuracies as slow as those behind were; at least what the longest run has left."""
    begun = [history for history in found if history.lines]
    spent = sum(history.lines[-1].seconds for history in begun)
    expected = sum(training_seconds(history.run, len(history.lines)) for history in begun)
    if not expected:
        return None
    left = [(1 - history.done) * _seconds(history.run) for history in found if not history.ended]
    return max(sum(left) / max(1, min(workers, len(left))), max(left, default=0.0)) * spent / expected


def progress(directory: Path, found: Sequence[History], workers: int = 1) -> Progress:
    """How far a sweep is, from what its runs have written, as a `Follower` just read it."""
    todo = [history for history in found if not history.ended]
    if is_running(directory):
        state = {"run": "running", "pause": "paused", "stop": "stopping"}[last_word(directory)]
    else:
        state = "stopped" if todo else "finished"
    cost = {history.number: training_macs(history.run) for history in found}
    total = sum(cost.values())
    behind = sum(cost[history.number] * history.done for history in found)
    return Progress(
        state=state,
        runs=len(found),
        ended=len(found) - len(todo),
        done=behind / total if total else 1.0,
        seconds_left=_seconds_left(found, workers),
    )
