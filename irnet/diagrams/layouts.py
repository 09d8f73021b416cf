"""Ways to lay a figure out, and the first of them whose text stays legible at a width."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf
from types import MappingProxyType

from irnet.diagrams.graph_builder import Flow, GraphBuilder
from irnet.diagrams.measures import FLAT, LOW, LOWER, POINTS, SCREEN, SLIM, SLIMMEST, TIGHT, Measures
from irnet.diagrams.render import laid_out, layout_engine

TEX_POINTS = 72.27  # per inch, where SVG, PDF and CSS have 72
LEAST = 8.0  # points: the smallest text on paper


@dataclass(frozen=True, slots=True)
class Room:
    """What a figure may take up, in points, and how much it may be enlarged."""

    name: str
    width: float
    height: float
    most: float = 1.0


_ROOMS = (
    Room("natural", inf, inf),
    Room("column", 252 * POINTS / TEX_POINTS, 9 * POINTS),  # IEEEtran's; LaTeX's article has 229.5
    Room("page", 5.5 * POINTS, 9 * POINTS),  # a one-column paper
    Room("slide", 13.33 * POINTS, 7.5 * POINTS, 2.0),  # sixteen to nine
)
ROOMS: Mapping[str, Room] = MappingProxyType({room.name: room for room in _ROOMS})


@dataclass(frozen=True, slots=True)
class Layout:
    """One way: where arrows run, how much room things take, whether boxes are shut, and whether a chain is folded."""

    flow: Flow = "down"
    measures: Measures = SCREEN
    shut: bool = False
    folded: bool = False


Ways = tuple[Layout, ...]
WAYS: Ways = (Layout(), Layout("right"), Layout("down", TIGHT), Layout("right", TIGHT))
SHUT: Ways = (*WAYS, Layout("down", TIGHT, shut=True), Layout("right", TIGHT, shut=True))
BESIDE: Ways = (
    Layout(),
    *(Layout("down", sizes, shut=shut) for shut in (False, True) for sizes in (FLAT, TIGHT)),
    *(Layout("down", sizes, shut=True, folded=folded) for sizes in (LOW, LOWER) for folded in (False, True)),
    *(Layout("down", sizes, shut=True) for sizes in (SLIM, SLIMMEST)),
)
FOLDED: Ways = (*(Layout("down", sizes, folded=folded) for sizes in (SCREEN, TIGHT, SLIM) for folded in (False, True)),)


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A sheet, its layout as SVG, and how much larger it is shown."""

    sheet: GraphBuilder
    svg: str
    factor: float
    way: Layout

    @property
    def least(self) -> float:
        """Points of its smallest text as shown."""
        return self.factor * min(float(size) for size in re.findall(r'font-size="([\d.]+)"', self.svg))


def room_named(name: str) -> Room:
    """The room with this name.

    Raises
    ------
    ValueError
        Naming the unknown room and the known ones.
    """
    if name not in ROOMS:
        raise ValueError(f"no width is called {name!r}; they are {', '.join(ROOMS)}")
    return ROOMS[name]


def lay_out(name: str, draw: Callable[[Layout], GraphBuilder], ways: Ways, room: Room) -> LaidOut:
    """The first way to lay a figure out in `room` whose text has at least `LEAST` points.

    Raises
    ------
    ValueError
        If there is none: the sentence names the figure, the width, the size that its text would have, and the widths
        that it fits.
    """
    tried: list[LaidOut] = []
    for way in ways:
        sheet = draw(way)
        found = _scale_to(LaidOut(sheet, laid_out(sheet.text, layout_engine()), 1.0, way), room)
        if found.least >= LEAST:
            return found
        tried.append(found)
    best = max(found.least for found in tried)
    fits = [other.name for other in ROOMS.values() if any(_scale_to(found, other).least >= LEAST for found in tried)]
    raise ValueError(
        f"{name} does not fit the width {room.name!r} ({room.width / POINTS:.3g} x {room.height / POINTS:.3g} in): its "
        f"smallest text would have {best:.1f} of at least {LEAST:g} points; it fits {', '.join(fits)}"
    )


def _scale_to(found: LaidOut, room: Room) -> LaidOut:
    width, height = (float(side) for side in re.findall(r'(?:width|height)="([\d.]+)pt"', found.svg)[:2])
    return replace(found, factor=min(room.most, room.width / width, room.height / height))
