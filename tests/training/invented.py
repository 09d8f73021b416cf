"""Runs that nobody trained: curves with known answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from irnet.training.results import History, Line
from irnet.training.settings import Run
from tests.training.small import TINY

CLASSES = tuple("abcdefgh")


def history(
    run: Run = TINY,
    losses: Sequence[float | None] = (),
    accuracies: Sequence[float | None] = (),
    zeros: Sequence[float] = (),
    gradients: Sequence[float | None] = (),
) -> History:
    """A finished run with one block, measured at every step that has an accuracy; what is not given is 0."""
    count = max(len(losses), len(accuracies), len(zeros))
    lines = tuple(
        Line(
            step=i + 1,
            loss=losses[i] if i < len(losses) else 0.0,
            seconds=(i + 1) * 2.0,
            zeros=(zeros[i] if i < len(zeros) else 0.0,),
            magnitudes=(1.0,),
            accuracy=accuracies[i] if i < len(accuracies) else None,
            held_out_zeros=(zeros[i] if i < len(zeros) else 0.0) if i < len(accuracies) else None,
            gradient=gradients[i] if i < len(gradients) else 0.0,
        )
        for i in range(count)
    )
    return History(
        number=0,
        run=run,
        network=run.network,
        parameters=10,
        blocks=("block_c.0",),
        macs_per_step=1000,
        images_per_epoch=8,
        classes=CLASSES,
        chance=1 / len(CLASSES),
        lines=lines,
        ended="diverged" if lines and lines[-1].loss is None else "finished",
    )


def racer(name: str, seed: int, accuracies: Sequence[float | None]) -> History:
    """One run of a race."""
    run = replace(TINY, network=name, width=None, seed=seed)
    return history(run, losses=[1.0 + seed] * len(accuracies), accuracies=accuracies)
