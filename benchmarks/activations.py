"""What reading activations costs: the experiment against the same forward passes without it, alternating in one run.

    python benchmarks/activations.py [--size 299] [--rounds 15]

Prints, per network and batch-norm mode, the ratio of the fastest rounds; 1.10 is the limit that the project set itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from time import perf_counter

import torch

from irnet.experiments.photos import photo, to_input
from irnet.experiments.residual_scale import curves
from irnet.experiments.trail import BATCH_NORM_MODES, BatchNormMode, batch_statistics
from irnet.models import network
from irnet.runtime.build import Model, build
from irnet.runtime.capture import rescaled
from irnet.spec import Residual

LIMIT = 1.10
SCALES = (None, 1.0)


@torch.no_grad()
def bare(model: Model, image: torch.Tensor, batch_norm: BatchNormMode) -> None:
    """The forward passes of the experiment and nothing else."""
    names = model.stage_names
    first = next((i for i, s in enumerate(model.network.stages) if isinstance(s.node, Residual)), None)
    with batch_statistics(model, batch_norm == "batch"):
        shared = model.through(image, names[: first or 0])
        for scale in SCALES if first else (None,):
            with rescaled(model, scale):
                model.through(shared, names[first or 0 :])


def ratio(name: str, size: int, batch_norm: BatchNormMode, rounds: int) -> float:
    """Fewest seconds with statistics over fewest seconds without, measured in turns."""
    model = build(network(name, input_size=size))
    image = to_input(photo("astronaut"), (size, size))
    ways: dict[str, Callable[[], object]] = {
        "bare": lambda: bare(model, image, batch_norm),
        "read": lambda: list(curves(model, image, SCALES, batch_norm)),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(rounds + 2):
        for way in sorted(ways, reverse=turn % 2 == 0):
            start = perf_counter()
            ways[way]()
            seconds[way].append(perf_counter() - start)
    return min(seconds["read"][2:]) / min(seconds["bare"][2:])


def main() -> int:
    """Measure all networks; exit 1 if one costs more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=299, help="side of the input in pixels")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    worst = 0.0
    for name in ("inception_v4", "inception_resnet_v1", "inception_resnet_v2", "inception_resnet_v2.tf_slim"):
        for mode in BATCH_NORM_MODES:
            found = ratio(name, asked.size, mode, asked.rounds)
            worst = max(worst, found)
            print(f"{name:28} {mode:8} {found:.3f}", flush=True)
    print(f"worst {worst:.3f}, limit {LIMIT}")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
