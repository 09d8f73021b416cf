"""Edits with a place in them: those up to it are done, those after it are undone and can be redone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from irnet.edit.parse import MOST, check_count, parse
from irnet.models import PRESETS
from irnet.spec import Edit

LONGEST = 160  # characters of an edit
BAR = "|"  # between what is done and what is undone


@dataclass(frozen=True, slots=True)
class History:
    """Edits in the order they were made; the first `position` of them are done."""

    edits: tuple[Edit, ...] = ()
    position: int = 0

    @property
    def done(self) -> tuple[Edit, ...]:
        """The edits that the network has."""
        return self.edits[: self.position]

    @property
    def full(self) -> bool:
        """Whether no edit can be added."""
        return self.position >= MOST

    @property
    def text(self) -> str:
        """As it stands in addresses: what is done, and after a bar what is undone.

        Examples
        --------
        >>> History((Edit("", "a", 6), Edit("", "b", 3)), 1).text
        'a=6 | b=3'
        """
        done, undone = (", ".join(edit.text for edit in part) for part in (self.done, self.edits[self.position :]))
        return f"{done} {BAR} {undone}".strip() if undone else done

    def with_edit(self, edit: Edit) -> History:
        """One more edit; what was undone is forgotten.

        Raises
        ------
        ValueError
            If there are as many as a network takes.
        """
        if self.full:
            raise ValueError(f"{MOST} edits are as many as a network takes; undo some of them")
        return History((*self.done, edit), self.position + 1)

    def at(self, position: int) -> History:
        """The same edits, with so many of them done, none or all at the least or most."""
        return replace(self, position=max(0, min(position, len(self.edits))))

    def replaced(self, place: int, instead: Sequence[Edit]) -> History:
        """With others, or none, instead of the edit at a place; what was undone is forgotten."""
        edits = (*self.done[:place], *instead, *self.done[place + 1 :])
        return History(edits, len(edits))


def history(name: str, text: str) -> History:
    """The history that a text says of a preset, as `History.text` writes it.

    Raises
    ------
    ValueError
        If one of the edits is none or too long, they are too many, or there is more than one bar.

    Examples
    --------
    >>> history("inception_v4.paper", "a=6 | inception_b.0.b1.filters=200").done
    (Edit(where='', what='a', value=6),)
    """
    sides = [[part.strip() for part in side.split(",") if part.strip()] for side in text.split(BAR)]
    if len(sides) > 2:
        raise ValueError(f"edits have one {BAR} at most, before what is undone; here are {len(sides) - 1}")
    texts = [part for side in sides for part in side]
    check_count(texts)
    for part in texts:
        if len(part) > LONGEST:
            raise ValueError(f"an edit has at most {LONGEST} characters, and {part[:20]!r}... has {len(part)}")
    return History(tuple(parse(PRESETS[name], part) for part in texts), len(sides[0]))
