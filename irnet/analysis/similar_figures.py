"""Published figures that look alike and are not."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

from irnet.analysis.claims import SCALE, Explanation, claims
from irnet.spec import Network
from irnet.units import share

ALIKE = Decimal("0.02")  # figures this close to each other are easily taken for one


def lookalikes(network: Network) -> tuple[str, ...]:
    """Sentences about figures that look alike and are not: another unit, or another image.

    Examples
    --------
    >>> from irnet.models import network
    >>> lookalikes(network("inception_v4"))[0].partition(" differ")[0]
    "timm's 12.28 GMAC at 299 px and Google's 12.271 GFLOP at 224 px"
    """
    work = [claim for claim in claims(network) if claim.count.what in ("MACs", "FLOPs") and claim.count.unit]
    return tuple(_alike(*pair) for pair in combinations(work, 2) if _are_alike(*pair))


def _are_alike(one: Explanation, two: Explanation) -> bool:
    return one.count.what != two.count.what and abs(one.printed - two.printed) < ALIKE * one.printed


def _alike(one: Explanation, two: Explanation) -> str:
    counts = [f"{c.by}'s {c.printed} {c.unit}{c.what[:-1]} at {c.size} px" for c in (one.count, two.count)]
    gap = share(float(abs(one.printed - two.printed)), float(one.printed))
    flops = [int(claim.printed) * (2 if claim.count.what == "MACs" else 1) for claim in (one, two)]
    return (
        f"{counts[0]} and {counts[1]} differ by {gap} on paper and twofold in fact: as FLOPs they are "
        f"{flops[0] / SCALE['G']:.2f} G and {flops[1] / SCALE['G']:.2f} G. The smaller image hides the factor of two."
    )
