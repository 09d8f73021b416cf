"""What the residual scale does to activation magnitudes on the way through a network, in one forward pass each.

The claim of the paper (section 3.3) is about training. What is measured here is propagation through the weights that
the model has; with untrained weights it shows how magnitudes grow from block to block, and nothing about accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from irnet.experiments.forward_cache import (
    BATCH_NORM_MODES,
    BatchNormMode,
    Curve,
    ForwardCache,
    Progress,
    Scaling,
    at_scale,
)
from irnet.experiments.gradients import gradient_norms
from irnet.html import joined_html, words
from irnet.runtime.build import Model, build, channels_last
from irnet.runtime.device import memory_limit, with_numbers
from irnet.runtime.init import Init
from irnet.spec import Network, Residual
from irnet.tables import from_records, to_html
from irnet.tree import Row, resolve
from irnet.units import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Curves of one network on one image, and what they were computed with."""

    network: str
    weights: str  # "untrained, init torch, seed 0", or the file that they are from
    batch_norm: BatchNormMode
    curves: tuple[Curve, ...]  # all scales of the first seed, then all of the next

    def _repr_html_(self) -> str:
        title = f"{self.network}, {self.weights}, {self.batch_norm} statistics"
        return joined_html(words(title, strong=True), *map(_curve_text, self.curves))


def _curve_text(curve: Curve) -> str:
    """A curve in a notebook: how magnitudes grew, and block by block."""
    seed = "" if curve.seed is None else f", seed {curve.seed}"
    ends = f"; no finite number from {curve.overflow} on" if curve.overflow else ""
    growth = f"; mean magnitude grew {fold(curve.growth)}" if curve.growth and not ends else ends
    blocks = [
        {"block": block.path, "scale": block.scale, "mean magnitude": block.output.mean_abs, "ratio": block.ratio}
        for block in curve.blocks
    ]
    return words(f"{at_scale(curve.scale).capitalize()}{seed}{growth}.") + to_html(from_records(blocks))


def residual_scale(
    network: Network,
    image: Tensor,
    *,
    scales: Sequence[Scaling] = (None, 1.0),
    seeds: Sequence[int] = (0,),
    init: Init = "torch",
    batch_norm: BatchNormMode = "running",
    label: int | None = None,
    device: str = "cpu",
    model: Model | None = None,
    progress: Progress | None = None,
) -> Result:
    """Statistics of every block at each scale; what comes before the first changed block is computed once.

    Parameters
    ----------
    network
        Any; one without residual blocks gives one curve of its block outputs, whatever the scales.
    image
        (1, 3, H, W) in [-1, 1], of the network's input size.
    scales
        None for the network's own, a value from 0 to 1 for all residual blocks (1.0 is "without scaling"), or pairs of
        a stage and its value; stages without one keep theirs.
    seeds, init
        Of the untrained weights; several seeds give a curve each, and `bands` takes them together.
    batch_norm
        "running": with the stored statistics, which normalise nothing before training, since they are 0 and 1; "batch":
        with those of this image, as a training step would, which needs more than one pixel in every grid.
    label
        With a class, every block also has the norm of the gradient at its input, of the cross-entropy for that class.
    device
        Where to build and run.
    model
        A model of `network`, where the caller already has one; its weights are taken instead of `seeds` and `init`.
    progress
        Called before every block with the blocks run and to run; what it raises ends the experiment.

    Raises
    ------
    ValueError
        For a scale outside 0 to 1, an unknown stage, an image of another size, batch statistics over a single value,
        a class that is not there, or a device without numbers.
    RuntimeError
        If the device runs out of memory.

    Examples
    --------
    >>> from irnet.models import network
    >>> import torch
    >>> spec = network("inception_resnet_v1", input_size=96)
    >>> found = residual_scale(spec, torch.zeros(1, 3, 96, 96), scales=(None, 1.0))
    >>> [len(curve.blocks) for curve in found.curves]
    [20, 20]
    """
    check(network, image, scales, batch_norm, label)
    with_numbers(device)
    found: list[Curve] = []
    origins = []
    with memory_limit(device):
        for seed in (None,) if model else seeds:
            made = model or channels_last(build(network, device, seed or 0, init))
            origins.append(made.origin)
            trail = ForwardCache(network, image, batch_norm)
            found += [replace(curve, seed=seed) for curve in measure_curves(trail, made, scales, label, progress)]
    return Result(network=network.label, weights=origin(origins), batch_norm=batch_norm, curves=tuple(found))


def measure_curves(
    trail: ForwardCache,
    model: Model,
    scales: Sequence[Scaling],
    label: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Curve]:
    """One curve a scale, on the device of `model`; a network without residual blocks gives one, at scale None."""
    has = any(unit.scale is not None for unit in trail.units)
    for scale in scales if has else (None,):
        curve = trail.curve(model, scale, progress)
        yield curve if label is None else _with_gradients(trail, model, curve, label)


def _with_gradients(trail: ForwardCache, model: Model, curve: Curve, label: int) -> Curve:
    norms = gradient_norms(trail, model, curve.scale, label)
    return replace(curve, blocks=tuple(replace(block, gradient=norms[block.path]) for block in curve.blocks))


def origin(origins: Sequence[str]) -> str:
    """What several models' weights are: they differ in their seed alone.

    Examples
    --------
    >>> origin(["untrained, init he, seed 3", "untrained, init he, seed 4"])
    'untrained, init he, seed 3, 4'
    """
    first, *others = origins
    return ", ".join((first, *(other.rpartition(" ")[2] for other in others)))


def check(
    network: Network, image: Tensor, scales: Sequence[Scaling], batch_norm: str, label: int | None = None
) -> None:
    """Hold the settings of the experiment against the network.

    Raises
    ------
    ValueError
        As `residual_scale` says.
    """
    stages = [stage.name for stage in network.stages if isinstance(stage.node, Residual)]
    for scaling in scales:
        for stage, scale in scaling if isinstance(scaling, tuple) else (("", scaling),):
            if scale is not None and not 0 <= scale <= 1:
                raise ValueError(f"scale={scale} is outside 0 to 1")
            if stage and stage not in stages:
                raise ValueError(
                    f"{network.name} has no residual stage {stage!r}; it has {', '.join(stages) or 'none'}"
                )
    if label is not None and not 0 <= label < network.head.classes:
        raise ValueError(f"label={label} is none of the {network.head.classes} classes of {network.name}")
    check_image(network, image, batch_norm, resolve(network).rows)


def check_image(network: Network, image: Tensor, batch_norm: str, rows: Sequence[Row]) -> None:
    """Hold an image and statistics against these rows of `network`, which are those that run.

    Raises
    ------
    ValueError
        For an image of another size, an unknown kind of statistics, or batch statistics over a single value.
    """
    if tuple(image.shape[1:]) != network.input_shape:
        raise ValueError(f"the image is {tuple(image.shape[1:])}, {network.name} takes {network.input_shape}")
    if batch_norm not in BATCH_NORM_MODES:
        raise ValueError(f"batch_norm={batch_norm!r} is not one of {', '.join(BATCH_NORM_MODES)}")
    if batch_norm == "batch":
        lone = next((row for row in rows if row.op == "conv" and row.out_shape[1:] == (1, 1)), None)
        if lone:
            raise ValueError(
                f"{lone.path}: batch statistics of one image need more than one pixel, and the grid there is 1x1; "
                "take a larger input or running statistics"
            )


def curves(
    model: Model, image: Tensor, scales: Sequence[Scaling], batch_norm: BatchNormMode = "running"
) -> Iterator[Curve]:
    """One curve a scale, on the device of `model`; a network without residual blocks gives one, at scale None."""
    return measure_curves(ForwardCache(model.network, image, batch_norm), model, scales)
