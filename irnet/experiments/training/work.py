"""What training costs in MACs, from the specification alone; no torch here."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from irnet.experiments.training.settings import Run
from irnet.resolve import resolve
from irnet.spec import Network

BACKWARD = 2  # a backward pass is counted as two forward passes: gradients of the weights and of the inputs
CLASSES = 8  # where only the data know how many


def macs_per_step(network: Network, batch: int) -> int:
    """MACs of one training step: those of the rows, three times (forward once, backward twice), for every image.

    Examples
    --------
    >>> from irnet.models import network
    >>> macs_per_step(network("inception_v4"), 2) == 6 * sum(row.macs for row in resolve(network("inception_v4")))
    True
    """
    return _step(sum(row.macs for row in resolve(network)), batch)


def training_macs(run: Run) -> int:
    """MACs of all steps of a run.

    Examples
    --------
    >>> training_macs(Run(steps=20)) == 2 * training_macs(Run(steps=10))
    True
    """
    return run.steps * _step(work(shape(run))[0], run.batch)


def _step(macs: int, batch: int) -> int:
    return (1 + BACKWARD) * batch * macs


def shape(run: Run) -> Run:
    """The run with all that does not change its work left out."""
    plain = Run(network=run.network, width=run.width, depth=run.depth, sum_norm=run.sum_norm)
    return replace(plain, data=replace(plain.data, size=run.data.size, classes=run.data.classes))


@lru_cache(maxsize=1024)
def work(run: Run) -> tuple[int, int]:
    """MACs of one image, and rows."""
    rows = resolve(run.spec(run.data.classes or CLASSES))
    return sum(row.macs for row in rows), len(rows)
