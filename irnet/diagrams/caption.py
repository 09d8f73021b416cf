"""Words for a picture: a caption that stands alone, and alternative text for those who can't see it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from irnet.comparison.side_by_side import side_by_side
from irnet.spec import Network, Stage
from irnet.tree import describe, resolve
from irnet.tree.totals import stages, totals
from irnet.units import exact, grid


@dataclass(frozen=True, slots=True)
class Words:
    """What is said beside a picture."""

    alt: str  # one sentence
    caption: str


def overview_words(network: Network) -> Words:
    """Words for a whole network.

    Examples
    --------
    >>> from irnet.models import network
    >>> overview_words(network("inception_v4", a=0, b=0)).alt
    'Block diagram of inception_v4.paper (a=0, b=0): Stem, Reduction-A, Reduction-B, 3 x Inception-C.'
    """
    named = [stage for stage in stages(network)[:-1] if stage.repeat]
    chain = ", ".join(f"{s.repeat} x {s.title}" if s.repeat > 1 else s.title for s in named)
    total = totals(network)
    _, height, width = network.input_shape
    return Words(
        alt=f"Block diagram of {network.label}: {chain}.",
        caption=(
            f"{network.label}, input {height}x{width} pixels: {exact(total.params)} parameters, "
            f"{exact(total.macs)} multiply-accumulates in convolutions and linear layers for one image. "
            f"Source: {network.source.ref}. {network.source.note}"
        ).strip(),
    )


def beside_alt(networks: tuple[Network, ...]) -> str:
    """Alternative text for networks side by side."""
    found = Counter(row.mark for row in side_by_side(*networks))
    return (
        f"Block diagrams side by side: {', '.join(spec.label for spec in networks)}. Of their places "
        f"{found['same']} are the same, {found['changed']} differ and {found['only']} stand on one side only."
    )


def block_words(network: Network, stage: Stage, *, errata: bool = True) -> Words:
    """Words for one block of a stage: where it comes from, what it holds, and where the paper's print differs."""
    rows = [row for row in resolve(network).rows if row.path.startswith(f"{stage.name}.0")]
    sizes = f" {grid(rows[0].in_shape)} to {grid(rows[-1].out_shape)}." if rows else ""
    differs = " ".join(f"{e.id}: {e.where} prints {e.printed}; here {e.used}." for e in stage.source.errata if errata)
    order = " Branches stand in the order in which they are stacked." if any(row.op == "concat" for row in rows) else ""
    given = f"Source: {stage.source.ref}. {stage.source.note}"
    return Words(
        alt=f"Block diagram of {stage.title} of {network.label}: {describe(stage.node)}.",
        caption=f"{stage.title} of {network.label}.{sizes}{order} {given} {differs}".strip(),
    )
