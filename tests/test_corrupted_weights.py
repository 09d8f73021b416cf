"""Whatever is wrong with a file ends in one sentence; the model is as before, and nothing in the file was run."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from irnet.checkpoints import keys
from irnet.models import network
from irnet.runtime.build import Model, build
from irnet.runtime.checkpoint_files import checkpoint
from irnet.runtime.weights import identify, load_weights
from tests.checkpoints import State, drawn, hollow
from tests.conftest import Meta

Write = Callable[[State, Path], object]


class Attack:
    """Creates a file when it is unpickled."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.victim,)


def changed(key: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Write:
    return lambda state, file: torch.save(state | {key: change(state[key])}, file)


def one(value: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """A copy with its last number replaced."""

    def change(tensor: torch.Tensor) -> torch.Tensor:
        made = tensor.clone()
        made.view(-1)[-1] = value
        return made

    return change


def cut(share: float, **settings: Any) -> Write:
    """The first part of a file that torch saved."""

    def write(state: State, file: Path) -> None:
        whole = io.BytesIO()
        torch.save(state, whole, **settings)
        file.write_bytes(whole.getvalue()[: int(share * whole.tell())])

    return write


def cut_safetensors(state: State, file: Path) -> None:
    save_file(state, file)
    file.write_bytes(file.read_bytes()[:-100])


def cut_keras(_: State, file: Path) -> None:
    with h5py.File(file, "w") as out:
        out.create_dataset("conv2d/conv2d/kernel:0", data=np.zeros((99, 99)))
    file.write_bytes(file.read_bytes()[:5000])


def chunky_keras(_: State, file: Path) -> None:
    """Four numbers, to be unpacked out of a chunk of two gigabytes."""
    with h5py.File(file, "w") as out:
        out.create_dataset("conv2d/kernel", (4,), "f4", chunks=(2**29,), maxshape=(None,), compression="gzip")


def linked_keras(_: State, file: Path) -> None:
    with h5py.File(file, "w") as out:
        out.create_dataset("conv2d/kernel", shape=(4,), dtype="f4", external=[("/etc/hostname", 0, 16)])


def repacked(method: int, size: int = 0) -> Write:
    """The checkpoint's zip archive packed again, with one more member of so many zeros."""

    def write(state: State, file: Path) -> None:
        whole = io.BytesIO()
        torch.save(hollow(state), whole)
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(file, "w", method) as new:
            for member in old.infolist():
                new.writestr(member.filename, old.read(member))
            if size:
                new.writestr("archive/data/bomb", bytes(size))

    return write


def giant_header(_: State, file: Path) -> None:
    file.write_bytes(struct.pack("<Q", 2**62) + b"{}")


def attacks(save: Callable[[Any, Path], object]) -> Write:
    return lambda _, file: save({"conv2d_1a.conv.weight": Attack(file.with_name("victim"))}, file)


def plain_pickle(value: Any, file: Path) -> None:
    file.write_bytes(pickle.dumps(value))


def without(key: str) -> Write:
    return lambda state, file: save_file({name: t for name, t in state.items() if name != key}, file)


OLD: dict[str, Any] = {"_use_new_zipfile_serialization": False}
KERNEL, MEAN, VAR = "conv2d_1a.conv.weight", "last_bn.running_mean", "last_bn.running_var"
BLOCK = "repeat_1.1.conv2d.bias"
CUT_OFF = "is cut off, broken or no"
CORRUPTED: dict[str, tuple[Write, str]] = {
    "a key is missing": (without(MEAN), f"'{MEAN}' missing"),
    "many keys are missing": (lambda s, f: save_file(dict(list(s.items())[:50]), f), " more missing"),
    "a block too many": (lambda s, f: torch.save(s | {BLOCK: torch.ones(1)}, f), f"'{BLOCK}' left over"),
    "another shape": (changed(KERNEL, lambda t: t[:, :, :1]), f"'{KERNEL}' is (32, 3, 1, 3) instead of (32, 3, 3, 3)"),
    "another order of axes": (changed("last_linear.weight", lambda t: t.T), "is (1792, 512) instead of (512, 1792)"),
    "another number of classes": (lambda s, f: torch.save(s | {"logits.bias": torch.ones(4)}, f), "'logits.bias' is"),
    "not a number": (changed(MEAN, one(float("nan"))), f"'{MEAN}' holds numbers that are not finite"),
    "infinity": (changed(KERNEL, one(float("-inf"))), f"'{KERNEL}' holds numbers that are not finite"),
    "a variance below zero": (changed(VAR, one(-0.1)), f"'{VAR}' holds a variance below zero"),
    "whole numbers": (changed(KERNEL, torch.Tensor.int), f"'{KERNEL}' is int32 instead of floating point"),
    "numbers that single precision can't hold": (
        changed(KERNEL, lambda t: 1e300 * t.double()),
        f"'{KERNEL}' holds numbers that are too large for float32",
    ),
    "complex numbers": (changed(KERNEL, lambda t: t + 0j), f"'{KERNEL}' is complex64 instead of floating point"),
    "a sparse tensor": (changed("last_linear.weight", torch.Tensor.to_sparse), "is no plain tensor"),
    "a fraction as count of batches": (changed("last_bn.num_batches_tracked", lambda t: t + 0.5), "no whole number"),
    "a zip file cut off": (cut(0.9), CUT_OFF),
    "a legacy file cut off": (cut(0.9, **OLD), CUT_OFF),
    "a legacy file cut off in its pickle": (cut(0.0005, **OLD), CUT_OFF),
    "safetensors cut off": (cut_safetensors, CUT_OFF),
    "HDF5 cut off": (cut_keras, CUT_OFF),
    "a header of exabytes": (giant_header, CUT_OFF),
    "nothing": (lambda _, f: f.write_bytes(b""), "is empty: fetch it again"),
    "text": (lambda _, f: f.write_text("weights, as promised"), "is a text, which begins with"),
    "a compressed archive": (repacked(zipfile.ZIP_DEFLATED), "is a compressed archive"),
    "another archive": (lambda _, f: zipfile.ZipFile(f, "w").writestr("a/b.txt", "x"), "is a zip archive of 1 file"),
    "an attack in a zip file": (attacks(torch.save), "nothing in it was run"),
    "an attack in a legacy file": (attacks(lambda v, f: torch.save(v, f, **OLD)), "nothing in it was run"),
    "an attack in a bare pickle": (attacks(plain_pickle), "that torch.save did not write, and nothing in it was run"),
    "a whole module": (lambda _, f: torch.save(torch.nn.Linear(1, 1), f), "a whole model saved with torch.save"),
    "a list": (lambda s, f: torch.save(list(s.values())[:3], f), "holds a value of type list and no state_dict"),
    "nothing but numbers": (lambda _, f: torch.save({"epoch": 3}, f), "no dictionary of tensors: it has epoch (int)"),
    "a chunk far larger than its numbers": (chunky_keras, "bytes, more than the 1,073,741,824 that are read"),
    "numbers of another file": (linked_keras, "takes its numbers from other files"),
}
SPEC = network("inception_resnet_v1.facenet", a=1, b=0, c=0, classes=3)
THEIRS = keys(SPEC, "facenet_pytorch")


@pytest.fixture(scope="module")
def model() -> Model:
    """A short network; no test here may change it."""
    return build(SPEC)


@pytest.fixture(scope="module")
def state(model: Model) -> State:
    """A checkpoint of it in the layout of facenet-pytorch that would load."""
    return {THEIRS[key]: tensor for key, tensor in drawn(model).items()}


@pytest.mark.parametrize("kind", CORRUPTED)
def test_a_corrupted_file_gets_one_sentence_and_changes_nothing(
    kind: str, model: Model, state: State, tmp_path: Path
) -> None:
    write, told = CORRUPTED[kind]
    file, before = tmp_path / "weights", {key: tensor.clone() for key, tensor in model.state_dict().items()}
    write(state, file)
    with pytest.raises(ValueError, match=r"^weights") as refused:
        load_weights(model, file)
    sentence = str(refused.value)
    assert told in sentence
    assert "\n" not in sentence
    assert all(torch.equal(tensor, before[key]) for key, tensor in model.state_dict().items())
    assert (model.loaded, model.origin) == (False, "untrained, init torch, seed 0")
    assert not (tmp_path / "victim").exists()


def test_the_attack_works_on_those_who_trust_a_pickle(tmp_path: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    attacks(torch.save)({}, tmp_path / "weights")
    torch.load(tmp_path / "weights", weights_only=False)
    assert (tmp_path / "victim").exists()


def test_the_file_without_a_fault_loads(state: State, tmp_path: Path) -> None:
    save_file(state, tmp_path / "weights")
    assert load_weights(build(SPEC), tmp_path / "weights").tensors == len(state)


@pytest.mark.parametrize(("have", "want"), [(0, 8631), (8631, 0)])
def test_a_file_with_another_head_says_how_to_build_for_it(have: int, want: int, meta: Meta, tmp_path: Path) -> None:
    one, two = (network("inception_resnet_v1.facenet", classes=classes) for classes in (have, want))
    torch.save(hollow(dict(meta(one).state_dict())), tmp_path / "weights")
    with pytest.raises(
        ValueError,
        match=rf"; it is (without a classifier|{have} classes): build the network with --set classes={have},",
    ):
        load_weights(build(two), tmp_path / "weights")


def test_a_file_of_another_network_says_which(model: Model, meta: Meta, tmp_path: Path) -> None:
    torch.save(hollow(dict(meta(network("inception_v4.tf_slim")).state_dict())), tmp_path / "weights")
    with pytest.raises(ValueError, match=r"; it fits inception_v4\.tf_slim in the layout of irnet, 1000 classes$"):
        load_weights(model, tmp_path / "weights")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^there is no file '"):
        identify(tmp_path / "nowhere")


def test_a_file_over_the_limit_is_not_opened(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file(state, tmp_path / "weights")
    monkeypatch.setattr(checkpoint, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match=r"^weights holds [\d,]+ bytes, more than the 1,000 that are read$"):
        identify(tmp_path / "weights")


def test_a_zip_bomb_is_not_unpacked(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "weights"
    repacked(zipfile.ZIP_DEFLATED, 20_000_000)(state, file)
    monkeypatch.setattr(checkpoint, "MAX_BYTES", 2_000_000)
    assert file.stat().st_size < 2_000_000
    with pytest.raises(ValueError, match=r"^weights holds [\d,]+ bytes, more than the 2,000,000 that are read$"):
        identify(file)


def test_a_keras_file_without_h5py_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_keras({}, tmp_path / "weights")
    monkeypatch.setitem(sys.modules, "irnet.runtime.checkpoint_files.keras", None)
    with pytest.raises(ValueError, match=r"^weights is an HDF5 file, .* needs h5py: pip install h5py$"):
        identify(tmp_path / "weights")
