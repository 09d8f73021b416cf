"""Errata about costs, counts, results and the head."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from irnet.analysis.arithmetic import V1, V2, V2_SLIM, V3, V4, Step, check, read_as, rows_of
from irnet.analysis.published import FIG_23_END, RESNET_152_BLOCKS, TABLE_2
from irnet.analysis.tables import longest_chain, totals
from irnet.models import network as preset
from irnet.spec import Network, architecture_of
from irnet.tree import resolve
from irnet.units import exact

MATCH = Fraction(1, 10)  # costs within a tenth of each other are said to match
BY_EYE = 0.5  # percentage points: how well the end of a curve can be read


def e8() -> tuple[Step, ...]:
    """MACs at 299 pixels; within a tenth is taken for a match."""
    return (
        _costs("v2 as drawn costs within a tenth of v4", V2, V4),
        _costs("v2 as released costs within a tenth of v4", V2_SLIM, V4),
        _costs("v1 costs within a tenth of Inception-v3", V1, V3),
    )


def _costs(label: str, one: str, two: str) -> Step:
    ours, theirs = totals(preset(one)).macs, totals(preset(two)).macs
    ratio = Fraction(ours, theirs)
    return Step(label, f"{exact(ours)} / {exact(theirs)} MACs", f"{float(ratio):.3f}", abs(ratio - 1) <= MATCH)


def e9() -> tuple[Step, ...]:
    """What "layers" may count: all convolutions, those of the longest chain, or the work that they do."""
    others = (("drawn", preset(V2)), ("released", preset(V2_SLIM)))
    v4 = preset(V4)

    def more(what: str, count: Callable[[Network], int]) -> tuple[Step, ...]:
        ours = count(v4)
        return tuple(
            check(f"v4 has more {what} than v2 as {how}", f"{exact(ours)} > {exact(count(v2))}", ours > count(v2))
            for how, v2 in others
        )

    return (
        *read_as("All convolutions", *more("convolutions", lambda spec: totals(spec).convolutions)),
        *read_as("The longest chain", *more("convolutions one after another", longest_chain)),
        *read_as("The work", *more("MACs", lambda spec: totals(spec).macs)),
    )


def e10() -> tuple[Step, ...]:
    """How many pooled units stay with 0.8 read either way."""
    drop, width = preset(V4).head.dropout, rows_of(V4)["pool"].out_shape[0]
    keep = 1 - drop
    return (
        Step("probability of dropping", f"1 - {keep:g}", f"{drop:g}"),
        Step(f"of {width} units stay, if {keep:g} are kept", f"{keep:g} x {width}", f"{keep * width:.1f}"),
        Step(f"of {width} units stay, if {keep:g} are dropped", f"{drop:g} x {width}", f"{drop * width:.1f}"),
    )


def e11() -> tuple[Step, ...]:
    """Pooled channels against classes, and the layer that leads from one to the other."""
    return tuple(step for name in (V4, V1, V2) for step in _softmax(name))


def _softmax(name: str) -> tuple[Step, ...]:
    width, classifier = rows_of(name)["pool"].out_shape[0], rows_of(name)["classifier"]
    classes, label = classifier.out_shape[0], architecture_of(name)
    return (
        check(f"{label} pools as many channels as there are classes", f"{width} = {classes}", width == classes),
        Step(
            f"parameters of {label}'s linear layer, which isn't drawn",
            f"{width} x {classes} + {classes}",
            exact(classifier.params),
            width * classes + classes == classifier.params,
        ),
    )


def e12() -> tuple[Step, ...]:
    """Table 2 beside the level at which the curve ends; the level is read by eye."""
    errors = {result.model: result.top1 for result in TABLE_2}
    return tuple(
        check(
            f"the curve that Fig. 23 calls pure ends where Table 2 has {name} (its end is read by eye, unverified)",
            f"about {FIG_23_END:g} = {errors[name]:g} % top-1",
            abs(errors[name] - FIG_23_END) < BY_EYE,
        )
        for name in ("Inception-v3", "Inception-v4")
    )


def e13() -> tuple[Step, ...]:
    """A first convolution, blocks of three convolutions each, a linear layer (He et al. 2015, Table 1)."""
    layers = 1 + 3 * sum(RESNET_152_BLOCKS) + 1
    expression = f"1 + 3 x ({' + '.join(map(str, RESNET_152_BLOCKS))}) + 1"
    return tuple(
        Step(f"the deepest ResNet of He et al. has {printed} layers", expression, str(layers), layers == printed)
        for printed in (151, 152)
    )


def e16() -> tuple[Step, ...]:
    """Table 2, top-1 and top-5."""
    errors = {result.preset: result for result in TABLE_2}
    v3, v1 = errors[V3], errors[V1]
    return (
        check("v1 is worse than v3 in top-1 (Fig. 21)", f"{v1.top1} > {v3.top1}", v1.top1 > v3.top1),
        check("v1 is better than v3 in top-5 (Fig. 22)", f"{v1.top5} < {v3.top5}", v1.top5 < v3.top5),
    )


def e18() -> tuple[Step, ...]:
    """The paper leaves it open; the released checkpoint's size does not."""
    spec = preset(V2_SLIM)
    biases, total = sum(row.out_shape[0] for row in resolve(spec).rows if row.op == "project"), totals(spec).params
    return (
        Step("filters of all 1x1 linear convolutions in the released v2", "a bias each", exact(biases)),
        Step("its parameters with these biases", exact(total), f"{total / 1e6:.2f} M"),
        Step(
            "its parameters with batch norm instead",
            f"{exact(total)} - {exact(biases)} + 2 x {exact(biases)}",
            f"{(total + biases) / 1e6:.2f} M",
        ),
    )
