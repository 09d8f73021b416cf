"""What is on a sheet, as what other formats are written from: boxes, bars, words, frames and arrows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from irnet.diagrams.theme import Kind


class End(NamedTuple):
    """Where an arrow starts or ends: a box, a port of a bar, and the side; without a side, Graphviz chooses."""

    path: str
    side: Literal["in", "out", "left", "right", ""] = ""
    port: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A box, a bar, words or a frame, as what other formats are written from."""

    path: str
    title: str
    detail: str
    description: str
    kind: Kind = "other"
    shape: Literal["box", "bar", "words", "frame"] = "box"
    frame: str = ""  # path of the frame that it stands in


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow between two items."""

    tail: str
    head: str
    label: str = ""
    shortcut: bool = False
