"""Ways in which a checkpoint file can be wrong, each as a function that writes one."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from safetensors.torch import save_file

from tests.checkpoints import State, hollow

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
CUT_OFF = "is cut off, broken or no"
CORRUPTED: dict[str, tuple[Write, str]] = {
    "a key is missing": (without(MEAN), f"'{MEAN}' missing"),
    "many keys are missing": (lambda s, f: save_file(dict(list(s.items())[:50]), f), " more missing"),
    "a key too many": (lambda s, f: torch.save(s | {"ema.decay": torch.ones(1)}, f), "'ema.decay' left over"),
    "another shape": (changed(KERNEL, lambda t: t[:, :, :1]), f"'{KERNEL}' is (32, 3, 1, 3) instead of (32, 3, 3, 3)"),
    "another order of axes": (changed("last_linear.weight", lambda t: t.T), "is (1792, 512) instead of (512, 1792)"),
    "another number of classes": (lambda s, f: torch.save(s | {"logits.bias": torch.ones(4)}, f), "'logits.bias' is"),
    "not a number": (changed(MEAN, one(float("nan"))), f"'{MEAN}' holds numbers that are not finite"),
    "infinity": (changed(KERNEL, one(float("-inf"))), f"'{KERNEL}' holds numbers that are not finite"),
    "a variance below zero": (changed(VAR, one(-0.1)), f"'{VAR}' holds a variance below zero"),
    "whole numbers": (changed(KERNEL, torch.Tensor.int), f"'{KERNEL}' is int32, not float32, float16, bfloat16"),
    "double precision": (changed(KERNEL, torch.Tensor.double), f"'{KERNEL}' is float64, not"),
    "complex numbers": (changed(KERNEL, lambda t: t + 0j), f"'{KERNEL}' is complex64, not"),
    "a sparse tensor": (changed("last_linear.weight", torch.Tensor.to_sparse), "is no plain tensor"),
    "a fraction as count of batches": (changed("last_bn.num_batches_tracked", torch.Tensor.float), "not int64"),
    "a zip file cut off": (cut(0.9), CUT_OFF),
    "a legacy file cut off": (cut(0.9, **OLD), CUT_OFF),
    "a legacy file cut off in its pickle": (cut(0.0005, **OLD), CUT_OFF),
    "safetensors cut off": (cut_safetensors, CUT_OFF),
    "HDF5 cut off": (cut_keras, CUT_OFF),
    "a header of exabytes": (giant_header, CUT_OFF),
    "nothing": (lambda _, f: f.write_bytes(b""), CUT_OFF),
    "text": (lambda _, f: f.write_text("weights, as promised"), CUT_OFF),
    "a compressed archive": (repacked(zipfile.ZIP_DEFLATED), "is a compressed archive"),
    "another archive": (lambda _, f: zipfile.ZipFile(f, "w").writestr("a/b.txt", "x"), "it has no data.pkl"),
    "an attack in a zip file": (attacks(torch.save), "nothing in it was run"),
    "an attack in a legacy file": (attacks(lambda v, f: torch.save(v, f, **OLD)), "nothing in it was run"),
    "an attack in a bare pickle": (attacks(plain_pickle), "is a pickle that torch.save did not write"),
    "a whole module": (lambda _, f: torch.save(torch.nn.Linear(1, 1), f), "Python objects other than tensors"),
    "a list": (lambda s, f: torch.save(list(s.values())[:3], f), "holds a value of type list and no state_dict"),
    "a training state": (
        lambda s, f: torch.save({"epoch": 3, "state_dict": hollow(s)}, f),
        "'epoch' is of type int and no tensor",
    ),
    "a chunk far larger than its numbers": (chunky_keras, "bytes, more than the 1,073,741,824 that are read"),
    "numbers of another file": (linked_keras, "takes its numbers from other files"),
}
