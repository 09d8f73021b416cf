"""Counts that others printed beside ours: each gap as terms that add up, to the unit or to the printed digits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, pairwise

from irnet.models import network as preset
from irnet.models.fragments import chain, conv
from irnet.provenance.counts import Count, Otherwise, published_counts
from irnet.provenance.ledger import terms_of
from irnet.spec import Head, Network, Pool, Shape, Source, Stage, architecture_of
from irnet.tree import Row, resolve
from irnet.tree.totals import totals
from irnet.units import exact, share, short

AFTER: Mapping[str, str] = {  # architecture -> the stage whose output it reads
    "inception_v4": "inception_b",
    "inception_resnet_v2": "block_b",
    "inception_v3": "mixed_6e",
}


def auxiliary(shape: Shape, classes: int) -> Network:
    """The auxiliary head on a map of this (C, H, W) shape, as a network of its own: 5x5 average, 1x1, 5x5, linear.

    Examples
    --------
    >>> auxiliary((1024, 17, 17), 1001).stages[0].repeat
    1
    """
    steps = chain(Pool("avg", 5, 3, "valid"), conv(128), conv(768, 5, 1, "valid"))
    source = Source("TF-slim inception_v4.py, AuxLogits")
    return Network(
        "auxiliary head", (Stage("aux", steps, source=source),), Head(classes, 0.0, source=source), input_shape=shape
    )


LEFT_OUT: Mapping[Otherwise, tuple[str, str]] = {  # what a counter passes over in one release: its term, and why
    "no parameters of batch norm": (
        "batch norm: parameters",
        "not seen there: timm's batch norm holds its activation, and torchinfo counts modules that hold none",
    ),
    "no average": (
        "average over the grid",
        "not seen there: the average is over a window of 8x8, and fvcore counts adaptive averages only",
    ),
}
A_MAC = "2 FLOPs a MAC"
SCALE = {"": 1, "M": 10**6, "G": 10**9}


@dataclass(frozen=True, slots=True)
class Line:
    """One term of a sum, computed from rows."""

    why: str
    amount: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A count, and the lines that lead from ours to it."""

    count: Count
    lines: tuple[Line, ...]

    @property
    def ours(self) -> int:
        """The count that this project shows for the network asked about."""
        return self.lines[0].amount

    @property
    def total(self) -> int:
        """What the lines add up to."""
        return sum(line.amount for line in self.lines)

    @property
    def printed(self) -> Decimal:
        """The published figure, unit and all."""
        return Decimal(self.count.printed.replace(",", "")) * SCALE[self.count.unit]

    @property
    def unexplained(self) -> int:
        """What is left of the published figure; 0 where the lines give all the digits that it was printed with."""
        last = Decimal(self.count.printed.replace(",", "")).as_tuple().exponent
        step = Decimal(10) ** int(last) * SCALE[self.count.unit]
        rounded = (Decimal(self.total) / step).quantize(Decimal(1), ROUND_HALF_UP) * step
        return 0 if rounded == self.printed else int(self.printed - self.total)

    @property
    def verdict(self) -> str:
        """How far the lines get."""
        if self.unexplained:
            return f"{exact(self.unexplained)} of it is unexplained"
        if not self.count.unit:
            return "adds up to the unit"
        return f"{exact(self.total)}, which rounds to {self.count.printed} {self.count.unit}"


def claims(network: Network) -> tuple[Explanation, ...]:
    """Every count stored here of the released networks of `network`'s architecture, explained from its own.

    Examples
    --------
    >>> found = claims(preset("inception_resnet_v2.tf_slim"))
    >>> keras = next(claim for claim in found if claim.count.by == "Keras, total")
    >>> [(line.why, line.amount) for line in keras.lines]  # doctest: +NORMALIZE_WHITESPACE
    [('inception_resnet_v2.tf_slim as shown here', 55843464), ('batch norm has no gamma', -30272),
     ('moving means and variances count too', 60544)]
    """
    counts = (count for count in published_counts() if architecture_of(count.preset) == network.architecture)
    return tuple(explanation(network, count) for count in counts)


def explanation(network: Network, count: Count) -> Explanation:
    """The way from our count of `network` to a published count."""
    return Explanation(count, tuple(line for line in _lines(network, count) if line.amount))


def _lines(network: Network, count: Count) -> Iterator[Line]:
    released = preset(count.preset)
    size = released.input_shape[1] if count.what == "parameters" else count.size
    sized = preset(count.preset, input_size=size)
    last = preset(count.preset, input_size=size, classes=count.classes)
    steps = (
        (f"{network.label} as shown here", network),
        (f"{released.name} instead", released),
        (f"an image of {size} instead of {released.input_shape[1]} pixels a side", sized),
        (_classes(count.classes, released.head.classes), last),
    )
    yield Line(steps[0][0], _ours(network, count))
    for (_, before), (why, after) in pairwise(steps):
        yield Line(why, _ours(after, count) - _ours(before, count))
    if count.what == "parameters":
        yield from _parameters(last, count)
    elif count.what != "activations":
        yield from _work(last, count)


def _classes(wanted: int, have: int) -> str:
    return f"{wanted} classes instead of {have}" if wanted else "without the classifier"


def _ours(network: Network, count: Count) -> int:
    found = totals(network)
    return {"parameters": found.params, "activations": found.activation_elements}.get(count.what, found.macs)


def _work(network: Network, count: Count) -> Iterator[Line]:
    """What a counter adds to the MACs of convolutions and linear layers."""
    terms = terms_of(resolve(network).rows)
    for term in terms:
        times = getattr(term, count.counter) - term.ours
        yield Line(
            f"{term.what} again: {A_MAC}" if term.ours else f"{term.what}{f', {times} each' if times > 1 else ''}",
            times * term.amount,
        )
    for what, why in LEFT_OUT.items():
        if what in count.otherwise:
            left_out = (term for term in terms if term.what.startswith(why[0]))
            yield Line(why[1], -sum(getattr(term, count.counter) * term.amount for term in left_out))


def _parameters(network: Network, count: Count) -> Iterator[Line]:
    """What is counted otherwise than in a module, whose batch norms have a gamma and keep statistics apart."""
    rows: tuple[Row, ...] = resolve(network).rows
    if "auxiliary head" in count.otherwise:
        after = resolve(network)[AFTER[network.architecture]]
        head = resolve(auxiliary(after.out_shape, network.head.classes)).rows
        yield Line("the auxiliary head", sum(row.params for row in head))
        rows += head
    if "no gamma" in count.otherwise:
        yield Line("batch norm has no gamma", -_norm_channels(rows))
    if "moving statistics" in count.otherwise:
        yield Line("moving means and variances count too", 2 * _norm_channels(rows))


def _norm_channels(rows: tuple[Row, ...]) -> int:
    """Channels under batch norm."""
    return sum(row.out_shape[0] for row in rows if row.op == "conv" or row.path == "embedding")


def records(explanation: Explanation) -> list[dict[str, object]]:
    """The lines of one explanation as plain values, the sum last."""
    lines: list[dict[str, object]] = [{"why": line.why, "amount": line.amount} for line in explanation.lines]
    return [*lines, {"why": "sum", "amount": explanation.total}]


def summaries(network: Network) -> list[dict[str, object]]:
    """Every count in one line: who says what, ours, the gap, and how far the terms get."""
    return [
        {
            "title": claim.count.title,
            "by": claim.count.by,
            "what": claim.count.what,
            "printed": f"{claim.count.printed} {claim.count.unit}".strip(),
            "image": None if claim.count.what == "parameters" else claim.count.size,
            "classes": claim.count.classes,
            "ours": claim.ours,
            "explained": claim.verdict,
            "printed in": claim.count.source,
            "version": claim.count.version,
            "basis": claim.count.basis,
        }
        for claim in claims(network)
    ]


def printed_work(network: Network) -> list[dict[str, str]]:
    """The figures for the work of networks of this name that people meet, and what each adds up.

    Examples
    --------
    >>> from irnet.models import network
    >>> [(one["figure"], one["printed by"]) for one in printed_work(network("inception_v4"))][0]
    ('12.28 G MACs', 'timm, fvcore')
    """
    found: dict[str, tuple[list[str], Explanation]] = {}
    for claim in claims(network):
        count = claim.count
        if count.what in ("MACs", "FLOPs"):
            figure = f"{short(int(claim.printed), digits=4)} {count.what}"
            found.setdefault(figure, ([], claim))[0].append(count.by.partition(" on ")[0])
    return [
        {
            "figure": figure,
            "printed by": ", ".join(dict.fromkeys(by)),
            "image": f"{claim.count.size} px",
            "adds up": _sum_in_words(claim.count),
            "count": claim.count.title,
        }
        for figure, (by, claim) in found.items()
    ]


def _sum_in_words(count: Count) -> str:
    """What a count of work adds up: MACs first, then whatever else its digits show."""
    counted = preset(count.preset, input_size=count.size, classes=count.classes)
    macs, terms = _ours(counted, count), [line for line in _work(counted, count) if line.amount]
    again = [line for line in terms if line.why.endswith(A_MAC)]
    others = [line for line in terms if line not in again and abs(line.amount) * SHOWN > macs]
    words = [f"{short(macs, digits=4)} MACs in convolutions and linear layers{', 2 FLOPs each' if again else ''}"]
    return " + ".join([*words, *(f"{short(line.amount)} {line.why}" for line in others)])


SHOWN = 10_000  # the share of all work below which a term does not show in four digits
ALIKE = Decimal("0.02")  # figures this close to each other are easily taken for one


def similar_figures(network: Network) -> tuple[str, ...]:
    """Sentences about figures that look alike and are not: another unit, or another image.

    Examples
    --------
    >>> from irnet.models import network
    >>> similar_figures(network("inception_v4"))[0].partition(" differ")[0]
    "timm's 12.28 GMAC at 299 px and Google's 12.271 GFLOP at 224 px"
    """
    work = [claim for claim in claims(network) if claim.count.what in ("MACs", "FLOPs") and claim.count.unit]
    return tuple(
        _difference(one, two)
        for one, two in combinations(work, 2)
        if one.count.what != two.count.what and abs(one.printed - two.printed) < ALIKE * one.printed
    )


def _difference(one: Explanation, two: Explanation) -> str:
    """How far apart two figures are that look alike."""
    counts = [f"{c.by}'s {c.printed} {c.unit}{c.what[:-1]} at {c.size} px" for c in (one.count, two.count)]
    gap = share(float(abs(one.printed - two.printed)), float(one.printed))
    flops = [int(claim.printed) * (2 if claim.count.what == "MACs" else 1) for claim in (one, two)]
    return (
        f"{counts[0]} and {counts[1]} differ by {gap} on paper and twofold in fact: as FLOPs they are "
        f"{flops[0] / SCALE['G']:.2f} G and {flops[1] / SCALE['G']:.2f} G. The smaller image hides the factor of two."
    )
