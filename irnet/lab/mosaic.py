"""Feature maps as files: a picture of tiles with a colour bar, small pictures, and the numbers themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil, isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from irnet.diagrams.theme import LIGHT, NOT_FINITE, rgb, scale
from irnet.lab.forward import Array
from irnet.lab.maps import Channel, FeatureMaps, Maps, extent

TILE = 64  # pixels that a tile has at least
LETTERS = 11
MARGIN = 12
VALUES = 100_000  # on a page
BAR = 14  # pixels across


def paint(values: Array, ends: tuple[float, float]) -> NDArray[np.uint8]:
    """Values of any shape as colours, one axis more; what is no finite number has a colour of its own.

    Examples
    --------
    >>> paint(np.array([0, 1, np.nan], np.float32), (0.0, 1.0)).tolist()
    [[16, 26, 59], [250, 243, 181], [142, 36, 170]]
    """
    colours = np.array([rgb(colour) for colour in scale(ends[0])], dtype=np.float64)
    places = np.linspace(*ends, len(colours))
    finite = np.isfinite(values)
    clean = np.where(finite, values, 0).astype(np.float64)
    made = np.stack([np.interp(clean, places, colours[:, part]) for part in range(3)], axis=-1)
    made[~finite] = rgb(NOT_FINITE)
    return np.rint(made).astype(np.uint8)


def thumbnail(picture: Array) -> bytes:
    """A small picture as PNG, on a colour scale of its own."""
    return _png(Image.fromarray(paint(picture, extent(picture))))


def mosaic(maps: Maps, shown: Sequence[Channel], title: str) -> bytes:
    """The channels that are shown as tiles with their numbers, dead ones crossed out, and a colour bar; PNG.

    The colour scale is that of all channels of the tensor, shown or not.

    Raises
    ------
    ValueError
        If no channel is to be shown.
    """
    if not shown:
        raise ValueError("a picture of feature maps needs at least one channel")
    height, width = maps.values.shape[1:]
    times = max(1, ceil(TILE / max(height, width)))
    across = _columns(len(shown))
    step_x, step_y = max(width * times, TILE) + 6, height * times + LETTERS + 8
    down = ceil(len(shown) / across)
    top = MARGIN + 2 * (LETTERS + 6)
    size = 2 * MARGIN + across * step_x + 110, top + max(down * step_y, 160) + MARGIN
    sheet = Image.new("RGB", size, LIGHT.paper)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTERS)
    draw.text((MARGIN, MARGIN), title, LIGHT.ink, font)
    draw.text((MARGIN, MARGIN + LETTERS + 4), _caption(maps, shown), LIGHT.faint, font)
    cross = (
        LIGHT.ink if maps.extent[0] else LIGHT.paper
    )  # zero is the darkest colour, or among negative ones the lightest
    for i, channel in enumerate(shown):
        place = MARGIN + i % across * step_x, top + i // across * step_y
        tile = Image.fromarray(paint(maps.values[channel.index], maps.extent))
        sheet.paste(tile.resize((width * times, height * times), Image.Resampling.NEAREST), place)
        _label(draw, font, channel, place, (width * times, height * times), cross)
    _bar(sheet, maps, (MARGIN + across * step_x + 8, top))
    return _png(sheet)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mosaic:
    """Channels laid out side by side in one array, for a chart that shows values under the pointer."""

    values: Array  # (H, W); NaN between the tiles
    where: NDArray[np.int32]  # (H, W, 3): channel, y and x of every value
    wrong: Array  # (H, W): 1 where a value is no finite number, else NaN
    corners: tuple[tuple[int, int], ...]  # (y, x) of every tile's first value
    dead: tuple[bool, ...]


def sheet(values: Array, numbers: Sequence[int]) -> Mosaic:
    """The channels (N, H, W) as tiles with gaps, which leave room for their `numbers` above them.

    Examples
    --------
    >>> made = sheet(np.ones((4, 2, 2), np.float32), (7, 8, 9, 0))
    >>> made.corners[3], made.where[made.corners[3]].tolist()
    ((4, 3), [0, 0, 0])
    """
    count, height, width = values.shape
    across = _columns(count)
    room, gap = max(1, ceil(height * 0.3)), max(1, ceil(width * 0.08))
    step_y, step_x = height + room, width + gap
    size = ceil(count / across) * step_y, across * step_x - gap
    laid, wrong = (np.full(size, np.nan, np.float32) for _ in range(2))
    where = np.zeros((*size, 3), np.int32)
    corners = tuple((room + i // across * step_y, i % across * step_x) for i in range(count))
    for (y, x), tile, number in zip(corners, values, numbers, strict=True):
        place = slice(y, y + height), slice(x, x + width)
        laid[place] = tile
        wrong[place] = np.where(np.isfinite(tile), np.nan, 1)
        where[place] = np.stack([np.full((height, width), number), *np.indices((height, width))], axis=-1)
    return Mosaic(values=laid, wrong=wrong, where=where, corners=corners, dead=tuple(not tile.any() for tile in values))


def tiles(height: int, width: int) -> int:
    """How many channels of this grid a page holds: a square number, so that a page has a bearable number of values.

    Examples
    --------
    >>> tiles(35, 35), tiles(149, 149), tiles(1, 1)
    (64, 4, 64)
    """
    return int(min(8, max(1, isqrt(VALUES // (height * width)))) ** 2)


def _columns(count: int) -> int:
    """How many tiles stand side by side, so that the whole is about as wide as high: 8 of 64, 3 of 5."""
    root = isqrt(count)
    return root + (root * root < count)


def arrays(found: FeatureMaps) -> bytes:
    """Every tensor of the box as a NumPy archive, under its name, with what it comes from."""
    file = BytesIO()
    caption = {"network": found.network, "path": found.path, "weights": found.weights, "batch_norm": found.batch_norm}
    named: dict[str, Any] = {maps.name: maps.values for maps in found.tensors}
    np.savez_compressed(file, **named | {name: np.array(value) for name, value in caption.items()})
    return file.getvalue()


def _caption(maps: Maps, shown: Sequence[Channel]) -> str:
    caption = f"{maps.name}: {len(shown)} of {len(maps.values)} channels, from channel {shown[0].index}"
    return f"{caption}; {maps.troubles}" if maps.troubles else caption


def _label(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    channel: Channel,
    place: tuple[int, int],
    size: tuple[int, int],
    ink: str,
) -> None:
    (x, y), (width, height) = place, size
    draw.text((x, y + height + 1), f"{channel.index}{' dead' if channel.dead else ''}", LIGHT.ink, font)
    if channel.dead:
        draw.line((x, y, x + width - 1, y + height - 1), ink)
        draw.line((x, y + height - 1, x + width - 1, y), ink)


def _bar(sheet: Image.Image, maps: Maps, place: tuple[int, int]) -> None:
    """The colour scale with its ends and middle."""
    low, high = maps.extent
    x, y = place
    length = sheet.height - y - MARGIN - LETTERS
    ramp = np.linspace(high, low, length, dtype=np.float32)
    sheet.paste(Image.fromarray(paint(np.repeat(ramp[:, None], BAR, 1), (low, high))), (x, y))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTERS)
    for share, value in ((0.0, high), (0.5, (low + high) / 2), (1.0, low)):
        draw.text((x + BAR + 5, y + share * length - LETTERS / 2), f"{value:.4g}", LIGHT.ink, font)


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
