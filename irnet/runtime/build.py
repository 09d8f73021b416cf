"""Turn a spec into an nn.Module whose names are the paths of the spec."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from irnet.edit import network as network_of
from irnet.runtime.device import check_device
from irnet.runtime.init import Init, Tell, initialise
from irnet.spec import Chain, Conv, Fork, Head, Network, Node, Norm, Pool, Residual, pair
from irnet.units import what_is


class ConvUnit(nn.Sequential):
    """Convolution without bias, batch norm, ReLU. (N, C, H, W) in and out."""

    def __init__(self, width: int, spec: Conv, norm: Norm) -> None:
        kh, kw = pair(spec.kernel)
        padding = (kh // 2, kw // 2) if spec.padding == "same" else (0, 0)
        super().__init__()
        self.conv = nn.Conv2d(width, spec.filters, (kh, kw), spec.stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(spec.filters, norm.eps, norm.momentum)
        self.relu = nn.ReLU()  # never in place: a captured tensor must stay what it was


class ForkUnit(nn.ModuleDict):
    """Branches on one input, stacked along channels."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, sum of the branches' C, H', W')."""
        return torch.cat([branch(x) for branch in self.values()], dim=1)


class Scale(nn.Module):
    """Multiplies by a constant; its own module, so that both sides of it can be captured."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale: float | Tensor = scale  # a tensor only while several pictures run at one scale each

    def forward(self, r: Tensor) -> Tensor:
        """Same shape in and out."""
        return self.scale * r


class Add(nn.Module):
    """The sum before the ReLU; its own module, so that it can be captured."""

    def forward(self, x: Tensor, r: Tensor) -> Tensor:
        """Two tensors of one shape to their sum."""
        return x + r


class ResidualUnit(nn.Module):
    """relu(x + scale * project(body(x))); no batch norm after the sum, unless the spec asks for one."""

    def __init__(self, body: nn.Module, inner: int, width: int, spec: Residual, norm: Norm) -> None:
        super().__init__()
        self.body = body
        self.project = nn.Conv2d(inner, width, 1)
        self.scale = Scale(spec.scale)
        self.add = Add()
        self.bn = nn.BatchNorm2d(width, norm.eps, norm.momentum) if spec.norm else None
        self.relu: nn.Module = nn.ReLU() if spec.relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in and out."""
        total: Tensor = self.add(x, self.scale(self.project(self.body(x))))
        if self.bn is not None:
            total = self.bn(total)
        out: Tensor = self.relu(total)
        return out


def _unit(node: Node, width: int, norm: Norm) -> tuple[nn.Module, int]:
    """The module for `node`, and the channels it puts out."""
    match node:
        case Conv(filters):
            return ConvUnit(width, node, norm), filters
        case Pool():
            return _pool(node), width
        case Chain(nodes):
            units = nn.Sequential()
            for child in nodes:
                unit, width = _unit(child, width, norm)
                units.append(unit)
            return units, width
        case Fork(branches):
            built = [_unit(child, width, norm) for child in branches]
            return ForkUnit({f"b{i}": unit for i, (unit, _) in enumerate(built)}), sum(w for _, w in built)
        case Residual(body):
            unit, inner = _unit(body, width, norm)
            return ResidualUnit(unit, inner, width, node, norm), width
        case _:
            assert_never(node)


def _pool(spec: Pool) -> nn.Module:
    padding = spec.kernel // 2 if spec.padding == "same" else 0
    if spec.op == "max":
        return nn.MaxPool2d(spec.kernel, spec.stride, padding)
    return nn.AvgPool2d(spec.kernel, spec.stride, padding, count_include_pad=spec.counts_padding)


class Normalize(nn.Module):
    """Scales every vector to unit length."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, F) in and out."""
        return normalize(x, dim=1)


class Model(nn.Module):
    """Stages in order, then the head; children are named after the stages. Puts out logits, not probabilities."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.origin = "no weights yet"  # what the weights are, for whoever shows what they lead to
        self.loaded = False  # whether they are from a file
        self.stage_names = tuple(stage.name for stage in network.stages)
        width = network.input_shape[0]
        for stage in network.stages:
            blocks = nn.Sequential()
            for _ in range(stage.repeat):
                unit, width = _unit(stage.node, width, network.norm)
                blocks.append(unit)
            self.add_module(stage.name, blocks)
        head = _head(network.head, width, network.norm)
        self.head_names = tuple(head)
        for name, unit in head.items():
            self.add_module(name, unit)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, classes), or to features where there is no classifier."""
        for unit in self.children():  # in this form `torch.jit.script` can read it too
            x = unit(x)
        return x

    def through(self, x: Tensor, names: Iterable[str]) -> Tensor:
        """`x` after the children with these names, in this order."""
        for name in names:
            x = self.get_submodule(name)(x)
        return x


def _head(head: Head, width: int, norm: Norm) -> dict[str, nn.Module]:
    pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    units: dict[str, nn.Module] = {"pool": pool, "dropout": nn.Dropout(head.dropout)}
    if head.embedding:
        linear = nn.Linear(width, head.embedding, bias=False)
        units["embedding"] = nn.Sequential(linear, nn.BatchNorm1d(head.embedding, norm.eps, norm.momentum))
    if head.classes:
        units["classifier"] = nn.Linear(head.embedding or width, head.classes)
    elif head.embedding:
        units["normalize"] = Normalize()
    return units


def build(
    network: Network | str,
    device: str = "cpu",
    seed: int = 0,
    init: Init = "torch",
    tell: Tell | None = None,
    **knobs: Any,
) -> Model:
    """A fresh model in eval mode; the same seed gives the same weights on every device.

    Weights are drawn on the CPU from a generator of their own and then moved, because random streams differ
    between devices. On "meta" nothing is drawn and nothing is allocated.

    Parameters
    ----------
    network
        A network, or the name of a preset.
    device
        "cpu", "cuda" (also "cuda:1"), "mps" or "meta".
    seed
        Of the weights.
    init
        "torch", "he" or "tf", as `irnet.runtime.init.initialise` describes them.
    tell
        Gets how far it is, as `irnet.runtime.init.initialise` tells it.
    **knobs
        Of the preset's recipe, as `irnet.network` takes them: `build("inception_v4", classes=10)`.

    Raises
    ------
    ValueError
        For an unknown name, knob or init, a device that is not there, or what is no network.

    Examples
    --------
    >>> model = build("inception_resnet_v2", device="meta")
    >>> model.get_submodule("block_b.3.project").out_channels
    1152
    """
    where = check_device(device)
    spec = network_of(network, **knobs)
    with torch.device("meta"):
        model = Model(spec).eval()
    if where.type == "meta":
        return model
    model.to_empty(device="cpu")
    initialise(model, init, seed, tell)
    model.origin = f"untrained, init {init}, seed {seed}"
    return model.to(where)


def check_model(given: object, kind: type[nn.Module] = Model) -> None:
    """Refuse what is no model, or no module of this kind.

    Raises
    ------
    ValueError
        Naming what it is, and how to get a model.
    """
    if not isinstance(given, kind):
        raise ValueError(f'{what_is(given)} is no model: give what irnet.build("inception_v4") gives')


def channels_last(model: Model) -> Model:
    """`model` with its weights laid out so that convolutions take a tenth less time; the last bits may differ."""
    for parameter in model.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return model
