"""Edits of networks: values with one parser and one writer, applied, validated, undone, and kept as documents."""

from __future__ import annotations

from irnet.edit.apply import apply, edit_place, network, network_of_label, stem_of
from irnet.edit.parse import FILTERS, LIMITS, MOST, edits_of, parse, read_label, shorten, write_label

__all__ = [
    "FILTERS",
    "LIMITS",
    "MOST",
    "apply",
    "edit_place",
    "edits_of",
    "network",
    "network_of_label",
    "parse",
    "read_label",
    "shorten",
    "stem_of",
    "write_label",
]
