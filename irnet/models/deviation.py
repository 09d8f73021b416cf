"""What a deviation is: one aspect in which released implementations depart from the paper or from each other.

Values in braces are filled in from the presets (see `irnet.analysis.facts`): v1, v2, v4 are the paper's networks,
v1_face, v2_slim, v4_slim, v3_slim and v3_torch the released ones. Where a column has no value, it has no such network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from irnet.models.names import IMPLEMENTATIONS
from irnet.spec import Basis

PAPER = "paper"
COLUMNS = (PAPER, "TF-slim", "Keras", "timm", "TorchVision", "Cadene", "facenet", "facenet-pytorch")
V4, V2, V1, V3 = "inception_v4", "inception_resnet_v2", "inception_resnet_v1", "inception_v3"
V4_RELEASES, V2_RELEASES, V1_RELEASES, V3_RELEASES = (
    tuple(one.name for one in IMPLEMENTATIONS[architecture]) for architecture in (V4, V2, V1, V3)
)
PORTS = ("timm", "TorchVision", "Cadene", "facenet-pytorch")  # to PyTorch
RESIDUAL = ("block_a", "block_b", "block_c", "block8")


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
        >>> said = value("none", "paper", "Keras")
        >>> said.holds_for("Keras", "inception_v3"), said.holds_for("Keras", "inception_v4")
        (True, False)
        """
        return column in self.by and has(column, architecture) and (not self.of or architecture in self.of)


def has(column: str, architecture: str) -> bool:
    """Whether the paper draws, or a release implements, an architecture.

    Examples
    --------
    >>> has("paper", "inception_v3"), has("TorchVision", "inception_v3")
    (False, True)
    """
    if column == PAPER:
        return architecture in (V4, V2, V1)
    return any(one.name == column for one in IMPLEMENTATIONS[architecture])


def value(text: str, *by: str, of: str | tuple[str, ...] = (), version: str = "") -> Value:
    """Shorthand, so that a table of values reads like one."""
    return Value(text, by, (of,) if isinstance(of, str) else of, version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One aspect, what each implementation has there, and why it matters."""

    id: str  # "D1" and on
    what: str
    values: tuple[Value, ...]
    why: str
    touches: Mapping[str, tuple[str, ...]]  # architecture -> its stages; "head" and "network" count as such
    basis: Basis = "read"  # how the values are known: in the files and versions of `irnet.models.names`
    why_basis: Basis = "read"  # how what `why` says is known
    moves: Mapping[str, float] = field(default_factory=dict)  # architecture -> by how much the other way moves logits

    def values_of(self, column: str, architecture: str) -> tuple[Value, ...]:
        """What a column has for one architecture: several where versions of a release differ."""
        return tuple(one for one in self.values if one.holds_for(column, architecture))
