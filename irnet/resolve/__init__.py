"""From a spec and an input shape to rows: one a step, with shapes, counts and receptive field."""

from __future__ import annotations

from irnet.resolve.field import ReceptiveField, Sides
from irnet.resolve.rows import Illegal, Op, Row, Rows, TooSmall
from irnet.resolve.smallest import smallest_input
from irnet.resolve.walk import resolve, sum_shape
from irnet.resolve.words import after_sum, describe, notation

__all__ = [
    "Illegal",
    "Op",
    "ReceptiveField",
    "Row",
    "Rows",
    "Sides",
    "TooSmall",
    "after_sum",
    "describe",
    "notation",
    "resolve",
    "smallest_input",
    "sum_shape",
]
