"""Every kind of checkpoint, by the packages that write them: what is said of it, and outputs beside the original.

    python -m benchmarks.files

The weights are untrained. Outputs are for one photograph, apart in standard deviations of the original's. Then what it
takes to say what 220 MB are, in a new process, and what loading them takes over reading and copying. Seconds are of
processor time, which others on the machine change little.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from benchmarks.figure import Figure, told
from benchmarks.forward import EQUAL, PAIRS
from benchmarks.rivals import missing
from irnet.checkpoints import keys
from irnet.lab.photos import photo, to_input
from irnet.models import network
from irnet.runtime.build import build
from irnet.runtime.weights import identify, load_weights

SECONDS, MEGABYTES, LOADING = 1.0, 100.0, 1.1  # to say what a file of 220 MB is; and to load it, over the least
ROUNDS = 3
State = dict[str, Any]
Read = Callable[[Path], Mapping[str, torch.Tensor]]
Write = Callable[[Any, Path], object]  # a model of somebody's and the file, or the folder, to write
IDENTIFIED = """
import sys
from time import perf_counter, process_time
from benchmarks.files import peak
from irnet.runtime import weights

before, start, busy = peak(anew=True), perf_counter(), process_time()
weights.identify(sys.argv[1])
print(perf_counter() - start, process_time() - busy, peak() - before)
"""


def peak(*, anew: bool = False) -> float:
    """The most megabytes that this process had in memory; or, counted anew, has now. Linux alone says so."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return int(Path("/proc/self/status").read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) / 1024


def saved(change: Callable[[State], Any], **settings: Any) -> Write:
    """By torch.save, after a change of the state_dict."""
    return lambda model, file: torch.save(change(model.state_dict()), file, **settings)


def prefixed(prefix: str) -> Callable[[State], State]:
    """A change of a state_dict: so much more before every key."""
    return lambda state: {f"{prefix}{key}": tensor for key, tensor in state.items()}


def training(state: State) -> State:
    """What PyTorch's ImageNet example and others like it leave."""
    left = {"epoch": 90, "arch": "v4", "args": argparse.Namespace(lr=0.1, out=Path("runs")), "best": np.float64(0.8)}
    return left | {"state_dict": prefixed("module.")(state), "optimizer": {"state": {0: {"step": torch.ones(2)}}}}


def shards(model: Any, folder: Path) -> None:
    """Two files of safetensors and their index."""
    folder.mkdir()
    names = [*model.state_dict()]
    halves = {"a-00001-of-00002.safetensors": names[::2], "a-00002-of-00002.safetensors": names[1::2]}
    for file, held in halves.items():
        save_file({key: model.state_dict()[key] for key in held}, folder / file)
    listed = {key: file for file, held in halves.items() for key in held}
    (folder / "a.safetensors.index.json").write_text(json.dumps({"weight_map": listed}), encoding="utf-8")


def image(shape: tuple[int, int, int] = (3, 299, 299)) -> torch.Tensor:
    """One photograph in the range of the networks."""
    return to_input(photo("coffee"), shape)


def rounded(model: Any, file: Path) -> None:
    """In half precision, which the original then has too."""
    torch.save(model.half().state_dict(), file)
    model.float()


def traced(model: Any, file: Path) -> None:
    """As TorchScript."""
    torch.jit.save(torch.jit.trace(model, image()), file)  # type: ignore[no-untyped-call]


READERS: dict[str, Read] = {
    "state_dict": lambda file: torch.load(file, weights_only=True),
    "state_dict of 2018": lambda file: torch.load(file, weights_only=True),
    "safetensors": load_file,
}
KINDS: dict[str, Write] = {
    "state_dict": saved(lambda state: state),
    "state_dict of 2018": saved(lambda state: state, _use_new_zipfile_serialization=False),
    "training, DataParallel": saved(training),
    "two levels deep": saved(lambda state: {"model": {"state_dict": state}}),
    "Lightning, compiled": saved(lambda s: {"state_dict": prefixed("model._orig_mod.")(s), "epoch": 1}),
    "with an average": saved(lambda state: {"state_dict": state, "state_dict_ema": dict(state)}),
    "whole model": torch.save,
    "safetensors": lambda model, file: save_file(model.state_dict(), file),
    "safetensors in shards": shards,
    "TorchScript": traced,
    "NumPy": lambda model, file: np.savez(file.open("wb"), **{k: t.numpy() for k, t in model.state_dict().items()}),
    "exported program": lambda model, file: torch.export.save(torch.export.export(model, (image(),)), file),
    "ONNX": lambda model, file: torch.onnx.export(model, (image(),), file, dynamo=True, verbose=False),
    "gzip": lambda _, file: file.write_bytes(gzip.compress(b"weights")),
    "half precision": rounded,
    "Git LFS": lambda _, file: file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
}
ENDINGS = {"exported program": ".pt2", "safetensors in shards": ""}


@torch.inference_mode()
def said(file: Path, wanted: Callable[[torch.Tensor], torch.Tensor]) -> tuple[str, float | None]:
    """What is said of a file, and how far the outputs of the network with it are from the original's."""
    try:
        found = identify(file)
        if not found.exact or found.preset is None:
            return found.sentence, None
        spec = network(found.preset, classes=found.classes, channels=found.channels)
        model = build(spec)
        load_weights(model, file)
    except ValueError as error:
        return str(error), None
    x = image(spec.input_shape)
    theirs = wanted(x)
    return found.sentence, float((model(x) - theirs).abs().max() / theirs.std())


def written(folder: Path) -> Iterator[tuple[str, Path, Callable[[torch.Tensor], torch.Tensor]]]:
    """Every kind, its file, and what the original makes of a picture."""
    absent = missing(pair.package for pair in PAIRS)
    for pair in (pair for pair in PAIRS if pair.package not in absent):
        model = pair.make()
        for kind, write in KINDS.items() if pair is PAIRS[0] else [("state_dict", KINDS["state_dict"])]:
            file = folder / f"file{ENDINGS.get(kind, '.pth')}"
            try:
                write(model, file)
            except Exception as error:  # a package that this one needs is not here
                print(f"{kind}: not written, {type(error).__name__}: {error}"[:200])
                continue
            yield f"{pair.package} {pair.name.partition('.')[0]}, {kind}", file, model
    if find_spec("keras"):
        yield from keras(folder)


def keras(folder: Path) -> Iterator[tuple[str, Path, Callable[[torch.Tensor], torch.Tensor]]]:
    """The files of Keras, with whatever backend it has."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    applications: Any = import_module("keras.applications")
    for name in ("InceptionV3", "InceptionResNetV2"):
        model = getattr(applications, name)(weights=None, classifier_activation=None)

        def outputs(x: torch.Tensor, model: Any = model) -> torch.Tensor:
            return torch.from_numpy(np.asarray(model.predict(x.permute(0, 2, 3, 1).numpy(), verbose=0)))

        for ending, save in ((".keras", model.save), (".h5", model.save), (".weights.h5", model.save_weights)):
            save(folder / f"file{ending}")
            yield f"Keras {name}, {ending}", folder / f"file{ending}", outputs


def figures() -> Iterator[Figure]:
    """Outputs of every kind that opens, then time and memory."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind, file, wanted in written(Path(folder)):
            sentence, apart = said(file, wanted)
            yield Figure(name=kind, value=apart, unit="", counts=sentence, goal=EQUAL, remark=sentence)
    yield from speeds()


def speeds() -> Iterator[Figure]:
    """What it takes to identify 220 MB and to load them."""
    spec = network("inception_resnet_v2.tf_slim")
    model, names = build(spec), keys(spec, "timm")
    state = {names[key]: tensor for key, tensor in model.state_dict().items()}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file.pth"
        ways: dict[str, Callable[[], object]] = {
            "state_dict": lambda: torch.save(state, file),
            "state_dict of 2018": lambda: torch.save(state, file, _use_new_zipfile_serialization=False),
            "safetensors": lambda: save_file(state, file),
            "TorchScript": lambda: traced(model.eval(), file),
        }
        for kind, write in ways.items():
            write()
            command = [sys.executable, "-c", IDENTIFIED, str(file)]
            took = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            seconds, busy, memory = map(float, took)
            what = f"identifying {file.stat().st_size / 1e6:.0f} MB in a new process, above its imports"
            counts = f"{what}: processor time, {seconds:.2f} s by the clock"
            yield Figure(name=f"{kind}: time", value=busy, unit="s", counts=counts, goal=SECONDS)
            yield Figure(name=f"{kind}: memory", value=memory, unit="MB", counts=what, goal=MEGABYTES)
            if read := READERS.get(kind):
                ours = fastest(lambda: load_weights(model, file))
                theirs = fastest(partial(copy, read, file, model, names))
                what = (
                    f"{ours:.2f} s of load_weights over {theirs:.2f} s of reading and copying, the fastest of {ROUNDS}"
                )
                yield Figure(name=f"{kind}: loading", value=ours / theirs, unit="", counts=what, goal=LOADING)


def copy(read: Read, file: Path, model: torch.nn.Module, names: Mapping[str, str]) -> None:
    """What is the least that loading has to do."""
    state = read(file)
    model.load_state_dict({ours: state[theirs] for ours, theirs in names.items()})


def fastest(call: Callable[[], object]) -> float:
    """Seconds of processor time."""
    taken = []
    for _ in range(ROUNDS):
        start = process_time()
        call()
        taken.append(process_time() - start)
    return min(taken)


def main() -> int:
    """Print what was said of every kind, then time and memory; exit 1 if a goal is missed."""
    missed = 0
    for figure in figures():
        missed += told([figure])
        print(f"    {figure.counts}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
