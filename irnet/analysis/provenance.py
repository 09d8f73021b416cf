"""Which errata concern which part of a network."""

from __future__ import annotations

from irnet.models.errata import ERRATA
from irnet.spec import Network, Source


def errata_of(network: Network | None = None) -> list[dict[str, object]]:
    """The errata of one network with the stages that they touch, or all errata.

    Examples
    --------
    >>> from irnet.models import network
    >>> [(found["id"], found["stages"]) for found in errata_of(network("inception_resnet_v2"))][:2]
    [('E1', ['stem']), ('E3', ['stem'])]
    """
    touched = _touched(network) if network else {}
    return [
        {
            "id": erratum.id,
            "where": erratum.where,
            "concerns": erratum.concerns,
            "printed": erratum.printed,
            "used": erratum.used,
            "why": erratum.why,
            "certainty": erratum.certainty,
        }
        | ({"stages": touched[erratum.id]} if network else {})
        for erratum in ERRATA.values()
        if network is None or erratum.id in touched
    ]


def _touched(network: Network) -> dict[str, list[str]]:
    sources: list[tuple[str, Source]] = [(stage.name, stage.source) for stage in network.stages]
    sources += [("head", network.head.source), ("network", network.source)]
    found: dict[str, list[str]] = {}
    for name, source in sources:
        for erratum in source.errata:
            found.setdefault(erratum.id, []).append(name)
    return found
