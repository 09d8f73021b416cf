"""Released networks of the paper's line, opened in every way there is: which preset each is, and where it differs.

    python -m benchmarks.released

From the module, from the module with every name in it replaced by nonsense, from its ONNX file, and of Keras from the
JSON that it writes. Also the graphs that the wheel of `onnx` ships for its own tests: those of one input open, every
other ends in one sentence.

Exit status 1 if a network differs from the preset that it has to be, or a reader fails without a sentence.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn

from benchmarks.figure import Figure
from benchmarks.opening import EXACT, make, shape_of
from benchmarks.rivals import Missing, rival
from irnet.opening.check import compare_with_preset
from irnet.opening.graph import Graph
from irnet.runtime.network_files import read_file
from irnet.runtime.trace import trace
from irnet.spec import Shape

KERAS = {  # networks of Keras, which are read from their JSON, and the presets that they have to be
    "InceptionResNetV2": "inception_resnet_v2.tf_slim",
    "InceptionV3": "inception_v3.tf_slim",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One network, opened in one way."""

    source: str
    route: str
    wanted: str
    nearest: str = ""
    differences: int = 0
    reason: str = ""  # why it was not opened

    @property
    def exact(self) -> bool:
        """Whether it is the preset that it has to be."""
        return self.nearest == self.wanted and not self.differences

    @property
    def line(self) -> str:
        """As it is printed."""
        found = self.reason or f"{self.nearest} with {self.differences} differences"
        return f"{self.source:34} {self.route:12} {found}{'' if self.exact or self.reason else f'; not {self.wanted}'}"


def rows() -> Iterator[Row]:
    """Every released network by every route."""
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    for name, wanted in EXACT.items():
        try:
            author = make(name)
        except Missing as error:
            yield Row(name, "module", wanted, reason=str(error))
            continue
        shape = shape_of(name, author)
        yield _row(name, "ONNX", wanted, partial(_from_onnx, author, shape))  # first: a trace takes the numbers away
        yield _row(name, "module", wanted, partial(trace, author, shape))
        yield _row(name, "nonsense", wanted, partial(_renamed, author, shape))
    for name, wanted in KERAS.items():
        yield _row(f"keras:{name}", "JSON", wanted, partial(_from_keras, name))


def _row(source: str, route: str, wanted: str, read: Callable[[], Graph]) -> Row:
    try:
        report = compare_with_preset(read())
    except Exception as error:  # one stops no other
        return Row(source, route, wanted, reason=f"{type(error).__name__}: {str(error).splitlines()[0][:150]}")
    return Row(source, route, wanted, report.nearest, len(report.differences))


def _renamed(author: nn.Module, shape: Shape) -> Graph:
    """A graph whose modules have names that say nothing."""
    graph = trace(author, shape)
    operations = (replace(one, module=f"q{i * 7919 % 1009}.w") for i, one in enumerate(graph.operations))
    return replace(graph, operations=tuple(operations))


def _from_onnx(author: nn.Module, shape: Shape) -> Graph:
    """What is read from the ONNX file that PyTorch writes."""
    rival("onnx")
    with TemporaryDirectory() as folder:
        file = f"{folder}/net.onnx"
        x = torch.zeros(1, *shape)
        torch.onnx.export(author, (x,), file, dynamo=False, do_constant_folding=False, training=_PRESERVE)
        return read_file(file)


_PRESERVE = torch.onnx.TrainingMode.PRESERVE  # batch norms are not folded


def _from_keras(name: str) -> Graph:
    """What is read from the JSON that Keras writes."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    text = getattr(rival("keras").applications, name)(weights=None).to_json()
    with TemporaryDirectory() as folder:
        file = Path(folder, "net.json")
        file.write_text(text, encoding="utf-8")
        return read_file(str(file))


def onnx_tests() -> tuple[int, list[str], list[str]]:
    """Of the graphs in the wheel of onnx: how many open, sentences of those that do not, and what failed."""
    folder = Path(rival("onnx").__file__).parent / "backend" / "test" / "data"
    opened, refused, failed = 0, [], []
    for file in sorted(folder.rglob("*.onnx")):
        try:
            read_file(str(file))
            opened += 1
        except ValueError as error:
            refused.append(str(error).replace(f"{folder}/", ""))
        except Exception as error:  # anything but a sentence is a fault
            failed.append(f"{file.relative_to(folder)}: {type(error).__name__}: {error}")
    return opened, refused, failed + [one for one in refused if "\n" in one]


def figures() -> Iterator[Figure]:
    """A figure a network and route, and one for the graphs of onnx."""
    for row in rows():
        yield Figure(
            name=f"{row.source} from its {row.route}: differences",
            value=None if row.reason else row.differences + (row.nearest != row.wanted),
            unit="",
            goal=0,
            counts=f"to {row.wanted}",
            remark=row.reason,
        )
    opened, refused, failed = onnx_tests()
    yield Figure(
        name="graphs of onnx's tests without a sentence",
        value=len(failed),
        unit="",
        goal=0,
        counts=f"of {opened + len(refused)}; {opened} open",
    )


def main() -> int:
    """Print a line a network and route, and what became of onnx's graphs."""
    found = []
    for row in rows():
        found.append(row)
        print(row.line, flush=True)
    opened, refused, failed = onnx_tests()
    print(f"onnx's tests: {opened} graphs open, {len(refused)} end in a sentence, {len(failed)} fail otherwise")
    print("\n".join(failed))
    return int(bool(failed) or not all(row.exact for row in found))


if __name__ == "__main__":
    sys.exit(main())
