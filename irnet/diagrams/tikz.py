"""TikZ: boxes as named styles at the places where Graphviz puts them; needs the package tikz and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from irnet.diagrams.graph_builder import MARKED, GraphBuilder, Item
from irnet.diagrams.theme import Theme, rgb
from irnet.tables import latex

_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER, _POINT = re.compile(r"-?[\d.]+"), re.compile(r"-?[\d.]+,-?[\d.]+")
_TITLE, _SHORTCUT = 10.5, 1.8  # points: text of this size is a title's; the line of a shortcut


def tikz(sheet: GraphBuilder, svg: str, factor: float = 1.0) -> str:
    r"""A `tikzpicture` of a closed sheet that is laid out as `svg` says, `factor` times as large.

    To be read by `\input`; restyle it by changing the styles `irnet pointwise`, `irnet concat`, ... at its head.
    """
    graph = ElementTree.fromstring(svg.partition("?>")[2]).find(f"{_SVG}g")
    assert graph is not None, "every layout has a graph"
    items = {item.path: item for item in sheet.items}
    lines = [
        r"% needs \usepackage{tikz} and \usetikzlibrary{arrows.meta}",
        rf"\begin{{tikzpicture}}[x={factor:.4g}pt, y=-{factor:.4g}pt, "
        r"every node/.style={inner sep=0pt, align=center}]",
        *_styles(sheet, factor),
        *_background(graph, sheet.theme),
        *(line for group in _groups(graph, "cluster") for line in _cluster(group)),
        *(line for group in _groups(graph, "edge") for line in _edge(group)),
        *(line for group in _groups(graph, "node") for line in _node(group, items, factor)),
        *_loose(graph),
        r"\end{tikzpicture}",
    ]
    return "\n".join(lines) + "\n"


def _groups(graph: ElementTree.Element, kind: str) -> Iterator[ElementTree.Element]:
    return (group for group in graph.iter(f"{_SVG}g") if group.get("class", "").split(" ")[0] == kind)


def _styles(sheet: GraphBuilder, factor: float) -> Iterator[str]:
    theme, sizes = sheet.theme, sheet.measures
    inks = (("ink", theme.ink), ("faint", theme.faint), ("line", theme.line), ("shortcut", theme.shortcut))
    for name, colour in (*inks, ("paper", theme.paper)):
        yield rf"\definecolor{{irnet-{name}}}{{HTML}}{{{colour[1:].upper()}}}"
    yield r"\tikzset{"
    title, detail = (
        rf"\sffamily\fontsize{{{size * factor:.4g}}}{{{size * factor * 1.15:.4g}}}\selectfont"
        for size in (sizes.title, sizes.detail)
    )
    yield rf"  irnet box/.style={{draw, rounded corners=3pt, text=irnet-ink, font={title}}},"
    yield rf"  irnet detail/.style={{text=irnet-faint, font={detail}}},"
    yield rf"  irnet words/.style={{text=irnet-ink, anchor=base west, font={title}}},"
    yield r"  irnet flow/.style={draw=irnet-line, line width=0.9pt, -{Stealth[length=4pt]}},"
    yield r"  irnet shortcut/.style={draw=irnet-shortcut, line width=1.6pt, -{Stealth[length=5pt]}},"
    shown = {item.kind for item in sheet.items}
    for kind, paint in theme.paints.items():
        if kind in shown:
            dashes = ", dashed" if paint.style == "dashed" else ""
            yield rf"  irnet {kind}/.style={{irnet box, draw={_rgb(paint.border)}, fill={_rgb(paint.fill)}, "
            yield rf"    line width={paint.width:g}pt{dashes}}},"
    yield "}"
    yield rf"\def\irnetdetail{{{detail}\color{{irnet-faint}}}}"


def _rgb(colour: str) -> str:
    red, green, blue = rgb(colour)
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"


def _background(graph: ElementTree.Element, theme: Theme) -> Iterator[str]:
    """The paper, where it is not white anyway; it also keeps the picture's margin."""
    page = graph.find(f"{_SVG}polygon")
    if page is not None:
        fill = "" if theme.paper == "#ffffff" else "[fill=irnet-paper]"
        yield rf"\path{fill} {_rectangle(page)};"


def _bounds(*shapes: ElementTree.Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of shapes, in points of the layout; y grows downwards."""
    numbers = [float(n) for shape in shapes for n in _NUMBER.findall(shape.get("d") or shape.get("points") or "")]
    xs, ys = numbers[0::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def _rectangle(shape: ElementTree.Element) -> str:
    left, top, right, bottom = _bounds(shape)
    return f"({left:.2f},{top:.2f}) rectangle ({right:.2f},{bottom:.2f})"


def _shapes(group: ElementTree.Element) -> list[ElementTree.Element]:
    return [shape for shape in group.iter() if shape.tag in (f"{_SVG}path", f"{_SVG}polygon")]


def _texts(group: ElementTree.Element) -> Iterator[str]:
    return map(_text, group.iter(f"{_SVG}text"))


def _node(group: ElementTree.Element, items: Mapping[str, Item], factor: float) -> Iterator[str]:
    item, shapes = items.get(group.get("id", "")), _shapes(group)
    if item is None or not shapes:
        yield from _texts(group) if item else ()
        return
    left, top, right, bottom = _bounds(*shapes)
    is_marked = shapes[-1].get("stroke-width") == f"{MARKED:g}"
    marked = f", sharp corners, draw={_rgb(shapes[-1].get('stroke') or '')}" if is_marked else ""
    size = f"minimum width={(right - left) * factor:.2f}pt, minimum height={(bottom - top) * factor:.2f}pt{marked}"
    label = r"\\".join(_line(text, item) for text in group.iter(f"{_SVG}text"))
    place = f"({(left + right) / 2:.2f},{(top + bottom) / 2:.2f})"
    yield rf"\node[irnet {item.kind}, {size}] at {place} {{{label}}};"


def _line(text: ElementTree.Element, item: Item) -> str:
    return _words(text) if text.get("font-weight") or item.shape == "bar" else rf"\irnetdetail {_words(text)}"


def _words(text: ElementTree.Element) -> str:
    words = latex(text.text or "")
    return rf"\textbf{{{words}}}" if text.get("font-weight") else words


def _edge(group: ElementTree.Element) -> Iterator[str]:
    path, head = group.find(f".//{_SVG}path"), group.find(f".//{_SVG}polygon")
    if path is None or path.get("stroke") == "transparent":
        return
    start, *points = _points(path.get("d"))
    curves = (f".. controls {points[i]} and {points[i + 1]} .. {points[i + 2]}" for i in range(0, len(points) - 2, 3))
    tip = f" -- {_points(head.get('points'))[1]}" if head is not None else ""
    style = "shortcut" if float(path.get("stroke-width") or 1) == _SHORTCUT else "flow"
    style += ", dashed" if path.get("stroke-dasharray") else ""
    yield rf"\draw[irnet {style}] {' '.join([start, *curves])}{tip};"
    yield from _texts(group)


def _points(found: str | None) -> list[str]:
    return [f"({point})" for point in _POINT.findall(found or "")]


def _cluster(group: ElementTree.Element) -> Iterator[str]:
    outline = _shapes(group)[0]
    border = outline.get("stroke") or ""
    drawn = f"draw={_rgb(border)}, " if re.fullmatch("#[0-9a-f]{6}", border) else ""
    yield rf"\path[{drawn}rounded corners=3pt] {_rectangle(outline)};"
    yield from _texts(group)


def _text(element: ElementTree.Element) -> str:
    x, y, size = (float(element.get(name) or 0) for name in ("x", "y", "font-size"))
    anchor = {"middle": "base", "end": "base east"}.get(element.get("text-anchor") or "", "base west")
    faint = "irnet detail" if size < _TITLE else "irnet words"
    return rf"\node[{faint}, anchor={anchor}] at ({x:.2f},{y:.2f}) {{{_words(element)}}};"


def _loose(graph: ElementTree.Element) -> Iterator[str]:
    """Title, notes and legend, which belong to no box."""
    for shape in list(graph)[1:]:
        if shape.tag == f"{_SVG}text":
            yield _text(shape)
        elif shape.tag in (f"{_SVG}polygon", f"{_SVG}path") and shape.get("points"):
            colours = (("fill", shape.get("fill")), ("draw", shape.get("stroke")))
            style = [f"{name}={_rgb(colour)}" for name, colour in colours if colour and colour.startswith("#")]
            if style:
                yield rf"\path[{', '.join(style)}] {_rectangle(shape)};"
