"""A figure or table of the catalogue as a file's bytes, in every format."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from irnet.diagrams.figure_words import FigureWords, figure_words
from irnet.diagrams.figures import Figure
from irnet.diagrams.layouts import LaidOut
from irnet.diagrams.mermaid import mermaid
from irnet.diagrams.render import render
from irnet.diagrams.tikz import tikz
from irnet.html import figure_page

FIGURE_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "svg": "SVG: text is text, every box has its path as id",
        "pdf": "PDF: vector, fonts embedded",
        "png": "PNG",
        "dot": "Graphviz source",
        "mmd": "Mermaid, for GitHub's Markdown",
        "tikz": "TikZ, for \\input; needs tikz and arrows.meta",
        "html": "one HTML file, light and dark, with its words",
    }
)
BOXES = "Box by box"  # over the long description
THEMELESS = ("html", "md", "tex", "csv")  # formats that have no theme, or every one
_SCALE = 2.0  # of a PNG, in pixels per 1/96 inch


@lru_cache(maxsize=64)
def laid_figure(figure: Figure, theme: str, width: str) -> LaidOut:
    """A figure at a width, remembered: every format of it starts here."""
    return figure.layout(theme, width)


def words_of(figure: Figure, width: str = "natural") -> FigureWords:
    """Caption, alternative text and long description of a figure as it is laid out at a width."""
    return figure_words(figure, laid_figure(figure, "light", width).sheet)


def figure_bytes(
    figure: Figure, form: str, theme: str = "light", width: str = "natural", scale: float = _SCALE
) -> bytes:
    """A figure as a file's bytes; the same figure gives the same bytes.

    Parameters
    ----------
    form
        One of `FIGURE_FORMS`.
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

    Examples
    --------
    >>> from irnet.diagrams.figures import figure_named
    >>> figure_bytes(figure_named("figure_20"), "mmd")[:12]
    b'flowchart TD'
    """
    if form not in FIGURE_FORMS:
        raise ValueError(f"no figure has the format {form!r}; they have {', '.join(FIGURE_FORMS)}")
    if form == "html":
        return _page(figure, width)
    found, texts = laid_figure(figure, theme, width), words_of(figure, width)
    match form:
        case "dot":
            return found.sheet.text.encode()
        case "mmd":
            return mermaid(found.sheet, texts.alt, texts.caption).encode()
        case "tikz":
            return tikz(found.sheet, found.svg, found.factor).encode()
        case "svg" | "pdf" | "png":
            return render(
                found.sheet.text, form, title=texts.alt, description=texts.caption, scale=scale, factor=found.factor
            )
        case _:
            raise AssertionError(f"{form} is in FIGURE_FORMS and has no writer")


def _page(figure: Figure, width: str) -> bytes:
    words = words_of(figure, width)
    light, dark = (figure_bytes(figure, "svg", theme, width) for theme in ("light", "dark"))
    return figure_page(figure.title, light, dark, words.alt, words.caption, BOXES, words.long)
