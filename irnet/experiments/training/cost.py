"""About how long a sweep will take before it has begun; no torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from irnet.experiments.training.results import History
from irnet.experiments.training.settings import Run, Sweep
from irnet.experiments.training.work import shape, training_macs, work

# One core of 2024 without accelerator; what earlier sweeps took corrects it.
MACS_A_SECOND, SECONDS_A_ROW = 14e9, 0.35e-3
BEGIN = 6.0  # seconds until the workers have imported torch


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
    _, rows = work(shape(run))
    return training_macs(replace(run, steps=steps)) / MACS_A_SECOND / threads + steps * rows * SECONDS_A_ROW


def _evaluating(run: Run, threads: int) -> float:
    if not run.evaluate_every:
        return 0.0
    macs, _ = work(shape(run))
    return (run.steps // run.evaluate_every) * run.data.held_out * macs / MACS_A_SECOND / threads
