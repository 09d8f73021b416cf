"""Titles of frames, moved along the frame's top to where no arrow strikes them, and how wide text is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow's line: the points of its cubic curves, and the rectangle that holds them."""

    points: tuple[Point, ...]
    left: float
    right: float
    top: float
    bottom: float


WIDEST = 1.25  # how much wider text may be in the font that a reader has instead of Arial, as DejaVu Sans
_WIDTHS = {  # of Arial's, Helvetica's and Liberation Sans's letters, in thousandths of their size
    222: "ijl",
    278: " !,./:;I[\\]ft\u00a0\u00b7",
    333: "()-`r",
    500: "Jcksvxyz",
    584: "+<=>~\u00d7",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    944: "W",
    1000: "\u2192",
}
_LETTERS = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_USUAL = 556  # digits and most small letters
ROOM = 5.0  # points between a title and an arrow, or the frame's side
STEPS = 12  # straight pieces of a curve
_FRAME = re.compile(r'<g id="[^"]*" class="cluster.*?</g>\n</g>', re.DOTALL)
_SHAPE = re.compile(r'<(?:path|polygon) [^>]*(?:d|points)="([^"]+)"')
_LINE = re.compile(r'<g id="[^"]*" class="edge">.*?<path [^>]*d="([^"]+)"', re.DOTALL)
_TITLE = re.compile(r'(<text [^>]*) x="(-?[\d.]+)" y="(-?[\d.]+)"([^>]*font-size="([\d.]+)"[^>]*)>([^<]*)<')


def text_width(text: str, size: float) -> float:
    """How wide text of this size is in Arial, Helvetica or Liberation Sans, in the unit of the size.

    Examples
    --------
    >>> text_width("Will", 10)
    16.1
    """
    return size * sum(_LETTERS.get(letter, _USUAL) for letter in text) / 1000


def clear_titles(svg: str) -> str:
    """A drawing of Graphviz whose frames have their titles where no arrow runs, if there is such a place."""
    lines = list(map(_line, _LINE.findall(svg)))
    return _FRAME.sub(lambda frame: _clear(frame[0], lines), svg)


def _clear(frame: str, lines: Sequence[Line]) -> str:
    titles, shape = _TITLE.findall(frame), _SHAPE.search(frame)
    if len(titles) != 1 or shape is None:
        return frame
    _, x, y, _, size, text = titles[0]
    start, base, high = float(x), float(y), float(size)
    right = _line(shape[1]).right - ROOM
    wide = WIDEST * text_width(unescape(text), high)
    near = [line for line in lines if line.right >= start - ROOM and line.left <= right]
    struck = sorted(_struck(near, (base - high, base + high / 4)))
    for at in (start, *(end + ROOM for _, end in struck if end > start)):
        if at + wide <= right and not any(one < at + wide + ROOM and at - ROOM < end for one, end in struck):
            return _TITLE.sub(rf'\g<1> x="{at:g}" y="{y}"\g<4>>\g<6><', frame)
    return frame


def _struck(lines: Sequence[Line], band: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """From where to where each line runs in a band of heights."""
    for line in lines:
        if line.top > band[1] or line.bottom < band[0]:
            continue
        within = [x for one, two in pairwise(_curve(line.points)) for x in _between(one, two, band)]
        if within:
            yield min(within), max(within)


def _between(one: Point, two: Point, band: tuple[float, float]) -> tuple[float, ...]:
    """Where a straight piece enters and leaves the band."""
    (a, b), (c, d) = sorted((one, two), key=lambda point: point[1])
    if b > band[1] or d < band[0]:
        return ()
    if b == d:
        return a, c
    return tuple(a + (c - a) * (min(max(y, b), d) - b) / (d - b) for y in band)


def _line(path: str) -> Line:
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    across, down = numbers[::2], numbers[1::2]
    return Line(tuple(zip(across, down, strict=True)), min(across), max(across), min(down), max(down))


def _curve(points: Sequence[Point]) -> Iterator[Point]:
    """Points of a path of cubic curves: a start, then three points a curve."""
    yield points[0]
    for i in range(0, len(points) - 3, 3):
        for step in range(1, STEPS + 1):
            t = step / STEPS
            parts = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            x, y = (sum(part * point[k] for part, point in zip(parts, points[i : i + 4], strict=True)) for k in (0, 1))
            yield x, y
