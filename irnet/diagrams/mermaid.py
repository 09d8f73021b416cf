"""Mermaid, which GitHub draws inside Markdown: the same boxes and arrows, laid out by whoever shows them."""

from __future__ import annotations

from collections.abc import Iterator

from irnet.diagrams.graph_builder import GraphBuilder, Item
from irnet.diagrams.theme import Paint, Theme
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
