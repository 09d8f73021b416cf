"""Sweeps small enough for tests: an eighth of the width, one block of each kind, a few steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from irnet.training.backends import Backend
from irnet.training.directory import create
from irnet.training.race import race
from irnet.training.results import History, histories
from irnet.training.settings import Data, Run, Sweep
from irnet.training.sweep import start

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
        start(folder / name, wanted, Backend(workers=2))
    return folder
