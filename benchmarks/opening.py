"""Networks that others wrote, opened: what they are, counts and outputs beside the author's, and how long it takes.

    python -m benchmarks.opening [NAME ...] [--hundred]

A line a network. Parameters and MACs are those of our rows, less the author's: fvcore's of the author's own module, of
convolutions and linear layers. Outputs are of what `build` makes and of the source that `code` writes, each with the
author's weights: the largest difference, over the standard deviation of the author's outputs. Weights are random, batch
norm's statistics too, so that a name that leads to the wrong tensor shows. Seconds are of `torch.export` alone; of
opening, which is export, reading, the tree, the nearest preset and the network; and of drawing the canvas, light and
dark.

Exit status 1 if a released network is found with a difference, one can't be read, or a count or an output differs.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from math import prod
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import torch
from fvcore.nn import FlopCountAnalysis
from fvcore.nn.jit_handles import get_shape  # type: ignore[import-untyped]
from torch import Tensor, nn

from benchmarks.figure import Figure
from benchmarks.rivals import Missing, rival
from irnet.codegen import class_name, code
from irnet.diagrams import canvas_svgs
from irnet.diagrams.nested import Expansion
from irnet.opening.check import compare_with_preset
from irnet.opening.network import network_from_graph
from irnet.opening.tree import tree
from irnet.runtime.build import build
from irnet.runtime.trace import input_of, trace
from irnet.runtime.weights import load_weights
from irnet.spec import Network, Shape
from irnet.tree import resolve

EXACT = {  # released networks and the presets that they have to be
    "timm:inception_v4": "inception_v4.tf_slim",
    "timm:inception_resnet_v2": "inception_resnet_v2.tf_slim",
    "timm:inception_v3": "inception_v3.torchvision",
    "torchvision:inception_v3": "inception_v3.torchvision",
    "facenet_pytorch:InceptionResnetV1": "inception_resnet_v1.facenet",
    "pretrainedmodels:inceptionv4": "inception_v4.tf_slim",
    "pretrainedmodels:inceptionresnetv2": "inception_resnet_v2.tf_slim",
}
SIDES = {  # pixels, where no module says them
    "facenet_pytorch:InceptionResnetV1": 160,
    "torchvision:inception_v3": 299,
    "pretrainedmodels:inceptionv4": 299,
    "pretrainedmodels:inceptionresnetv2": 299,
}
SIDE = 224
HUNDRED = Path(__file__).with_name("hundred.txt")
OPERATIONS = 1_000  # the tree of so many has to be found within MILLISECONDS
MILLISECONDS = 50
RATIO = 1.2  # of opening to torch.export alone
TREES = 85  # of the hundred that have to be trees to the last layer
EQUAL = 1e-5  # relative to the standard deviation of the outputs
HEADER = (
    f"{'network':34} {'side':>4} {'ops':>5} {'tangles':>7} {'export':>7} {'open':>6} {'ratio':>5} {'tree':>7} "
    f"{'canvas':>7} {'params':>8} {'MACs':>8} {'built':>8} {'written':>8}  nearest, and what is in the way"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one network; a reason where something could not be done."""

    name: str
    reason: str = ""
    side: int = 0  # pixels
    operations: int = 0
    irreducible: int = 0
    nearest: str = ""
    differences: int = 0
    export: float = 0.0  # seconds
    opening: float = 0.0  # seconds
    tree: float = 0.0  # milliseconds
    canvas: float = 0.0  # seconds
    params: int | None = None  # of the rows, less the author's
    macs: int | None = None  # the same
    built: float | None = None  # difference of the outputs of what `build` makes
    written: float | None = None  # and of the source

    @property
    def ratio(self) -> float:
        """Opening, over torch.export alone."""
        return self.opening / self.export if self.export else 0.0

    @property
    def exact(self) -> bool:
        """Whether it was opened, and is the preset that it has to be where there is one."""
        wanted = EXACT.get(self.name)
        return bool(self.operations) and (wanted is None or (self.nearest == wanted and not self.differences))

    @property
    def counted(self) -> bool:
        """Whether both counts are the author's."""
        return self.params == self.macs == 0

    @property
    def equal(self) -> bool:
        """Whether the outputs are the author's, of what is built and of what is written."""
        return all(one is not None and one <= EQUAL for one in (self.built, self.written))

    @property
    def line(self) -> str:
        """As it is printed."""
        counts = " ".join(f"{'-' if one is None else format(one, ','):>8}" for one in (self.params, self.macs))
        outputs = " ".join(f"{'-' if one is None else format(one, '.0e'):>8}" for one in (self.built, self.written))
        near = f"{self.nearest} with {self.differences} differences" if self.nearest else ""
        return (
            f"{self.name:34} {self.side:4} {self.operations:5} {self.irreducible:7} {self.export:6.1f}s "
            f"{self.opening:5.1f}s {self.ratio:5.2f} {self.tree:5.1f}ms {self.canvas:6.2f}s "
            f"{counts} {outputs}  "
            f"{'; '.join(filter(None, (near, self.reason)))}"
        )


def make(name: str) -> nn.Module:
    """A network by its source, with random numbers everywhere."""
    where, _, what = name.partition(":")
    package = rival(where)
    torch.manual_seed(0)
    if where == "timm":
        made: nn.Module = package.create_model(what)
    elif where == "torchvision":
        more = {"aux_logits": False, "init_weights": False} if what in ("inception_v3", "googlenet") else {}
        made = package.models.get_model(what, weights=None, **more)
    elif where == "pretrainedmodels":
        made = getattr(package, what)(pretrained=None)
    else:
        made = package.InceptionResnetV1(pretrained=None, classify=False)
    _randomise(made)
    return made.eval()


def _randomise(module: nn.Module) -> None:
    """Other numbers for factors, shifts and statistics, which begin as ones and zeros."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if tensor.dim() == 1 and tensor.is_floating_point():
            positive = not name.endswith(("bias", "running_mean"))
            tensor.data.uniform_(0.5 if positive else -0.1, 1.5 if positive else 0.1, generator=generator)


def shape_of(name: str, module: nn.Module) -> Shape:
    """The picture that a network of the list is opened with."""
    side = SIDES.get(name, SIDE)
    return input_of(module, (3, side, side))


@torch.no_grad()
def examine(name: str) -> Outcome:
    """Open a network, build it and write it, and hold all of it against the author's module."""
    author = make(name)
    shape = shape_of(name, author)
    copy = deepcopy(author).to("meta")
    start = process_time()
    torch.export.export(copy, (torch.zeros(1, *shape, device="meta"),), strict=False)
    export = process_time() - start
    copy = deepcopy(author)
    start = process_time()
    try:
        graph = trace(copy, shape)
        network = network_from_graph(graph)
    except (ValueError, AssertionError, LookupError) as error:
        return Outcome(name=name, side=shape[1], reason=f"opened: {type(error).__name__}: {error}")
    opening = process_time() - start
    start = perf_counter()
    tree(graph)
    milliseconds = 1000 * (perf_counter() - start)
    start = perf_counter()
    canvas_svgs(network, Expansion())
    canvas = perf_counter() - start
    report = compare_with_preset(graph)
    x = torch.rand(2, *shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
    counted: Any = FlopCountAnalysis(author, x[:1])
    counted.set_op_handle("aten::_convolution_mode", _padded_by_name)
    counted.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False)
    theirs, rows = counted.by_operator(), resolve(network).rows
    found: dict[str, Any] = {
        "name": name,
        "side": shape[1],
        "operations": len(graph.operations),
        "irreducible": report.irreducible,
        "nearest": report.nearest if report.near else "",
        "differences": len(report.differences),
        "export": export,
        "opening": opening,
        "tree": milliseconds,
        "canvas": canvas,
        "params": sum(row.params for row in rows) - sum(one.numel() for one in author.parameters()),
        "macs": sum(row.macs for row in rows) - int(theirs["conv"] + theirs["linear"]),
    }
    wanted, doing = _output(author(x)), "build"
    try:
        model = build(network)
        load_weights(model, author)
        found["built"] = apart(model(x), wanted)
        doing = "code"
        source = _written(network)
        source.load_state_dict(model.state_dict())
        found["written"] = apart(source(x), wanted)
    except Exception as error:  # whatever went wrong is the outcome
        return Outcome(**found, reason=f"{doing}: {type(error).__name__}: {str(error).splitlines()[0][:150]}")
    return Outcome(**found)


def _padded_by_name(inputs: list[Any], outputs: list[Any]) -> dict[str, float]:
    """What fvcore counts for a convolution, for one with padding="same", of which it does not know."""
    _, weight, out = map(get_shape, (*inputs[:2], outputs[0]))
    return {"conv": prod(weight) * prod(out[2:])}


def _output(made: Any) -> Tensor:
    found: Tensor = made[0] if isinstance(made, list | tuple) else getattr(made, "logits", made)
    return found


def _written(network: Network) -> nn.Module:
    """The module that the source of a network makes."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "written.py")
        file.write_text(code(network), encoding="utf-8")
        spec = spec_from_file_location(file.stem, file)
        assert spec
        assert spec.loader
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    made: nn.Module = getattr(module, class_name(network))()
    return made.eval()


def apart(found: Tensor, wanted: Tensor) -> float:
    """The largest difference, over the standard deviation of what is wanted."""
    if found.shape != wanted.shape:
        raise ValueError(f"puts out {tuple(found.shape)} instead of {tuple(wanted.shape)}")
    return float((found - wanted).abs().max() / wanted.std())


def outcomes(names: Sequence[str]) -> Iterator[Outcome]:
    """What became of each network; the first export of a process, which imports, is of none of them."""
    warnings.simplefilter("ignore")
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    logging.getLogger("torch.export").setLevel(logging.ERROR)
    trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()), (3, 32, 32))
    for name in names:
        try:
            yield examine(name)
        except Missing as error:
            yield Outcome(name=name, reason=str(error))
        except Exception as error:  # one stops no other
            yield Outcome(name=name, reason=f"{type(error).__name__}: {error}")


def figures() -> Iterator[Figure]:
    """Those that were released for the paper's line: differences, outputs, and times."""
    done = [one for one in outcomes(tuple(EXACT)) if one.operations]
    for one in done:
        wrong = one.differences + (one.nearest != EXACT[one.name])
        yield Figure(name=f"{one.name}: differences", value=wrong, unit="", goal=0, counts=f"to {EXACT[one.name]}")
        for what, value in (("built", one.built), ("written as source", one.written)):
            yield Figure(
                name=f"{one.name}, opened and {what}",
                value=value,
                unit="",
                goal=EQUAL,
                counts="largest difference of the outputs over their standard deviation",
                remark=one.reason,
            )
    slowest = max((one.tree / one.operations * OPERATIONS for one in done), default=None)
    yield Figure(
        name="a tree of 1,000 operations",
        value=slowest,
        unit="ms",
        goal=MILLISECONDS,
        counts="the slowest of the released networks, by the operation",
        remark="" if done else "no rival is installed",
    )
    yield Figure(
        name="opening over torch.export alone",
        value=max((one.ratio for one in done), default=None),
        unit="",
        goal=RATIO,
        counts="the slowest of the released networks",
        remark="" if done else "no rival is installed",
    )


def _totals(done: Sequence[Outcome]) -> str:
    """The last lines of a table."""
    opened = [one for one in done if one.operations]
    ratios = sorted(one.ratio for one in opened) or [0.0]
    seconds = sum(one.opening for one in opened) / (sum(one.export for one in opened) or 1)
    canvas = max((one.canvas for one in opened), default=0.0)
    return (
        f"{len(opened)} of {len(done)} open; {sum(not one.irreducible for one in opened)} are trees to the last layer; "
        f"{sum(one.counted for one in opened)} have the author's parameters and MACs to the unit; "
        f"{sum(one.equal for one in opened)} the author's outputs, built and written\n"
        f"opening over torch.export alone: {seconds:.2f} of all together, {median(ratios):.2f} the median, "
        f"{ratios[-1]:.2f} the largest; the slowest canvas took {canvas:.2f} s"
    )


def main() -> int:
    """Print a line a network."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.opening", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="timm:NAME or torchvision:NAME")
    parser.add_argument("--hundred", action="store_true", help=f"those of {HUNDRED.name}")
    asked = parser.parse_args()
    names = asked.names or (HUNDRED.read_text().split() if asked.hundred else tuple(EXACT))
    done: list[Outcome] = []
    print(HEADER)
    for outcome in outcomes(names):
        done.append(outcome)
        print(outcome.line, flush=True)
    print(_totals(done))
    return int(not all(one.exact and one.counted and one.equal for one in done))


if __name__ == "__main__":
    sys.exit(main())
