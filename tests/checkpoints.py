"""Checkpoint files as other projects write them, made without the code under test."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from math import prod, sqrt
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from irnet.runtime.build import Model
from tests.conftest import DATA
from tests.data.golden_recipe import BETA, BIAS, GAMMA, MEAN, RANGE, TOLERANCE, VAR, WEIGHT, image, load, stream

NORM = {"weight": GAMMA, "bias": BETA, "running_mean": MEAN, "running_var": VAR}
State = dict[str, Tensor]


@cache
def stored(name: str) -> Any:
    """What a file of stored data holds."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def golden_v4() -> State:
    """timm's inception_v4 under the golden recipe, by timm's own names of its modules."""
    shapes: dict[str, list[int]] = stored("manifest_inception_v4")["state_dict"]
    found: State = {}
    for unit in load(DATA / "golden_inception_v4.json")["units"]:
        k, name, norm = unit["k"], unit["ref_module"], unit["ref_bn"]
        bound = sqrt((6 if norm else 3) / prod(unit["shape"][1:]))
        found[f"{name}.weight"] = stream(k, WEIGHT, unit["shape"], -bound, bound)
        if unit["bias"]:
            found[f"{name}.bias"] = stream(k, BIAS, unit["shape"][:1], *RANGE[BIAS])
        if norm:
            found |= {f"{norm}.{key}": stream(k, role, unit["shape"][:1], *RANGE[role]) for key, role in NORM.items()}
            found[f"{norm}.num_batches_tracked"] = torch.tensor(1)
    assert found.keys() == shapes.keys()
    return {key: found[key] for key in shapes}


def with_background(state: State, head: str) -> State:
    """The same with a row of sevens before the first class."""
    rows = {name: state[f"{head}.{name}"] for name in ("weight", "bias")}
    return state | {f"{head}.{n}": torch.cat([torch.full_like(row[:1], 7), row]) for n, row in rows.items()}


def keras_arrays(golden: str = "inception_resnet_v2") -> Iterator[tuple[str, str, dict[str, NDArray[Any]]]]:
    """A network of Keras's under the golden recipe: name of a layer, its name in Keras 3 files, its arrays."""
    k, layers = -1, stored(f"golden_keras_{golden}")["layers"]
    for name, position, shapes in layers:
        if "kernel" in shapes:
            k += 1
            shape = (*shapes["kernel"][:1:-1], *shapes["kernel"][:2])  # (H, W, in, out) to (out, in, H, W)
            shape = shape if len(shapes["kernel"]) == 4 else tuple(shapes["kernel"][::-1])
            bound = sqrt((3 if "bias" in shapes else 6) / prod(shape[1:]))
            kernel = stream(k, WEIGHT, shape, -bound, bound).numpy()
            arrays = {"kernel": kernel.transpose(2, 3, 1, 0) if kernel.ndim == 4 else kernel.T}
            if "bias" in shapes:
                arrays["bias"] = stream(k, BIAS, shapes["bias"], *RANGE[BIAS]).numpy()
        else:
            roles = {"beta": BETA, "moving_mean": MEAN, "moving_variance": VAR}
            arrays = {tensor: stream(k, role, shapes[tensor], *RANGE[role]).numpy() for tensor, role in roles.items()}
        yield name, position, arrays


Layers = list[tuple[str, str, dict[str, NDArray[Any]]]]


def save_keras(file: Path, arrays: Layers, *, start: int = 0, root: str = "", end: str = ":0") -> None:
    """A legacy `.h5` file, whose unnamed layers are counted from `start`, as in a process that built others before.

    With a `root` that does not end in "/", the network is a model inside another one.
    """
    with h5py.File(file, "a") as out:
        for name, _, held in arrays:
            kind, _, number = name.rpartition("_")
            unnamed = kind in ("conv2d", "batch_normalization") or name in ("conv2d", "batch_normalization")
            n = (int(number) if number.isdigit() else 0) + start
            told = name if not unnamed else f"{kind if number.isdigit() else name}{f'_{n}' if n else ''}"
            around = f"{root}{told}" if root.endswith("/") or not root else root
            for tensor, array in held.items():
                out.create_dataset(f"{around}/{told}/{tensor}{end}", data=np.ascontiguousarray(array))


def save_keras_v3(file: Path | BytesIO, arrays: Layers, root: str = "") -> None:
    """A `.weights.h5` file of Keras 3; inside another model under its `root`."""
    target: Any = file
    with h5py.File(target, "a" if isinstance(file, Path) else "w") as out:
        for _, position, held in arrays:
            for i, array in enumerate(held.values()):
                out.create_dataset(f"{root}layers/{position}/vars/{i}", data=np.ascontiguousarray(array))


def save_keras_archive(file: Path, arrays: Layers, *, root: str = "", method: int = zipfile.ZIP_STORED) -> None:
    """A `.keras` file of Keras 3."""
    weights = BytesIO()
    save_keras_v3(weights, arrays, root)
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", '{"module": "os", "class_name": "system"}')
        archive.writestr("model.weights.h5", weights.getvalue())


def drawn(model: Model, seed: int = 5) -> State:
    """A state_dict for `model` whose every number is drawn, variances above zero."""
    generator = torch.Generator().manual_seed(seed)
    return {
        key: torch.rand(tensor.shape, generator=generator) + 0.5 if tensor.is_floating_point() else torch.tensor(3)
        for key, tensor in model.state_dict().items()
    }


def hollow(state: State) -> State:
    """The same keys and shapes, each tensor one number seen many times: torch saves them in a few bytes."""
    return {
        key: torch.ones((), dtype=tensor.dtype).expand(tensor.shape) if tensor.is_floating_point() else tensor
        for key, tensor in state.items()
    }


def listed_state(name: str) -> State:
    """A hollow checkpoint with the keys and shapes of a manifest; every number is one."""
    shapes = stored(f"manifest_{name}")["state_dict"]
    counts = {key: torch.tensor(0) for key in shapes if key.endswith("num_batches_tracked")}
    return hollow({key: torch.ones(()).expand(shape) for key, shape in shapes.items()}) | counts


@torch.no_grad()
def error(model: Model, logits: list[float]) -> float:
    """How far the outputs for the recipe's image are from `logits`, in units of the recipe's tolerance."""
    wanted = torch.tensor(logits, dtype=torch.float64)
    found = model(image(299, 299))[0].double()
    return float((found - wanted).abs().max() / wanted.std(correction=0)) / TOLERANCE


Entries = list[tuple[bytes, bytes]]
TF_TYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "float16": 19}


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    return bytes([number]) if number < 128 else bytes([number % 128 + 128]) + varint(number // 128)


def message(*fields: tuple[int, int | bytes]) -> bytes:
    """A protocol buffer of numbers and of bytes."""
    return b"".join(
        varint(8 * n) + varint(held) if isinstance(held, int) else varint(8 * n + 2) + varint(len(held)) + held
        for n, held in fields
    )


def checksum(data: bytes) -> bytes:
    """CRC-32C bit by bit, rotated by 15 bits and moved as LevelDB's log format says."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 * (crc % 2))
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc // 2**15 + crc * 2**17 % 2**32) + 0xA282EAD8) % 2**32)


def snappy(data: bytes) -> bytes:
    """Snappy's format: literals of up to 256 bytes, and a copy wherever the next eight were just there."""
    made, at = varint(len(data)), 0
    while at < len(data):
        if at >= 8 and data[at : at + 8] == data[at - 8 : at]:
            made, at = made + bytes([(4 << 2) | 1, 8]), at + 8  # copy eight bytes from eight before
            continue
        end = next(
            (i for i in range(at + 1, min(at + 256, len(data))) if i >= 8 and data[i : i + 8] == data[i - 8 : i]), 0
        )
        piece = data[at : end or at + 256]
        made, at = made + bytes([60 << 2, len(piece) - 1]) + piece, at + len(piece)
    return made


def table(entries: Entries, *, compressed: bool = False, in_block: int = 7) -> bytes:
    """LevelDB's sorted table: blocks of entries that share beginnings of keys, an index of them, and a footer."""
    made, index = bytearray(), list[tuple[bytes, bytes]]()

    def put(held: Entries, *, restart: int) -> bytes:
        nonlocal made
        block, before, restarts = b"", b"", []
        for i, (key, value) in enumerate(held):
            if i % restart == 0:
                before = b""
                restarts.append(len(block))
            same = next(
                (n for n, (a, b) in enumerate(zip(before, key, strict=False)) if a != b), min(len(before), len(key))
            )
            block += varint(same) + varint(len(key) - same) + varint(len(value)) + key[same:] + value
            before = key
        block += struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))
        block = snappy(block) if compressed else block
        handle = varint(len(made)) + varint(len(block))
        kept = block + bytes([compressed])
        made += kept + (
            checksum(kept) if len(kept) < (2**17 if made else 2**20) else bytes(4)
        )  # of many numbers nobody looks at it
        return handle

    for i in range(0, len(entries), in_block):
        part = entries[i : i + in_block]
        index.append((part[-1][0] + b"\0", put(part, restart=3)))
    handles = put([], restart=1) + put(index, restart=1)
    return bytes(made) + handles.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def tf_shape(shape: tuple[int, ...]) -> bytes:
    """A TensorShapeProto."""
    return message(*((2, message((1, side))) for side in shape))


def save_tensorflow(
    prefix: Path, arrays: Mapping[str, NDArray[Any]], *, shards: int = 1, compressed: bool = False
) -> None:
    """A V2 checkpoint: `.index`, and files of numbers that take turns."""
    data, entries = [b""] * shards, [(b"", message((1, shards)))]
    for i, (name, array) in enumerate(sorted(arrays.items())):
        held, shard = array.tobytes(), i % shards
        place = ((1, TF_TYPES[array.dtype.name]), (2, tf_shape(array.shape)), (3, shard), (4, len(data[shard])))
        entries.append((name.encode(), message(*place, (5, len(held)))))
        data[shard] += held
    prefix.with_name(f"{prefix.name}.index").write_bytes(table(entries, compressed=compressed))
    for i, held in enumerate(data):
        prefix.with_name(f"{prefix.name}.data-{i:05d}-of-{shards:05d}").write_bytes(held)


def save_tensorflow_v1(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """A V1 checkpoint: one table, whose first entry lists the tensors."""
    listed, entries = [], list[tuple[bytes, bytes]]()
    for i, (name, array) in enumerate(sorted(arrays.items())):
        kind, named = TF_TYPES[array.dtype.name], (1, name.encode())
        whole = message(*((1, b"") for _ in array.shape))
        listed.append((1, message(named, (2, tf_shape(array.shape)), (3, kind), (4, whole))))
        numbers = message((1, kind), (2, tf_shape(array.shape)), ({1: 5, 2: 6}.get(kind, 4), array.tobytes()))
        entries.append((b"\0\1" + bytes([i // 256, i % 256]), message((2, message(named, (2, whole), (3, numbers))))))
    file.write_bytes(table([(b"", message((1, message(*listed)))), *entries]))


def tf_slim_arrays(listed: str, golden: str) -> dict[str, NDArray[Any]]:
    """Keras's network under the golden recipe by TF-slim's names, with its background and auxiliary head."""
    variables = stored(f"manifest_tf_slim_{listed}")["variables"]
    heads = {name for name in variables if "/AuxLogits/" in name}
    arrays = [array for _, _, held in keras_arrays(golden) for array in held.values()]
    found = {name: np.zeros(variables[name], np.float32) for name in heads}
    for name, array in zip([name for name in variables if name not in heads], arrays, strict=True):
        shape = variables[name]
        if "/Logits/" in name:
            array = np.concatenate([np.full_like(array[..., :1], 7), array], axis=-1)  # noqa: PLW2901
        found[name] = np.ascontiguousarray(array.reshape(shape))
        assert array.size == found[name].size
    return found
