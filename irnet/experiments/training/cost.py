"""What a training step costs in MACs, and about how long a sweep will take before it has begun; no torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from statistics import median

from irnet.experiments.training.results import History
from irnet.experiments.training.settings import Run, Sweep
from irnet.resolve import resolve
from irnet.spec import Network

BACKWARD = 2  # a backward pass is counted as two forward passes: gradients of the weights and of the inputs
# One core of 2024 without accelerator; what earlier sweeps took corrects it.
MACS_A_SECOND, SECONDS_A_ROW = 14e9, 0.35e-3
BEGIN = 6.0  # seconds until the workers have imported torch
CLASSES = 8  # where only the data know how many


def macs_per_step(network: Network, batch: int) -> int:
    """MACs of one training step: those of the rows, three times (forward once, backward twice), for every image.

    Examples
    --------
    >>> from irnet.models import network
    >>> macs_per_step(network("inception_v4"), 2) == 6 * sum(row.macs for row in resolve(network("inception_v4")))
    True
    """
    return (1 + BACKWARD) * batch * sum(row.macs for row in resolve(network))


def expected_seconds(sweep: Sweep, workers: int, found: Sequence[History] = ()) -> float:
    """About how long a sweep takes on this machine's cores.

    Parameters
    ----------
    sweep
        Which is to run.
    workers
        How many runs at a time.
    found
        Runs that have ended on the same machine: the median of what they took corrects the estimate.

    Examples
    --------
    >>> short, long = (Sweep(kind="race", base=Run(steps=n), axes=(("seed", (0,)),)) for n in (10, 1000))
    >>> expected_seconds(long, 1) > 50 * expected_seconds(short, 1) - 50 * BEGIN
    True
    """
    runs = list(sweep.runs())
    at_once = max(1, min(workers, len(runs)))
    whole = sum(_training(run, sweep.threads) + _evaluating(run, sweep.threads) for run in runs)
    return BEGIN + _correction(found) * whole / at_once


def _correction(found: Sequence[History]) -> float:
    ratios = [one.lines[-1].seconds / _steps(one.run, 1, len(one.lines)) for one in found if one.ended and one.lines]
    return median(ratios) if ratios else 1.0


def _training(run: Run, threads: int) -> float:
    return _steps(run, threads, run.steps)


def _steps(run: Run, threads: int, steps: int) -> float:
    macs, rows = _work(_shape(run))
    return steps * ((1 + BACKWARD) * run.batch * macs / MACS_A_SECOND / threads + rows * SECONDS_A_ROW)


def _evaluating(run: Run, threads: int) -> float:
    if not run.evaluate_every:
        return 0.0
    macs, _ = _work(_shape(run))
    return (run.steps // run.evaluate_every) * run.data.held_out * macs / MACS_A_SECOND / threads


def _shape(run: Run) -> Run:
    """The run with all that does not change its work left out."""
    plain = Run(network=run.network, width=run.width, depth=run.depth, sum_norm=run.sum_norm)
    return replace(plain, data=replace(plain.data, size=run.data.size, classes=run.data.classes))


@lru_cache(maxsize=64)
def _work(run: Run) -> tuple[int, int]:
    """MACs of one image, and rows."""
    rows = resolve(run.spec(run.data.classes or CLASSES))
    return sum(row.macs for row in rows), len(rows)
