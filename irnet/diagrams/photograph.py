"""The photograph inside a drawing: small maps of boxes with their numbers, as pictures and as what a canvas reads.

A drawing that is to hold them leaves a slot in every box; the canvas puts the pictures there, so that another picture
or scale draws nothing again. No torch: `irnet.lab.photograph` makes them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from math import ceil, isfinite, sqrt
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from irnet.diagrams.theme import NOT_FINITE, SEQUENTIAL, rgb
from irnet.spec import Fork, Network, Residual
from irnet.tree import resolve
from irnet.units import exact, share, sides

Pixels = NDArray[np.uint8]
BRIGHTEST, GAP, WRONG = 253, 254, 255  # of a map: the largest magnitude, nothing at all, and what is no finite number
SLOT_WIDE, SLOT_HIGH, LINE = 52, 60, 9  # points: a picture, its number under it, and where there are several its name
SLOT_FRAME = 28  # points: the side of the picture of a frame
TERMS = MappingProxyType({"input": "x", "project": "F(x)", "scale": "s F(x)", "add": "sum"})  # of a residual block
_SLOT = "#010203"  # no theme has it: how Graphviz is told to leave room, and where it left it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoxMap:
    """What one box puts out for one picture: mean magnitude over its channels, place by place, and two numbers."""

    pixels: Pixels  # (h, w): 0 to `BRIGHTEST` of the largest magnitude that it is shown beside, or `WRONG`
    mean_abs: float
    zero_share: float  # 0 to 1: values that are exactly zero

    @property
    def key(self) -> str:
        """What the address of its picture is made of: the same for the same pixels."""
        return sha256(bytes(self.pixels.shape[1:]) + self.pixels.tobytes()).hexdigest()[:24]

    @property
    def mean_text(self) -> str:
        """The mean magnitude as a reader sees it."""
        return f"{self.mean_abs:.3g}" if isfinite(self.mean_abs) else "not finite"

    @property
    def text(self) -> str:
        """Both numbers in words."""
        return f"mean magnitude {self.mean_text}, {share(self.zero_share, 1)} zeros"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Channels:
    """Some channels of one box, side by side on one scale of brightness, and the same of the terms of its sum."""

    path: str
    numbers: tuple[int, ...]  # of the channels, the strongest first
    count: int  # of all channels
    boxes: Mapping[str, BoxMap]  # by path: the box, and what is shown beside it

    @property
    def text(self) -> str:
        """Which channels they are."""
        if len(self.numbers) == 1:
            return f"channel {self.numbers[0]} of {exact(self.count)}"
        return f"{len(self.numbers)} strongest of {exact(self.count)} channels"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Photograph:
    """One picture's way through a network: a map of every box."""

    network: str
    weights: str  # what they are: "untrained, init tf, seed 0", or a file
    batch_norm: str
    photo: bytes  # JPEG: the picture as it was run
    boxes: Mapping[str, BoxMap]  # by path; "block_b.3.input" is what that block is given
    channels: Mapping[str, Channels] = field(default_factory=dict)  # by path: some of a box, where they were asked for

    @property
    def origin(self) -> str:
        """Which weights and statistics the maps come from."""
        return f"{self.weights[:1].upper()}{self.weights[1:]}; {self.batch_norm} statistics"

    @property
    def photo_key(self) -> str:
        """What the address of the picture itself is made of."""
        return sha256(self.photo).hexdigest()[:24]


def tile(maps: Pixels) -> Pixels:
    """Maps (N, h, w) in rows, with gaps between them.

    Examples
    --------
    >>> tile(np.ones((3, 2, 2), np.uint8)).shape
    (5, 5)
    """
    count, height, width = maps.shape
    across = ceil(sqrt(count))
    made = np.full((ceil(count / across) * (height + 1) - 1, across * (width + 1) - 1), GAP, np.uint8)
    for i, one in enumerate(maps):
        y, x = i // across * (height + 1), i % across * (width + 1)
        made[y : y + height, x : x + width] = one
    return made


def _palette() -> list[int]:
    colours, places = np.array([rgb(colour) for colour in SEQUENTIAL]), np.linspace(0, BRIGHTEST, len(SEQUENTIAL))
    ramp = [np.interp(np.arange(WRONG), places, colours[:, part]) for part in range(3)]
    return [*np.rint(np.stack(ramp, axis=1)).astype(int).ravel().tolist(), *rgb(NOT_FINITE)]


PALETTE = _palette()


def png(pixels: Pixels) -> bytes:
    """A map as a picture.

    Examples
    --------
    >>> png(np.zeros((2, 2), np.uint8))[1:4]
    b'PNG'
    """
    image, file = Image.frombytes("P", (pixels.shape[1], pixels.shape[0]), pixels.tobytes()), BytesIO()
    image.putpalette(PALETTE)
    image.save(file, "PNG", transparency=GAP)
    return file.getvalue()


Address = Callable[[str, Callable[[], bytes], str], str]  # from a key, how to make the file, and its ending


def inline(file: bytes, ending: str) -> str:
    """The whole file in its address, for a page without a server.

    Examples
    --------
    >>> inline(b"...", "jpg")
    'data:image/jpeg;base64,Li4u'
    """
    kind = "jpeg" if ending == "jpg" else ending
    return f"data:image/{kind};base64,{b64encode(file).decode()}"


def parts(network: Network, path: str) -> tuple[tuple[str, str], ...]:
    """What is shown side by side in a box: paths of maps, each with what is written beside its number.

    At a sum, and in a stage or block that ends in one, the terms of the paper's equation; at a merge of branches what
    is merged; elsewhere what the box puts out.

    Examples
    --------
    >>> from irnet.models import network
    >>> spec = network("inception_resnet_v2")
    >>> [name for _, name in parts(spec, "block_b")], parts(spec, "block_b.0.body.b0")
    (['x', 'F(x)', 's F(x)', 'sum'], (('block_b.0.body.b0', ''),))
    """
    tree = resolve(network)
    if path not in tree:
        return ((path, ""),)
    box = tree[path]
    whole = tree[box.children[-1]] if box.level == "stage" and box.children else box
    whole = tree[whole.parent] if whole.op in ("add", "concat") and whole.node is None else whole
    if isinstance(whole.node, Residual):
        return tuple((f"{whole.path}.{step}", name) for step, name in TERMS.items())
    if isinstance(whole.node, Fork):
        *branches, merge = whole.children
        return (*((branch, tree[branch].name) for branch in branches), (merge, "concat"))
    return ((path, ""),)


def slots_in(network: Network, shown: Collection[str]) -> dict[str, int]:
    """For how many pictures each box that is shown has room; a pass leaves auxiliary heads out."""
    tree = resolve(network)
    every = (*shown, *(head.path for head in tree.auxiliary))
    return {path: 0 if tree.is_aside(path) else len(parts(network, path)) for path in every}


def for_canvas(network: Network, found: Photograph, address: Address) -> dict[str, Any]:
    """What the canvas reads: of every box the address of its picture, its number, both in words, and what it shows."""
    made: dict[str, Any] = {"input": {"src": address(found.photo_key, lambda: found.photo, "jpg")}}
    for path, one in found.boxes.items():
        src = address(one.key, lambda one=one: png(one.pixels), "png")  # type: ignore[misc]
        made[path] = {"src": src, "number": one.mean_text, "text": one.text}
        if len(beside := parts(network, path)) > 1:
            made[path]["parts"] = beside
    return made


def channels_for_canvas(found: Channels, address: Address) -> dict[str, Any]:
    """What the canvas reads of the channels of a box: pictures of it and of the terms of its sum, and which they are.

    Under a picture stands the number of its channel, or how many of how many they are.
    """
    few, first = f"{len(found.numbers)} of {found.count}", found.numbers[0]
    return {
        "words": found.text,
        "numbers": found.numbers,
        "count": found.count,
        "boxes": {
            path: {
                "src": address(box.key, lambda box=box: png(box.pixels), "png"),  # type: ignore[misc]
                "number": few if found.numbers[1:] else f"#{first}: {box.mean_abs:.2g}",
                "text": f"{found.text}: {box.text}",
            }
            for path, box in found.boxes.items()
        },
    }


def for_reader(network: Network, found: Photograph, shown: Collection[str]) -> list[dict[str, object]]:
    """One record for every box that is shown, in the order they run."""
    return [
        {
            "box": path,
            "what": box.title,
            "mean magnitude": found.boxes[path].mean_abs,
            "zeros": share(found.boxes[path].zero_share, 1),
        }
        for path, box in resolve(network).items()
        if path in shown and path in found.boxes
    ]


def seen(network: Network, path: str) -> dict[str, Any]:
    """What says which pixels of the picture an output of the box sees: the box's grid, and its receptive field."""
    box = resolve(network)[path]
    return {
        "path": path,
        "window": f"one output sees {sides(box.field.size)} px",
        "grid": box.out_shape[1:],
        "picture": network.input_shape[1:],
        "size": box.field.size,
        "stride": box.field.stride,
        "padding": box.field.padding,
    }


def slotted(label: str, pictures: int) -> str:
    """A label of DOT with room for so many pictures above its words.

    Examples
    --------
    >>> slotted("x", 0)
    'x'
    """
    if not pictures:
        return label
    high = SLOT_HIGH + LINE * (pictures > 1)
    room = f'<td width="{SLOT_WIDE * pictures}" height="{high}" fixedsize="true" bgcolor="{_SLOT}"></td>'
    return (
        f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>{room}</tr><tr><td>{label}</td></tr>'
        "</table>"
    )


def slotted_title(title: str) -> str:
    """The title of a frame in DOT, beside room for a small picture."""
    room = f'<td width="{SLOT_FRAME}" height="{SLOT_FRAME}" fixedsize="true" bgcolor="{_SLOT}"></td>'
    words = f"<td> {title}</td>" if title else ""
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>{room}{words}</tr></table>'


def with_slots(svg: bytes) -> bytes:
    """A drawing in which the room for pictures can be found, and is pale until they are there."""
    return re.sub(rb'<polygon fill="#010203"', b'<polygon class="slot" fill="#808080" fill-opacity=".15"', svg)
