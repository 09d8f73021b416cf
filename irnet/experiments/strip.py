"""One forward pass at a glance: a small picture of every unit, and what every stage was given, to start again from."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from irnet.experiments.forward_cache import BatchNormMode, batch_statistics
from irnet.experiments.passes import Array, Start, check_start, to_array, to_tensor, units
from irnet.runtime.build import Model
from irnet.runtime.capture import capture
from irnet.spec import Chain, Network
from irnet.tree import resolve

THUMB = 48  # pixels: the longest side of a small picture


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thumb:
    """One unit of the network at a glance."""

    path: str
    title: str
    channels: int
    dead: int  # channels that are zero everywhere
    mean_abs: float
    picture: Array  # (h, w) mean magnitude over the channels, made smaller by averaging


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pass:
    """One forward pass: every unit at a glance, and the input of every stage to start again from."""

    network: str
    weights: str
    batch_norm: BatchNormMode
    strip: tuple[Thumb, ...]  # in the order they run
    starts: tuple[Start, ...]  # one a stage, then one a unit of the head

    @property
    def key(self) -> str:
        """Sixteen hex digits that change when the small pictures do."""
        return sha256(b"".join(thumb.picture.tobytes() for thumb in self.strip)).hexdigest()[:16]

    def start(self, path: str) -> Start:
        """What the stage around the box `path` is given.

        Raises
        ------
        KeyError
            For a box of no stage that was run.
        """
        for start in self.starts:
            if start.path.split(".")[0] == path.split(".", maxsplit=1)[0]:
                return start
        raise KeyError(f"{self.network} has no box {path!r}")


@torch.no_grad()
def look_through(model: Model, image: Tensor, batch_norm: BatchNormMode = "running") -> Pass:
    """Run the whole network once, and keep a small picture of every unit and the input of every stage.

    Parameters
    ----------
    model
        On any device but "meta".
    image
        (1, C, H, W) in [-1, 1], of the network's input size.
    batch_norm
        "running": with the stored statistics; "batch": with those of this image.

    Raises
    ------
    ValueError
        As `check_start` says.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.runtime.build import build
    >>> model = build(network("inception_resnet_v1", input_size=96, a=1, b=1, c=1))
    >>> found = look_through(model, torch.zeros(1, 3, 96, 96))
    >>> [thumb.path for thumb in found.strip][-3:]
    ['block_b.0', 'reduction_b.0', 'block_c.0']
    """
    network, x = model.network, to_tensor(model, check_start(model, image, batch_norm).values)
    shown = _titles(network)
    starts: dict[str, Start] = {}
    with batch_statistics(model, batch_norm == "batch"), capture(model, *shown, keep=_thumb) as found:
        for path in units(network):
            if (child := path.split(".")[0]) not in starts:
                starts[child] = Start(path, to_array(x))
            x = model.through(x, (path,))
    return Pass(
        network=network.label,
        weights=model.origin,
        batch_norm=batch_norm,
        strip=tuple(
            Thumb(path=path, title=shown[path], channels=len(dead), dead=int(dead.sum()), mean_abs=mean, picture=small)
            for path, (dead, mean, small) in found.items()
        ),
        starts=tuple(starts.values()),
    )


def _titles(network: Network) -> dict[str, str]:
    """Path and title of every unit of the strip: blocks, and the steps of a chain, which has no block."""
    found: dict[str, str] = {}
    for stage in network.stages:
        for i in range(stage.repeat):
            path = f"{stage.name}.{i}"
            steps = resolve(network)[path].children if isinstance(stage.node, Chain) else (path,)
            title = f"{stage.title} {i + 1} of {stage.repeat}" if stage.repeat > 1 else stage.title
            found |= {step: title if step == path else resolve(network)[step].title for step in steps}
    return found


def _thumb(made: Tensor) -> tuple[NDArray[np.bool_], float, Array]:
    """Which channels are dead, the mean magnitude, and the small picture."""
    sizes = made.abs()
    small = adaptive_avg_pool2d(sizes.mean(1, keepdim=True), (min(THUMB, made.shape[2]), min(THUMB, made.shape[3])))
    return (sizes.amax((0, 2, 3)) == 0).cpu().numpy(), float(sizes.mean()), to_array(small)[0]
