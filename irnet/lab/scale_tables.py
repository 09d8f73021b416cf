"""The curves of the residual-scale experiment as lines with bands over seeds, records and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from math import isfinite
from statistics import median

from irnet.charts import BLOCKS, Chart, Line
from irnet.edit import network_of_label
from irnet.lab.activations import OWN, TENSORS, BlockStats, Curve, Result, at_scale, scale_text
from irnet.lab.forward import Scaling
from irnet.lab.statistics import Stats
from irnet.models import network
from irnet.spec import Network, Residual
from irnet.units import fold

STATISTICS = tuple(field.name for field in fields(Stats))
OF_BLOCK = ("ratio", "gradient")  # statistics that belong to no single tensor
WORDS = {
    "mean_abs": "mean magnitude",
    "std": "standard deviation",
    "maximum": "largest magnitude",
    "zero_share": "share of zeros",
    "ratio": "mean |scaled residual| / mean |shortcut|",
    "gradient": "gradient norm at the block's input",
}


def lines(results: Sequence[Result], tensor: str, statistic: str) -> tuple[Line, ...]:
    """One statistic of one tensor ("output", "mean_abs"), or ("", "ratio") and ("", "gradient"), block by block.

    One line a network and scale: the median over the seeds, with a band from the lowest to the highest where there are
    several. A block where a seed has no finite number is a gap; what has no such statistic has no line.
    """
    found = (_line(name, alike, tensor, statistic) for name, alike in _groups(results))
    return tuple(line for line in found if line)


def _groups(results: Sequence[Result]) -> Iterator[tuple[str, list[Curve]]]:
    """The curves of all seeds at one scale, and what they are: with their statistics where there are both kinds."""
    both = len({result.batch_norm for result in results}) > 1
    for result in results:
        for scale in dict.fromkeys(curve.scale for curve in result.curves):
            alike = [curve for curve in result.curves if curve.scale == scale]
            yield f"{curve_label(result, alike[0])}{f', {result.batch_norm} statistics' if both else ''}", alike


def _line(name: str, alike: Sequence[Curve], tensor: str, statistic: str) -> Line | None:
    columns = {
        blocks[0].path: [_value(block, tensor, statistic) for block in blocks]
        for blocks in zip(*(curve.blocks for curve in alike), strict=True)
    }
    held = {path: values for path, values in columns.items() if any(value is not None for value in values)}
    if not held:
        return None
    low, middle, high = zip(*map(_spread, held.values()), strict=True)
    line = Line(name=name, x=range(1, len(held) + 1), y=middle, places=tuple(held))
    return replace(line, low=low, high=high) if len(alike) > 1 else line


def curve_label(result: Result, curve: Curve) -> str:
    """What a curve is, for a legend.

    Examples
    --------
    >>> result = Result(network="a", weights="", batch_norm="running", curves=())
    >>> curve_label(result, Curve(scale=1.0, blocks=()))
    'without scaling (scale 1)'
    """
    if curve.blocks and all(block.scale is None for block in curve.blocks):
        return f"in {result.network}, without residuals"
    sums = " with batch norm on the sums" if "sum_norm=true" in result.network else ""
    if curve.scale is None:
        return f"{own_scales(result.network)}{sums}"
    return f"{'without scaling (scale 1)' if curve.scale == 1 else f'at {at_scale(curve.scale)}'}{sums}"


@lru_cache(maxsize=64)
def own_scales(label: str) -> str:
    """What the scales that a network has by itself are: published with it, or set by an edit.

    Examples
    --------
    >>> own_scales("inception_resnet_v2.tf_slim (input_size=96)")
    'as published (scale 0.1, 0.17, 0.2, 1)'
    >>> own_scales("inception_resnet_v2.paper (width=0.5)")
    'at the published scale (0.1) in an edited network'
    >>> own_scales("inception_resnet_v2.paper (scale_a=0.3)")
    'at its own scale (block_a=0.3, block_b=0.1, block_c=0.1)'
    """
    here = network_of_label(label)
    preset, mine = network(here.name), _scales(here)
    values = ", ".join(f"{scale:g}" for scale in sorted(set(mine.values())))
    if here.stages == preset.stages:
        return f"as published (scale {values})"
    if mine.items() <= _scales(preset).items():
        return f"at the published scale ({values}) in an edited network"
    return f"at its own scale ({values if len(set(mine.values())) == 1 else scale_text(tuple(mine.items()))})"


def _scales(of: Network) -> dict[str, float]:
    return {stage.name: stage.node.scale for stage in of.stages if isinstance(stage.node, Residual) and stage.repeat}


def chart(results: Sequence[Result], tensor: str, statistic: str, *, log: bool = True) -> Chart:
    """The curves of `lines` under what they show, and below that which weights and statistics they come from."""
    return Chart(
        title=finding(results, tensor, statistic),
        note=weights_and_statistics(results),
        x=BLOCKS,
        y=axis(tensor, statistic),
        log=log and statistic != "zero_share",  # which may be 0
        marks=lines(results, tensor, statistic),
    )


def weights_and_statistics(results: Sequence[Result]) -> str:
    """Which weights and statistics results come from."""
    weights, modes = results[0].weights, dict.fromkeys(result.batch_norm for result in results)
    return f"{weights[:1].upper()}{weights[1:]}; {' and '.join(modes)} statistics"


def finding(results: Sequence[Result], tensor: str, statistic: str) -> str:
    """What a plot shows, in one sentence: how mean magnitudes grow from first block to last, if it shows them."""
    if (tensor, statistic) != ("output", "mean_abs"):
        what = axis(tensor, statistic)
        return f"{what[:1].upper()}{what[1:]}, block by block"
    grown = {name: [curve.growth for curve in alike] for name, alike in _groups(results)}
    said = [f"{_growth_text(growths)} {name}" for name, growths in grown.items() if None not in growths]
    if not said:
        return f"{results[0].network} has no block to look at"
    return f"Mean magnitude through {len(results[0].curves[0].blocks)} blocks: {', '.join(said)}"


def _growth_text(growths: Sequence[float | None]) -> str:
    middle = median(growth for growth in growths if growth is not None)
    return fold(middle) if isfinite(middle) else "past all numbers"


def axis(tensor: str, statistic: str) -> str:
    """What the y axis of a plot counts.

    Examples
    --------
    >>> axis("output", "std"), axis("", "gradient")
    ('standard deviation of the output', "gradient norm at the block's input")
    """
    return WORDS[statistic] + (f" of the {tensor}" if tensor else "")


def check_plot(tensor: str, statistic: str, label: int | None) -> None:
    """Hold a wish for a plot against what there is.

    Raises
    ------
    ValueError
        For an unknown tensor or statistic, or for gradients without a class.
    """
    if statistic not in WORDS:
        raise ValueError(f"no statistic is called {statistic!r}; they are {', '.join(WORDS)}")
    if tensor not in TENSORS:
        raise ValueError(f"no tensor of a block is called {tensor!r}; they are {', '.join(TENSORS)}")
    if statistic == "gradient" and label is None:
        raise ValueError("a gradient belongs to a loss: name the class that it is for, as in --label 0")


def _value(block: BlockStats, tensor: str, statistic: str) -> float | None:
    """One number of a block; `tensor` is "" for those that belong to no single tensor."""
    found: float | None = getattr(getattr(block, tensor) if tensor else block, statistic, None)
    return found


def _spread(values: Sequence[float | None]) -> tuple[float | None, float | None, float | None]:
    numbers = [value for value in values if value is not None and isfinite(value)]
    return (min(numbers), median(numbers), max(numbers)) if len(numbers) == len(values) else (None, None, None)


def read_scaling(text: str) -> Scaling:
    """The scaling that a text says, as `scale_text` writes it.

    Raises
    ------
    ValueError
        If it is neither a number nor stages with numbers.

    Examples
    --------
    >>> read_scaling("0.1"), read_scaling("block_a=0.2,block_b=0.1"), read_scaling("own")
    (0.1, (('block_a', 0.2), ('block_b', 0.1)), None)
    """
    if text == OWN:
        return None
    try:
        pairs = [part.split("=") for part in text.split(",")]
        if "=" in text:
            return tuple((stage.strip(), float(value)) for stage, value in pairs)
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no scale; write 0.1, own, or block_a=0.2,block_b=0.1") from None


def records(result: Result) -> list[dict[str, object]]:
    """One record a block and curve: the statistics of its four tensors, side by side; None where there is none."""
    return [_record(curve, block) for curve in result.curves for block in curve.blocks]


def _record(curve: Curve, block: BlockStats) -> dict[str, object]:
    record: dict[str, object] = {
        "scaling": "none" if block.scale is None else scale_text(curve.scale),
        "seed": curve.seed,
        "block": block.path,
        "scale": block.scale,
        "ratio": _finite(block.ratio),
        "gradient": _finite(block.gradient),
        "finite": block.output.finite,
    }
    for tensor in TENSORS:
        for statistic in STATISTICS:
            record[f"{tensor} {statistic}"] = _finite(_value(block, tensor, statistic))
    return record


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def overflows(result: Result) -> tuple[str, ...]:
    """A sentence for every curve that leaves the finite numbers: where it first does.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.lab.activations import residual_scale
    >>> import torch
    >>> spec = network("inception_resnet_v1", input_size=96, a=1, b=1, c=1)
    >>> overflows(residual_scale(spec, torch.zeros(1, 3, 96, 96)))
    ()
    """
    return tuple(
        f"At {at_scale(curve.scale)}{f', seed {curve.seed}' if curve.seed is not None else ''}, {curve.overflow} is "
        "the first block that puts out an infinite value or none at all: float32 ends at 3.4e38"
        for curve in result.curves
        if curve.overflow
    )
