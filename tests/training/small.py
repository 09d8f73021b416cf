"""Sweeps small enough for tests, and runs that nobody trained: curves with known answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from irnet.training.directory import create, lock_directory
from irnet.training.race import race
from irnet.training.results import History, Line, histories
from irnet.training.settings import Data, Run, Sweep
from irnet.training.sweep import work

TINY = Run(
    network="inception_resnet_v1.paper (a=1, b=1, c=1)",
    width=0.125,
    rate=0.05,
    steps=6,
    batch=4,
    evaluate_every=3,
    data=Data(held_out=8, epoch=32),
)


def sweep(base: Run = TINY, seeds: int = 1, checkpoint_seconds: float = 0.0) -> Sweep:
    """Two scales and some seeds; with no seconds between checkpoints, one a step."""
    axes = (("seed", tuple(range(seeds))), ("scale", (0.1, 1.0)))
    return Sweep(kind="stability", base=base, axes=axes, checkpoint_seconds=checkpoint_seconds)


def made(directory: Path, wanted: Sweep) -> Path:
    """A directory that holds the sweep, in which nothing has run."""
    create(directory, wanted, {})
    return directory


def trained_here(directory: Path, wanted: Sweep) -> Path:
    """A directory in which every run of the sweep has ended, in this process: to start others takes longer."""
    with lock_directory(made(directory, wanted)) as owner:
        ends = [work(str(directory), number, owner.token).how for number, _ in enumerate(wanted.runs())]
    assert set(ends) == {"finished"}
    return directory


def curves(directory: Path) -> list[object]:
    """Everything that the runs wrote down but the clock."""
    return [curve(history) for history in histories(directory)]


def curve(history: History) -> tuple[object, ...]:
    """What a run wrote down but the clock."""
    steps = tuple((line.step, line.loss, line.zeros, line.magnitudes, line.accuracy) for line in history.lines)
    return history.number, history.network, history.ended, steps


def trained_in(folder: Path) -> Path:
    """The folder with a finished race and a finished death map in it, as the app names them."""
    base = replace(TINY, steps=3, evaluate_every=1)
    racers = [f"{name} (a=1, b=1, c=1)" for name in ("inception_v4.paper", "inception_resnet_v2.paper")]
    for name, wanted in {"race-1": race(base, racers, (0, 1)), "death-1": sweep(base)}.items():
        trained_here(folder / name, wanted)
    return folder


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
