"""What a picture says beside its structure, and the signs and borders of marked boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from irnet.comparison.side_by_side import Mark

MARKED = 2.6  # points: the border of a marked box
SIGNS: Mapping[Mark, str] = MappingProxyType({"changed": "\u2260 ", "only": "+ ", "refused": "\u2717 "})
MARKS: Mapping[Mark, str] = MappingProxyType({"changed": "\u2260 differs", "only": "+ on one side only"})
REFUSED: Mapping[Mark, str] = MappingProxyType({"refused": "\u2717 can't be"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What a picture says beside its structure, by path: words, fills in place of the theme's, widths of arrows."""

    aria_labels: Mapping[str, str] = field(default_factory=dict)  # of every box that can be chosen
    opens: frozenset[str] = frozenset()  # boxes with something inside
    fills: Mapping[str, str] = field(default_factory=dict)
    widths: Mapping[str, float] = field(default_factory=dict)  # points, of the arrows that leave a box
    legend: tuple[tuple[str, str], ...] = ()  # fill and what it stands for; in place of the theme's
    arrows: str = ""  # what the widths stand for
    marks: Mapping[str, Mark] = field(default_factory=dict)  # how boxes stand to those of another network
    ghosts: bool = False  # what is the same is drawn without fill
    groups: Mapping[str, str] = field(default_factory=dict)  # what boxes of several networks have in common
    slots: Mapping[str, int] = field(default_factory=dict)  # for how many pictures a box has room
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # title and detail in place of the usual ones
