"""A small markup: paragraphs of plain words, **strong** ones, `code`, and [words](path) that lead to boxes."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from irnet.tree import parent_of

_MARKED = re.compile(r"\[([^\[\]\n]{1,120})\]\(([a-z0-9_./]{1,99})\)|\*\*([^*\n]+)\*\*|`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words in a row that are set alike."""

    text: str
    kind: Literal["plain", "strong", "code", "word"] = "plain"
    path: str = ""  # of the box that a word speaks of


def paragraphs(prose: str) -> tuple[tuple[Piece, ...], ...]:
    """The paragraphs of a text; an empty line separates them.

    Examples
    --------
    >>> paragraphs("See [the sum](block_b.0.add).")[0][1]
    Piece(text='the sum', kind='word', path='block_b.0.add')
    """
    return tuple(_pieces(" ".join(part.split())) for part in re.split(r"\n\s*\n", prose) if part.strip())


def _pieces(text: str) -> tuple[Piece, ...]:
    found, at = [], 0
    for match in _MARKED.finditer(text):
        found += [Piece(text[at : match.start()])] * (match.start() > at)
        word, path, strong, code = match.groups()
        found.append(Piece(word, "word", path) if path else Piece(strong, "strong") if strong else Piece(code, "code"))
        at = match.end()
    return (*found, *([Piece(text[at:])] * (at < len(text))))


def links(prose: str) -> tuple[str, ...]:
    """The boxes that a text speaks of, each once, in its order."""
    return tuple(dict.fromkeys(piece.path for part in paragraphs(prose) for piece in part if piece.path))


def spoken_of(linked: Collection[str], selected: str) -> str:
    """The box among those `linked` in a text that a selected box is or lies in; "" where it speaks of none.

    Examples
    --------
    >>> spoken_of(["block_b", "block_b.0.add"], "block_b.0.body.b1"), spoken_of(["block_b"], "stem")
    ('block_b', '')
    """
    while selected and selected not in linked:
        selected = parent_of(selected)
    return selected


def bare(prose: str) -> str:
    """A text without its marks.

    Examples
    --------
    >>> bare("See [the sum](block_b.0.add) **now**.")
    'See the sum now.'
    """
    return "\n\n".join("".join(piece.text for piece in part) for part in paragraphs(prose))
