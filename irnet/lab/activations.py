"""What the residual scale does to activation magnitudes on the way through a network, in one forward pass each.

The claim of the paper (section 3.3) is about training. What is measured here is propagation through the weights that
the model has; with untrained weights it shows how magnitudes grow from block to block, and nothing about accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from irnet.html import joined_html, words
from irnet.lab.forward import (
    BatchNormMode,
    ForwardCache,
    Progress,
    Scaling,
    Unit,
    batch_statistics,
    check_image,
)
from irnet.lab.statistics import Stats, reader, statistics
from irnet.runtime.build import Model, build, channels_last
from irnet.runtime.capture import rescale
from irnet.runtime.device import memory_limit, with_numbers
from irnet.runtime.init import Init
from irnet.spec import Network, Residual
from irnet.tables import from_records, to_html
from irnet.units import fold

TENSORS = ("shortcut", "residual", "scaled", "output")
OWN = "own"  # how the scales that a network has by itself are written
REMEMBERED = 32  # curves of one picture, some 20 KB each
TOGETHER = 2  # scalings that run as one batch: two take a tenth less time than one after the other, more no less
LOOKED_AT = ("a", "b", "c")  # the parts whose outputs are looked at, with or without a residual


def other(mode: BatchNormMode) -> BatchNormMode:
    """The other kind of statistics.

    Examples
    --------
    >>> other("batch")
    'running'
    """
    return "batch" if mode == "running" else "running"


def scale_text(scale: Scaling) -> str:
    """A scaling in words.

    Examples
    --------
    >>> scale_text(None), scale_text(0.25), scale_text((("block_a", 0.2), ("block_b", 0.1)))
    ('own', '0.25', 'block_a=0.2, block_b=0.1')
    """
    if isinstance(scale, tuple):
        return ", ".join(f"{stage}={value:g}" for stage, value in scale)
    return OWN if scale is None else f"{scale:g}"


def at_scale(scale: Scaling) -> str:
    """A scaling as a sentence names it.

    Examples
    --------
    >>> at_scale(None), at_scale(0.25)
    ('its own scale', 'scale 0.25')
    """
    return "its own scale" if scale is None else f"scale {scale_text(scale)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStats:
    """One block; `shortcut`, `residual` and `scaled` are None in a network without residuals."""

    path: str
    stage: str
    scale: float | None
    shortcut: Stats | None  # x
    residual: Stats | None  # F(x), after the 1x1 linear convolution
    scaled: Stats | None  # scale * F(x)
    output: Stats  # after the ReLU, where there is one
    gradient: float | None = None  # L2 norm of the loss's gradient at the block's input, where it was asked for

    @property
    def ratio(self) -> float | None:
        """Mean magnitude of the scaled residual over that of the shortcut; None without either."""
        if self.shortcut is None or self.scaled is None or not self.shortcut.mean_abs:
            return None
        return self.scaled.mean_abs / self.shortcut.mean_abs


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """All blocks of one forward pass, in order; `scale` None means the network's own."""

    scale: Scaling
    blocks: tuple[BlockStats, ...]
    seed: int | None = None  # of the weights; None where they are not drawn

    @property
    def growth(self) -> float | None:
        """Mean magnitude after the last block over that before the first, or after it where there is no shortcut."""
        if not self.blocks:
            return None
        first = self.blocks[0].shortcut or self.blocks[0].output
        return self.blocks[-1].output.mean_abs / first.mean_abs if first.mean_abs else None

    @property
    def overflow(self) -> str | None:
        """The first block that puts out something that is no finite number; None if all are."""
        return next((block.path for block in self.blocks if not block.output.finite), None)


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
        (1, C, H, W) in [-1, 1], of the network's input size.
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
            curves = Activations(network, image, batch_norm).curves(made, scales, label, progress)
            found += [replace(curve, seed=seed) for curve in curves]
    return Result(network=network.label, weights=origin(origins), batch_norm=batch_norm, curves=tuple(found))


class Activations:
    """The statistics of a network's blocks for one picture, at one scaling after another; the latest are remembered.

    The network's own scaling stands beside every other, and a slider comes back.
    """

    def __init__(self, network: Network, image: Tensor, batch_norm: BatchNormMode = "running") -> None:
        self.cache = ForwardCache(network, image, batch_norm)
        self._known: dict[Scaling, Curve] = {}  # the last is the latest

    def curves(
        self,
        model: Model,
        scalings: Sequence[Scaling] = (None,),
        label: int | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Curve]:
        """One curve a scaling; a network without residual blocks gives one, at scale None.

        With a class, gradients as well. `progress` is called before every block that runs; what it raises ends the
        pass, and what was computed is kept.
        """
        has = any(unit.scale is not None for unit in self.cache.blocks)
        wanted = tuple(scalings) if has else (None,)
        # batch norm with the statistics of the picture would mix those of pictures that run together
        together = TOGETHER if self.cache.batch_norm == "running" else 1
        for i in range(0, len(wanted), together):
            asked = dict.fromkeys(wanted[i : i + together])
            if unknown := [scaling for scaling in asked if scaling not in self._known]:
                self.cache.run(model, len(self.cache.blocks), unknown, read=True, progress=progress)
                for lane, scaling in enumerate(unknown):
                    blocks = tuple(_blocks(self.cache, lane))
                    self._known[scaling] = Curve(scale=scaling, blocks=blocks)
            for scaling in wanted[i : i + together]:
                self._known[scaling] = curve = self._known.pop(scaling)
                yield curve if label is None else _with_gradients(self.cache, model, curve, label)
            for oldest in list(self._known)[:-REMEMBERED]:
                del self._known[oldest]


def _blocks(cache: ForwardCache, lane: int) -> Iterator[BlockStats]:
    """The statistics of every block that is looked at, of the scaling that ran at this place."""
    records = {unit.path: record.at(lane) for unit, record in zip(cache.blocks, cache.records, strict=False)}
    found = {"": reader(rectified=False)(cache.image)}
    found |= {path: record.outputs[0] for path, record in records.items()}
    found |= {f"{path}.project": record.residuals[0] for path, record in records.items() if record.residuals}
    stats = statistics(found)
    for before, unit in zip(("", *records), cache.blocks, strict=False):
        if looked_at(unit):
            scale, residual = records[unit.path].scales[0], stats.get(f"{unit.path}.project")
            yield BlockStats(
                path=unit.path,
                stage=unit.stage,
                scale=scale,
                shortcut=None if scale is None else stats[before],
                residual=residual,
                scaled=None if scale is None or residual is None else residual.times(scale),
                output=stats[unit.path],
            )


def looked_at(unit: Unit) -> bool:
    """Whether a curve has this unit: a block of the paper's parts A, B and C, or one that adds."""
    return unit.part in LOOKED_AT or unit.scale is not None


def gradient_norms(cache: ForwardCache, model: Model, scaling: Scaling, label: int) -> dict[str, float]:
    """Block to the L2 norm of the gradient at its input, of the cross-entropy for class `label`.

    What comes before the first block is taken from `cache`; the blocks are run again, because a gradient needs what
    they put out in between. No gradient of a weight is computed.

    Raises
    ------
    ValueError
        If the network has no classifier.

    Examples
    --------
    >>> from irnet.models import network
    >>> spec = network("inception_resnet_v1", input_size=96, a=1, b=1, c=1)
    >>> list(gradient_norms(ForwardCache(spec, torch.zeros(1, 3, 96, 96)), build(spec), None, label=0))
    ['block_a.0', 'block_b.0', 'block_c.0']
    """
    if not model.network.head.classes:
        raise ValueError(f"{model.network.name} has no classifier, and without one there is no loss")
    first = next((i for i, unit in enumerate(cache.blocks) if looked_at(unit)), len(cache.blocks))
    start = cache.run(model, first)
    given: dict[str, Tensor] = {}
    with (
        torch.enable_grad(),
        batch_statistics(model, cache.batch_norm == "batch"),
        rescale(model, dict(scaling) if isinstance(scaling, tuple) else scaling),
    ):
        x = start.clone().requires_grad_()
        for unit in cache.units[first:]:
            if looked_at(unit):
                given[unit.path] = x
            x = model.get_submodule(unit.path)(x)
        loss = cross_entropy(x, torch.tensor([label], device=x.device))
        found = torch.autograd.grad(loss, list(given.values())) if given else ()
    return {
        path: float(torch.linalg.vector_norm(gradient, dtype=torch.float64))
        for path, gradient in zip(given, found, strict=True)
    }


def _with_gradients(cache: ForwardCache, model: Model, curve: Curve, label: int) -> Curve:
    norms = gradient_norms(cache, model, curve.scale, label)
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
    check_image(network, image, batch_norm)


def curves(
    model: Model, image: Tensor, scales: Sequence[Scaling], batch_norm: BatchNormMode = "running"
) -> Iterator[Curve]:
    """One curve a scale, on the device of `model`; a network without residual blocks gives one, at scale None."""
    return Activations(model.network, image, batch_norm).curves(model, scales)
