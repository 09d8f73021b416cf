"""Checkpoint files as other projects write them, made without the code under test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
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


def save_keras(file: Path, arrays: list[tuple[str, str, dict[str, NDArray[Any]]]], *, start: int = 0) -> None:
    """A legacy `.h5` file, whose unnamed layers are counted from `start`, as in a process that built others before."""
    with h5py.File(file, "w") as out:
        for name, _, held in arrays:
            kind, _, number = name.rpartition("_")
            unnamed = kind in ("conv2d", "batch_normalization") or name in ("conv2d", "batch_normalization")
            n = (int(number) if number.isdigit() else 0) + start
            told = name if not unnamed else f"{kind if number.isdigit() else name}{f'_{n}' if n else ''}"
            for tensor, array in held.items():
                out.create_dataset(f"{told}/{told}/{tensor}:0", data=np.ascontiguousarray(array))


def save_keras_v3(file: Path, arrays: list[tuple[str, str, dict[str, NDArray[Any]]]]) -> None:
    """A `.weights.h5` file of Keras 3."""
    with h5py.File(file, "w") as out:
        for _, position, held in arrays:
            for i, array in enumerate(held.values()):
                out.create_dataset(f"layers/{position}/vars/{i}", data=np.ascontiguousarray(array))


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
