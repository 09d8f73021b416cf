"""Mermaid: a flowchart of boxes and arrows that GitHub draws in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from irnet.diagrams.graph_builder import GraphBuilder
from irnet.units import with_signs

# Entities in Mermaid's own way; between quotation marks nothing else is read as markup.
_SPECIAL = str.maketrans({char: f"#{ord(char)};" for char in '#"<>&`|\\;'})


def mermaid(sheet: GraphBuilder, alt: str, described: str) -> str:
    """A flowchart of a closed sheet, with a title and a description for those who can't see it.

    Boxes are named in the order in which they are drawn, so the text is always the same.
    """
    names = {item.path: f"n{i}" for i, item in enumerate(sheet.items)}
    shown = {item.kind for item in sheet.items if item.shape != "frame"}
    lines = [
        f"flowchart {'TD' if sheet.flow == 'down' else 'LR'}",
        f"accTitle: {_text(alt)}",
        f"accDescr: {_text(described)}",
        *_boxes(sheet, names),
    ]
    for link in sheet.links:
        label = f'|"{_text(link.label)}"|' if link.label.strip() else ""
        line = "==>" if link.shortcut else "-.->" if link.dashed else "-->"
        lines.append(f"{names[link.tail]} {line}{label} {names[link.head]}")
    for kind, paint in sheet.theme.paints.items():
        if kind in shown:
            dashes = ",stroke-dasharray:5 3" if paint.style == "dashed" else ""
            style = f"fill:{paint.fill},stroke:{paint.border},color:{sheet.theme.ink},stroke-width:{paint.width}px"
            lines.append(f"classDef {kind}_ {style}{dashes}")
    if shortcuts := [str(i) for i, link in enumerate(sheet.links) if link.shortcut]:
        lines.append(f"linkStyle {','.join(shortcuts)} stroke:{sheet.theme.shortcut},stroke-width:2.5px")
    return "\n".join(lines) + "\n"


def _boxes(sheet: GraphBuilder, names: Mapping[str, str], frame: str = "") -> Iterator[str]:
    """The boxes that stand in a frame, those of its inner frames inside them."""
    for item in sheet.items:
        if item.frame != frame:
            continue
        name, label = names[item.path], _text(item.title)
        if item.shape == "frame":
            yield f'subgraph {name}["{label}"]'
            yield from _boxes(sheet, names, item.path)
            yield "end"
        else:
            label += f"<br/>{_text(item.detail)}" if item.detail else ""
            opening, closing = {"bar": ('["', '"]'), "words": ('(["', '"])')}.get(item.shape, ('("', '")'))
            yield f"{name}{opening}{label}{closing}:::{item.kind}_"


def _text(text: str) -> str:
    """Text on one line, without what begins or ends something."""
    return " ".join(with_signs(text).split()).translate(_SPECIAL)
