"""A forward pass in pieces: it starts and ends at any block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from irnet.experiments.forward_cache import BatchNormMode, batch_statistics
from irnet.experiments.residual_scale import check_image
from irnet.runtime.build import Model
from irnet.runtime.device import with_numbers
from irnet.spec import Network
from irnet.tree import resolve

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What a block is given; whoever has it need not run what comes before."""

    path: str  # of a block, or of a unit of the head
    values: Array  # (C, H, W), or (C,) in the head


def units(network: Network) -> tuple[str, ...]:
    """Paths of what runs one after another: every block, then the head.

    Examples
    --------
    >>> from irnet.models import network
    >>> units(network("inception_resnet_v1"))[:3]
    ('stem.0', 'block_a.0', 'block_a.1')
    """
    blocks = [f"{stage.name}.{i}" for stage in network.stages for i in range(stage.repeat)]
    return (*blocks, *(row.path for row in resolve(network).rows if "." not in row.path))


def last_unit(network: Network, path: str) -> str:
    """The unit that the box `path` is or lies in; of a stage, its last block.

    Raises
    ------
    KeyError
        Naming an unknown box and near ones.
    """
    box = resolve(network)[path]
    if box.level == "stage":
        return box.children[-1] if box.children else path
    return ".".join(path.split(".")[:2])


def check_start(model: Model, image: Tensor, batch_norm: str) -> Start:
    """The start of a pass of `image`, which is (1, C, H, W) and of the network's input size.

    Raises
    ------
    ValueError
        For another size, an unknown mode, batch statistics over a single value, or a device without numbers.
    """
    network = model.network
    if tuple(image.shape) != (1, *network.input_shape):
        raise ValueError(f"the image is {tuple(image.shape)}, {network.name} takes {(1, *network.input_shape)}")
    with_numbers(next((parameter.device.type for parameter in model.parameters()), "cpu"))  # it may have no weights
    check_image(network, image, batch_norm, resolve(network).rows)
    return Start(units(network)[0], to_array(image))


@torch.no_grad()
def run(model: Model, start: Start, end: str, batch_norm: BatchNormMode, *, include: bool = True) -> Array:
    """What the unit `end` puts out (or, without `include`, is given), from `start` on; (C, H, W), or (C,)."""
    names = units(model.network)
    first, last = names.index(start.path), names.index(end) + include
    with batch_statistics(model, batch_norm == "batch"):
        return to_array(model.through(to_tensor(model, start.values), names[first:last]))


def begin(model: Model, start: Start, path: str, batch_norm: BatchNormMode = "running") -> Start:
    """What the unit around the box `path` is given.

    Raises
    ------
    KeyError
        For an unknown box.
    """
    unit = last_unit(model.network, path)
    return Start(unit, run(model, start, unit, batch_norm, include=False))


def to_array(x: Tensor) -> Array:
    """The one image in `x`, as an array of its own on the CPU that nobody can write to."""
    made: Array = x.detach()[0].to("cpu", torch.float32, copy=True).numpy()
    made.flags.writeable = False
    return made


def to_tensor(model: Model, values: Array) -> Tensor:
    """One image's values as a batch of one, on the device of `model`."""
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    return torch.from_numpy(values.copy()).unsqueeze(0).to(device)
