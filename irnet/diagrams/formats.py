"""A figure or table of the catalogue as a file's bytes, in every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from irnet.diagrams.figure_words import FigureWords, figure_words
from irnet.diagrams.figures import Figure
from irnet.diagrams.graph_builder import GraphBuilder, Item
from irnet.diagrams.layouts import LaidOut
from irnet.diagrams.render import render
from irnet.diagrams.theme import Paint, Theme
from irnet.diagrams.tikz import tikz
from irnet.html import figure_page
from irnet.units import with_signs

# Entities in Mermaid's own way; between quotation marks nothing else is read as markup.
_SPECIAL = str.maketrans({char: f"#{ord(char)};" for char in '#"<>&`|\\;'})


def mermaid(sheet: GraphBuilder, alt: str, described: str) -> str:
    """A flowchart of a closed sheet, with a title and a description for those who can't see it.

    Boxes are named in the order in which they are drawn, so the text is always the same.
    """
    names = {item.path: f"n{i}" for i, item in enumerate(sheet.items)}
    shown = {item.kind for item in sheet.items if item.shape != "frame"}
    paints = [(kind, paint) for kind, paint in sheet.theme.paints.items() if kind in shown]
    lines = [
        f"flowchart {'TD' if sheet.flow == 'down' else 'LR'}",
        f"accTitle: {_text(alt)}",
        f"accDescr: {_text(described)}",
        *_inside(sheet.items, names, ""),
        *(_arrow(sheet, i, names) for i in range(len(sheet.links))),
        *(f"classDef {kind}_ {_style(paint, sheet.theme)}" for kind, paint in paints),
        *_shortcuts(sheet),
    ]
    return "\n".join(lines) + "\n"


def _inside(items: list[Item], names: dict[str, str], frame: str) -> Iterator[str]:
    """The boxes that stand in a frame, those of its inner frames inside them."""
    for item in items:
        if item.frame != frame:
            continue
        name = names[item.path]
        if item.shape == "frame":
            yield f'subgraph {name}["{_text(item.title)}"]'
            yield from _inside(items, names, item.path)
            yield "end"
        else:
            label = f"{_text(item.title)}<br/>{_text(item.detail)}" if item.detail else _text(item.title)
            opening, closing = {"bar": ('["', '"]'), "words": ('(["', '"])')}.get(item.shape, ('("', '")'))
            yield f"{name}{opening}{label}{closing}:::{item.kind}_"


def _arrow(sheet: GraphBuilder, i: int, names: dict[str, str]) -> str:
    link = sheet.links[i]
    label = f'|"{_text(link.label)}"|' if link.label.strip() else ""
    return f"{names[link.tail]} {'==>' if link.shortcut else '-->'}{label} {names[link.head]}"


def _shortcuts(sheet: GraphBuilder) -> Iterator[str]:
    found = [str(i) for i, link in enumerate(sheet.links) if link.shortcut]
    if found:
        yield f"linkStyle {','.join(found)} stroke:{sheet.theme.shortcut},stroke-width:2.5px"


def _style(paint: Paint, theme: Theme) -> str:
    dashes = {"dashed": ",stroke-dasharray:5 3"}.get(paint.style, "")
    return f"fill:{paint.fill},stroke:{paint.border},color:{theme.ink},stroke-width:{paint.width}px{dashes}"


def _text(text: str) -> str:
    """Text on one line, without what begins or ends something."""
    return " ".join(with_signs(text).split()).translate(_SPECIAL)


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
