"""One picture's way through the blocks of a network, remembered: a changed scale runs only what it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from irnet.experiments.statistics import Moments, Stats, reader, statistics
from irnet.runtime.build import Model
from irnet.runtime.capture import capture, rescale
from irnet.spec import Network, Residual

BatchNormMode = Literal["running", "batch"]
BATCH_NORM_MODES: tuple[BatchNormMode, ...] = get_args(BatchNormMode)


def other(mode: BatchNormMode) -> BatchNormMode:
    """The other kind of statistics.

    Examples
    --------
    >>> other("batch")
    'running'
    """
    return "batch" if mode == "running" else "running"


Scaling = float | tuple[tuple[str, float], ...] | None  # for all, a stage (others keep theirs), the network's own
Progress = Callable[[int, int], object]  # units run, units to run
TENSORS = ("shortcut", "residual", "scaled", "output")
OWN = "own"  # how the scales that a network has by itself are written
REMEMBERED = 32  # curves of one picture, some 20 KB each
BLOCKS = ("a", "b", "c")  # the parts whose outputs are looked at, with or without a residual


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

    network: str
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


@dataclass(frozen=True, slots=True)
class Unit:
    """One block of a stage; `scale` is its own, None if it has none."""

    path: str
    stage: str
    node: object
    looked_at: bool

    @property
    def scale(self) -> float | None:
        """The scale that the spec gives it."""
        return self.node.scale if isinstance(self.node, Residual) else None

    @property
    def rectified(self) -> bool:
        """Whether its output has no negative values."""
        return not isinstance(self.node, Residual) or self.node.relu


def units(network: Network) -> tuple[Unit, ...]:
    """The blocks of all stages, in the order they run; the head is none of them."""
    return tuple(
        Unit(f"{stage.name}.{i}", stage.name, stage.node, stage.part in BLOCKS or isinstance(stage.node, Residual))
        for stage in network.stages
        for i in range(stage.repeat)
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """What one unit did: the scale that it was run with, and what was read of it."""

    scale: float | None
    output: Moments
    residual: Moments | None


class ForwardCache:
    """What one picture met on its way through a model of `network`, as far as it has been computed.

    It holds what goes into every stage (some 9 MB for Inception-ResNet-v2 at 299 pixels) and no model: whoever asks
    brings the model, the same one each time. A scale belongs to a stage, so a walk never has to go on within one,
    unless it was stopped there.
    """

    def __init__(self, network: Network, image: Tensor, batch_norm: BatchNormMode = "running") -> None:
        self.units = units(network)
        self.label = network.label
        self.batch_norm = batch_norm
        self._image = image
        self._steps: list[_Step] = []
        self._curves: dict[Scaling, Curve] = {}  # the latest
        self._after: dict[int, Tensor] = {}  # units run, and what the last of them put out: at ends of stages, and last

    @property
    def held_bytes(self) -> int:
        """Memory of the tensors that are kept."""
        return sum(tensor.nbytes for tensor in self._after.values())

    def before_blocks(self, model: Model) -> Tensor:
        """What goes into the first block that is looked at, (1, C, H, W)."""
        at = next((i for i, unit in enumerate(self.units) if unit.looked_at), len(self.units))
        self._run(model, None, at, None)
        return self._after[at] if at else self._image

    def curve(self, model: Model, scaling: Scaling = None, progress: Progress | None = None) -> Curve:
        """The statistics at one scaling; blocks before the first one with another scale than last time are not run.

        The latest curves are remembered: the network's own is beside every other, and a slider comes back.
        `progress` is called before every block; what it raises ends the walk, and what was computed is kept.
        """
        if scaling not in self._curves:
            self._run(model, scaling, len(self.units), progress)
            scaled = any(unit.scale is not None for unit in self.units)
            self._curves[scaling] = Curve(network=self.label, scale=scaling if scaled else None, blocks=self._blocks())
        self._curves[scaling] = found = self._curves.pop(scaling)  # the last is the latest
        if len(self._curves) > REMEMBERED:
            del self._curves[next(iter(self._curves))]
        return found

    @torch.inference_mode()
    def _run(self, model: Model, scaling: Scaling, until: int, progress: Progress | None) -> None:
        scale = dict(scaling) if isinstance(scaling, tuple) else scaling
        wanted = [_scale(unit, scale) for unit in self.units[:until]]
        kept = [step.scale for step in self._steps[:until]]
        start = next((i for i, (one, two) in enumerate(zip(wanted, kept, strict=False)) if one != two), len(kept))
        if start == until:
            return
        start = self._back_to(start)
        projects = [f"{unit.path}.project" for unit in self.units[start:until] if unit.scale is not None]
        output, residual = reader(rectified=True), reader(rectified=False)
        x = self._after[start] if start else self._first(model)
        with (
            batch_statistics(model, self.batch_norm == "batch"),
            rescale(model, scale),
            capture(model, *projects, keep=residual) as residuals,
        ):
            for i, unit in enumerate(self.units[start:until], start):
                if progress:
                    progress(i - start, until - start)
                x = model.get_submodule(unit.path)(x)
                moments = (output if unit.rectified else residual)(x)
                self._steps.append(_Step(wanted[i], moments, residuals.pop(f"{unit.path}.project", None)))
                self._after[i + 1] = x
                if i and self.units[i - 1].stage == unit.stage:
                    del self._after[i]

    def _back_to(self, start: int) -> int:
        """Forget what came after the last kept tensor up to `start`; return the units that needn't run again."""
        at = max((known for known in self._after if known <= start), default=0)
        del self._steps[at:]
        self._after = {known: tensor for known, tensor in self._after.items() if known <= at}
        return at

    def _first(self, model: Model) -> Tensor:
        """The picture on the model's device, with its channels last: convolutions take a tenth less time so."""
        return self._image.to(next(model.parameters()).device, memory_format=torch.channels_last)

    def _blocks(self) -> tuple[BlockStats, ...]:
        found = {f"output {i}": step.output for i, step in enumerate(self._steps)}
        found |= {f"residual {i}": step.residual for i, step in enumerate(self._steps) if step.residual is not None}
        found["output -1"] = reader(rectified=False)(self._image)
        stats = statistics(found)
        return tuple(
            _block(
                unit, self._steps[i].scale, stats[f"output {i - 1}"], stats.get(f"residual {i}"), stats[f"output {i}"]
            )
            for i, unit in enumerate(self.units)
            if unit.looked_at
        )


def _scale(unit: Unit, scaling: float | Mapping[str, float] | None) -> float | None:
    if unit.scale is None:
        return None
    wanted = scaling.get(unit.stage) if isinstance(scaling, Mapping) else scaling
    return unit.scale if wanted is None else wanted


def _block(unit: Unit, scale: float | None, shortcut: Stats, residual: Stats | None, output: Stats) -> BlockStats:
    adds = scale is not None and residual is not None
    return BlockStats(
        path=unit.path,
        stage=unit.stage,
        scale=scale,
        shortcut=shortcut if adds else None,
        residual=residual,
        scaled=residual.times(scale) if residual is not None and scale is not None else None,
        output=output,
    )


@contextmanager
def batch_statistics(model: nn.Module, wanted: bool) -> Iterator[None]:
    """Let every batch norm use the statistics of its input while the block runs, and remember none of them."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)] if wanted else []
    try:
        for norm in norms:
            norm.training, norm.track_running_stats = True, False
        yield
    finally:
        for norm in norms:
            norm.training, norm.track_running_stats = False, True
