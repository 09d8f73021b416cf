"""How much every pixel matters to one output of a box: the effective receptive field, from one gradient.

After Luo et al. 2016 (arXiv 1701.04128): of all that an output can see, the middle matters most. With untrained weights
that says how paths through the network add up; with trained ones, what the network looks at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from irnet.lab.forward import BatchNormMode, batch_statistics, check_image
from irnet.runtime.build import Model, build
from irnet.runtime.capture import output_of
from irnet.runtime.device import memory_limit, with_numbers
from irnet.runtime.init import Init
from irnet.spec import Network
from irnet.tree import Sides, resolve
from irnet.tree.receptive_field import Rectangle, Seen, receptive_field
from irnet.tree.receptive_field import record as theoretical
from irnet.units import share

MASS = 0.95  # of the gradient's magnitude lies in the box that is drawn
Ends = tuple[int, int, int, int]  # top, left, bottom, right; the last two are no longer inside
_SLACK = 1e-12  # what rounding may take from a share


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectiveField:
    """The gradient of one output with respect to the picture, beside what the output can see at all."""

    seen: Seen
    weights: str  # "untrained, init torch, seed 0", or the file that they are from
    batch_norm: BatchNormMode
    channel: int | None  # None for the mean of all
    magnitude: NDArray[np.float64]  # (H, W), not negative, sums to 1 or is 0 everywhere; read-only
    box: Rectangle | None  # the smallest with 95 % of it; None where it is 0 everywhere

    @property
    def filled(self) -> float:
        """How much of the theoretical field the box fills, 0 to 1."""
        return self.box.area / self.seen.rectangle.area if self.box else 0.0

    @property
    def filled_on_picture(self) -> float:
        """How much of what the theoretical field has of the picture the box fills, 0 to 1."""
        on = self.seen.rectangle.on(self.seen.picture).area
        return self.box.area / on if self.box and on else 0.0

    @property
    def sentences(self) -> tuple[str, ...]:
        """What came out, one thing a sentence."""
        what = "the mean of its channels" if self.channel is None else f"channel {self.channel}"
        if self.box is None:
            return (f"No pixel moves {what} here: every ReLU on the way is shut, and the gradient is zero.",)
        (height, width), box = self.box.size, self.box
        return (
            f"{share(MASS, 1)} of the gradient of {what} lies in {height}x{width} pixels: rows {box.top} to "
            f"{box.bottom - 1}, columns {box.left} to {box.right - 1}.",
            f"That box fills {share(self.filled, 1)} of the theoretical field, and "
            f"{share(self.filled_on_picture, 1)} of what the field has of the picture.",
        )


def effective_field(
    network: Network,
    image: Tensor,
    path: str,
    position: Sides | None = None,
    *,
    channel: int | None = None,
    seeds: Sequence[int] = (0,),
    init: Init = "torch",
    batch_norm: BatchNormMode = "running",
    device: str = "cpu",
    models: Iterable[Model] = (),
) -> EffectiveField:
    """The gradient of the output at `position` of the box at `path`; the network is run up to there and no further.

    Parameters
    ----------
    network
        Any.
    image
        (1, C, H, W) in [-1, 1], of the network's input size.
    path, position
        A box, and (row, column) on its grid; without a position, the middle.
    channel
        Of the box's output; None for the mean of all.
    seeds, init
        Of the untrained weights. The maps of several seeds are averaged, each of them with a sum of 1.
    batch_norm
        "running": with the stored statistics (0 and 1 before training); "batch": with those of this image, where
        every pixel reaches every output through the mean, however small its field is.
    device
        Where to build and run.
    models
        One model of `network` for every seed, where the caller has them; each is let go before the next is taken.

    Raises
    ------
    KeyError
        If the network has no such box.
    ValueError
        For a position or channel that the box has not, an image of another size, no seed, a device without numbers,
        or a gradient that is no longer a number.

    Examples
    --------
    >>> from irnet.models import network
    >>> spec = network("inception_resnet_v1", input_size=75)
    >>> found = effective_field(spec, torch.ones(1, 3, 75, 75), "stem.0.2")
    >>> found.seen.field.size, found.box is not None and found.box.within(found.seen.rectangle)
    ((11, 11), True)
    """
    seen = receptive_field(network, path, position)
    _check(network, path, channel, seeds, device)
    tree = resolve(network)
    check_image(network, image, batch_norm, tree.rows[: tree.rows.index(tree.row(path)) + 1])
    # a concatenation has no module of its own, its fork has
    module = path.removesuffix(".concat") if tree[path].op == "concat" else path
    with memory_limit(device):
        found = [
            (one.origin, _magnitude(one, image, module, seen.position, channel, batch_norm))
            for one in models or (build(network, device, seed, init) for seed in seeds)
        ]
    total = np.mean([_normalise(path, made) for _, made in found], axis=0)
    total.setflags(write=False)
    origin = found[0][0] if len(found) == 1 else f"untrained, init {init}, mean of {len(found)} seeds from {seeds[0]}"
    ends = smallest_box(total, MASS)
    return EffectiveField(
        seen=seen,
        weights=origin,
        batch_norm=batch_norm,
        channel=channel,
        magnitude=total,
        box=Rectangle(*ends) if ends else None,
    )


def _check(network: Network, path: str, channel: int | None, seeds: Sequence[int], device: str) -> None:
    width = resolve(network)[path].out_shape[0]
    if channel is not None and not 0 <= channel < width:
        raise ValueError(f"{path}: there is no channel {channel}; it puts out channels 0 to {width - 1}")
    if not seeds:
        raise ValueError("untrained weights need at least 1 seed")
    with_numbers(device, "a gradient needs")


def _magnitude(
    model: Model, image: Tensor, module: str, at: Sides, channel: int | None, batch_norm: BatchNormMode
) -> NDArray[np.float64]:
    """(H, W): the gradient's magnitude at every pixel, summed over the colours."""
    with torch.enable_grad(), batch_statistics(model, batch_norm == "batch"):
        pixels = image.detach().to(next(model.parameters()).device).clone().requires_grad_()
        made = output_of(model, module, pixels)
        here = made[0].reshape(made.shape[1], *(made.shape[2:] or (1, 1)))[:, at[0], at[1]]
        (gradient,) = torch.autograd.grad(here.mean() if channel is None else here[channel], pixels)
    magnitude: NDArray[np.float64] = gradient[0].abs().double().sum(dim=0).cpu().numpy()
    return magnitude


def _normalise(path: str, magnitude: NDArray[np.float64]) -> NDArray[np.float64]:
    total = magnitude.sum()
    if not np.isfinite(total):
        raise ValueError(
            f"{path}: the gradient is no longer a finite number; take other initial weights or a smaller scale"
        )
    return magnitude / total if total else magnitude


def smallest_box(values: NDArray[np.float64], mass: float) -> Ends | None:
    """The rectangle of fewest pixels with at least `mass`, 0 to 1, of all that `values`, (H, W), hold.

    Of several the first from the top, then from the left. None if there is nothing.

    Examples
    --------
    >>> smallest_box(np.eye(4) * [8, 1, 1, 8], 0.85)
    (0, 0, 4, 4)
    >>> smallest_box(np.eye(4) * [8, 9, 1, 0], 0.85)
    (0, 0, 2, 2)
    """
    whole = float(values.sum())
    if not whole:
        return None
    needed = mass * whole * (1 - _SLACK)
    above = np.vstack([np.zeros(values.shape[1]), values.cumsum(axis=0)])  # sums of every column down to a row
    rows = above.sum(axis=1)
    narrowest = _span(values.sum(axis=0), needed)[1]
    best, found = values.size + 1, (0, 0, *values.shape)
    for top in range(len(values)):
        if rows[-1] - rows[top] < needed:
            break
        for bottom in range(int(np.searchsorted(rows, rows[top] + needed)), len(values) + 1):
            if (bottom - top) * narrowest >= best:  # lower boxes from here are no smaller
                break
            left, width = _span(above[bottom] - above[top], needed)
            if 0 < width * (bottom - top) < best:
                best, found = width * (bottom - top), (top, left, bottom, left + width)
    return found


def _span(line: NDArray[np.float64], needed: float) -> tuple[int, int]:
    """Start and length of the shortest stretch of `line` that adds up to `needed`; length 0 if there is none."""
    sums = np.concatenate([[0.0], line.cumsum()])
    ends = np.searchsorted(sums, sums[:-1] + needed)
    lengths = np.where(ends < len(sums), ends - np.arange(len(line)), len(sums))
    start = int(lengths.argmin())
    return (start, int(lengths[start])) if lengths[start] < len(sums) else (0, 0)


def record(found: EffectiveField) -> dict[str, object]:
    """The result as plain values for JSON, without the map."""
    return theoretical(found.seen) | {
        "weights": found.weights,
        "batch_norm": found.batch_norm,
        "channel": found.channel,
        "mass": MASS,
        "effective": found.box.ends if found.box else None,
        "filled": found.filled,
        "filled_on_picture": found.filled_on_picture,
        "sentences": [*found.seen.sentences, *found.sentences],
    }
