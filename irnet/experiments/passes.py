"""A forward pass in pieces: run once, with a small picture of every unit, and taken up again at any block."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from irnet.analysis.boxes import box_at
from irnet.experiments.residual_scale import BATCH_NORM_MODES, BatchNormMode, batch_statistics
from irnet.resolve import resolve
from irnet.runtime.build import Model
from irnet.runtime.capture import capture
from irnet.spec import Chain, Network

Array = NDArray[np.float32]
THUMB = 48  # pixels: the longest side of a small picture


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What a block is given; whoever has it need not run what comes before."""

    path: str  # of a block, or of a unit of the head
    values: Array  # (C, H, W), or (C,) in the head


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


def units(network: Network) -> tuple[str, ...]:
    """Paths of what runs one after another: every block, then the head.

    Examples
    --------
    >>> from irnet.models import network
    >>> units(network("inception_resnet_v1"))[:3]
    ('stem.0', 'block_a.0', 'block_a.1')
    """
    blocks = [f"{stage.name}.{i}" for stage in network.stages for i in range(stage.repeat)]
    return (*blocks, *(row.path for row in resolve(network) if "." not in row.path))


def last_unit(network: Network, path: str) -> str:
    """The unit that the box `path` is or lies in; of a stage, its last block.

    Raises
    ------
    KeyError
        Naming an unknown box and near ones.
    """
    box = box_at(network, path)
    if box.level == "stage":
        return box.children[-1] if box.children else path
    return ".".join(path.split(".")[:2])


def checked(model: Model, image: Tensor, batch_norm: str) -> Start:
    """The start of a pass of `image`, which is (1, C, H, W) and of the network's input size.

    Raises
    ------
    ValueError
        For another size, an unknown mode, batch statistics over a single value, or a device without numbers.
    """
    network = model.network
    if tuple(image.shape) != (1, *network.input_shape):
        raise ValueError(f"the image is {tuple(image.shape)}, {network.name} takes {(1, *network.input_shape)}")
    if batch_norm not in BATCH_NORM_MODES:
        raise ValueError(f"batch_norm={batch_norm!r} is not one of {', '.join(BATCH_NORM_MODES)}")
    if any(parameter.is_meta for parameter in model.parameters()):
        raise ValueError("on meta there are shapes and no numbers; activations need one of the other devices")
    lone = next((row for row in resolve(network) if row.op == "conv" and row.out_shape[1:] == (1, 1)), None)
    if batch_norm == "batch" and lone:
        raise ValueError(
            f"{lone.path}: batch statistics of one image need more than one pixel, and the grid there is 1x1; "
            "take a larger input or running statistics"
        )
    return Start(units(network)[0], to_array(image))


@torch.no_grad()
def run(model: Model, start: Start, end: str, batch_norm: BatchNormMode, *, include: bool = True) -> Array:
    """What the unit `end` puts out (or, without `include`, is given), from `start` on; (C, H, W), or (C,)."""
    names = units(model.network)
    first, last = names.index(start.path), names.index(end) + include
    with batch_statistics(model, batch_norm == "batch"):
        return to_array(model.through(_tensor(model, start.values), names[first:last]))


def begin(model: Model, start: Start, path: str, batch_norm: BatchNormMode = "running") -> Start:
    """What the unit around the box `path` is given.

    Raises
    ------
    KeyError
        For an unknown box.
    """
    unit = last_unit(model.network, path)
    return Start(unit, run(model, start, unit, batch_norm, include=False))


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
        As `checked` says.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.runtime.build import build
    >>> model = build(network("inception_resnet_v1", input_size=96, a=1, b=1, c=1))
    >>> found = look_through(model, torch.zeros(1, 3, 96, 96))
    >>> [thumb.path for thumb in found.strip][-3:]
    ['block_b.0', 'reduction_b.0', 'block_c.0']
    """
    network, x = model.network, _tensor(model, checked(model, image, batch_norm).values)
    shown = _shown(network)
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


def to_array(x: Tensor) -> Array:
    """The one image in `x`, as an array of its own on the CPU that nobody can write to."""
    made: Array = x.detach()[0].to("cpu", torch.float32, copy=True).numpy()
    made.flags.writeable = False
    return made


def _tensor(model: Model, values: Array) -> Tensor:
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    return torch.from_numpy(values.copy()).unsqueeze(0).to(device)


def _shown(network: Network) -> dict[str, str]:
    """Path and title of every unit of the strip: blocks, and the steps of a chain, which has no block."""
    found: dict[str, str] = {}
    for stage in network.stages:
        for i in range(stage.repeat):
            path = f"{stage.name}.{i}"
            steps = box_at(network, path).children if isinstance(stage.node, Chain) else (path,)
            title = f"{stage.title} {i + 1} of {stage.repeat}" if stage.repeat > 1 else stage.title
            found |= {step: title if step == path else box_at(network, step).title for step in steps}
    return found


def _thumb(made: Tensor) -> tuple[NDArray[np.bool_], float, Array]:
    """Which channels are dead, the mean magnitude, and the small picture."""
    sizes = made.abs()
    small = adaptive_avg_pool2d(sizes.mean(1, keepdim=True), (min(THUMB, made.shape[2]), min(THUMB, made.shape[3])))
    return (sizes.amax((0, 2, 3)) == 0).cpu().numpy(), float(sizes.mean()), to_array(small)[0]
