"""Counts of these networks that others printed, each with what it counts, where it stands and in which version.

They stand in `counts.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from irnet.data_files import entry, read_data
from irnet.provenance.ledger import Counter
from irnet.spec import Basis

What = Literal["parameters", "MACs", "FLOPs", "activations"]
Unit = Literal["", "M", "G"]
Otherwise = Literal["no gamma", "moving statistics", "auxiliary head", "no parameters of batch norm", "no average"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One count, and by which rules it was made."""

    preset: str
    by: str
    what: What
    printed: str  # the digits of the source: "12.28", "55,873,736"
    unit: Unit = ""
    size: int = 299  # pixels a side
    classes: int = 1000  # 0: without a classifier
    counter: Counter = "ours"  # whose rules of counting work were followed
    otherwise: tuple[Otherwise, ...] = ()  # how it departs from these rules, or its parameters from a module's
    source: str  # where it is printed
    version: str  # of what printed it
    basis: Basis = "read"  # or "run": a named tool printed it, run here on a named release

    @property
    def title(self) -> str:
        """Who printed what."""
        size = "" if self.what == "parameters" else f", {self.size} px"
        return f"{self.by}: {self.printed}{f' {self.unit}' if self.unit else ''} {self.what}{size}"

    @property
    def printed_in(self) -> str:
        """Where it is printed, and in which version."""
        return f"{self.source} ({self.version})"


@cache
def published_counts() -> tuple[Count, ...]:
    """Every count, a network's together.

    Examples
    --------
    >>> published_counts()[1].title
    'timm: 12.28 G MACs, 299 px'
    """
    found = read_data("provenance/counts.toml")
    return tuple(
        _count(found["sources"][row.pop("from")] | network | row)
        for network in found["networks"]
        for row in network.pop("counts")
    )


def _count(said: dict[str, Any]) -> Count:
    """A count with the names of its network filled in."""
    names = said.pop("names", {})
    return entry(Count, said | {text: said[text].format_map(names) for text in ("by", "source", "version")})
