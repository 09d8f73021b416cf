"""Edits of networks: values with one parser and one writer, applied, validated, undone, and kept as documents."""

from __future__ import annotations

from irnet.edit.apply import apply, network, network_of_label
from irnet.edit.parse import MOST, edits_of, parse, read_label, write_label

__all__ = [
    "MOST",
    "apply",
    "edits_of",
    "network",
    "network_of_label",
    "parse",
    "read_label",
    "write_label",
]
