"""From a spec and an input shape to a tree of boxes with shapes, counts and receptive fields; its leaves are rows."""

from __future__ import annotations

from irnet.tree.box import BYTES, Box, Illegal, ReceptiveField, Row, Rows, Sides, TooSmall, Tree
from irnet.tree.labels import describe
from irnet.tree.paths import (
    below,
    common,
    depth_of,
    first_block,
    last_block,
    name_of,
    outer,
    parent_of,
    stage_of,
    steps_in_block,
    without_block,
)
from irnet.tree.resolve import resolve, smallest_input, sum_shape
from irnet.tree.search import details, search

__all__ = [
    "BYTES",
    "Box",
    "Illegal",
    "ReceptiveField",
    "Row",
    "Rows",
    "Sides",
    "TooSmall",
    "Tree",
    "below",
    "common",
    "depth_of",
    "describe",
    "details",
    "first_block",
    "last_block",
    "name_of",
    "outer",
    "parent_of",
    "resolve",
    "search",
    "smallest_input",
    "stage_of",
    "steps_in_block",
    "sum_shape",
    "without_block",
]
