"""Modules for the layers that have no node of their own: PyTorch's where there is one, else its operation by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from irnet.spec import Layer, Setting, Shape
from irnet.tree.layers import STATISTICS
from irnet.units import typed

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "silu": nn.SiLU,
    "hardswish": nn.Hardswish,
    "hardsigmoid": nn.Hardsigmoid,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "mish": nn.Mish,
    "gelu": nn.GELU,
}
_BATCHED = ("view", "reshape", "_unsafe_view", "expand")  # a traced size begins with the batch, which was one


def activation(name: str) -> nn.Module:
    """The module of one of `irnet.spec.ACTIVATIONS`."""
    return _ACTIVATIONS[name]()


class Scaled(nn.Module):
    """Multiplies by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out."""
        return self.factor * x


class Padded(nn.Module):
    """Adds pixels of one value round the grid."""

    def __init__(self, sides: Sequence[int], value: float) -> None:
        super().__init__()
        top, bottom, left, right = (sides[0], sides[0], sides[1], sides[1]) if len(sides) == 2 else sides
        self.sides, self.value = (left, right, top, bottom), value

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, H + top + bottom, W + left + right)."""
        return functional.pad(x, self.sides, value=self.value)


class Operator(nn.Module):
    """One of PyTorch's operations by its name, with the weights that it owns."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        packet = getattr(torch.ops.aten, layer.kind, None)
        if packet is None:
            raise ValueError(f"PyTorch has no operation {typed(layer.kind)}, so a network with it can't be built")
        self.layer, self.packet = layer, packet
        self.roles = tuple(role for role, _ in layer.weights)
        for role, shape in layer.weights:
            if role in STATISTICS:
                self.register_buffer(role, torch.zeros(shape))
            else:
                self.register_parameter(role, nn.Parameter(torch.zeros(shape)))

    def forward(self, *inputs: Tensor) -> Any:
        """What the operation makes of its inputs, in their order."""
        left, settings = list(inputs), dict(self.layer.settings)
        given: dict[str, Any] = {}
        for argument in self._arguments():
            name, kind = argument.name, str(argument.type)
            if name in self.roles:
                given[name] = getattr(self, name)
            elif name in settings:
                given[name] = _value(settings[name])
            elif kind == "List[Tensor]":
                given[name], left = left, []
            elif kind == "Tensor" and left:
                given[name] = left.pop(0)
        if self.layer.kind in _BATCHED:
            given = {name: _for_batch(value, inputs[0]) for name, value in given.items()}
        return self.packet(**given)

    def _arguments(self) -> Sequence[Any]:
        """The arguments of the first overload that has all settings."""
        names = {name for name, _ in self.layer.settings} | set(self.roles)
        schemas = [getattr(self.packet, overload)._schema for overload in self.packet.overloads()]
        found = next((s for s in schemas if names <= {argument.name for argument in s.arguments}), schemas[0])
        return tuple(found.arguments)


class Item(nn.Module):
    """One of several results of the operation before."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def forward(self, results: Sequence[Tensor]) -> Tensor:
        """The result with this number."""
        return results[self.number]


class SubgraphUnit(nn.ModuleList):
    """Layers that read each other in any way; the last puts out what the whole does."""

    def __init__(self, layers: Sequence[nn.Module], reads: Sequence[Sequence[int]]) -> None:
        super().__init__(layers)
        self.reads = tuple(map(tuple, reads))

    def forward(self, x: Tensor) -> Tensor:
        """One tensor in and out."""
        made: list[Tensor] = []
        for layer, sources in zip(self, self.reads, strict=True):
            made.append(layer(*(x if source < 0 else made[source] for source in sources)))
        return made[-1]


class Stacked(nn.Module):
    """Stacks what it reads along the channels."""

    def forward(self, *inputs: Tensor) -> Tensor:
        """Several (N, C, H, W) to one."""
        return torch.cat(inputs, dim=1)


def layer_module(layer: Layer, given: Shape) -> nn.Module:
    """The module of a layer for an input of (channels, height, width).

    Raises
    ------
    ValueError
        If PyTorch has no operation of that name.

    Examples
    --------
    >>> layer_module(Layer("linear", (("features", 10), ("bias", True))), (512, 1, 1))[1]
    Linear(in_features=512, out_features=10, bias=True)
    """
    setting: Callable[[str], Any] = layer.setting
    if layer.kind in _ACTIVATIONS and not layer.settings:
        return activation(layer.kind)
    if layer.kind in _SIMPLE and not (layer.settings or layer.weights):
        return _SIMPLE[layer.kind]()
    match layer.kind:
        case "linear" if layer.out_shape is None:
            linear = nn.Linear(prod(given), setting("features"), bool(setting("bias")))
            made: nn.Module = nn.Sequential(nn.Flatten(), linear)
        case "batch_norm":
            made = nn.BatchNorm2d(given[0], setting("eps"))
        case "scale":
            made = Scaled(setting("factor"))
        case "pad":
            made = Padded(setting("sides"), setting("value") or 0.0)
        case "getitem":
            made = Item(setting("1"))
        case "local_response_norm":
            made = nn.LocalResponseNorm(*map(setting, ("size", "alpha", "beta", "k")))
        case "dropout":
            made = nn.Dropout(setting("p"))
        case _:
            made = Operator(layer)
    return made


_SIMPLE: dict[str, Callable[[], nn.Module]] = {
    "identity": nn.Identity,
    "dropout": nn.Identity,
    "global_pool": lambda: nn.AdaptiveAvgPool2d(1),
    "flatten": nn.Flatten,
    "concat": Stacked,
}


def _value(setting: Setting) -> Any:
    return [_value(inner) for inner in setting] if isinstance(setting, tuple) else setting


def _for_batch(value: Any, x: Tensor) -> Any:
    """A size of one picture for as many as `x` has."""
    return [len(x), *value[1:]] if isinstance(value, list) and value and value[0] == 1 else value
