"""Networks of timm and TorchVision, read from their graphs: differences to the presets, tangles, counts and times.

    python -m benchmarks.opening [NAME ...]

Exit status 1 if a released network is found with a difference, or a network can't be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import nn

from benchmarks.figure import Figure
from benchmarks.rivals import Missing, rival
from irnet.opening.check import compare_with_preset
from irnet.opening.tree import tree
from irnet.runtime.trace import trace

EXACT = {  # released networks and the presets that they have to be
    "timm:inception_v4": "inception_v4.tf_slim",
    "timm:inception_resnet_v2": "inception_resnet_v2.tf_slim",
    "timm:inception_v3": "inception_v3.torchvision",
    "torchvision:inception_v3": "inception_v3.torchvision",
    "facenet_pytorch:InceptionResnetV1": "inception_resnet_v1.facenet",
}
OTHERS = (
    "timm:resnet50",
    "timm:resnext50_32x4d",
    "timm:seresnet50",
    "timm:densenet121",
    "timm:xception",
    "timm:efficientnet_b0",
    "timm:mobilenetv3_large_100",
    "timm:regnety_004",
    "timm:convnext_tiny",
    "timm:inception_next_tiny",
    "timm:vovnet39a",
    "timm:selecsls42",
    "timm:dpn68",
    "timm:res2net50_26w_4s",
    "timm:dla34",
    "timm:hrnet_w18_small",
    "timm:ghostnet_100",
    "timm:mnasnet_100",
    "timm:rexnet_100",
    "timm:tresnet_m",
    "timm:repvgg_a0",
    "timm:resnest14d",
    "timm:skresnet18",
    "timm:cspresnet50",
    "timm:darknet53",
    "timm:nfnet_l0",
    "timm:hardcorenas_a",
    "timm:fbnetc_100",
    "timm:spnasnet_100",
    "timm:tinynet_a",
    "timm:semnasnet_100",
    "timm:lcnet_050",
    "timm:mixnet_s",
    "timm:eca_nfnet_l0",
    "torchvision:googlenet",
    "torchvision:squeezenet1_0",
    "torchvision:shufflenet_v2_x1_0",
    "torchvision:mobilenet_v2",
    "torchvision:vgg16",
    "torchvision:alexnet",
)
SIDES = {"facenet_pytorch": 160}  # pixels, where it is not 299 for a released network and 224 for another
OPERATIONS = 1_000  # the tree of so many has to be found within MILLISECONDS
MILLISECONDS = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """What one network was found to be."""

    name: str
    operations: int
    irreducible: int
    nearest: str
    differences: int
    traced: float  # seconds
    tree: float  # milliseconds


def make(name: str, device: str = "meta") -> nn.Module:
    """A network by its source, built without numbers, or on the CPU with random ones."""
    where, _, what = name.partition(":")
    package = rival(where)
    with torch.device(device):
        if where == "timm":
            made: nn.Module = package.create_model(what)
        elif where == "torchvision":
            more = {"aux_logits": False, "init_weights": False} if what in ("inception_v3", "googlenet") else {}
            made = package.models.get_model(what, weights=None, **more)
        else:
            made = package.InceptionResnetV1(pretrained=None, classify=False)
    return made


def read(name: str) -> Reading:
    """Trace a network, find its tree and hold it against the presets."""
    module = make(name)
    start = perf_counter()
    side = SIDES.get(name.partition(":")[0], 299 if name in EXACT else 224)
    graph = trace(module, (3, side, side))
    traced = perf_counter() - start
    start = perf_counter()
    tree(graph)
    found = perf_counter() - start
    report = compare_with_preset(graph)
    return Reading(
        name, len(graph.operations), report.irreducible, report.nearest, len(report.differences), traced, 1000 * found
    )


def figures() -> Iterator[Figure]:
    """The released networks: differences, and milliseconds for a tree of a thousand operations."""
    slowest = 0.0
    for name, wanted in EXACT.items():
        try:
            found = read(name)
        except Missing:
            continue
        slowest = max(slowest, found.tree / found.operations * OPERATIONS)
        wrong = found.differences + (found.nearest != wanted)
        yield Figure(name=f"{name}: differences", value=wrong, unit="", goal=0, counts=f"to {wanted}, from its graph")
    yield Figure(
        name="a tree of 1,000 operations",
        value=slowest,
        unit="ms",
        goal=MILLISECONDS,
        counts="the slowest of the released networks, by the operation",
    )


def main() -> int:
    """Print a line a network."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.opening", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="timm:NAME or torchvision:NAME; without, a list")
    failed = False
    for name in parser.parse_args().names or (*EXACT, *OTHERS):
        try:
            found = read(name)
        except (Missing, ValueError) as error:
            failed = True
            print(f"{name:38} {error}")
            continue
        wrong = name in EXACT and (found.differences > 0 or found.nearest != EXACT[name])
        failed |= wrong
        print(
            f"{name:38} {found.operations:5} operations, {found.irreducible:3} tangles, nearest {found.nearest} with "
            f"{found.differences} differences, traced in {found.traced:.1f} s, tree in {found.tree:.1f} ms"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
