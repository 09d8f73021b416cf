"""The errata held against arithmetic: every line is computed from rows when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from irnet.models import network as preset
from irnet.models.errata import ERRATA, EVIDENCE, errata
from irnet.provenance.names import releases
from irnet.provenance.published import (
    ALEXNET_MILLIONS,
    BN_INCEPTION_CHANNELS,
    FIG_3_END,
    FIG_15_CHANNELS,
    GOOGLENET_MODULES,
    GOOGLENET_OTHERS,
    GOOGLENET_STEM,
    RESNET_152_BLOCKS,
    TABLE_2,
    additions,
    curves_of,
)
from irnet.provenance.quantities import fill, holds, network_of, number, quantity
from irnet.spec import (
    Chain,
    Conv,
    Fork,
    Head,
    Network,
    Node,
    Pool,
    Residual,
    Shape,
    Stage,
    architecture_of,
    parts,
    with_parts,
)
from irnet.tree import Box, Row, resolve, sum_shape
from irnet.tree.totals import totals
from irnet.units import exact, sides

V4, V4_SLIM = "inception_v4.paper", "inception_v4.tf_slim"
V1, V2, V2_SLIM = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_resnet_v2.tf_slim"
V3, V3_PAPER = "inception_v3.tf_slim", "inception_v3.paper"
GOOGLENET, BN_INCEPTION = "googlenet.paper", "bn_inception.paper"
KILO = 1024  # a thousand in GoogLeNet's Table 1
LINEAR = {"E4": "block_b", "E5": "block_c"}  # the stages of v2 whose 1x1 linear convolution is printed too wide
NEAR = 0.02  # of a number in a table that was rounded, or counted a little otherwise
CLOSE = 0.5  # percentage points between the end of a curve and what a table prints of it


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a calculation; `holds` is None where nothing is claimed."""

    label: str
    expression: str
    result: str
    holds: bool | None = None
    reading: str = ""  # which of several ways to read the print it belongs to


@dataclass(frozen=True, slots=True)
class WidthCheck:
    """A width that was tried for the 1x1 linear convolution of a residual block."""

    width: int
    accepted: bool
    sentence: str


def _compare(label: str, claim: str, of: str, reading: str = "") -> Step:
    """A claim that is true or not; its formulas are calculated in the expression."""
    network = network_of(of)
    expression = "".join(
        part if part in {" < ", " = ", " > "} else number(quantity(part, network))
        for part in re.split(r"( [<=>] )", claim)
    )
    true = holds(claim, network)
    return Step(label, expression, "yes" if true else "no", true, reading)


def try_width(network: Network, stage: str, width: int) -> WidthCheck:
    """Whether a residual block of `stage` could add a residual of this width to its input.

    The width goes through the same refusals as a network's: that of a convolution, then that of the sum.

    Raises
    ------
    ValueError
        If `stage` has no residual block.

    Examples
    --------
    >>> try_width(preset("inception_resnet_v2"), "block_b", 1154).sentence
    'block_b.0: cannot add 1154 channels to 1152'
    """
    path = f"{stage}.0"
    block = resolve(network).get(path)
    if block is None or not isinstance(block.node, Residual):
        raise ValueError(f"{network.name} has no residual block {path!r}")
    x = block.in_shape
    try:
        sum_shape(path, x, (Conv(width).filters, *x[1:]))
    except ValueError as error:
        return WidthCheck(width, False, str(error))
    return WidthCheck(width, True, f"{path}: {width} channels are added to {x[0]}")


def printed_width(id_: str) -> int:
    """The filters that the paper prints in the block that E4 or E5 is about.

    Examples
    --------
    >>> printed_width("E4"), printed_width("E5")
    (1154, 2048)
    """
    return int(re.findall(r"\((\d+) Linear\)", ERRATA[id_].printed)[0])


def mark(id_: str) -> str:
    """What stands at the box that an erratum is about: its id and, of E4 and E5, the printed filters.

    Examples
    --------
    >>> mark("E4"), mark("E18")
    ('E4: 1154 in print', 'E18')
    """
    return f"{id_}: {printed_width(id_)} in print" if id_ in LINEAR else id_


def _row(name: str, path: str) -> Row:
    """A row of a preset."""
    return resolve(preset(name)).row(path)


def _alone(node: Node, shape: Shape) -> Box:
    """One node on an input of this (C, H, W) shape."""
    return resolve(Network("alone", (Stage("alone", node),), Head(0, 0.0), input_shape=shape))["alone"]


def _node_of(name: str, stage: str) -> Node:
    """The node of a preset's stage."""
    return next(found.node for found in preset(name).stages if found.name == stage)


def _branches(name: str, stage: str) -> tuple[Node, ...]:
    """The branches of a preset's stage."""
    node = _node_of(name, stage)
    assert isinstance(node, Fork)
    return node.branches


def _e1() -> Iterator[Step]:
    """The last step of the stem, with and without a stride."""
    before, after = FIG_3_END
    channels = _row(V4, "stem.0.5.b0").in_shape[0]
    tried: dict[str, Conv | Pool] = {
        "3x3 conv V without a stride, as printed,": Conv(192, 3, 1, "valid"),
        "3x3 conv /2 V": Conv(192, 3, 2, "valid"),
        "3x3 max pool /2 V": Pool("max", 3, 2, "valid"),
        "2x2 max pool /2 V (so sizes alone don't give the kernel)": Pool("max", 2, 2, "valid"),
    }
    for what, node in tried.items():
        side = _alone(node, (channels, before, before)).out_shape[1]
        steps = f"({before} - {node.kernel}) // {node.stride} + 1"
        yield Step(f"{what} leads from {before} to {after} pixels", steps, str(side), side == after)


def _e2() -> Iterator[Step]:
    """What the third branch of Fig. 5 sees, as printed and as released; no count differs."""
    shape = _row(V4, "inception_b.0").in_shape
    for how, name, i in (("printed", V4, 2), ("released", V4_SLIM, 1)):  # the pooling branch comes first, or last
        branch = _alone(_branches(name, "inception_b")[i], shape)
        height, width = branch.field.size
        yield Step(
            f"the branch as {how} sees as far up and down as to the sides",
            " > ".join(row.notation for row in branch.rows),
            f"{sides((height, width))} px",
            height == width,
        )
    yield from _e3()


def _e3() -> Iterator[Step]:
    """Parameters and MACs of both v4s: no count can tell the orders apart."""
    for what, word in (("parameters", "params"), ("MACs", "macs")):
        yield _compare(f"v4 as printed and as released have the same {what}", f"{word} = {word} @ {V4_SLIM}", V4)


def _e4() -> Iterator[Step]:
    """What Reduction-A puts out, against the width printed in Fig. 17."""
    return _sum("E4", "reduction_a")


def _sum(id_: str, reduction: str) -> Iterator[Step]:
    row = _row(V2, f"{reduction}.0")
    width = row.out_shape[0]
    yield Step("channels that the reduction before it puts out", row.notation, str(width))
    for tried in (printed_width(id_), width):
        check = try_width(preset(V2), LINEAR[id_], tried)
        yield Step(f"{tried} filters can be added", f"{tried} = {width}", check.sentence, check.accepted)


def _e5() -> Iterator[Step]:
    """Figs. 18 and 19 against each other, either taken for right; and the sum if one believes Fig. 17 too."""
    believed, printed = printed_width("E4"), printed_width("E5")
    channels, *_ = _row(V2, "reduction_b.0").in_shape
    for step in _sum("E5", "reduction_b"):
        yield replace(step, reading="Fig. 18 is right, and Fig. 19 slips")
    yield _reduced(
        f"{printed} is the sum with the filters of Fig. 12, v1's Reduction-B",
        V1,
        channels,
        printed,
        reading="Fig. 19 is right, and Fig. 18 slips",
    )
    yield _reduced(
        f"{printed} is the sum with the filters of Fig. 18 and {believed} channels",
        V2,
        believed,
        printed,
        reading="Figs. 17, 18 and 19 are right",
    )


def _e6() -> Iterator[Step]:
    """Fig. 18 in v1 would not give the size that Fig. 15 prints for v1."""
    before, after = _row(V1, "reduction_b.0").in_shape[0], FIG_15_CHANNELS[4]
    for figure, name in (("18", V2), ("12", V1)):
        yield _reduced(
            f"Fig. {figure} in v1 gives the {after} channels that Fig. 15 prints for v1", name, before, after
        )


def _reduced(label: str, name: str, channels: int, printed: int, reading: str = "") -> Step:
    """Whether a preset's Reduction-B makes so many channels of so many."""
    grid = _row(name, "reduction_b.0").in_shape[1:]
    row = _alone(_node_of(name, "reduction_b"), (channels, *grid)).rows[-1]
    return Step(label, row.notation, str(row.out_shape[0]), row.out_shape[0] == printed, reading)


def _e7() -> Iterator[Step]:
    """The channels that Fig. 15 prints are v1's and not v2's."""
    for name in (V1, V2):
        for stage, printed in zip(preset(name).stages, FIG_15_CHANNELS, strict=True):
            label = f"after {stage.title} {architecture_of(name)} has the printed channels"
            yield _compare(label, f"channels {stage.name} = {printed}", name)


def _e8() -> Iterator[Step]:
    """MACs at 299 pixels; within a tenth is taken for a match."""
    yield _costs("v2 as drawn costs within a tenth of v4", V2, V4)
    yield _costs("v2 as released costs within a tenth of v4", V2_SLIM, V4)
    yield _costs("v1 costs within a tenth of Inception-v3", V1, V3)


def _costs(label: str, one: str, two: str) -> Step:
    network, ratio = network_of(one), f"macs / macs @ {two}"
    expression = fill(f"{{macs|exact}} / {{macs @ {two}|exact}} MACs", network)
    return Step(label, expression, f"{quantity(ratio, network):.3f}", holds(f"0.9 < {ratio} < 1.1", network))


def _e9() -> Iterator[Step]:
    """What "layers" may count: all convolutions, those of the longest chain, or the work that they do."""
    ways = (
        ("All convolutions", "convolutions", "convolutions"),
        ("The longest chain", "convolutions one after another", "chain"),
        ("The work", "MACs", "macs"),
    )
    for reading, what, word in ways:
        for how, v2 in (("drawn", V2), ("released", V2_SLIM)):
            yield _compare(f"v4 has more {what} than v2 as {how}", f"{word} > {word} @ {v2}", V4, reading)


def _e10() -> Iterator[Step]:
    """How many pooled units stay with 0.8 read either way."""
    drop, width = preset(V4).head.dropout, _row(V4, "pool").out_shape[0]
    keep = 1 - drop
    yield Step("probability of dropping", f"1 - {keep:g}", f"{drop:g}")
    yield Step(f"of {width} units stay, if {keep:g} are kept", f"{keep:g} x {width}", f"{keep * width:.1f}")
    yield Step(f"of {width} units stay, if {keep:g} are dropped", f"{drop:g} x {width}", f"{drop * width:.1f}")


def _e11() -> Iterator[Step]:
    """Pooled channels against classes, and the layer that leads from one to the other."""
    for name in (V4, V1, V2):
        network, label = network_of(name), architecture_of(name)
        claim = "channels pool = channels classifier"
        yield _compare(f"{label} pools as many channels as there are classes", claim, name)
        yield Step(
            f"parameters of {label}'s linear layer, which isn't drawn",
            fill("{channels pool} x {channels classifier} + {channels classifier}", network),
            fill("{params classifier|exact}", network),
            holds("channels pool * channels classifier + channels classifier = params classifier", network),
        )


def _e12() -> Iterator[Step]:
    """Table 2 beside the level at which the curve ends."""
    end = curves_of("Fig. 23").lines[0].end
    errors = {result.model: result.top1 for result in TABLE_2}
    for name in ("Inception-v3", "Inception-v4"):
        close = abs((errors[name] or 0) - end) < CLOSE
        yield Step(
            f"the curve that Fig. 23 calls pure ends where Table 2 has {name} (mean of its last ten epochs)",
            f"{end:.1f} = {errors[name]:g} % top-1",
            "yes" if close else "no",
            close,
        )


def _e13() -> Iterator[Step]:
    """A first convolution, blocks of three convolutions each, a linear layer (He et al. 2015, Table 1)."""
    layers = 1 + 3 * sum(RESNET_152_BLOCKS) + 1
    expression = f"1 + 3 x ({' + '.join(map(str, RESNET_152_BLOCKS))}) + 1"
    for printed in (151, 152):
        label = f"the deepest ResNet of He et al. has {printed} layers"
        yield Step(label, expression, str(layers), layers == printed)


def _e14() -> Iterator[Step]:
    """Which average pools can stand in a block whose branches are concatenated."""
    tried = {
        "3x3 average, stride 1, same": Pool("avg", 3),
        "3x3 average, stride 1, valid": Pool("avg", 3, 1, "valid"),
        "3x3 average, stride 2, valid": Pool("avg", 3, 2, "valid"),
        "5x5 average, stride 1, same (so sizes alone don't give the kernel)": Pool("avg", 5),
    }
    shape = _row(V4, "inception_a.0").in_shape
    pooling, *others = _branches(V4, "inception_a")
    _, *after = (node for _, node in parts(pooling))
    for what, pool in tried.items():
        try:
            row = _alone(Fork((with_parts(pooling, [pool, *after]), *others)), shape).rows[-1]
        except ValueError as error:
            expression, result = f"the other branches stay {shape[1]}x{shape[2]}", str(error).partition(": ")[2]
            yield Step(f"{what}: fits", expression, result, False)
        else:
            yield Step(f"{what}: fits", row.notation, f"{row.out_shape[1]}x{row.out_shape[2]}", True)


def _e15() -> Iterator[Step]:
    """The 1x1 linear convolution has weights for all branches at once, so it reads their concatenation."""
    for name in (V1, V2):
        for stage in ("block_a", "block_b", "block_c"):
            body, up = _row(name, f"{stage}.0.body"), _row(name, f"{stage}.0.project")
            width = up.out_shape[0]
            yield Step(
                f"weights of the 1x1 linear in {architecture_of(name)} {stage}",
                f"({body.notation}) x {width}",
                exact(up.params - width),
                body.out_shape[0] * width == up.params - width,
            )


def _e16() -> Iterator[Step]:
    """Table 2, top-1 and top-5."""
    yield _compare("v1 is worse than v3 in top-1 (Fig. 21)", f"top1 > top1 @ {V3}", V1)
    yield _compare("v1 is better than v3 in top-5 (Fig. 22)", f"top5 < top5 @ {V3}", V1)


def _e18() -> Iterator[Step]:
    """The paper leaves it open; the released checkpoint's size does not."""
    tree = resolve(preset(V2_SLIM))
    biases, total = sum(row.out_shape[0] for row in tree.rows if row.op == "project"), totals(tree.network).params
    yield Step("filters of all 1x1 linear convolutions in the released v2", "a bias each", exact(biases))
    yield Step("its parameters with these biases", exact(total), f"{total / 1e6:.2f} M")
    yield Step(
        "its parameters with batch norm instead",
        f"{exact(total)} - {exact(biases)} + 2 x {exact(biases)}",
        f"{(total + biases) / 1e6:.2f} M",
    )


def _e19() -> Iterator[Step]:
    """The first convolution as printed, and as its two numbers say."""
    shape = _row(GOOGLENET, "stem.0.0").in_shape
    plain = Conv(64, 7, 2, bias=True, norm=False)
    each = Conv(8 * shape[0], 7, 2, groups=shape[0], norm=False, activation=None)
    printed, millions = GOOGLENET_STEM
    for what, node in (
        ("one 7x7 convolution of 64 filters", plain),
        ("8 filters of 7x7 a channel, then a 1x1 to 64", Chain((each, replace(plain, kernel=1, stride=1)))),
    ):
        box = _alone(node, shape)
        params, macs = round(box.params / KILO, 1), round(box.macs / 1e6)
        yield Step(f"{what}: {printed}K parameters", f"{exact(box.params)} / {KILO}", f"{params}K", params == printed)
        yield Step(f"{what}: {millions}M operations", exact(box.macs), f"{macs}M", macs == millions)


def _e20() -> Iterator[Step]:
    """Weights of every module against both numbers of its row; within a fiftieth is taken for a match."""
    for name, (kilo, millions) in GOOGLENET_MODULES.items():
        box = resolve(preset(GOOGLENET))[f"inception_{name}.0"]
        pixels = box.out_shape[1] * box.out_shape[2]
        weights = box.macs // pixels
        same = abs(weights / KILO / kilo - 1) < NEAR
        yield Step(f"{name} has the printed {kilo}K parameters", f"{exact(weights)} / {KILO}", _k(weights), same)
        if name in ("4c", "5a"):
            implied, of_macs = millions * 1e6 / pixels, f"{millions}M / ({sides(box.out_shape[1:])})"
            same = abs(implied / KILO / kilo - 1) < NEAR
            yield Step(f"{name}'s printed operations mean {kilo}K parameters", of_macs, _k(implied), same)


def _k(count: float) -> str:
    return f"{count / KILO:.0f}K"


def _e21() -> Iterator[Step]:
    """The rows of Table 1 against the network of 2012."""
    kilos = (GOOGLENET_STEM[0], *(kilo for kilo, _ in GOOGLENET_MODULES.values()), *GOOGLENET_OTHERS)
    millions = sum(kilos) * KILO / 1e6
    yield Step("parameters that the rows add up to", " + ".join(f"{kilo:g}K" for kilo in kilos), f"{millions:.1f} M")
    ratio = ALEXNET_MILLIONS / millions
    yield Step("12 times fewer than 60 million", f"{ALEXNET_MILLIONS} / {millions:.2f}", f"{ratio:.1f}", ratio > 12)


def _e22() -> Iterator[Step]:
    """The concatenations of three modules."""
    for name, printed in BN_INCEPTION_CHANNELS.items():
        row = _row(BN_INCEPTION, f"inception_{name}.0")
        width = row.out_shape[0]
        yield Step(f"{name} puts out the printed {printed} channels", row.notation, str(width), width == printed)


def _e23() -> Iterator[Step]:
    """Parameters with five and with four B blocks."""
    for how, name in (("printed", V3_PAPER), ("released", V3)):
        yield _compare(f"v3 as {how} has less than 25 million parameters", "params < 25000000", name)


_STEPS: Mapping[str, Callable[[], Iterator[Step]]] = {
    step.__name__[1:].upper(): step
    for step in (
        *(_e1, _e2, _e3, _e4, _e5, _e6, _e7, _e8, _e9, _e10, _e11, _e12, _e13, _e14, _e15, _e16, _e18),
        *(_e19, _e20, _e21, _e22, _e23),
    )
}


def refutation(id_: str) -> tuple[Step, ...]:
    """The calculation that speaks to an erratum; empty where the words alone do (E17).

    Raises
    ------
    ValueError
        Naming the unknown id and the known ones.

    Examples
    --------
    >>> [(step.expression, step.result) for step in refutation("E4")][0]
    ('384 + 384 + 384', '1152')
    """
    errata(id_)
    return tuple(_STEPS[id_]()) if id_ in _STEPS else ()


def readings(steps: Sequence[Step]) -> dict[str, tuple[Step, ...]]:
    """Steps by the way to read the print to which they belong, in their order; one without a name where there is one.

    Examples
    --------
    >>> list(readings(refutation("E9"))), list(readings(refutation("E1")))
    (['All convolutions', 'The longest chain', 'The work'], [''])
    """
    return {
        name: tuple(step for step in steps if step.reading == name) for name in dict.fromkeys(s.reading for s in steps)
    }


def files_read(id_: str) -> tuple[str, ...]:
    """Files and versions of the releases whose way out of an erratum is told; none where no network is concerned.

    Examples
    --------
    >>> files_read("E14")[1], files_read("E17")
    ('timm: timm/models/inception_v4.py, timm 1.0.31', ())
    """
    architecture = architecture_of(EVIDENCE[id_].preset)
    return tuple(f"{one.name}: {one.file}, {one.version}" for one in releases().get(architecture, ()))


def erratum_record(id_: str) -> dict[str, object]:
    """The calculation, what releases do and where the place is drawn, as plain values.

    Raises
    ------
    ValueError
        Naming the unknown id and the known ones.

    Examples
    --------
    >>> erratum_record("E17")["arithmetic"], erratum_record("E4")["drawn"]["box"]
    ([], 'block_b.0.project')
    """
    steps, evidence = refutation(id_), EVIDENCE[id_]
    drawn = {"preset": evidence.preset, "stage": evidence.stage, "box": evidence.box} if evidence.preset else None
    return {
        "arithmetic": [asdict(step) for step in steps],
        "released": evidence.released,
        "released basis": evidence.basis,
        "read in": list(files_read(id_)),
        "other version": list(additions(id_)),
        "drawn": drawn,
    }
