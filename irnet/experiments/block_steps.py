"""One residual block as an equation that runs: y = ReLU(x + s F(x)), term by term on one picture.

F(x) is the block's branches, stacked, and the 1x1 linear convolution after them. With untrained weights the steps show
propagation, and nothing about accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from torch import Tensor

from irnet.experiments.block_words import shape_of, terms, words
from irnet.experiments.channels import Maps, channels
from irnet.experiments.feature_maps import residual_at, tap_tensors, taps
from irnet.experiments.forward_cache import BatchNormMode
from irnet.experiments.histogram import Histogram, edges_of, histogram
from irnet.experiments.passes import Start, check_start, last_unit
from irnet.experiments.statistics import Stats, reader, statistics
from irnet.runtime.build import Model, ResidualUnit
from irnet.runtime.capture import rescale
from irnet.spec import Network
from irnet.tree import resolve

SHOWN = 16  # feature maps that a step keeps


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """One term of the equation."""

    name: str  # of its tensor: "x", "b0", "concat", "project", "scale", "add", "output"
    term: str  # as an equation writes it
    words: str  # one or two sentences
    shape: tuple[int, int, int]
    stats: Stats
    histogram: Histogram
    maps: Maps  # of the channels below only
    numbers: tuple[int, ...]  # the channels that are kept: the strongest of x where the widths are equal
    troubles: str  # values that are no finite numbers; "" where there are none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockSteps:
    """The steps of one block, in the order they run."""

    network: str
    path: str
    weights: str
    batch_norm: BatchNormMode
    scale: float
    own: float  # the scale that the network has by itself
    steps: tuple[Step, ...]

    @property
    def limit(self) -> float:
        """The largest finite magnitude of all steps: the end of one colour scale for all of them."""
        return max(step.maps.extent[1] for step in self.steps)


def residual_blocks(network: Network) -> tuple[str, ...]:
    """Paths of the residual blocks, in the order they run.

    Examples
    --------
    >>> from irnet.models import network
    >>> residual_blocks(network("inception_resnet_v1", a=1, b=0, c=2)), residual_blocks(network("inception_v4"))
    (('block_a.0', 'block_c.0', 'block_c.1'), ())
    """
    return tuple(path for path, box in resolve(network).items() if box.children[-1:] == (f"{path}.add",))


def own_scale(network: Network, path: str) -> float:
    """The scale that the residual block `path` has by itself.

    Examples
    --------
    >>> from irnet.models import network
    >>> own_scale(network("inception_resnet_v2.tf_slim"), "block_b.3")
    0.1
    """
    return residual_at(network, path).scale


def block_steps(
    model: Model,
    image: Tensor,
    path: str,
    *,
    scale: float | None = None,
    batch_norm: BatchNormMode = "running",
    start: Start | None = None,
) -> BlockSteps:
    """The residual block `path` as ordered steps, each with its statistics, histogram and strongest feature maps.

    Parameters
    ----------
    model
        On any device but "meta"; it is left as it was.
    image
        (1, C, H, W) in [-1, 1], of the network's input size.
    path
        Of a residual block, such as "block_b.3".
    scale
        Of this block alone, 0 to 1; None as the network has it. All other blocks keep theirs.
    batch_norm
        "running": with the stored statistics; "batch": with those of this image.
    start
        Of an earlier pass of the same picture, so that what comes before it does not run again.

    Raises
    ------
    ValueError
        For a scale outside 0 to 1, a box that is no residual block, or an image that does not fit.
    KeyError
        For an unknown box, with near ones.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.runtime.build import build
    >>> model = build(network("inception_resnet_v1", input_size=96, a=1, b=1, c=1))
    >>> found = block_steps(model, torch.zeros(1, 3, 96, 96), "block_b.0", scale=0.2)
    >>> [step.term for step in found.steps]
    ['x', 'b0(x)', 'b1(x)', '[b0(x), b1(x)]', 'F(x)', '0.2 F(x)', 'x + 0.2 F(x)', 'ReLU(x + 0.2 F(x))']
    """
    unit = _block(model, path)
    if scale is not None and not 0 <= scale <= 1:
        raise ValueError(f"scale={scale} is outside 0 to 1")
    start = start or check_start(model, image, batch_norm)
    own, wanted = unit.scale.scale, taps(model.network, path)
    with rescale(unit.scale, scale):
        found = tuple(tap_tensors(model, start, wanted, last_unit(model.network, path), batch_norm))
        used = unit.scale.scale
    return BlockSteps(
        network=model.network.label,
        path=path,
        weights=model.origin,
        batch_norm=batch_norm,
        scale=used,
        own=own,
        steps=tuple(_steps(model.network, path, found, used)),
    )


def _block(model: Model, path: str) -> ResidualUnit:
    resolve(model.network)[path]
    known = residual_blocks(model.network)
    if path not in known:
        known_blocks = f"they are {known[0]} to {known[-1]}" if known else "the network has none"
        raise ValueError(f"{path} of {model.network.name} is no residual block; {known_blocks}")
    unit = model.get_submodule(path)
    assert isinstance(unit, ResidualUnit)
    return unit


def _steps(network: Network, path: str, found: tuple[Maps, ...], scale: float) -> Iterator[Step]:
    stats = statistics({maps.name: reader(rectified=False)(torch.from_numpy(maps.values.copy())) for maps in found})
    said, written = (
        words(network, path, found, stats, scale),
        terms(network, path, [maps.name for maps in found], scale),
    )
    edges = edges_of(tuple(maps.values for maps in found))
    strongest = _strongest(found[0])
    for maps in found:
        same = maps.values.shape == found[0].values.shape
        numbers = strongest if same else _strongest(maps)
        yield Step(
            name=maps.name,
            term=written[maps.name],
            words=said[maps.name],
            shape=shape_of(maps),
            stats=stats[maps.name],
            histogram=histogram(maps.values, edges),
            maps=replace(maps, values=maps.values[list(numbers)]),
            numbers=numbers,
            troubles=maps.troubles,
        )


def _strongest(maps: Maps) -> tuple[int, ...]:
    return tuple(channel.index for channel in channels(maps, "strength")[:SHOWN])


def records(result: BlockSteps) -> list[dict[str, object]]:
    """One record a step, as plain values; a statistic that is no finite number is None, and `troubles` says why."""
    return [
        {
            "step": step.name,
            "term": step.term,
            "shape": list(step.shape),
            **{name: value if np.isfinite(value) else None for name, value in asdict(step.stats).items()},
            "troubles": step.troubles,
            "words": step.words,
            "channels": list(step.numbers),
            "histogram": {"counts": list(step.histogram.counts), "edges": list(step.histogram.edges)},
        }
        for step in result.steps
    ]
