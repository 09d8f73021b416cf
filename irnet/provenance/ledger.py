"""Why counters give other totals: each is a sum of the same terms with other factors."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from irnet.spec import Network
from irnet.tree import Row, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One kind of work, its amount from the rows, and how often each counter counts it."""

    what: str
    amount: int
    ours: int = 0  # MACs of convolutions and linear layers, as every page shows them
    fvcore: int = 0  # "flops" in its own words, MACs for convolutions
    torchinfo: int = 0  # "mult-adds"
    torch: int = 0  # torch.utils.flop_counter: FLOPs, 2 a MAC
    tensorflow: int = 0  # its profiler on a graph without batch norm, where every convolution has a bias instead


Counter = Literal["ours", "fvcore", "torchinfo", "torch", "tensorflow"]
COUNTERS: tuple[Counter, ...] = ("fvcore", "torchinfo", "torch")  # those that run here
WINDOW = 9  # pixels of every pooling window in these networks, the one over the whole grid aside


def sums(terms: tuple[Term, ...]) -> dict[str, int]:
    """What each counter must come to, if the terms are all that it counts."""
    return {counter: term_sum(terms, counter) for counter in COUNTERS}


def term_sum(terms: tuple[Term, ...], counter: Counter) -> int:
    """What one counter comes to over these terms."""
    return sum(term.amount * int(getattr(term, counter)) for term in terms)


def records(terms: tuple[Term, ...]) -> list[dict[str, object]]:
    """The terms as plain values, with what each adds to a counter's total; None where a counter leaves it out."""
    return [
        {"what": term.what, "amount": term.amount}
        | {counter: term.amount * getattr(term, counter) if getattr(term, counter) else None for counter in COUNTERS}
        for term in terms
    ]


def ledger(network: Network) -> tuple[Term, ...]:
    """The terms for one image; a term that no counter counts is still listed.

    Examples
    --------
    >>> from irnet.models import network
    >>> terms = ledger(network("inception_v4.tf_slim"))
    >>> sum(term.amount * term.fvcore for term in terms)
    12284251296
    """
    return terms_of(resolve(network).rows)


def terms_of(rows: tuple[Row, ...]) -> tuple[Term, ...]:
    """The terms of some steps only, as of all up to an end point."""

    def macs(*ops: str) -> int:
        return sum(row.macs for row in rows if row.op in ops)

    def outputs(op: str) -> int:
        return sum(row.activation_elements for row in rows if row.op == op)

    inputs = sum(prod(row.in_shape) for row in rows if row.op == "global_pool")
    biased = [row for row in rows if row.op in ("conv", "project") and row.biases]
    return (
        Term(
            what="convolutions: MACs",
            amount=macs("conv", "project"),
            ours=1,
            fvcore=1,
            torchinfo=1,
            torch=2,
            tensorflow=2,
        ),
        Term(
            what="linear layers: MACs",
            amount=macs("linear"),
            ours=1,
            fvcore=1,
            torchinfo=1,
            torch=2,
            tensorflow=2,
        ),
        Term(
            what="batch norm, or a bias in its place: output elements",
            amount=sum(row.activation_elements for row in rows if row.normed),
            fvcore=2,
            tensorflow=1,
        ),
        Term(what="average over the grid: input elements", amount=inputs, fvcore=1),
        Term(what="batch norm: parameters, once", amount=sum(2 * row.normed for row in rows), torchinfo=1),
        Term(
            what="convolutions: biases at every pixel",
            amount=sum(row.activation_elements for row in biased),
            torchinfo=1,
            tensorflow=1,
        ),
        Term(
            what="linear layers: biases",
            amount=sum(row.biases for row in rows if row.op == "linear"),
            torchinfo=1,
        ),
        Term(what="residual scaling: products", amount=outputs("scale"), tensorflow=1),
        Term(what="residual sum: additions", amount=outputs("add")),
        Term(what="max pooling: output elements", amount=outputs("max_pool"), tensorflow=WINDOW),
        Term(what="average pooling 3x3: output elements", amount=outputs("avg_pool"), tensorflow=WINDOW),
    )
