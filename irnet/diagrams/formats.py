"""What the catalogue holds: figures, charts and tables, each in its formats and with its words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, ClassVar

from irnet.diagrams.theme import theme_named
from irnet.diagrams.words import Words, latex_snippet, picture_snippet
from irnet.html import page

THEMELESS = ("html", "md", "tex", "csv")  # formats that have no theme, or every one
SCALE = 2.0  # of a PNG, in pixels per 1/96 inch


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(ABC):
    """Something that can be taken away."""

    forms: ClassVar[Mapping[str, str]]  # its formats, and what each is
    lacks: ClassVar[str] = ""  # why it lacks a format that others have

    id: str
    group: str
    title: str

    @property
    def formats(self) -> str:
        """Which formats it has, and why it lacks one that others have, in words."""
        return f"it has {', '.join(self.forms)}{'; ' if self.lacks else ''}{self.lacks}"

    @abstractmethod
    def content(self, form: str, theme: str = "light", width: str = "natural", scale: float = SCALE) -> bytes:
        """It as a file's bytes; the same entry gives the same bytes.

        Parameters
        ----------
        form
            One of `forms`.
        theme
            "light", "dark" or "print".
        width
            "natural", "column", "page" or "slide".
        scale
            Of a PNG, in pixels per 1/96 inch.

        Raises
        ------
        ValueError
            For an unknown format, theme or width, or if text would be smaller than 8 points at that width.
        """

    @abstractmethod
    def texts(self, width: str) -> dict[str, Any]:
        """What is said beside it, as plain values.

        Raises
        ------
        ValueError
            For an unknown width, or if the text would be too small at this one.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Entry):
    """An entry that is drawn."""

    summary: ClassVar[str]  # stands over the long description

    notes: tuple[str, ...] = ()  # on the face: departures from the print, or what a release has instead

    @abstractmethod
    def words(self, width: str = "natural") -> Words:
        """Caption, alternative text and long description as it is laid out at a width."""

    @abstractmethod
    def draw(self, form: str, theme: str, width: str, scale: float) -> bytes:
        """One of the formats but "html"."""

    def content(self, form: str, theme: str = "light", width: str = "natural", scale: float = SCALE) -> bytes:
        """It as a file's bytes, as `Entry` says; "html" has it in light and dark, with its words."""
        if form not in self.forms:
            raise ValueError(f"{self.id} has no format {form!r}; {self.formats}")
        theme_named(theme)
        return self._page(width) if form == "html" else self.draw(form, theme, width, scale)

    def _page(self, width: str) -> bytes:
        words = self.words(width)
        light, dark = (b64encode(self.draw("svg", shown, width, SCALE)).decode() for shown in ("light", "dark"))
        lines = "".join(f"<li>{escape(line.partition('. ')[2])}</li>" for line in words.long)
        body = f"""<figure>
<picture>
<source media="(prefers-color-scheme: dark)" srcset="data:image/svg+xml;base64,{dark}">
<img alt="{escape(words.alt)}" src="data:image/svg+xml;base64,{light}">
</picture>
<figcaption>{escape(words.caption)}</figcaption>
</figure>
<details><summary>{self.summary}</summary><ol>{lines}</ol></details>"""
        return page(self.title, body)

    def texts(self, width: str) -> dict[str, Any]:
        """Title, caption, alternative text, long description, departures and snippets."""
        words = self.words(width)
        snippets = {"picture": picture_snippet(self.id, words.alt), "latex": latex_snippet(self.id, words.caption)}
        return {"title": self.title, **asdict(words), "departures": list(self.notes), "snippets": snippets}
