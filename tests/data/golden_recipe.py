"""Golden numerics: weights that any implementation can fill in, and the reference outputs that follow from them.

Units: every convolution and linear layer in the order in which it runs; a batch norm belongs to the unit before it.
Names and key order play no part. Branch 0 runs first, pooling branches last, layer by layer inside a branch.

Stream: integers modulo 2**64, no library's random numbers:

    mix(z): z ^= z>>30; z *= 0xBF58476D1CE4E5B9; z ^= z>>27; z *= 0x94D049BB133111EB; z ^= z>>31
    key(k, role) = mix(mix(SEED + k * G) + role * G),  G = 0x9E3779B97F4A7C15
    u_j = (mix(key + (j+1) * G) >> 40) * 2**-24, j = 0, 1, ... over the tensor in PyTorch's layout
    value_j = float32(lo + (hi - lo) * u_j), computed in float64

Ranges: weights +-sqrt(W / fan_in) with W = 6 before a batch norm, else 3; the others are in `RANGE`.
The reference values are from a float64 pass of the float32 weights, eval mode.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

VERSION = 1
SEED = 0x1602_0726_1000_0001
G = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
WEIGHT, BIAS, GAMMA, BETA, MEAN, VAR, INPUT = 1, 2, 3, 4, 5, 6, 9
RANGE = {
    BIAS: (-0.1, 0.1),
    GAMMA: (0.8, 1.2),
    BETA: (-0.2, 0.2),
    MEAN: (-0.2, 0.2),
    VAR: (0.7, 1.4),
    INPUT: (-1.0, 1.0),
}
TOLERANCE = 2e-4  # of a tensor's standard deviation


def _mix(z: int) -> int:
    z &= MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def stream(k: int, role: int, shape: Sequence[int], low: float, high: float) -> Tensor:
    """The tensor that unit `k` has in this role."""
    key = _mix(_mix(SEED + k * G) + role * G)
    with np.errstate(over="ignore"):
        z = np.arange(1, math.prod(shape) + 1, dtype=np.uint64) * np.uint64(G) + np.uint64(key)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    values = low + (high - low) * ((z >> np.uint64(40)).astype(np.float64) * 2.0**-24)
    return torch.from_numpy(values.astype(np.float32).reshape(tuple(shape)))


def image(height: int, width: int) -> Tensor:
    """The input of a case, (1, 3, H, W)."""
    return stream(height * 65536 + width, INPUT, (1, 3, height, width), *RANGE[INPUT])


@dataclass(slots=True)
class Unit:
    """A convolution or linear layer and the batch norm after it."""

    module: nn.Conv2d | nn.Linear
    norm: nn.BatchNorm2d | None = None

    def signature(self) -> dict[str, Any]:
        """What must be equal before outputs can be."""
        module, eps = self.module, None if self.norm is None else self.norm.eps
        common = {"shape": list(module.weight.shape), "bias": module.bias is not None, "bn_eps": eps}
        if isinstance(module, nn.Linear):
            return {"kind": "linear"} | common
        window = {"stride": list(module.stride), "padding": list(map(int, module.padding)), "groups": module.groups}
        return {"kind": "conv"} | common | window


def units_of(model: nn.Module, x: Tensor) -> list[Unit]:
    """Units in the order in which they run."""
    found: list[Unit] = []

    def hook(module: nn.Module, _given: object, _made: object) -> None:
        if isinstance(module, nn.BatchNorm2d):
            assert found[-1].norm is None, "a batch norm does not follow its own convolution"
            found[-1].norm = module
        elif isinstance(module, nn.Conv2d | nn.Linear):
            found.append(Unit(module))

    handles = [module.register_forward_hook(hook) for module in model.modules()]
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    return found


@torch.no_grad()
def fill(k: int, unit: Unit) -> str:
    """Fill a unit in place; return the start of the SHA-256 of its values."""
    bound = math.sqrt((3.0 if unit.norm is None else 6.0) / unit.module.weight[0].numel())
    parts: list[tuple[Tensor | None, int, tuple[float, float]]] = [(unit.module.weight, WEIGHT, (-bound, bound))]
    parts.append((unit.module.bias, BIAS, RANGE[BIAS]))
    if unit.norm is not None:
        tensors = (unit.norm.weight, unit.norm.bias, unit.norm.running_mean, unit.norm.running_var)
        parts += [(t, role, RANGE[role]) for t, role in zip(tensors, (GAMMA, BETA, MEAN, VAR), strict=True)]
    sha = hashlib.sha256()
    for target, role, (low, high) in parts:
        if target is not None:
            values = stream(k, role, target.shape, low, high)
            sha.update(values.numpy().astype("<f4").tobytes())
            target.copy_(values.to(target.dtype))
    return sha.hexdigest()[:16]


def describe(made: Tensor) -> dict[str, Any]:
    """What is stored of a stage's output."""
    flat = made.detach().reshape(-1).double()
    probes = [((2 * i + 1) * flat.numel()) // 16 for i in range(8)]
    return {
        "shape": list(made.shape),
        "mean": flat.mean().item(),
        "std": flat.std(correction=0).item(),
        "probe": [flat[i].item() for i in probes],
    }


def load(file: Path) -> dict[str, Any]:
    """A golden file."""
    golden: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert golden["recipe_version"] == VERSION, "golden file of another recipe version"
    return golden


def _run(model: nn.Module, x: Tensor, stages: Mapping[str, str]) -> tuple[dict[str, dict[str, Any]], Tensor]:
    got: dict[str, dict[str, Any]] = {}

    def hook(label: str) -> Callable[[nn.Module, object, Tensor], None]:
        return lambda _module, _given, made: got.update({label: describe(made)})

    handles = [model.get_submodule(path).register_forward_hook(hook(label)) for label, path in stages.items()]
    with torch.no_grad():
        out: Tensor = model(x)
    for handle in handles:
        handle.remove()
    return got, out


def check(model: nn.Module, golden: Mapping[str, Any], stages: Mapping[str, str]) -> None:
    """Fill `model` (eval mode), run it and compare; `stages` names the module that is each stored stage."""
    for case in golden["cases"]:
        x = image(*case["input"]["shape"][-2:])
        units = units_of(model, x)
        assert len(units) == len(golden["units"]), f"{len(units)} units, the reference has {len(golden['units'])}"
        for k, (unit, want) in enumerate(zip(units, golden["units"], strict=True)):
            got = unit.signature()
            assert got == {name: want.get(name) for name in got}, f"unit {k} ({want['ref']})"
            assert fill(k, unit) == want["sha"], f"unit {k} ({want['ref']}): the fill differs from the recipe"
        seen, out = _run(model, x, stages)
        for label, found in seen.items():  # in the order in which they run: the first says where it goes wrong
            _compare(label, found, case["stages"][label])
        reference = torch.tensor(case["logits"], dtype=torch.float64)
        error = ((out.reshape(-1).double() - reference).abs().max() / reference.std(correction=0)).item()
        assert error <= TOLERANCE, f"{case['name']}: logits differ by {error:.3g} of their standard deviation"


def _compare(label: str, found: Mapping[str, Any], want: Mapping[str, Any]) -> None:
    assert found["shape"] == want["shape"], f"{label}: {found['shape']} instead of {want['shape']}"
    pairs = [(found[what], want[what]) for what in ("mean", "std")]
    pairs += zip(found["probe"], want["probe"], strict=True)
    error = max(abs(one - two) for one, two in pairs) / want["std"]
    assert error <= TOLERANCE, f"{label} differs by {error:.3g} of its standard deviation"
