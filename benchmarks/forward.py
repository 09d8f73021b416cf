"""A forward pass of the released networks beside the code of those who released them: outputs, time and peak memory.

    python -m benchmarks.forward [--rounds 7]

One image of the network's own size, weights untrained, inference mode, fastest of passes in turns. Ours runs as the
app runs it, with channels last, and beside it as `build` makes it; theirs as it comes. Memory is the most that torch's
allocator handed out at a time during a pass; what a process holds depends on the heap and differs from run to run.
Outputs are compared after our weights were put into theirs, by the keys of their layout.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.figure import Figure, by_rounds
from benchmarks.rivals import missing, rival
from irnet.checkpoints import keys
from irnet.models import network
from irnet.runtime.build import build, channels_last

GOAL = 1.0
EQUAL = 1e-4  # of the outputs' standard deviation: what another order of float32 sums makes
AS_RUN = "as the app runs it"


@dataclass(frozen=True, slots=True)
class Pair:
    """A released network and whose code it is held against."""

    name: str
    package: str
    layout: str  # of its keys
    make: Callable[[], torch.nn.Module]


def _timm(name: str) -> torch.nn.Module:
    model: torch.nn.Module = rival("timm").create_model(name)
    return model.eval()


def _torchvision() -> torch.nn.Module:
    made: torch.nn.Module = rival("torchvision").models.inception_v3(aux_logits=False, init_weights=False)
    return made.eval()


def _facenet() -> torch.nn.Module:
    classes = network("inception_resnet_v1.facenet").head.classes
    made: torch.nn.Module = rival("facenet_pytorch").InceptionResnetV1(classify=True, num_classes=classes)
    return made.eval()


PAIRS = (
    Pair("inception_v4.tf_slim", "timm", "timm", lambda: _timm("inception_v4")),
    Pair("inception_resnet_v2.tf_slim", "timm", "timm", lambda: _timm("inception_resnet_v2")),
    Pair("inception_v3.torchvision", "timm", "torchvision", lambda: _timm("inception_v3")),
    Pair("inception_v3.torchvision", "torchvision", "torchvision", _torchvision),
    Pair("inception_resnet_v1.facenet", "facenet_pytorch", "facenet_pytorch", _facenet),
)


def models(pair: Pair) -> dict[str, Callable[[], torch.nn.Module]]:
    """How each of the three is made."""
    return {
        AS_RUN: lambda: channels_last(build(pair.name)),
        "as build makes it": lambda: build(pair.name),
        "theirs": pair.make,
    }


def image_for(name: str) -> torch.Tensor:
    """One image of noise, the same for all."""
    return torch.rand(1, *network(name).input_shape, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def apart(pair: Pair) -> float:
    """How far outputs with the same weights are from each other at the most, in standard deviations of theirs."""
    ours, theirs = build(pair.name), pair.make()
    names = keys(network(pair.name), pair.layout)
    theirs.load_state_dict({names[key]: tensor for key, tensor in ours.state_dict().items()})
    image = image_for(pair.name)
    wanted = theirs(image)
    return float((ours(image) - wanted).abs().max() / wanted.std())


@torch.inference_mode()
def measured(pair: Pair, rounds: int) -> dict[str, tuple[float, int]]:
    """Seconds of the fastest pass, in turns after two that warm up, and bytes at the most."""
    made, image = {way: make() for way, make in models(pair).items()}, image_for(pair.name)
    taken: dict[str, list[float]] = {way: [] for way in made}
    for turn in range(rounds + 2):
        for way in sorted(made, reverse=turn % 2 == 0):
            start = perf_counter()
            made[way](image)
            taken[way].append(perf_counter() - start)
    return {way: (min(found[2:]), peak(made[way], image)) for way, found in taken.items()}


@torch.inference_mode()
def peak(model: torch.nn.Module, image: torch.Tensor) -> int:
    """The bytes that tensors of a pass take at the most, beyond model and image."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        model(image)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "trace.json"
        seen.export_chrome_trace(str(file))
        events = json.loads(file.read_text(encoding="utf-8"))["traceEvents"]
    changes: list[tuple[float, int]] = sorted(
        (event["ts"], event["args"]["Bytes"]) for event in events if event["name"] == "[memory]"
    )
    return max(accumulate(change for _, change in changes))


def figures(rounds: int = 5) -> Iterator[Figure]:
    """Time and memory of every pair, ours over theirs."""
    absent = missing(pair.package for pair in PAIRS)
    for pair in PAIRS:
        name, what = f"{pair.name} over {pair.package}", "a forward pass"
        if pair.package in absent:
            yield Figure(name=name, value=None, unit="", counts=what, goal=GOAL, remark=absent[pair.package])
            continue
        counts = "the same weights in both, largest difference in standard deviations of the outputs"
        yield Figure(name=f"{name}: outputs", value=apart(pair), unit="", counts=counts, goal=EQUAL)
        found = measured(pair, rounds)
        theirs, held = found.pop("theirs")
        for way, (own, memory) in found.items():
            for kind, value, sizes in (
                ("time", own / theirs, f"{1000 * own:.0f} over {1000 * theirs:.0f} ms, fastest of {rounds}"),
                ("memory", memory / held, f"{memory / 2**20:.2f} over {held / 2**20:.2f} MiB at the most"),
            ):
                counts, goal = f"{what} {way}: {sizes}", GOAL if way == AS_RUN else None
                yield Figure(name=f"{name}, {way}: {kind}", value=value, unit="", counts=counts, goal=goal)


def main() -> int:
    """Print the ratios; exit 1 if one is above its goal."""
    return by_rounds(figures, __doc__, 7)


if __name__ == "__main__":
    sys.exit(main())
