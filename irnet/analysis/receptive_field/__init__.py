"""Which pixels of the picture one output of a box sees, exactly, and branch by branch."""

from __future__ import annotations

from irnet.analysis.receptive_field.places import Depth, around, centres, choices, growth
from irnet.analysis.receptive_field.records import part_records, record, stage_fields
from irnet.analysis.receptive_field.rectangle import Rectangle, rectangle
from irnet.analysis.receptive_field.seen import Part, Seen, receptive_field

__all__ = [
    "Depth",
    "Part",
    "Rectangle",
    "Seen",
    "around",
    "centres",
    "choices",
    "growth",
    "part_records",
    "receptive_field",
    "record",
    "rectangle",
    "stage_fields",
]
