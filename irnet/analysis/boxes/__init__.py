"""A network as boxes within boxes: what a diagram opens, a reader chooses."""

from __future__ import annotations

from irnet.analysis.boxes.told import box_at, details, search
from irnet.analysis.boxes.walk import BYTES, Box, Level, boxes

__all__ = ["BYTES", "Box", "Level", "box_at", "boxes", "details", "search"]
