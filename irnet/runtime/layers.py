"""Modules for the layers that have no node of their own: PyTorch's where there is one, else its operation by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from irnet.spec import Layer, Setting, Shape
from irnet.tree.layers import STATISTICS, check_makeable, is_name, pad_edges
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
_TENSORS = ("Tensor", "Optional[Tensor]")
_BATCHED = ("view", "reshape", "expand")  # a traced size begins with the batch, which was one


def activation(name: str) -> nn.Module:
    """The module of one of `irnet.spec.ACTIVATIONS`."""
    return _ACTIVATIONS[name]()


class Linear(nn.Linear):
    """A linear layer that reads a whole grid as one vector."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) or (N, F) to (N, features)."""
        return super().forward(x.flatten(1))


class BatchNorm(nn.BatchNorm1d):
    """A batch norm of grids or vectors."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) or (N, C), same shape out."""
        return super().forward(x.flatten(2)).view_as(x) if x.dim() > 2 else super().forward(x)


class Scaled(nn.Module):
    """Multiplies by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out."""
        return self.factor * x


class Operator(nn.Module):
    """One of PyTorch's operations by its name, with the weights that it owns."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer
        self.packet: Any = getattr(torch.ops.aten, layer.kind, None) if is_name(layer.kind) else None
        self.roles = tuple(role for role, _ in layer.weights)
        self.arguments = self._arguments()
        for role, shape in layer.weights:
            if role in STATISTICS:
                self.register_buffer(role, torch.zeros(shape))
            else:
                self.register_parameter(role, nn.Parameter(torch.zeros(shape)))

    def forward(self, *inputs: Tensor) -> Any:
        """What the operation makes of its inputs, in their order."""
        left, settings = list(inputs), dict(self.layer.settings)
        given: dict[str, Any] = {}
        for name, kind in self.arguments:
            number = type(settings.get(name)) in (int, float)
            if name in self.roles:
                given[name] = getattr(self, name)
            elif "Tensor" not in kind or number:
                given |= {name: _value(settings[name])} if name in settings else {}
            elif kind == "List[Tensor]":
                given[name], left = left, []
            elif kind in _TENSORS and left:
                given[name] = left.pop(0)
        if self.layer.kind in _BATCHED:
            given = {name: _for_batch(value, inputs[0]) for name, value in given.items()}
        if self.layer.kind == "view":  # which refuses what is not laid out in a row here
            return inputs[0].reshape(given["size"])
        return self.packet(**given)

    def _arguments(self) -> tuple[tuple[str, str], ...]:
        """The arguments, with their types, of the first overload that has all settings and weights.

        What does not make tensors of tensors is refused: some of PyTorch's operations write files.
        """
        if not isinstance(self.packet, torch._ops.OpOverloadPacket):
            raise ValueError(f"PyTorch has no operation {typed(self.layer.kind)}, so a network with it can't be built")
        names = {name for name, _ in self.layer.settings} | set(self.roles)
        packet: Any = self.packet
        for overload in packet.overloads():
            schema = getattr(self.packet, overload)._schema
            arguments = tuple((argument.name, str(argument.type)) for argument in schema.arguments)
            pure = schema.returns and not schema.is_mutable and any("Tensor" in kind for _, kind in arguments)
            if pure and names <= {name for name, _ in arguments}:
                return arguments
        raise ValueError(f"PyTorch's {typed(self.layer.kind)} does not take {', '.join(map(typed, sorted(names)))}")


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
    >>> layer_module(Layer("linear", (("features", 10), ("bias", True))), (512, 1, 1))
    Linear(in_features=512, out_features=10, bias=True)
    """
    setting: Callable[[str], Any] = layer.setting
    check_makeable(layer)
    if layer.kind in _ACTIVATIONS and not layer.settings:
        return activation(layer.kind)
    if layer.kind in _SIMPLE and not (layer.settings or layer.weights):
        return _SIMPLE[layer.kind]()
    match layer.kind:
        case "linear" if layer.out_shape is None:
            made: nn.Module = Linear(prod(given), setting("features"), bool(setting("bias")))
        case "linear" | "conv" | "max_pool" | "avg_pool":
            made = _window(layer, given)
        case "batch_norm" if not layer.weights:
            made = BatchNorm(given[0], setting("eps"))
        case "pad":
            top, bottom, left, right = pad_edges(layer)
            made = nn.ConstantPad2d((left, right, top, bottom), setting("value") or 0.0)
        case "scale" | "getitem" | "local_response_norm" | "dropout":
            module, names = _OF_SETTINGS[layer.kind]
            made = module(*map(setting, names))
        case _:
            made = Operator(layer)
    return made


def _window(layer: Layer, given: Shape) -> nn.Module:
    """A layer inside a subgraph that elsewhere is a node or reads whole vectors, by the settings of a graph."""
    setting: Callable[[str], Any] = layer.setting
    if layer.kind == "linear":
        _, inputs = dict(layer.weights).get("weight", (0, given[-1]))
        return nn.Linear(inputs, setting("features"), bool(setting("bias")))
    kernel, stride, padding = map(setting, ("kernel", "stride", "padding"))
    ceil = bool(setting("ceil") or setting("rounds_up"))
    match layer.kind:
        case "conv":
            more = setting("dilation"), setting("groups"), bool(setting("bias"))
            return nn.Conv2d(given[0], setting("filters"), kernel, stride, padding, *more)
        case "max_pool":
            return nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil)
        case _:
            return nn.AvgPool2d(kernel, stride, padding, ceil, bool(setting("counts_padding")))


_OF_SETTINGS: dict[str, tuple[Callable[..., nn.Module], tuple[str, ...]]] = {
    "scale": (Scaled, ("factor",)),
    "getitem": (Item, ("1",)),
    "local_response_norm": (nn.LocalResponseNorm, ("size", "alpha", "beta", "k")),
    "dropout": (nn.Dropout, ("p",)),
}
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
