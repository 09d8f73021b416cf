"""What training costs in MACs, from the specification alone; no torch here."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import ceil

from irnet.spec import Network
from irnet.training.settings import Run
from irnet.tree import resolve

BACKWARD = 2  # a backward pass is counted as two forward passes: gradients of the weights and of the inputs
# One core of 2024 without accelerator: convolutions; calls of a row, forward and backward; drawing a held-out picture.
MACS_A_SECOND, SECONDS_A_ROW, SECONDS_A_PIXEL = 14e9, 0.35e-3, 7e-8
CLASSES = 8  # where only the data know how many


def macs_per_step(network: Network, batch: int) -> int:
    """MACs of one training step: those of the rows, three times (forward once, backward twice), for every image.

    Examples
    --------
    >>> from irnet.models import network
    >>> macs_per_step(network("inception_v4"), 2) == 6 * sum(row.macs for row in resolve(network("inception_v4")).rows)
    True
    """
    return _step(sum(row.macs for row in resolve(network).rows), batch)


def training_macs(run: Run) -> int:
    """MACs of all steps of a run.

    Examples
    --------
    >>> training_macs(Run(steps=20)) == 2 * training_macs(Run(steps=10))
    True
    """
    return run.steps * _step(work(shape(run))[0], run.batch)


def training_seconds(run: Run, steps: int) -> float:
    """About how long steps of a run take on one core that has nothing else to do.

    Examples
    --------
    >>> training_seconds(Run(), 20) == 2 * training_seconds(Run(), 10)
    True
    """
    macs, rows = work(shape(run))
    return steps * (_step(macs, run.batch) / MACS_A_SECOND + rows * SECONDS_A_ROW)


def evaluation_seconds(run: Run) -> float:
    """About how long all measurements of accuracy of a run take there, each over its held-out images, batch by batch.

    Examples
    --------
    >>> evaluation_seconds(Run(evaluate_every=0)), evaluation_seconds(Run(steps=30, evaluate_every=10)) > 0
    (0.0, True)
    """
    if not run.evaluate_every:
        return 0.0
    macs, rows = work(shape(run))
    images = run.data.held_out
    forward = images * macs / MACS_A_SECOND + ceil(images / run.batch) * rows * SECONDS_A_ROW / (1 + BACKWARD)
    drawn = images * run.data.size**2 * SECONDS_A_PIXEL
    return ceil(run.steps / run.evaluate_every) * (forward + drawn)


def _step(macs: int, batch: int) -> int:
    return (1 + BACKWARD) * batch * macs


def shape(run: Run) -> Run:
    """The run with all that does not change its work left out."""
    plain = Run(network=run.network, width=run.width, depth=run.depth, sum_norm=run.sum_norm)
    return replace(plain, data=replace(plain.data, size=run.data.size, classes=run.data.classes))


@lru_cache(maxsize=1024)
def work(run: Run) -> tuple[int, int]:
    """MACs of one image, and rows."""
    rows = resolve(run.spec(run.data.classes or CLASSES)).rows
    return sum(row.macs for row in rows), len(rows)
