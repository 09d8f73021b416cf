"""Networks of others, opened, built and written as source: their outputs and counts beside the author's own.

    python -m benchmarks.opened_outputs [NAME ...]

Weights are random, batch norm's statistics too, so that a name that leads to the wrong tensor shows. A difference is
the largest of all outputs, over the standard deviation of the author's. Multiply-accumulates are fvcore's of the
author's module, of convolutions and linear layers.

Exit status 1 if an output or a count differs.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from fvcore.nn import FlopCountAnalysis
from torch import Tensor, nn

from benchmarks.figure import Figure
from benchmarks.opening import EXACT, OTHERS, make
from benchmarks.rivals import Missing
from irnet.codegen import class_name, code
from irnet.opening.network import network_from_graph
from irnet.runtime.build import build
from irnet.runtime.trace import trace
from irnet.runtime.weights import load_weights
from irnet.spec import Network
from irnet.tree import resolve

NAMES = (*EXACT, *OTHERS)
SIDES = (128, 224)  # pixels; the first that a network can be traced with
EQUAL = 1e-5  # relative to the standard deviation of the outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one network; a reason where something could not be done."""

    name: str
    side: int = 0
    built: float | None = None  # difference of the outputs of what `build` makes
    written: float | None = None  # and of the source
    params: int = 0  # of the rows, less the author's
    macs: int = 0  # the same
    reason: str = ""

    @property
    def equal(self) -> bool:
        """Whether all outputs and counts are the author's."""
        differences = (self.built, self.written)
        return all(one is not None and one <= EQUAL for one in differences) and not (self.params or self.macs)

    @property
    def line(self) -> str:
        """As it is printed."""
        built, written = ("-" if one is None else f"{one:.1e}" for one in (self.built, self.written))
        return (
            f"{self.name:38} {self.side:4} {built:>9} {written:>9} {self.params:>12,} {self.macs:>16,}  {self.reason}"
        )


def randomise(module: nn.Module) -> None:
    """Other numbers for factors, shifts and statistics, which begin as ones and zeros."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if tensor.dim() == 1 and tensor.is_floating_point():
            positive = not name.endswith(("bias", "running_mean"))
            tensor.data.uniform_(0.5 if positive else -0.1, 1.5 if positive else 0.1, generator=generator)


def _output(made: Any) -> Tensor:
    found: Tensor = made[0] if isinstance(made, list | tuple) else getattr(made, "logits", made)
    return found


@torch.no_grad()
def compare(name: str) -> Outcome:
    """Open a network, build it and write it, and hold both against the author's module."""
    author = make(name, "cpu").eval()
    randomise(author)
    try:
        network, side = _opened(author)
    except (ValueError, AssertionError, KeyError, IndexError) as error:
        return Outcome(name=name, reason=f"opened: {error}")
    x = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(1)) * 2 - 1
    wanted = _output(author(x))
    rows = resolve(network).rows
    counted: Any = FlopCountAnalysis(author, x[:1])
    counted.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False)
    theirs = counted.by_operator()
    found: dict[str, Any] = {
        "name": name,
        "side": side,
        "params": sum(row.params for row in rows) - sum(one.numel() for one in author.parameters()),
        "macs": sum(row.macs for row in rows) - int(theirs["conv"] + theirs["linear"]),
    }
    reason = ""
    try:
        model = build(network)
        load_weights(model, author)
        found["built"] = _apart(model(x), wanted)
        reason = "source: "
        source = _written(network)
        source.load_state_dict(model.state_dict())
        found["written"] = _apart(source(x), wanted)
    except Exception as error:  # whatever went wrong is the outcome
        return Outcome(**found, reason=f"{reason}{type(error).__name__}: {str(error).splitlines()[0][:150]}")
    return Outcome(**found)


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


def _opened(author: nn.Module) -> tuple[Network, int]:
    """The network of a module, at the first size that it takes."""
    for side in SIDES[:-1]:
        try:
            return network_from_graph(trace(deepcopy(author), (3, side, side))), side
        except ValueError:
            continue
    return network_from_graph(trace(deepcopy(author), (3, SIDES[-1], SIDES[-1]))), SIDES[-1]


def _apart(found: Tensor, wanted: Tensor) -> float:
    if found.shape != wanted.shape:
        raise ValueError(f"puts out {tuple(found.shape)} instead of {tuple(wanted.shape)}")
    return float((found - wanted).abs().max() / wanted.std())


def outcomes(names: tuple[str, ...] = NAMES) -> Iterator[tuple[Outcome, float]]:
    """What became of each network, and in how many seconds."""
    warnings.simplefilter("ignore")
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    for name in names:
        start = perf_counter()
        try:
            outcome = compare(name)
        except Missing as error:
            outcome = Outcome(name=name, reason=str(error))
        yield outcome, perf_counter() - start


def figures() -> Iterator[Figure]:
    """The largest difference of the outputs among the released networks."""
    for outcome, _ in outcomes(tuple(EXACT)):
        for what, value in (("built", outcome.built), ("written as source", outcome.written)):
            yield Figure(
                name=f"{outcome.name}, opened and {what}",
                value=value,
                unit="",
                goal=EQUAL,
                counts="largest difference of the outputs over their standard deviation",
                remark=outcome.reason,
            )


def main() -> int:
    """Print a line a network."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.opened_outputs", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="timm:NAME or torchvision:NAME; without, a list")
    names, equal = tuple(parser.parse_args().names) or NAMES, 0
    print(f"{'network':38} side     built   written       params             MACs  what is in the way")
    for outcome, _ in outcomes(names):
        equal += outcome.equal
        print(outcome.line, flush=True)
    print(f"{equal} of {len(names)} have the author's outputs and counts")
    return int(equal < len(names))


if __name__ == "__main__":
    sys.exit(main())
