"""What a deviation is: one aspect in which released implementations depart from the paper or from each other.

They stand in `deviations.toml`. Formulas in braces (see `irnet.provenance.quantities`) are calculated from the preset
of the column's network: that of the paper or the release. Where a column has no value, it has no such network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from irnet.data_files import entry, read_data
from irnet.models import PRESETS
from irnet.provenance.names import releases
from irnet.spec import Basis

PAPER = "paper"
COLUMNS = (PAPER, "TF-slim", "Keras", "timm", "TorchVision", "Cadene", "facenet", "facenet-pytorch")


@dataclass(frozen=True, slots=True)
class Value:
    """What one or several columns have, in all or some of the networks, in all or one of a release's versions."""

    text: str
    by: tuple[str, ...]  # columns
    of: tuple[str, ...] = ()  # architectures; () is every one that the column has and the deviation touches
    version: str = ""  # of the release, where its versions differ

    def holds_for(self, column: str, architecture: str) -> bool:
        """Whether this is what a column has for an architecture.

        Examples
        --------
        >>> said = Value("none", by=("paper", "Keras"))
        >>> said.holds_for("Keras", "inception_v3"), said.holds_for("Keras", "inception_v4")
        (True, False)
        """
        return column in self.by and has(column, architecture) and (not self.of or architecture in self.of)


def has(column: str, architecture: str) -> bool:
    """Whether the paper draws, or a release implements, an architecture.

    Examples
    --------
    >>> has("paper", "resnet_50"), has("TorchVision", "inception_v3")
    (False, True)
    """
    if column == PAPER:
        return f"{architecture}.{PAPER}" in PRESETS
    return any(one.name == column for one in releases()[architecture])


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One aspect, what each implementation has there, and why it matters."""

    id: str  # "D1" and on
    what: str
    values: tuple[Value, ...]
    why: str
    touches: Mapping[str, tuple[str, ...]]  # architecture -> its stages; "head" and "network" count as such
    basis: Basis = "read"  # how the values are known: in the files and versions of `irnet.provenance.names`
    why_basis: Basis = "read"  # how what `why` says is known
    moves: Mapping[str, float] = field(default_factory=dict)  # architecture -> by how much the other way moves logits

    def values_of(self, column: str, architecture: str) -> tuple[Value, ...]:
        """What a column has for one architecture: several where versions of a release differ."""
        return tuple(one for one in self.values if one.holds_for(column, architecture))


@cache
def numbered_deviations() -> Mapping[str, Deviation]:
    """Every deviation by its id.

    Examples
    --------
    >>> numbered_deviations()["D15"].what
    'Dropout'
    """
    found = read_data("provenance/deviations.toml")
    for id_, said in found.items():
        said |= {"id": id_, "values": tuple(entry(Value, value) for value in said["values"])}
    return {id_: entry(Deviation, said) for id_, said in found.items()}
