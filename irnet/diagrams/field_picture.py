"""A photograph with receptive fields on it, as a picture of pixels: what a file holds and a page shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from irnet import charts
from irnet.diagrams.measures import pack
from irnet.diagrams.theme import LIGHT, rgb
from irnet.tree.receptive_field import Rectangle, Seen, around

# From little to much; the lightness rises all the way, so that the scale can be read without its hues.
HEAT = ("#420a68", "#932667", "#dd513a", "#fca50a", "#fcffa4")
INK = [*charts.INK, LIGHT.paints["relu"].border]
MOST_OF_IT = LIGHT.paints["norm"].border  # like the others 3 to 1 or better on white and on the dark page
DASHES = ((), (14, 7), (4, 6), (14, 5, 3, 5), (24, 8))  # strokes and gaps in pixels
PANEL, MARGIN, LINE = 560, 24, 24  # pixels: the longer side of a panel, what is round it, a line of text


@dataclass(frozen=True, slots=True)
class Outline:
    """A rectangle to draw: its name in the legend, its colour, and the number of its dashes."""

    name: str
    rectangle: Rectangle
    colour: str
    dash: int


def outlines(seen: Seen, box: Rectangle | None = None) -> tuple[Outline, ...]:
    """The theoretical field, those of its parts, and the smallest box round most of the gradient.

    Parts that see the same are one outline.
    """
    names: dict[Rectangle, list[str]] = {seen.rectangle: [seen.path]}
    for part in seen.parts:
        names.setdefault(part.rectangle, []).append(part.name)
    found = [
        Outline(_label(", ".join(who), spot), spot, INK[i % len(INK)], i % len(DASHES))
        for i, (spot, who) in enumerate(names.items())
    ]
    if box:
        found.append(Outline(_label("95 % of the gradient", box), box, MOST_OF_IT, 0))
    return tuple(found)


def _label(what: str, spot: Rectangle) -> str:
    height, width = spot.size
    return f"{what}: {height}x{width} pixels"


def heat_layer(photo: Image.Image, magnitude: NDArray[np.float64]) -> Image.Image:
    """A photograph under a layer of heat: the root of `magnitude`, (H, W), so that little can be seen beside much."""
    highest = float(magnitude.max())
    strength = np.sqrt(magnitude / highest) if highest else magnitude
    stops = np.linspace(0, 1, len(HEAT))
    ramp = np.array([rgb(colour) for colour in HEAT])
    hot = np.stack([np.interp(strength, stops, ramp[:, i]) for i in range(3)], axis=-1)
    cover = np.clip(1.6 * strength, 0, 0.9)[..., None]
    grey = np.asarray(photo.convert("L").convert("RGB"), dtype=np.float64)
    return Image.fromarray((hot * cover + grey * (1 - cover)).round().astype(np.uint8))


def field_picture(photo: Image.Image, seen: Seen, drawn: tuple[Outline, ...], notes: tuple[str, ...]) -> Image.Image:
    """The photograph, as the network gets it, with outlines; beside it the whole field, where it is larger.

    `notes` are lines below the legend.
    """
    height, width = seen.picture
    views = dict.fromkeys((Rectangle(0, 0, height, width), around(seen)))
    panels = [_panel(photo, view, drawn) for view in views]
    room = len(panels) * PANEL
    text = [line for note in notes for line in pack(note.split(), lambda line: _font().getlength(line) <= room, " ")]
    lines = len(drawn) + len(text) + 1
    across = len(panels) * (PANEL + MARGIN) + MARGIN
    down = max(panel.height for panel in panels)
    sheet = Image.new("RGB", (across, down + 2 * MARGIN + lines * LINE), LIGHT.paper)
    for i, panel in enumerate(panels):
        sheet.paste(panel, (MARGIN + i * (PANEL + MARGIN) + (PANEL - panel.width) // 2, MARGIN))
    pen, y = ImageDraw.Draw(sheet), down + 2 * MARGIN
    for outline in drawn:
        _line(pen, (MARGIN, y + LINE / 2), (MARGIN + 60, y + LINE / 2), outline)
        pen.text((MARGIN + 74, y + 3), outline.name, LIGHT.ink, _font())
        y += LINE
    for line in text:
        pen.text((MARGIN, y + 3), line, LIGHT.ink, _font())
        y += LINE
    return sheet


def _panel(photo: Image.Image, view: Rectangle, drawn: tuple[Outline, ...]) -> Image.Image:
    """What lies in `view`, with its longer side as long as a panel."""
    scale = PANEL / max(view.size)
    height, width = (max(round(side * scale), 1) for side in view.size)
    panel = Image.new("RGB", (width, height), LIGHT.paints["other"].fill)
    small = photo.resize([max(round(side * scale), 1) for side in photo.size], Image.Resampling.BICUBIC)
    panel.paste(small, (round(-view.left * scale), round(-view.top * scale)))
    pen = ImageDraw.Draw(panel)
    for outline in drawn:
        spot = outline.rectangle
        top, bottom = (_line_position(row - view.top, scale, height) for row in (spot.top, spot.bottom))
        left, right = (_line_position(column - view.left, scale, width) for column in (spot.left, spot.right))
        for y in (top, bottom):
            _line(pen, (left, y), (right, y), outline)
        for x in (left, right):
            _line(pen, (x, top), (x, bottom), outline)
    return panel


def _line_position(at: float, scale: float, side: int) -> float:
    """Where a line is drawn: one along the edge of a panel inside it, one beyond the panel not much further off."""
    place = at * scale
    return min(max(place, 2.0), side - 3.0) if -1 <= place <= side + 1 else min(max(place, -9.0), side + 9.0)


def _line(pen: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], outline: Outline) -> None:
    """A dashed line on a white one, which shows on any photograph."""
    pen.line((start, end), "#ffffff", 5)
    length = abs(end[0] - start[0]) + abs(end[1] - start[1])  # it is level or upright
    strokes = DASHES[outline.dash] or (round(length) + 1, 0)
    at, i = 0.0, 0
    while at < length:
        to = min(at + strokes[i % len(strokes)], length)
        if i % 2 == 0:
            pen.line((_along(start, end, at / length), _along(start, end, to / length)), outline.colour, 3)
        at, i = to, i + 1


def _along(start: tuple[float, float], end: tuple[float, float], part: float) -> tuple[float, float]:
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(15)
