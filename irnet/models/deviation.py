"""What a deviation is: one aspect in which released implementations depart from the paper or from each other.

Values in braces are filled in from the presets (see `irnet.analysis.facts`): v1, v2, v4 are the paper's networks,
v1_face, v2_slim, v4_slim the released ones. A column without a value has no such network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COLUMNS = ("paper", "TF-slim", "Keras", "timm", "Cadene", "facenet", "facenet-pytorch")
V2_RELEASES = ("TF-slim", "Keras", "timm", "Cadene")
V4_RELEASES = ("TF-slim", "timm", "Cadene")
V1_RELEASES = ("facenet", "facenet-pytorch")
RESIDUAL = ("block_a", "block_b", "block_c", "block8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One aspect, what each implementation has there, and why it matters."""

    id: str  # "D1" and on
    what: str
    values: Mapping[str, str]  # column -> value
    why: str
    touches: Mapping[str, tuple[str, ...]]  # architecture -> its stages; "head" and "network" count as such


def alike(value: str, *columns: str) -> dict[str, str]:
    """One value for several columns."""
    return dict.fromkeys(columns, value)
