"""Charts of what the papers report: error against work, and the training curves of Figures 21 to 26."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from irnet.charts import Bubbles, Chart, Line
from irnet.models import ARCHITECTURES, PRESETS, network
from irnet.provenance.published import (
    CURVE_EPOCHS,
    TABLES,
    CurveLine,
    Measure,
    Protocol,
    comparable,
    curves,
    curves_of,
    protocol_of,
)
from irnet.spec import architecture_of
from irnet.tree.totals import totals

ERRORS: Mapping[Measure, str] = {"top1": "top-1 error", "top5": "top-5 error"}
FAMILIES = ("Inception", "Inception-ResNet", "others")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """An error that a paper reports, in percent, and what it costs by our counts."""

    name: str
    presets: tuple[str, ...]
    error: float
    macs: int  # of one answer, by all models for all crops
    params: int  # of all models
    images: str


def reported(protocol: Protocol = "1 crop", measure: Measure = "top1") -> tuple[Reported, ...]:
    """What the papers report, under one protocol, of networks that are presets; the cheapest first.

    Examples
    --------
    >>> [(one.name, one.error) for one in reported("144 crops")][-1]
    ('Inception-v4', 17.7)
    """
    found = []
    for presets, result in comparable(protocol, measure).items():
        if set(presets) <= set(PRESETS):
            costs = [totals(network(name)) for name in presets]
            found.append(
                Reported(
                    name=result.model,
                    presets=presets,
                    error=getattr(result, measure),
                    macs=result.crops * sum(cost.macs for cost in costs),
                    params=sum(cost.params for cost in costs),
                    images=result.images,
                )
            )
    return tuple(sorted(found, key=lambda one: one.macs))


def accuracy_chart(protocol: Protocol = "1 crop", measure: Measure = "top1") -> Chart:
    """Error against work, with parameters as area: errors as the papers report them, counts as ours.

    Examples
    --------
    >>> accuracy_chart("144 crops").title
    'Inception-v4 is 4.3 points better than BN-Inception, for 6.29 times the work'
    """
    found = reported(protocol, measure)
    marks = tuple(
        _bubbles(family, [one for one in found if _family(one) == family])
        for family in FAMILIES
        if any(_family(one) == family for one in found)
    )
    cheapest, best = found[0], min(found, key=lambda one: one.error)
    title = f"{best.name} has the lowest {ERRORS[measure]}: {best.error:g} %"
    if best is not cheapest:
        less, more = cheapest.error - best.error, best.macs / cheapest.macs
        title = f"{best.name} is {less:.1f} points better than {cheapest.name}, for {more:.3g} times the work"
    return Chart(
        title=title,
        note=f"{protocol}; areas are parameters; {_images(found)}",
        x="GMAC for one answer",
        y=f"{ERRORS[measure]}, %",
        marks=marks,
    )


def _bubbles(family: str, found: Sequence[Reported]) -> Bubbles:
    return Bubbles(
        name=family,
        names=[one.name for one in found],
        x=[one.macs / 1e9 for one in found],
        y=[one.error for one in found],
        sizes=[one.params for one in found],
        unit="parameters",
    )


def _family(one: Reported) -> str:
    architecture = architecture_of(one.presets[-1])
    if architecture.startswith("inception_resnet"):
        return FAMILIES[1]
    return FAMILIES[0] if architecture.startswith(("inception", "googlenet", "bn_inception")) else FAMILIES[2]


def _images(found: Sequence[Reported]) -> str:
    """On which images; errors without the blacklisted ones are a little lower."""
    full = [one.name for one in found if one.images == "validation"]
    if len(full) == len(found):
        return "all validation images"
    apart = f" (but {', '.join(full)} on all)" if full else ""
    return f"validation images without the blacklist, which flatters top-1 by about 0.3 points{apart}"


def _name(line: CurveLine) -> str:
    return ARCHITECTURES[architecture_of(line.preset)]


def curves_chart(figure: str) -> Chart:
    """One of Figures 21 to 26, as read out of the drawing.

    Raises
    ------
    ValueError
        For another figure.

    Examples
    --------
    >>> curves_chart("Fig. 23").title
    'Inception-ResNet-v2 is at 20.5 % top-1 error after 109 epochs, Inception-v4 after 117; they end at 19.8 and 20.0 %'
    """
    found = curves_of(figure)
    lines = (
        Line(
            name=_name(line),
            x=line.epochs,
            y=line.mean,
            low=line.low,
            high=line.high,
        )
        for line in found.lines
    )
    return Chart(
        title=found.shows.rstrip("."),
        note=f"{figure} of the paper, read out of its drawing: mean and range of {CURVE_EPOCHS} epochs; 1 crop of the "
        "validation images without the blacklist",
        x="epoch",
        y=f"{ERRORS[found.measure]}, %",
        marks=tuple(lines),
    )


def curve_records() -> list[dict[str, Any]]:
    """The points of Figures 21 to 24, which the last two repeat: one record a figure, network and place.

    Examples
    --------
    >>> curve_records()[0]
    {'figure': 'Fig. 21', 'network': 'Inception-v3', 'epoch': 27, 'error': 31.85, 'low': 31.82, 'high': 31.9}
    """
    return [
        {"figure": one.figure, "network": _name(line), "epoch": epoch, "error": mean, "low": low, "high": high}
        for one in curves()[:4]
        for line in one.lines
        for epoch, mean, low, high in zip(line.epochs, line.mean, line.low, line.high, strict=True)
    ]


def error_records(protocol: Protocol | None = None) -> list[dict[str, Any]]:
    """What the papers print, one record a result, with what is known of how it was measured; all, or of one protocol.

    Examples
    --------
    >>> [record["top-1 error, %"] for record in error_records("ensembles") if record["network"] == "Inception-v3"]
    [17.2, 17.3]
    """
    return [
        {
            "network": result.model,
            "top-1 error, %": result.top1,
            "top-5 error, %": result.top5,
            "measured with": result.protocol,
            "printed in": table.cited,
            "repeats": result.quotes or None,
        }
        for table in TABLES.values()
        for result in table.results
        if protocol in (None, protocol_of(result))
    ]
