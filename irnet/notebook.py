"""How a network shows itself in a notebook.

The grammar lies below everything that can count or draw, so `Network` gets its method here, from above; what lies
higher (rows, comparisons, results) shows itself with `irnet.html`.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from irnet.html import beside, figure, joined_html
from irnet.html import words as paragraph
from irnet.spec import Network
from irnet.tables import from_records, to_html
from irnet.tree.totals import summary, totals
from irnet.units import exact, grid, short

STAGE = ("name", "repeat", "out_shape", "params", "macs", "source")


def network_html(network: Network) -> str:
    """A network's name and totals, its overview and its stages; what is wrong with it, if it can't be run.

    Examples
    --------
    >>> from irnet.models import network
    >>> "42,679,816 parameters" in network_html(network("inception_v4"))
    True
    """
    try:
        found = summary(network)
    except ValueError as error:
        return joined_html(paragraph(network.label, strong=True), paragraph(str(error)))
    total = totals(network)
    size = f"{grid(network.input_shape)}: {exact(total.params)} parameters, {short(total.macs, 'MAC')} for one image"
    records = [{key: stage[key] for key in STAGE} for stage in cast(list[dict[str, object]], found["stages"])]
    diagrams = import_module("irnet.diagrams")  # when it is first asked for: every program imports this module
    light, dark = (diagrams.draw(network, "svg", theme=theme) for theme in ("light", "dark"))
    return joined_html(
        paragraph(network.label, strong=True),
        paragraph(size),
        beside(
            to_html(from_records(records)),
            figure(light, dark, diagrams.words(network).alt),
        ),
    )


def register() -> None:
    """Let every network show itself."""
    Network._repr_html_ = network_html  # type: ignore[attr-defined]
