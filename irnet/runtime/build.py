"""Turn a spec into an nn.Module whose names are the paths of the spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from irnet.edit import network as network_of
from irnet.runtime.device import check_device
from irnet.runtime.init import Init, Tell, initialise
from irnet.runtime.layers import SubgraphUnit, activation, layer_module
from irnet.spec import Chain, Conv, Fork, Head, Layer, Merge, Network, Norm, Pool, Residual, Subgraph, edges, pair
from irnet.tree import Tree, resolve
from irnet.units import what_is


class ConvUnit(nn.Sequential):
    """Convolution without bias, batch norm, ReLU, or as its spec says otherwise. (N, C, H, W) in and out."""

    def __init__(self, width: int, spec: Conv, norm: Norm) -> None:
        super().__init__()
        top, bottom, left, right = edges(spec)
        if (top, left) != (bottom, right):
            self.pad = nn.ZeroPad2d((left, right, top, bottom))
            top = left = 0
        window = pair(spec.kernel), spec.stride, (top, left), spec.dilation, spec.groups
        self.conv = nn.Conv2d(width, spec.filters, *window, bias=spec.bias)
        if spec.norm:
            norm = norm if spec.norm is True else spec.norm
            self.bn = nn.BatchNorm2d(spec.filters, norm.eps, norm.momentum)
        if spec.activation == "relu":
            self.relu = nn.ReLU()  # never in place: a captured tensor must stay what it was
        elif spec.activation:
            self.activation = activation(spec.activation)


class ForkUnit(nn.ModuleDict):
    """Branches on one input, stacked along channels, summed or multiplied."""

    def __init__(self, branches: Mapping[str, nn.Module], merge: Merge = "concat") -> None:
        super().__init__(branches)
        self.merge = merge

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H', W'): where branches are stacked, C' is the sum of theirs."""
        made = [branch(x) for branch in self.values()]
        if self.merge == "concat":
            return torch.cat(made, dim=1)
        out: Tensor = made[0]
        for other in made[1:]:
            out = out + other if self.merge == "add" else out * other
        return out


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


def _unit(tree: Tree, path: str) -> nn.Module:
    """The module for the box at `path`."""
    box, norm = tree[path], tree.network.norm
    node, width = box.node, box.in_shape[0]
    inside = [_unit(tree, child) for child in box.children if tree[child].node]
    match node:
        case Conv():
            unit: nn.Module = ConvUnit(width, node, norm)
        case Pool():
            unit = _pool(node)
        case Layer():
            unit = layer_module(node, box.in_shape)
        case Chain():
            unit = nn.Sequential(*inside)
        case Fork(merge=merge):
            unit = ForkUnit({f"b{i}": branch for i, branch in enumerate(inside)}, merge)
        case Residual():
            unit = ResidualUnit(inside[0], tree[box.children[0]].out_shape[0], width, node, norm)
        case Subgraph(reads=reads):
            unit = SubgraphUnit(inside, reads)
        case _:
            raise AssertionError(f"{path} is no node")
    return unit


def _pool(spec: Pool) -> nn.Module:
    (top, bottom, left, right), kernel = edges(spec), spec.kernel
    padded = (top, left) != (bottom, right)
    padding = 0 if padded else top if top == left else (top, left)
    if padded and spec.op == "avg" and not spec.counts_padding:
        raise ValueError(f"an average that is padded by {edges(spec)} without counting it can't be built")
    pool = (
        nn.MaxPool2d(kernel, spec.stride, padding, ceil_mode=spec.rounds_up)
        if spec.op == "max"
        else nn.AvgPool2d(kernel, spec.stride, padding, spec.rounds_up, count_include_pad=spec.counts_padding)
    )
    value = float("-inf") if spec.op == "max" else 0.0
    return nn.Sequential(nn.ConstantPad2d((left, right, top, bottom), value), pool) if padded else pool


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
        tree = resolve(network)
        for stage, box in tree.stages:
            self.add_module(stage.name, nn.Sequential(*(_unit(tree, block) for block in (box.children if box else ()))))
        head = _head(network.head, tree.head[0].in_shape[0], network.norm) if network.head.pools else {}
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


class ModelWithAuxiliary(Model):
    """A model whose auxiliary heads run while it is trained."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        tree = resolve(network)
        for box in tree.auxiliary:
            self.add_module(box.path, nn.Sequential(*(_unit(tree, block) for block in box.children)))

    def forward(self, x: Tensor) -> Any:
        """(N, C, H, W) to (N, classes); in training mode to a tuple of those and of each auxiliary head's."""
        on_the_side = []
        for name in (*self.stage_names, *self.head_names):
            x = self.get_submodule(name)(x)
            if self.training:
                read = (one.stage.name for one in self.network.auxiliary if one.reads == name)
                on_the_side += [self.get_submodule(head)(x) for head in read]
        return (x, *on_the_side) if self.training else x


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
        model = (ModelWithAuxiliary if spec.auxiliary else Model)(spec).eval()
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
