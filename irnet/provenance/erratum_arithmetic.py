"""What the calculations behind the errata are: which windows fit, what can't be added, what the claims come to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from irnet.models import network as preset
from irnet.models.errata import ERRATA
from irnet.models.fragments import chain
from irnet.provenance.arithmetic import (
    V1,
    V2,
    V2_SLIM,
    V3,
    V4,
    V4_SLIM,
    Step,
    alone,
    check,
    node_of,
    read_as,
    rows_of,
    try_width,
)
from irnet.provenance.published import FIG_3_END, FIG_15_CHANNELS, FIG_23_END, RESNET_152_BLOCKS, TABLE_2
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, architecture_of
from irnet.tree import resolve
from irnet.tree.totals import longest_chain, stages, totals
from irnet.units import exact, sides

LINEAR = {"E4": "block_b", "E5": "block_c"}  # the stages of v2 whose 1x1 linear convolution is printed too wide


def printed_width(id_: str) -> int:
    """The filters that the paper prints in the block that E4 or E5 is about.

    Examples
    --------
    >>> printed_width("E4"), printed_width("E5")
    (1154, 2048)
    """
    return int(re.findall(r"\((\d+) Linear\)", ERRATA[id_].printed)[0])


def e1() -> tuple[Step, ...]:
    """The last step of the stem, with and without a stride."""
    before, after = FIG_3_END
    channels = rows_of(V4)["stem.0.5.b0"].in_shape[0]

    def tried(what: str, node: Conv | Pool) -> Step:
        side = alone(node, (channels, before, before))[-1].out_shape[1]
        steps = f"({before} - {node.kernel}) // {node.stride} + 1"
        return Step(f"{what} leads from {before} to {after} pixels", steps, str(side), side == after)

    return (
        tried("3x3 conv V without a stride, as printed,", Conv(192, 3, 1, "valid")),
        tried("3x3 conv /2 V", Conv(192, 3, 2, "valid")),
        tried("3x3 max pool /2 V", Pool("max", 3, 2, "valid")),
        tried("2x2 max pool /2 V (so sizes alone don't give the kernel)", Pool("max", 2, 2, "valid")),
    )


def e2() -> tuple[Step, ...]:
    """What the third branch of Fig. 5 sees, as printed and as released; no count differs."""
    shape = rows_of(V4)["inception_b.0"].in_shape
    return (*(_shape_step(shape_name, _branch(name, i), shape) for shape_name, name, i in _THIRD), *equal_counts())


_THIRD = (("printed", V4, 2), ("released", V4_SLIM, 1))  # the pooling branch is drawn first and released last


def _branch(name: str, i: int) -> Node:
    node = node_of(name, "inception_b")
    assert isinstance(node, Fork)
    return node.branches[i]


def _shape_step(shape_name: str, branch: Node, shape: tuple[int, int, int]) -> Step:
    rows = alone(branch, shape)
    height, width = rows[-1].field.size
    text = " > ".join(row.notation for row in rows)
    return Step(
        f"the branch as {shape_name} sees as far up and down as to the sides",
        text,
        f"{sides((height, width))} px",
        height == width,
    )


def equal_counts() -> tuple[Step, ...]:
    """Parameters and MACs of both v4s: no count can tell the orders apart."""
    ours, theirs = totals(preset(V4)), totals(preset(V4_SLIM))
    return tuple(
        check(f"v4 as printed and as released have the same {what}", f"{exact(a)} = {exact(b)}", a == b)
        for what, a, b in (("parameters", ours.params, theirs.params), ("MACs", ours.macs, theirs.macs))
    )


def e4() -> tuple[Step, ...]:
    """What Reduction-A puts out, against the width printed in Fig. 17."""
    return _sum("E4", "reduction_a")


def e5() -> tuple[Step, ...]:
    """Figs. 18 and 19 against each other, either taken for right; and the sum if one believes Fig. 17 too."""
    believed, printed = printed_width("E4"), printed_width("E5")
    channels, *grid = rows_of(V2)["reduction_b.0"].in_shape

    def summed(label: str, name: str, width: int) -> Step:
        row = alone(node_of(name, "reduction_b"), (width, grid[0], grid[1]))[-1]
        return Step(label, row.notation, str(row.out_shape[0]), row.out_shape[0] == printed)

    return (
        *read_as("Fig. 18 is right, and Fig. 19 slips", *_sum("E5", "reduction_b")),
        *read_as(
            "Fig. 19 is right, and Fig. 18 slips",
            summed(f"{printed} is the sum with the filters of Fig. 12, v1's Reduction-B", V1, channels),
        ),
        *read_as(
            "Figs. 17, 18 and 19 are right",
            summed(f"{printed} is the sum with the filters of Fig. 18 and {believed} channels", V2, believed),
        ),
    )


def _sum(id_: str, reduction: str) -> tuple[Step, ...]:
    row = rows_of(V2)[f"{reduction}.0"]
    width = row.out_shape[0]
    trials = (try_width(preset(V2), LINEAR[id_], tried) for tried in (printed_width(id_), width))
    return (
        Step("channels that the reduction before it puts out", row.notation, str(width)),
        *(Step(f"{t.width} filters can be added", f"{t.width} = {width}", t.sentence, t.accepted) for t in trials),
    )


def e6() -> tuple[Step, ...]:
    """Fig. 18 in v1 would not give the size that Fig. 15 prints for v1."""
    before, after = rows_of(V1)["reduction_b.0"].in_shape, FIG_15_CHANNELS[4]
    found = {figure: alone(node_of(name, "reduction_b"), before)[-1] for figure, name in (("18", V2), ("12", V1))}
    return tuple(
        Step(
            f"Fig. {figure} in v1 gives the {after} channels that Fig. 15 prints for v1",
            row.notation,
            str(row.out_shape[0]),
            row.out_shape[0] == after,
        )
        for figure, row in found.items()
    )


def e7() -> tuple[Step, ...]:
    """The channels that Fig. 15 prints are v1's and not v2's."""
    return tuple(
        check(
            f"after {stage.title} {name.partition('.')[0]} has the printed channels",
            f"{stage.out_shape[0]} = {printed}",
            stage.out_shape[0] == printed,
        )
        for name in (V1, V2)
        for stage, printed in zip(stages(preset(name))[:-1], FIG_15_CHANNELS, strict=True)
    )


def e14() -> tuple[Step, ...]:
    """Which average pools can stand in a block whose branches are concatenated."""
    return (
        _pool_step("3x3 average, stride 1, same", Pool("avg", 3)),
        _pool_step("3x3 average, stride 1, valid", Pool("avg", 3, 1, "valid")),
        _pool_step("3x3 average, stride 2, valid", Pool("avg", 3, 2, "valid")),
        _pool_step("5x5 average, stride 1, same (so sizes alone don't give the kernel)", Pool("avg", 5)),
    )


def _pool_step(label: str, pool: Pool) -> Step:
    block, shape = node_of(V4, "inception_a"), rows_of(V4)["inception_a.0"].in_shape
    assert isinstance(block, Fork)
    first, *others = block.branches
    assert isinstance(first, Chain)
    tried = replace(block, branches=(chain(pool, *first.nodes[1:]), *others))
    try:
        row = alone(tried, shape)[-1]
    except ValueError as error:
        return Step(
            f"{label}: fits", f"the other branches stay {shape[1]}x{shape[2]}", str(error).partition(": ")[2], False
        )
    return Step(f"{label}: fits", row.notation, f"{row.out_shape[1]}x{row.out_shape[2]}", True)


def e15() -> tuple[Step, ...]:
    """The 1x1 linear convolution has weights for all branches at once, so it reads their concatenation."""
    return tuple(_reading_step(name, stage) for name in (V1, V2) for stage in ("block_a", "block_b", "block_c"))


def _reading_step(name: str, stage: str) -> Step:
    body, up = (rows_of(name)[f"{stage}.0.{part}"] for part in ("body", "project"))
    width = up.out_shape[0]
    return Step(
        f"weights of the 1x1 linear in {name.partition('.')[0]} {stage}",
        f"({body.notation}) x {width}",
        exact(up.params - width),
        body.out_shape[0] * width == up.params - width,
    )


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
