"""Sizes of what a picture is made of: as on a screen, and tight, for a page of print."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from textwrap import wrap
from types import MappingProxyType
from typing import Literal

POINTS = 72  # per inch


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Lengths in inches, sizes of text in points; whole points, or columns lean."""

    wide: float  # a box
    high: float
    gap: float  # between branches
    lanes: Mapping[str, float]  # the shortcut's beside the branches, by flow
    title: int
    detail: int
    aside: int  # what stands beside arrows
    node: str  # DOT: margin and height of a box
    pad: float  # round the picture
    rank: float  # of the space between ranks: the part that is kept
    shrunk: float  # of boxes that have a width of their own: the part that is kept
    line: int  # characters in a line underneath
    broken: int  # characters in a line of a box; 0 leaves lines whole
    columns: int  # of the legend, at most; 0 leaves it out
    margin: int  # points, between networks side by side
    sizes: Literal["arrows", "boxes"]  # of stages: where they are written

    def lines(self, text: str, wide: float) -> list[str]:
        """The lines of a box that is `wide` inches wide; the paper's brackets start one of their own."""
        if not self.broken:
            return text.split("\n")
        room = int(self.broken * wide / self.wide)
        parts = [text] if len(text) < room else text.replace(" (", "\n(").split("\n")
        # at commas rather than between a number and its unit
        lines = (pack(re.split("(?<=,) ", part), lambda line: len(line) <= room, " ") for part in parts)
        return [line for packed in lines for long in packed for line in wrap(long, room)]


def pack(parts: Iterable[str], fits: Callable[[str], bool], between: str = "") -> list[str]:
    """Parts in lines, with `between` in between, as many in each as fit.

    Examples
    --------
    >>> pack(["one", "two", "three"], lambda line: len(line) <= 7, " ")
    ['one two', 'three']
    """
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]}{between}{part}" if lines[-1] else part
        lines[-1:] = [longer] if not lines[-1] or fits(longer) else [lines[-1], part]
    return lines


SCREEN = Measures(
    wide=1.5,
    high=0.5,
    gap=0.25,
    lanes=MappingProxyType({"down": 0.5, "right": 0.25}),
    title=11,
    detail=9,
    aside=10,
    node='margin="0.04,0.03" height=0.44',
    pad=0.15,
    rank=1.0,
    shrunk=1.0,
    line=78,
    broken=0,
    columns=4,
    margin=14,
    sizes="arrows",
)
CANVAS = replace(SCREEN, columns=0, node='margin="0.09,0.04" height=0.44')  # which has its legend beside the drawing
TIGHT = Measures(
    wide=0.75,
    high=0.5,
    gap=0.125,
    lanes=MappingProxyType({"down": 0.25, "right": 0.125}),
    title=8,
    detail=8,
    aside=8,
    node='margin="0.02,0.02" height=0.3',
    pad=0.02,
    rank=0.5,
    shrunk=0.64,
    line=54,
    broken=13,
    columns=2,
    margin=4,
    sizes="boxes",
)
FLAT = replace(TIGHT, shrunk=1.0)  # low rather than narrow
LOW = replace(FLAT, shrunk=0.9, rank=0.25, line=33, columns=3)  # lower still: many boxes one below the other
LOWER = replace(LOW, shrunk=0.6, margin=2, node='margin="0.02,0.01" height=0.2')
SLIM = replace(LOWER, margin=1, line=30, columns=2)  # two networks in a column
SLIMMEST = replace(SLIM, shrunk=0.36)  # three
