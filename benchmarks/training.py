"""What watching a training run costs a step, and what a second worker brings.

    python -m benchmarks.training [--rounds 12] [--steps 40]

Prints the ratio of a watched step to a bare one of the same model (limit 1.05), taking turns, by their fastest rounds;
and the time that two workers take for equal runs over that of one (limit 0.6), one thread of torch each. Both need
two cores that nobody else uses.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from torch.nn.functional import cross_entropy

from benchmarks.figure import Figure, told
from irnet.training.backends import Backend
from irnet.training.loop import Trainer
from irnet.training.settings import Data, Run, Sweep
from irnet.training.sweep import start

WATCHED, SECOND = 1.05, 0.6  # the limits that the project set itself
RUN = Run(network="inception_resnet_v2.paper", width=0.5, rate=0.01, steps=1000, batch=16, data=Data())


def bare(trainer: Trainer) -> None:
    """One step of the same model, optimiser and batches without anything around it."""
    images, labels = trainer.images.batch(0, 0, RUN.batch)
    trainer.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(cross_entropy(trainer.model(images), labels))
    trainer.optimiser.step()


def watched_ratio(rounds: int) -> float:
    """Fewest seconds of a watched step over fewest of a bare one, measured in turns."""
    torch.set_num_threads(1)
    plain, watched = Trainer(RUN), Trainer(RUN)
    steps = watched.steps()
    seconds: dict[str, list[float]] = {"bare": [], "watched": []}
    for turn in range(rounds + 2):
        for way in sorted(seconds, reverse=turn % 2 == 0):
            began = perf_counter()
            if way == "bare":
                bare(plain)
            else:
                next(steps)
            seconds[way].append(perf_counter() - began)
    return min(seconds["watched"][2:]) / min(seconds["bare"][2:])


def second_worker_ratio(steps: int, rounds: int = 2) -> float:
    """Fewest seconds that two workers take for four equal runs over fewest of one, warmed up and in turns."""
    warm = Sweep(kind="race", base=replace(RUN, width=0.125, steps=1), axes=(("seed", (0, 1)),))
    equal = Sweep(kind="race", base=replace(RUN, width=0.25, steps=steps), axes=(("seed", (0, 1, 2, 3)),))
    seconds: dict[int, list[float]] = {1: [], 2: []}
    with TemporaryDirectory() as folder:
        for turn in range(rounds):
            for workers, taken in seconds.items():
                start(Path(folder) / f"warm{turn}{workers}", warm, Backend(workers=workers))
                began = perf_counter()
                start(Path(folder) / f"equal{turn}{workers}", equal, Backend(workers=workers))
                taken.append(perf_counter() - began)
    return min(seconds[2]) / min(seconds[1])


def figures(rounds: int = 8, steps: int = 30) -> Iterator[Figure]:
    """Both ratios."""
    counts = f"a training step with its records over one of the same model without, fastest of {rounds}"
    yield Figure(name="a watched step", value=watched_ratio(rounds), unit="", counts=counts, goal=WATCHED)
    counts = f"two workers over one, four equal runs of {steps} steps"
    yield Figure(name="a second worker", value=second_worker_ratio(steps), unit="", counts=counts, goal=SECOND)


def main() -> int:
    """Measure both; exit 1 if one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=40, help="of each of the four equal runs")
    asked = parser.parse_args()
    return told(figures(asked.rounds, asked.steps))


if __name__ == "__main__":
    sys.exit(main())
