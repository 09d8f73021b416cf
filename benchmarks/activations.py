"""The residual lab against bare forward passes of the same model, alternating in one run: ratios of the fastest rounds.

    python -m benchmarks.activations [--size 299] [--rounds 11]

Four ratios a network and batch-norm mode, each with its limit; exit status 1 if one is above it:
both       statistics of all blocks with and without scaling, over one bare forward pass
overhead   the same, over the bare passes that it needs: one whole, and one from the first residual block on
slider     a curve at another scale, over the bare pass from the first residual block on
The bare passes run the model as `build` makes it, the experiment with its channels last, as it always does.
memory     peak of the process with statistics over that of a process with bare passes, both with the model
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from itertools import count
from time import perf_counter
from unittest.mock import patch

import torch

from benchmarks.figure import Figure
from irnet.lab.activations import Activations, curves
from irnet.lab.forward import BATCH_NORM_MODES, BatchNormMode, batch_statistics
from irnet.lab.photos import photo, to_input
from irnet.models import network
from irnet.runtime.build import Model, build, channels_last
from irnet.runtime.capture import rescale
from irnet.spec import Residual

LIMITS = {"both": 1.9, "overhead": 1.10, "slider": 1.5, "memory": 1.3}
NETWORKS = ("inception_resnet_v1", "inception_resnet_v2", "inception_resnet_v2.tf_slim")
SCALES = (None, 1.0)
NOTHING = (*[torch.zeros(())] * 6, 1)  # moments of a tensor that nobody looked at
WORDS = {
    "both": "statistics with and without scaling, over one bare pass",
    "overhead": "the same, over the bare passes that it needs",
    "slider": "a curve at another scale, over the bare pass from the first residual block on",
    "memory": "peak of a process with statistics, over one with bare passes",
}


def first_residual(model: Model) -> int:
    """The place of the first stage that adds."""
    return next(i for i, stage in enumerate(model.network.stages) if isinstance(stage.node, Residual))


@torch.inference_mode()
def bare(model: Model, image: torch.Tensor, mode: BatchNormMode, since: int = 0) -> torch.Tensor:
    """A forward pass through the blocks and nothing else, from stage `since` on."""
    with batch_statistics(model, mode == "batch"):
        return model.through(image, model.stage_names[since:])


def times(model: Model, image: torch.Tensor, mode: BatchNormMode, rounds: int) -> dict[str, float]:
    """Fewest seconds of every way, measured in turns."""
    first = first_residual(model)
    with torch.inference_mode(), batch_statistics(model, mode == "batch"):
        middle = model.through(image, model.stage_names[:first])
    trail, other = Activations(model.network, image, mode), count(1)
    last = channels_last(deepcopy(model))  # as the experiment and the app run it
    list(trail.curves(last))

    def unread() -> None:
        with patch("irnet.lab.forward.reader", lambda **_: lambda _: NOTHING):
            list(curves(last, image, SCALES, mode))

    def later() -> None:
        with rescale(model, 1.0):
            bare(model, middle, mode, first)

    ways: dict[str, Callable[[], object]] = {
        "pass": lambda: bare(model, image, mode),
        "later": later,
        "unread": unread,
        "both": lambda: list(curves(last, image, SCALES, mode)),
        "slider": lambda: list(trail.curves(last, (1 / next(other),))),  # one that it does not remember
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(rounds + 2):
        for way in sorted(ways, reverse=turn % 2 == 0):
            start = perf_counter()
            ways[way]()
            seconds[way].append(perf_counter() - start)
    return {way: min(found[2:]) for way, found in seconds.items()}


@cache
def peak(name: str, size: int, way: str) -> int:
    """Kilobytes that a process of its own needs at most for a model and bare passes, or the experiment."""
    command = [sys.executable, "-m", "benchmarks.activations", "--size", str(size), "--peak", name, way]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def needed(name: str, size: int, way: str) -> int:
    """The same, in this process."""
    model = build(network(name, input_size=size))
    image = to_input(photo("astronaut"), (3, size, size))
    if way == "bare":
        bare(model, image, "running")
        bare(model, image, "running")
    else:
        list(curves(model, image, SCALES))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def ratios(name: str, size: int, mode: BatchNormMode, rounds: int) -> dict[str, float]:
    """The four ratios of one network, and the bare passes that are needed over one."""
    model = build(network(name, input_size=size))
    found = times(model, to_input(photo("astronaut"), (3, size, size)), mode, rounds)
    return {
        "both": found["both"] / found["pass"],
        "overhead": found["both"] / (found["pass"] + found["later"]),
        "slider": found["slider"] / found["later"],
        "needed": (found["pass"] + found["later"]) / found["pass"],
        "unread": found["unread"] / (found["pass"] + found["later"]),
        "memory": peak(name, size, "read") / peak(name, size, "bare"),
    }


def figures(size: int = 299, rounds: int = 4) -> Iterator[Figure]:
    """The largest of each ratio over the networks and batch-norm modes."""
    found = {(name, mode): ratios(name, size, mode, rounds) for name in NETWORKS for mode in BATCH_NORM_MODES}
    for what, limit in LIMITS.items():
        name, mode = max(found, key=lambda case: found[case][what])
        counts = f"{WORDS[what]}; the largest of {len(found)}: {name}, batch norm {mode}"
        alone = found[name, mode]
        why = {
            "both": f"The bare passes alone take {alone['needed']:.2f}: what they share is short.",
            "overhead": f"A walk that reads no statistics takes {alone['unread']:.2f}.",
        }
        yield Figure(
            name=f"residual lab: {what}",
            value=found[name, mode][what],
            unit="",
            counts=counts,
            goal=limit,
            remark=why.get(what, ""),
        )


def main() -> int:
    """Measure all networks; exit 1 if one ratio is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=299, help="side of the input in pixels")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--peak", nargs=2, metavar=("NETWORK", "WAY"), help="print the peak memory of one way")
    asked = parser.parse_args()
    if asked.peak:
        print(needed(asked.peak[0], asked.size, asked.peak[1]))
        return 0
    print(f"{'':40}{''.join(f'{what:>10}' for what in LIMITS)}")
    print(f"{'limit':40}{''.join(f'{limit:10.2f}' for limit in LIMITS.values())}")
    missed = 0
    for name in NETWORKS:
        for mode in BATCH_NORM_MODES:
            found = ratios(name, asked.size, mode, asked.rounds)
            missed += sum(found[what] > limit for what, limit in LIMITS.items())
            print(f"{name:30} {mode:8} {''.join(f'{found[what]:10.3f}' for what in LIMITS)}", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
