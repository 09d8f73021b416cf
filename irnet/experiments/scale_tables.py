"""The curves of the residual-scale experiment as bands over seeds, records and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isfinite
from statistics import median

from irnet.experiments.residual_scale import Result
from irnet.experiments.statistics import Stats
from irnet.experiments.trail import TENSORS, BlockStats, Curve, Scaling

STATISTICS = tuple(field.name for field in fields(Stats))


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One statistic, block by block, over several seeds at one scale; None where there is no number."""

    scale: Scaling
    blocks: tuple[str, ...]
    low: tuple[float | None, ...]
    median: tuple[float | None, ...]
    high: tuple[float | None, ...]


def bands(result: Result, tensor: str, statistic: str) -> tuple[Band, ...]:
    """One statistic of one tensor ("output", "mean_abs"), or ("", "ratio") and ("", "gradient"): a band a scale.

    A network without residuals has no band of the tensors that only a residual has.
    """
    made = []
    for scale in dict.fromkeys(curve.scale for curve in result.curves):
        alike = [curve for curve in result.curves if curve.scale == scale]
        columns = [
            [value_of(block, tensor, statistic) for block in blocks]
            for blocks in zip(*(c.blocks for c in alike), strict=True)
        ]
        if any(value is not None for column in columns for value in column):
            low, middle, high = zip(*map(_spread, columns), strict=True)
            paths = tuple(block.path for block in alike[0].blocks)
            made.append(Band(scale=scale, blocks=paths, low=low, median=middle, high=high))
    return tuple(made)


def value_of(block: BlockStats, tensor: str, statistic: str) -> float | None:
    """One number of a block; `tensor` is "" for those that belong to no single tensor."""
    of = getattr(block, tensor) if tensor else block
    found: float | None = getattr(of, statistic) if of is not None else None
    return found


def _spread(values: Sequence[float | None]) -> tuple[float | None, float | None, float | None]:
    numbers = [value for value in values if value is not None and isfinite(value)]
    return (min(numbers), median(numbers), max(numbers)) if len(numbers) == len(values) else (None, None, None)


def told(scale: Scaling) -> str:
    """A scaling in words.

    Examples
    --------
    >>> told(None), told(0.25), told((("block_a", 0.2), ("block_b", 0.1)))
    ('published', '0.25', 'block_a=0.2, block_b=0.1')
    """
    if isinstance(scale, tuple):
        return ", ".join(f"{stage}={value:g}" for stage, value in scale)
    return "published" if scale is None else f"{scale:g}"


def read_scaling(text: str) -> Scaling:
    """The scaling that a text says, as `told` writes it.

    Raises
    ------
    ValueError
        If it is neither a number nor stages with numbers.

    Examples
    --------
    >>> read_scaling("0.1"), read_scaling("block_a=0.2,block_b=0.1"), read_scaling("published")
    (0.1, (('block_a', 0.2), ('block_b', 0.1)), None)
    """
    if text == "published":
        return None
    try:
        pairs = [part.split("=") for part in text.split(",")]
        if "=" in text:
            return tuple((stage.strip(), float(value)) for stage, value in pairs)
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no scale; write 0.1, published, or block_a=0.2,block_b=0.1") from None


def records(result: Result) -> list[dict[str, object]]:
    """One record a block and curve: the statistics of its four tensors, side by side; None where there is none."""
    return [_record(curve, block) for curve in result.curves for block in curve.blocks]


def _record(curve: Curve, block: BlockStats) -> dict[str, object]:
    record: dict[str, object] = {
        "scaling": "none" if block.scale is None else told(curve.scale),
        "seed": curve.seed,
        "block": block.path,
        "scale": block.scale,
        "ratio": _finite(block.ratio),
        "gradient": _finite(block.gradient),
        "finite": block.output.finite,
    }
    for tensor in TENSORS:
        for statistic in STATISTICS:
            record[f"{tensor} {statistic}"] = _finite(value_of(block, tensor, statistic))
    return record


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def overflows(result: Result) -> tuple[str, ...]:
    """A sentence for every curve that leaves the finite numbers: where it first does.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.experiments.residual_scale import residual_scale
    >>> import torch
    >>> spec = network("inception_resnet_v1", input_size=96, a=1, b=1, c=1)
    >>> overflows(residual_scale(spec, torch.zeros(1, 3, 96, 96)))
    ()
    """
    return tuple(
        f"At scale {told(curve.scale)}{f', seed {curve.seed}' if curve.seed is not None else ''}, {curve.overflow} is "
        "the first block that puts out an infinite value or none at all: float32 ends at 3.4e38"
        for curve in result.curves
        if curve.overflow
    )
