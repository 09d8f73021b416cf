"""An auxiliary head: how much gradient reaches the layers before it, in a deep network that is not trained yet.

Source: "Going deeper with convolutions" (arXiv 1409.4842), section 5, adds the loss of a head in the middle with weight
0.3, so that gradients reach the early layers. "Rethinking the Inception Architecture" (arXiv 1512.00567), section 4,
found no faster start with it, and takes it for a regulariser.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from irnet.charts import Chart, Line
from irnet.runtime.build import build
from irnet.runtime.init import INITS, Init, initialise
from irnet.spec import Conv, Head, Network, Stage
from irnet.units import fold

WEIGHT = 0.3  # of arXiv 1409.4842
WIDTH, SIDE, BATCH, CLASSES = 16, 32, 16, 10  # of the network, its noise and its labels
SHALLOWEST, DEEPEST = 2, 40
LAYERS = "layers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A chain of 3x3 convolutions with ReLU, and where its auxiliary head reads.

    Raises
    ------
    ValueError
        For a value outside its limits, with its limits.
    """

    depth: int = 20  # convolutions
    after: int = 7  # the layer that the auxiliary head reads, from 1
    weight: float = WEIGHT  # of the auxiliary loss in the sum
    batch_norm: bool = False  # after every convolution
    init: Init = "torch"
    seed: int = 0

    def __post_init__(self) -> None:
        limits: dict[str, tuple[float, float, float]] = {
            "depth": (self.depth, SHALLOWEST, DEEPEST),
            "after": (self.after, 1, self.depth - 1),
            "weight": (self.weight, 0, 10),
            "seed": (self.seed, 0, 2**31 - 1),
        }
        for name, (value, low, high) in limits.items():
            if not low <= value <= high:
                raise ValueError(f"{name}={value:g} is outside {low:g} to {high:g}")
        if self.init not in INITS:
            raise ValueError(f"init={self.init!r} is not one of {', '.join(INITS)}")

    @property
    def words(self) -> str:
        """What the gradients come from, on one line."""
        norm = "batch norm" if self.batch_norm else "no batch norm"
        return (
            f"{self.depth} layers of 3x3 conv {WIDTH}, {norm}, init {self.init}, seed {self.seed}, untrained, on noise"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradients:
    """The L2 norm of the gradient at what every layer puts out, in the order they run."""

    setting: Setting
    alone: tuple[float, ...]  # of the main loss
    both: tuple[float, ...]  # of the main loss and `weight` times the auxiliary one

    @property
    def gain(self) -> float:
        """How many times as large the gradient at the first layer is with the auxiliary head."""
        return self.both[0] / self.alone[0] if self.alone[0] else float("inf")


def gradients(setting: Setting, device: str = "cpu") -> Gradients:
    """One step backwards from both losses: cross-entropy of random labels for a batch of noise.

    Both heads average over the grid and classify with one linear layer.

    Examples
    --------
    >>> found = gradients(Setting(depth=6, after=2))
    >>> found.both[0] > found.alone[0], found.both[2:] == found.alone[2:]
    (True, True)
    """
    conv, head = Conv(WIDTH, 3, norm=setting.batch_norm), Head(CLASSES, 0.0)
    network = Network("chain", (Stage(LAYERS, conv, setting.depth),), head, input_shape=(3, SIDE, SIDE))
    model = build(network, device, setting.seed, setting.init).train()
    auxiliary = nn.Linear(WIDTH, CLASSES)
    initialise(auxiliary, setting.init, setting.seed + 1)
    auxiliary.to(device)
    random = torch.Generator().manual_seed(setting.seed)
    x = torch.randn(BATCH, *network.input_shape, generator=random).to(device)
    labels = torch.randint(CLASSES, (BATCH,), generator=random).to(device)
    made = []
    for layer in model.get_submodule(LAYERS).children():
        x = layer(x)
        made.append(x)
    main = cross_entropy(model.through(x, model.head_names), labels)
    middle = cross_entropy(auxiliary(made[setting.after - 1].mean((2, 3))), labels)
    alone, both = (
        tuple(float(found.norm()) for found in torch.autograd.grad(loss, made, retain_graph=True))
        for loss in (main, main + setting.weight * middle)
    )
    return Gradients(setting=setting, alone=alone, both=both)


def finding(found: Gradients) -> str:
    """What the auxiliary head does to the first layer, in one sentence."""
    where = f"With the head after layer {found.setting.after}, the gradient at the first layer"
    now = f": {found.alone[0]:.3g} becomes {found.both[0]:.3g}."
    if abs(found.gain - 1) < 0.005:  # three digits say 1
        return f"{where} hardly changes{now}"
    return f"{where} {'grows' if found.gain > 1 else 'shrinks'} {fold(max(found.gain, 1 / found.gain))}{now}"


def chart(found: Gradients) -> Chart:
    """The gradient at every layer, with the auxiliary head and without."""
    layers = range(1, len(found.alone) + 1)
    return Chart(
        title=finding(found).partition(":")[0],
        note=found.setting.words,
        x="layer, in the order they run",
        y="L2 norm of the gradient",
        log=True,
        marks=(
            Line(name="main loss alone", x=layers, y=found.alone),
            Line(name=f"with {found.setting.weight:g} times the auxiliary loss", x=layers, y=found.both),
        ),
    )


def records(found: Gradients) -> list[dict[str, object]]:
    """One record a layer."""
    return [
        {"layer": i + 1, "main loss alone": alone, "with the auxiliary loss": both}
        for i, (alone, both) in enumerate(zip(found.alone, found.both, strict=True))
    ]
