"""What the residual scale does to activation magnitudes on the way through a network, in one forward pass each.

The claim of the paper (section 3.3) is about training. What is measured here is propagation through the weights that
the model has; with untrained weights it shows how magnitudes grow from block to block, and nothing about accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from irnet.experiments.statistics import Stats, reader, statistics
from irnet.resolve import Row, resolve
from irnet.runtime.build import Model, ResidualUnit, build
from irnet.runtime.capture import capture, rescaled
from irnet.runtime.device import checked
from irnet.runtime.init import Init
from irnet.spec import Network, Residual

BatchNormMode = Literal["running", "batch"]
BATCH_NORM_MODES: tuple[BatchNormMode, ...] = get_args(BatchNormMode)


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

    @property
    def ratio(self) -> float | None:
        """Mean magnitude of the scaled residual over that of the shortcut; None without either."""
        if self.shortcut is None or self.scaled is None or not self.shortcut.mean_abs:
            return None
        return self.scaled.mean_abs / self.shortcut.mean_abs


TENSORS = ("shortcut", "residual", "scaled", "output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """All blocks of one forward pass, in order; `scale` None means as published."""

    network: str
    scale: float | None
    blocks: tuple[BlockStats, ...]

    @property
    def growth(self) -> float | None:
        """Mean magnitude after the last block over that before the first, or after it where there is no shortcut."""
        if not self.blocks:
            return None
        first = self.blocks[0].shortcut or self.blocks[0].output
        return self.blocks[-1].output.mean_abs / first.mean_abs if first.mean_abs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Curves of one network on one image, and what they were computed with."""

    network: str
    weights: str  # "untrained, init torch, seed 0", or the file that they are from
    batch_norm: BatchNormMode
    curves: tuple[Curve, ...]


def residual_scale(
    network: Network,
    image: Tensor,
    *,
    scales: Sequence[float | None] = (None, 1.0),
    seed: int = 0,
    init: Init = "torch",
    batch_norm: BatchNormMode = "running",
    device: str = "cpu",
    model: Model | None = None,
) -> Result:
    """Statistics of every block at each scale; what comes before the first residual block is computed once.

    Parameters
    ----------
    network
        Any; one without residual blocks gives one curve of its block outputs, whatever the scales.
    image
        (1, 3, H, W) in [-1, 1], of the network's input size.
    scales
        For all residual blocks: None as published, 1.0 for "without scaling", or any value from 0 to 1.
    seed, init
        Of the untrained weights.
    batch_norm
        "running": with the stored statistics (0 and 1 before training); "batch": with those of this image.
    device
        Where to build and run.
    model
        A model of `network`, where the caller already has one; its weights are taken instead of `seed` and `init`.

    Raises
    ------
    ValueError
        For a scale outside 0 to 1, an image of another size, or batch statistics over a single value, or
        a device without numbers.

    Examples
    --------
    >>> from irnet.models import network
    >>> spec = network("inception_resnet_v1", input_size=96)
    >>> found = residual_scale(spec, torch.zeros(1, 3, 96, 96), scales=(None, 1.0))
    >>> [len(curve.blocks) for curve in found.curves]
    [20, 20]
    """
    _check(network, image, scales, batch_norm)
    if checked(device).type == "meta":
        raise ValueError("on meta there are shapes and no numbers; activations need one of the other devices")
    model = model or build(network, device, seed, init)
    return Result(
        network=network.label,
        weights=model.origin,
        batch_norm=batch_norm,
        curves=tuple(curves(model, image, scales, batch_norm)),
    )


def _check(network: Network, image: Tensor, scales: Sequence[float | None], batch_norm: str) -> None:
    for scale in scales:
        if scale is not None and not 0 <= scale <= 1:
            raise ValueError(f"scale={scale} is outside 0 to 1")
    check_image(network, image, batch_norm, resolve(network))


def check_image(network: Network, image: Tensor, batch_norm: str, rows: Sequence[Row]) -> None:
    """Nothing, if these rows of `network` can be run on `image` with these batch norm statistics.

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


def records(result: Result) -> list[dict[str, object]]:
    """One record a block and curve: the statistics of its four tensors, side by side; None where there is none."""
    return [_record(curve, block) for curve in result.curves for block in curve.blocks]


def _record(curve: Curve, block: BlockStats) -> dict[str, object]:
    asked = "none" if block.scale is None else "published" if curve.scale is None else f"{curve.scale:g}"
    record: dict[str, object] = {"scaling": asked, "block": block.path, "scale": block.scale, "ratio": block.ratio}
    for tensor in TENSORS:
        stats = getattr(block, tensor)
        for field in fields(Stats):
            record[f"{tensor} {field.name}"] = getattr(stats, field.name) if stats else None
    return record


@torch.no_grad()
def curves(
    model: Model, image: Tensor, scales: Sequence[float | None], batch_norm: BatchNormMode = "running"
) -> Iterator[Curve]:
    """One curve a scale, on the device of `model`; a network without residual blocks gives one, at scale None."""
    names = model.stage_names
    residual = {stage.name for stage in model.network.stages if isinstance(stage.node, Residual) and stage.repeat}
    first = next((i for i, name in enumerate(names) if name in residual), 0)
    rectified, signed = _watched(model)
    with (
        batch_statistics(model, batch_norm == "batch"),
        capture(model, *rectified, keep=reader(rectified=True)) as outputs,
        capture(model, *signed, keep=reader(rectified=False)) as residuals,
    ):
        shared = model.through(image.to(next(model.parameters()).device), names[:first])
        start = {"input": reader(rectified=False)(shared)}
        for scale in scales if residual else (None,):
            with rescaled(model, scale):
                model.through(shared, names[first:])
                blocks = tuple(_blocks(model, statistics(start | outputs | residuals)))
            yield Curve(network=model.network.label, scale=scale, blocks=blocks)


def _watched(model: Model) -> tuple[list[str], list[str]]:
    """What has to be looked at: block outputs that a ReLU made, and everything else (residuals before their scaling).

    A block's shortcut is the output of what comes before it, and the scaled residual is a multiple: neither is
    looked at twice.
    """
    rectified: list[str] = []
    signed: list[str] = []
    for stage in model.network.stages:
        for i in range(stage.repeat):
            path = f"{stage.name}.{i}"
            match stage.node:
                case Residual(relu=relu):
                    (rectified if relu else signed).append(path)
                    signed.append(f"{path}.project")
                case _:
                    rectified.append(path)
    return rectified, signed


def _blocks(model: Model, stats: dict[str, Stats]) -> Iterator[BlockStats]:
    before = stats["input"]
    for stage in model.network.stages:
        for i in range(stage.repeat):
            path = f"{stage.name}.{i}"
            if path not in stats:  # before the first residual block, computed once for all scales
                continue
            output = stats[path]
            if isinstance(unit := model.get_submodule(path), ResidualUnit):
                residual, scale = stats[f"{path}.project"], unit.scale.scale
                yield BlockStats(
                    path=path,
                    stage=stage.name,
                    scale=scale,
                    shortcut=before,
                    residual=residual,
                    scaled=residual.times(scale),
                    output=output,
                )
            elif stage.part in ("a", "b", "c"):
                yield BlockStats(
                    path=path, stage=stage.name, scale=None, shortcut=None, residual=None, scaled=None, output=output
                )
            before = output


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
