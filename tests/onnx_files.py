"""Small ONNX files, written field by field without the package and without what reads them here."""

from __future__ import annotations

import operator
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Numbers = np.ndarray[Any, np.dtype[Any]]
TYPES = {"float32": 1, "int64": 7, "int32": 6, "float64": 11, "float16": 10}


def varint(value: int) -> bytes:
    found = b""
    value &= 2**64 - 1
    while value > 127:
        found, value = found + bytes([value & 127 | 128]), value >> 7
    return found + bytes([value])


def field(number: int, value: bytes | str | int | float) -> bytes:
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    held = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(held)) + held


def tensor(name: str, held: Numbers | Sequence[int], *more: bytes) -> bytes:
    """Of numbers; of a shape alone, which `more` may give numbers."""
    if not isinstance(held, np.ndarray):
        return b"".join(field(1, side) for side in held) + field(2, 1) + field(8, name) + b"".join(more)
    dims = b"".join(field(1, side) for side in held.shape)
    return dims + field(2, TYPES[str(held.dtype)]) + field(8, name) + field(9, held.tobytes())


def attribute(name: str, value: Any) -> bytes:
    found = field(1, name)
    match value:
        case float():
            return found + field(2, value) + field(20, 1)
        case int():
            return found + field(3, value) + field(20, 2)
        case str():
            return found + field(4, value) + field(20, 3)
        case bytes():  # a graph
            return found + field(6, value) + field(20, 5)
        case np.ndarray():
            return found + field(5, tensor("", value)) + field(20, 4)
        case _ if any(isinstance(one, float) for one in value):
            return found + field(7, struct.pack(f"<{len(value)}f", *value)) + field(20, 6)
        case _:
            return found + b"".join(field(8, one) for one in value) + field(20, 7)


def node(kind: str, reads: str, makes: str, name: str = "", **attributes: Any) -> bytes:
    """An operation; names are parted by blanks, and "-" is one that is left out."""
    found = b"".join(field(1, one if one != "-" else "") for one in reads.split())
    found += b"".join(field(2, one) for one in makes.split()) + field(3, name) + field(4, kind)
    return found + b"".join(field(5, attribute(key, value)) for key, value in attributes.items())


def value(name: str, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(field(1, field(1, side) if isinstance(side, int) else field(2, side)) for side in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def graph(nodes: Sequence[bytes], inputs: Mapping[str, Sequence[int | str]], output: str, *tensors: bytes) -> bytes:
    found = b"".join(field(1, one) for one in nodes) + b"".join(field(5, one) for one in tensors)
    found += b"".join(field(11, value(name, shape)) for name, shape in inputs.items())
    return found + b"".join(field(12, value(one, ())) for one in output.split())


def onnx(nodes: Sequence[bytes], inputs: Mapping[str, Sequence[int | str]], output: str, *tensors: bytes) -> bytes:
    """A whole file."""
    return field(1, 9) + field(7, graph(nodes, inputs, output, *tensors)) + field(8, field(1, "") + field(2, 17))


def onnx_of(model: nn.Module, shape: Sequence[int], *, folded: bool = False, weights: bool = False) -> bytes:
    """A network of ours as an exporter writes it; `folded`, with each batch norm in the convolution before it."""
    return _Writer(model, folded=folded, weights=weights).file(shape)


class _Writer:
    def __init__(self, model: nn.Module, *, folded: bool, weights: bool) -> None:
        self.traced = torch.fx.symbolic_trace(model.eval())
        self.modules = dict(self.traced.named_modules())
        self.folded, self.weights = folded, weights
        self.nodes: list[bytes] = []
        self.tensors: dict[str, bytes] = {}
        self.names: dict[Any, str] = {}

    def file(self, shape: Sequence[int]) -> bytes:
        for one in self.traced.graph.nodes:
            self.names[one] = one.name
            if one.op == "call_module":
                self._module(one.target, self.modules[one.target], self.names[one.args[0]], one)
            elif one.op == "call_function":
                self._function(one)
            elif one.op == "output":
                return onnx(self.nodes, {"x": ("batch", *shape)}, self.names[one.args[0]], *self.tensors.values())
        raise AssertionError

    def _tensor(self, path: str, held: Tensor) -> str:
        numbers = held.detach().numpy() if self.weights else [*held.shape]
        self.tensors[path] = tensor(path, numbers)
        return path

    def _put(self, kind: str, reads: str, one: Any, **attributes: Any) -> None:
        path = str(one.target).replace(".", "/")
        self.nodes.append(node(kind, reads, one.name, f"/{path}/{kind}", **attributes))

    def _module(self, path: str, module: nn.Module, reads: str, one: Any) -> None:  # noqa: C901
        match module:
            case nn.Conv2d():
                pads = (*map(int, module.padding), *map(int, module.padding))
                held = [self._tensor(f"{path}.weight", module.weight)]
                if module.bias is not None:
                    held.append(self._tensor(f"{path}.bias", module.bias))
                elif self.folded:
                    held.append(self._tensor(f"{path}.folded", torch.zeros(module.out_channels, device="meta")))
                self._put("Conv", " ".join([reads, *held]), one, strides=module.stride, pads=pads)
            case nn.BatchNorm2d() if self.folded:
                self.names[one] = reads
            case nn.BatchNorm2d() | nn.BatchNorm1d():
                held = [self._tensor(f"{path}.{n}", getattr(module, n)) for n in ("weight", "bias")]
                held += [self._tensor(f"{path}.{n}", getattr(module, n)) for n in ("running_mean", "running_var")]
                self._put("BatchNormalization", " ".join([reads, *held]), one, epsilon=module.eps)
            case nn.ReLU():
                self._put("Relu", reads, one)
            case nn.MaxPool2d() | nn.AvgPool2d():
                self._pool(module, reads, one)
            case nn.AdaptiveAvgPool2d():
                self._put("GlobalAveragePool", reads, one)
            case nn.Flatten():
                self._put("Flatten", reads, one)
            case nn.Linear():
                self._linear(path, module, reads, one)
            case _:
                self._put("Dropout" if isinstance(module, nn.Dropout) else "Identity", reads, one)

    def _pool(self, module: Any, reads: str, one: Any) -> None:
        sides = {"kernel_shape": module.kernel_size, "strides": module.stride, "pads": module.padding}
        attributes: dict[str, Any] = {
            name: (side, side) if isinstance(side, int) else tuple(side) for name, side in sides.items()
        }
        attributes["pads"] *= 2
        if isinstance(module, nn.AvgPool2d):
            attributes["count_include_pad"] = int(module.count_include_pad)
        self._put("MaxPool" if isinstance(module, nn.MaxPool2d) else "AveragePool", reads, one, **attributes)

    def _linear(self, path: str, module: nn.Linear, reads: str, one: Any) -> None:
        held = [self._tensor(f"{path}.weight", module.weight)]
        held += [self._tensor(f"{path}.bias", module.bias)] if module.bias is not None else []
        self._put("Gemm", " ".join([reads, *held]), one, transB=1)

    def _function(self, one: Any) -> None:
        kinds: dict[Callable[..., Any], str] = {torch.cat: "Concat", operator.mul: "Mul", operator.add: "Add"}
        given = one.args[0] if one.target is torch.cat else one.args
        reads = []
        for arg in given:
            name = self.names.get(arg, f"{one.name}_factor") if not isinstance(arg, float) else f"{one.name}_factor"
            if isinstance(arg, float):
                self.tensors[name] = tensor(name, np.asarray(arg, np.float32))
            reads.append(name)
        more = {"axis": 1} if one.target is torch.cat else {}
        self._put(kinds[one.target], " ".join(reads), one, **more)
