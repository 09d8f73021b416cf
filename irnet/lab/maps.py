"""Feature maps of one picture: the network at a glance, the tensors at a box, and their channels in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from irnet.lab.forward import Array, BatchNormMode, ForwardCache, begin, to_array, unit_at
from irnet.runtime.build import Model
from irnet.runtime.capture import capture
from irnet.spec import Fork, Network, Residual, Shape
from irnet.tree import Box, resolve
from irnet.units import exact

THUMB = 48  # pixels: the longest side of a small picture
Order = Literal["strength", "index"]
ORDERS: tuple[Order, ...] = get_args(Order)


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
class Glance:
    """One forward pass: every block, or step of a chain, at a glance."""

    network: str
    weights: str
    batch_norm: BatchNormMode
    strip: tuple[Thumb, ...]  # in the order they run

    @property
    def key(self) -> str:
        """Sixteen hex digits that change when the small pictures do."""
        return sha256(b"".join(thumb.picture.tobytes() for thumb in self.strip)).hexdigest()[:16]


def glance(model: Model, image: Tensor, batch_norm: BatchNormMode = "running") -> tuple[Glance, ForwardCache]:
    """Run the whole network once: a small picture of every unit, and the pass to go on from.

    Parameters
    ----------
    model, image, batch_norm
        As `irnet.lab.forward.begin` takes them.

    Raises
    ------
    ValueError
        As `irnet.lab.forward.begin` says.

    Examples
    --------
    >>> import irnet, torch
    >>> model = irnet.build(irnet.network("inception_resnet_v1", input_size=96, a=1, b=1, c=1))
    >>> [thumb.path for thumb in glance(model, torch.zeros(1, 3, 96, 96))[0].strip][-3:]
    ['block_b.0', 'reduction_b.0', 'block_c.0']
    """
    cache = begin(model, image, batch_norm)
    titles = {
        step: unit.title if step == unit.path else resolve(model.network)[step].title
        for unit in cache.blocks
        for step in unit.steps
    }
    with capture(model, *titles, keep=_thumb) as found:
        cache.run(model, len(cache.units))
    look = Glance(
        network=model.network.label,
        weights=model.origin,
        batch_norm=batch_norm,
        strip=tuple(
            Thumb(path=path, title=titles[path], channels=len(dead), dead=int(dead.sum()), mean_abs=mean, picture=small)
            for path, (dead, mean, small) in found.items()
        ),
    )
    return look, cache


def _thumb(made: Tensor) -> tuple[NDArray[np.bool_], float, Array]:
    """Which channels are dead, the mean magnitude, and the small picture."""
    sizes = made.abs()
    small = adaptive_avg_pool2d(sizes.mean(1, keepdim=True), (min(THUMB, made.shape[2]), min(THUMB, made.shape[3])))
    return (sizes.amax((0, 2, 3)) == 0).cpu().numpy(), float(sizes.mean()), to_array(small)[0]


@dataclass(frozen=True, slots=True)
class Tap:
    """One tensor at a box: what a module puts out, or is given."""

    name: str  # the last part of its path: "b0", "project"; "x" and "output" for what goes in and comes out
    what: str
    module: str
    given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureMaps:
    """The tensors at one box of one network, for one picture."""

    network: str
    path: str
    weights: str
    batch_norm: BatchNormMode
    tensors: tuple[Maps, ...]  # in the order they are computed, the box's own output last

    def tensor(self, name: str = "") -> Maps:
        """The tensor with this name; without one, what the box puts out.

        Raises
        ------
        KeyError
            Naming the unknown tensor and those that are there.
        """
        found = {maps.name: maps for maps in self.tensors}
        if name and name not in found:
            raise KeyError(f"{self.path} has no tensor {name!r}; it has {', '.join(found)}")
        return found[name] if name else self.tensors[-1]


def taps(network: Network, path: str) -> tuple[Tap, ...]:
    """The tensors at a box, in the order they are computed; its own output is the last.

    Branch by branch before a concatenation; input, residual and sum at an addition; the parts of a convolution.

    Raises
    ------
    KeyError
        Naming an unknown box and near ones.

    Examples
    --------
    >>> from irnet.models import network
    >>> [tap.name for tap in taps(network("inception_resnet_v2"), "block_b.0")]
    ['x', 'b0', 'b1', 'concat', 'project', 'scale', 'add', 'output']
    >>> [tap.name for tap in taps(network("inception_v4"), "stem.0.0")]
    ['conv', 'bn', 'relu']
    """
    tree = resolve(network)
    box = tree[path]
    if box.node is None and box.op in ("concat", "add"):
        inside = taps(network, box.parent)
        of_fork = isinstance(tree[box.parent].node, Fork)
        return inside if of_fork else tuple(tap for tap in inside if tap.name in _AT_SUM)
    if box.level == "stage":
        return (Tap("output", box.title, (path, *box.children)[-1]),)
    if isinstance(box.node, Residual):
        return tuple(_of_residual(network, box, box.node))
    if isinstance(box.node, Fork):
        *branches, merge = tree.children(path)
        return (*map(_tap, branches), Tap(merge.name, merge.title, path))
    return tuple(map(_tap, tree.children(path))) or (Tap("output", box.title, path),)


_AT_SUM = ("x", "project", "scale", "add", "bn", "output")


def _tap(box: Box) -> Tap:
    return Tap(box.name, box.title, box.path)


def _of_residual(network: Network, box: Box, node: Residual) -> Iterator[Tap]:
    body, *parts = resolve(network).children(box.path)
    yield Tap("x", "the input of the block", box.path, given=True)
    inside = taps(network, body.path)
    yield from inside if inside[-1].name == "concat" else (Tap("body", body.title, body.path),)
    for part in parts:
        yield Tap("add", "the sum, before anything else", part.path) if part.name == "add" else _tap(part)
    if node.norm:
        yield Tap("bn", "batch norm of the sum", f"{box.path}.bn")
    yield Tap("output", "the output of the block", box.path)


def feature_maps(
    model: Model,
    image: Tensor,
    path: str,
    *,
    batch_norm: BatchNormMode = "running",
    cache: ForwardCache | None = None,
) -> FeatureMaps:
    """The tensors at the box `path`, for one picture.

    Parameters
    ----------
    model, image, batch_norm
        As `irnet.lab.forward.begin` takes them; the model runs no further than the box.
    path
        Of any box, as drawn: a stage, a block, a branch, a step, "block_b.0.add".
    cache
        Of an earlier pass of the same picture and statistics, so that what it remembers does not run again.

    Raises
    ------
    ValueError
        For an image of another size, an unknown mode, batch statistics over one value, or a device without numbers.
    KeyError
        For an unknown box, with near ones.

    Examples
    --------
    >>> import irnet, torch
    >>> model = irnet.build(irnet.network("inception_resnet_v1", input_size=96, a=1, b=1, c=1))
    >>> found = feature_maps(model, torch.zeros(1, 3, 96, 96), "block_a.0")
    >>> [(maps.name, maps.values.shape) for maps in found.tensors][-2:]
    [('add', (256, 9, 9)), ('output', (256, 9, 9))]
    """
    cache = cache or begin(model, image, batch_norm)
    return FeatureMaps(
        network=model.network.label,
        path=path,
        weights=model.origin,
        batch_norm=cache.batch_norm,
        tensors=tuple(tensors_at(model, cache, path)),
    )


def tensors_at(model: Model, cache: ForwardCache, path: str) -> Iterator[Maps]:
    """The tensors at the box `path`; only the unit that it lies in is run, once the pass has come so far."""
    wanted, number = taps(model.network, path), unit_at(model.network, path)
    with (
        capture(model, *(tap.module for tap in wanted if tap.given), keep=to_array, inputs=True) as inputs,
        capture(model, *(tap.module for tap in wanted if not tap.given), keep=to_array) as outputs,
    ):
        cache.run_unit(model, number)
    for tap in wanted:
        values: Array = (inputs if tap.given else outputs)[tap.module]
        yield Maps(name=tap.name, what=tap.what, values=values.reshape(*values.shape, *(1,) * (3 - values.ndim)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Maps:
    """The feature maps of one tensor, (C, H, W); a vector has a grid of 1x1."""

    name: str
    what: str
    values: Array

    @property
    def shape(self) -> Shape:
        """(C, H, W)."""
        channels, height, width = self.values.shape
        return channels, height, width

    @property
    def extent(self) -> tuple[float, float]:
        """Ends of one colour scale for all channels: from zero, or around it where values are negative."""
        return extent(self.values)

    @property
    def troubles(self) -> str:
        """A sentence on values that are no finite numbers; "" where there are none."""
        return troubles(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One feature map in numbers; statistics of a channel with NaN or infinite values are those of the others."""

    index: int
    mean_abs: float
    maximum: float  # largest magnitude
    zero_share: float  # 0 to 1
    not_finite: int  # values

    @property
    def dead(self) -> bool:
        """Whether every value is zero."""
        return self.zero_share == 1


def channels(maps: Maps, order: Order = "index") -> tuple[Channel, ...]:
    """Every channel in numbers: by index, or the strongest mean magnitude first.

    A channel with values that are no finite numbers comes before all others, whatever its strength.

    Raises
    ------
    ValueError
        For an unknown order.

    Examples
    --------
    >>> import numpy as np
    >>> maps = Maps(name="x", what="", values=np.array([[[0, 0]], [[-3, 1]]], np.float32))
    >>> [(channel.index, channel.mean_abs, channel.dead) for channel in channels(maps, "strength")]
    [(1, 2.0, False), (0, 0.0, True)]
    """
    if order not in ORDERS:
        raise ValueError(f"channels are sorted by {' or '.join(ORDERS)}, not by {order!r}")
    flat = maps.values.reshape(len(maps.values), -1).astype(np.float64)
    finite = np.isfinite(flat)
    sizes = np.where(finite, np.abs(flat), 0)
    means = sizes.sum(1) / np.maximum(finite.sum(1), 1)
    found = [
        Channel(index=i, mean_abs=float(mean), maximum=float(high), zero_share=float(zeros), not_finite=int(wrong))
        for i, (mean, high, zeros, wrong) in enumerate(
            zip(means, sizes.max(1), (flat == 0).mean(1), (~finite).sum(1), strict=True)
        )
    ]
    if order == "strength":
        found.sort(key=lambda channel: (-bool(channel.not_finite), -channel.mean_abs))
    return tuple(found)


def page(found: tuple[Channel, ...], number: int, size: int) -> tuple[Channel, ...]:
    """The channels on a page, counted from 1.

    Raises
    ------
    ValueError
        If there is no such page.

    Examples
    --------
    >>> maps = Maps(name="x", what="", values=np.zeros((5, 1, 1), np.float32))
    >>> [channel.index for channel in page(channels(maps), 2, 3)]
    [3, 4]
    """
    last = pages(len(found), size)
    if not 1 <= number <= last:
        raise ValueError(f"there are pages 1 to {last} of {size} channels, and no page {number}")
    return found[(number - 1) * size : number * size]


def pages(count: int, size: int) -> int:
    """How many pages so many channels take; at least one.

    Examples
    --------
    >>> pages(64, 64), pages(65, 64), pages(0, 64)
    (1, 2, 1)
    """
    return max(1, -(-count // size))


def extent(values: Array) -> tuple[float, float]:
    """Ends of a colour scale: from zero, or as far below it as above where values are negative; zeros end at 1."""
    finite = values[np.isfinite(values)]
    limit = float(np.abs(finite).max(initial=0)) or 1.0
    return (-limit if finite.min(initial=0) < 0 else 0.0), limit


def troubles(values: Array) -> str:
    """A sentence on values that are no finite numbers, with the first channel that has one; "" where there are none.

    Examples
    --------
    >>> troubles(np.array([[[1, 2]], [[np.inf, np.nan]]], np.float32))
    '1 value is NaN and 1 infinite, first in channel 1'
    """
    nan, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    if not nan + infinite:
        return ""
    first = int(np.argmax(~np.isfinite(values).reshape(len(values), -1).all(1)))
    listed = " and ".join(
        f"{exact(count)}{verb} {word}"
        for count, word, verb in (
            (nan, "NaN", " value is" if nan == 1 else " values are"),
            (infinite, "infinite", "" if nan else " value is" if infinite == 1 else " values are"),
        )
        if count
    )
    return f"{listed}, first in channel {first}"
