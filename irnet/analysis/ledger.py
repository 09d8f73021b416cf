"""Why three counters give three totals: each is a sum of the same terms with other factors."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from irnet.resolve import Row, resolve
from irnet.spec import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One kind of work, its amount from the rows, and how often each counter counts it."""

    what: str
    amount: int
    fvcore: int = 0  # "flops" in its own words, MACs for convolutions
    torchinfo: int = 0  # "mult-adds"
    torch: int = 0  # torch.utils.flop_counter: FLOPs, 2 a MAC


COUNTERS = ("fvcore", "torchinfo", "torch")


def sums(terms: tuple[Term, ...]) -> dict[str, int]:
    """What each counter must come to, if the terms are all that it counts."""
    return {counter: sum(term.amount * getattr(term, counter) for term in terms) for counter in COUNTERS}


def records(terms: tuple[Term, ...]) -> list[dict[str, object]]:
    """The terms as plain values, with what each adds to a counter's total; None where a counter leaves it out."""
    return [
        {"what": term.what, "amount": term.amount}
        | {counter: term.amount * getattr(term, counter) if getattr(term, counter) else None for counter in COUNTERS}
        for term in terms
    ]


def ledger(network: Network) -> tuple[Term, ...]:
    """The terms for one image; a term that no counter counts has three zeros and is still listed.

    Examples
    --------
    >>> from irnet.models import network
    >>> terms = ledger(network("inception_v4.tf_slim"))
    >>> sum(term.amount * term.fvcore for term in terms)
    12284251296
    """
    rows = resolve(network)

    def amount(of: str, op: str) -> int:
        return sum(_amounts(row)[of] for row in rows if row.op == op)

    linear = [row for row in rows if row.op == "linear"]
    embedding = [row for row in linear if row.path == "embedding"]
    classifier = [row for row in linear if row.path == "classifier"]
    normed = [row for row in rows if row.op == "conv"] + embedding
    return (
        Term(
            what="convolutions: MACs",
            amount=amount("macs", "conv") + amount("macs", "project"),
            fvcore=1,
            torchinfo=1,
            torch=2,
        ),
        Term(what="linear layers: MACs", amount=amount("macs", "linear"), fvcore=1, torchinfo=1, torch=2),
        Term(what="batch norm: output elements", amount=sum(row.activation_elements for row in normed), fvcore=2),
        Term(what="average over the grid: input elements", amount=amount("inputs", "global_pool"), fvcore=1),
        Term(what="batch norm: parameters, once", amount=sum(2 * row.out_shape[0] for row in normed), torchinfo=1),
        Term(what="1x1 linear: biases at every pixel", amount=amount("outputs", "project"), torchinfo=1),
        Term(what="classifier: biases", amount=sum(row.out_shape[0] for row in classifier), torchinfo=1),
        Term(what="residual scaling: products", amount=amount("outputs", "scale")),
        Term(what="residual sum: additions", amount=amount("outputs", "add")),
        Term(what="max pooling: output elements", amount=amount("outputs", "max_pool")),
        Term(what="average pooling 3x3: output elements", amount=amount("outputs", "avg_pool")),
    )


def _amounts(row: Row) -> dict[str, int]:
    return {"macs": row.macs, "inputs": prod(row.in_shape), "outputs": row.activation_elements}
