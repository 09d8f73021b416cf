"""TikZ: boxes as named styles at the places where Graphviz puts them; needs the package tikz and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from irnet.diagrams.graph_builder import MARKED, GraphBuilder, Item
from irnet.diagrams.theme import Theme
from irnet.tables import latex

_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?[\d.]+")


class _Frame(NamedTuple):
    """Centre, width and height of a shape, in points of the layout; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


def tikz(sheet: GraphBuilder, svg: str, factor: float = 1.0) -> str:
    r"""A `tikzpicture` of a closed sheet that is laid out as `svg` says, `factor` times as large.

    To be read by `\input`; restyle it by changing the styles `irnet pointwise`, `irnet concat`, ... at its head.
    """
    graph = ElementTree.fromstring(svg.partition("?>")[2]).find(f"{_SVG}g")
    assert graph is not None, "every layout has a graph"
    items = {item.path: item for item in sheet.items}
    writable = [group for group in graph.iter(f"{_SVG}g") if group.get("class", "").split(" ")[0] in _WRITERS]
    order = sorted(writable, key=lambda group: list(_WRITERS).index(group.get("class", "").split(" ")[0]))
    lines = [
        r"% needs \usepackage{tikz} and \usetikzlibrary{arrows.meta}",
        rf"\begin{{tikzpicture}}[x={factor:.4g}pt, y=-{factor:.4g}pt, "
        r"every node/.style={inner sep=0pt, align=center}]",
        *_styles(sheet, factor),
        *_background(graph, sheet.theme),
        *(line for group in order for line in _tikz_lines(group, items, factor)),
        *_loose(graph),
        r"\end{tikzpicture}",
    ]
    return "\n".join(lines) + "\n"


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
            fill, border = paint.fill[1:].upper(), paint.border[1:].upper()
            yield rf"  irnet {kind}/.style={{irnet box, draw={_rgb(border)}, fill={_rgb(fill)}, "
            yield rf"    line width={paint.width:g}pt{dashes}}},"
    yield "}"
    yield rf"\def\irnetdetail{{{detail}\color{{irnet-faint}}}}"


def _rgb(hexadecimal: str) -> str:
    red, green, blue = (int(hexadecimal[i : i + 2], 16) for i in (0, 2, 4))
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"


def _background(graph: ElementTree.Element, theme: Theme) -> Iterator[str]:
    """The paper, where it is not white anyway; it also keeps the picture's margin."""
    page = graph.find(f"{_SVG}polygon")
    if page is not None:
        box = _frame([page])
        fill = "" if theme.paper == "#ffffff" else "[fill=irnet-paper]"
        yield rf"\path{fill} ({_left_edge(box)}) rectangle ({_right(box)});"


def _left_edge(box: _Frame) -> str:
    return f"{box.x - box.width / 2:.2f},{box.y - box.height / 2:.2f}"


def _right(box: _Frame) -> str:
    return f"{box.x + box.width / 2:.2f},{box.y + box.height / 2:.2f}"


def _frame(shapes: list[ElementTree.Element]) -> _Frame:
    numbers = [float(n) for shape in shapes for n in _NUMBER.findall(shape.get("d") or shape.get("points") or "")]
    xs, ys = numbers[0::2], numbers[1::2]
    return _Frame((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2, max(xs) - min(xs), max(ys) - min(ys))


def _shapes(group: ElementTree.Element) -> list[ElementTree.Element]:
    return [shape for shape in group.iter() if shape.tag in (f"{_SVG}path", f"{_SVG}polygon")]


def _tikz_lines(group: ElementTree.Element, items: dict[str, Item], factor: float) -> Iterator[str]:
    return _WRITERS[group.get("class", "").split(" ")[0]](group, items, factor)


def _node(group: ElementTree.Element, items: dict[str, Item], factor: float) -> Iterator[str]:
    item = items.get(group.get("id", ""))
    if item is None:
        return
    shapes = _shapes(group)
    if not shapes:
        yield from map(_text, group.iter(f"{_SVG}text"))
        return
    box = _frame(shapes)
    border = shapes[-1].get("stroke") or ""
    marked = f", sharp corners, draw={_rgb(border[1:])}" if shapes[-1].get("stroke-width") == f"{MARKED:g}" else ""
    size = f"minimum width={box.width * factor:.2f}pt, minimum height={box.height * factor:.2f}pt{marked}"
    texts = list(group.iter(f"{_SVG}text"))
    label = r"\\".join(_line(text, item) for text in texts)
    yield rf"\node[irnet {item.kind}, {size}] at ({box.x:.2f},{box.y:.2f}) {{{label}}};"


def _line(text: ElementTree.Element, item: Item) -> str:
    words = latex(text.text or "")
    if text.get("font-weight"):
        return rf"\textbf{{{words}}}"
    return words if item.shape == "bar" else rf"\irnetdetail {words}"


def _edge(group: ElementTree.Element, items: dict[str, Item], factor: float) -> Iterator[str]:
    del items, factor
    path, head = group.find(f".//{_SVG}path"), group.find(f".//{_SVG}polygon")
    if path is None or path.get("stroke") == "transparent":
        return
    points = [f"({x},{y})" for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path.get("d") or "")]
    curves = [
        f"{points[0]}",
        *(f".. controls {points[i]} and {points[i + 1]} .. {points[i + 2]}" for i in range(1, len(points) - 2, 3)),
    ]
    tip = re.findall(r"(-?[\d.]+),(-?[\d.]+)", head.get("points") or "")[1] if head is not None else None
    style = "shortcut" if float(path.get("stroke-width") or 1) == _SHORTCUT else "flow"
    yield rf"\draw[irnet {style}] {' '.join(curves)}" + (f" -- ({tip[0]},{tip[1]});" if tip else ";")
    yield from map(_text, group.iter(f"{_SVG}text"))


def _cluster(group: ElementTree.Element, items: dict[str, Item], factor: float) -> Iterator[str]:
    del items, factor
    shapes = _shapes(group)
    box = _frame(shapes[:1])
    border = (shapes[0].get("stroke") or "").lstrip("#")
    drawn = f"draw={_rgb(border)}, " if re.fullmatch("[0-9a-f]{6}", border) else ""
    yield rf"\path[{drawn}rounded corners=3pt] ({_left_edge(box)}) rectangle ({_right(box)});"
    yield from map(_text, group.iter(f"{_SVG}text"))


def _text(element: ElementTree.Element) -> str:
    x, y, size = (float(element.get(name) or 0) for name in ("x", "y", "font-size"))
    anchor = {"middle": "base", "end": "base east"}.get(element.get("text-anchor") or "", "base west")
    faint = "irnet detail" if size < _TITLE else "irnet words"
    words = latex(element.text or "")
    words = rf"\textbf{{{words}}}" if element.get("font-weight") else words
    return rf"\node[{faint}, anchor={anchor}] at ({x:.2f},{y:.2f}) {{{words}}};"


def _loose(graph: ElementTree.Element) -> Iterator[str]:
    """Title, notes and legend, which belong to no box."""
    for shape in list(graph)[1:]:
        if shape.tag == f"{_SVG}text":
            yield _text(shape)
        elif shape.tag in (f"{_SVG}polygon", f"{_SVG}path") and shape.get("points"):
            box, colours = _frame([shape]), (("fill", shape.get("fill")), ("draw", shape.get("stroke")))
            style = [f"{name}={_rgb(colour[1:])}" for name, colour in colours if colour and colour.startswith("#")]
            if style:
                yield rf"\path[{', '.join(style)}] ({_left_edge(box)}) rectangle ({_right(box)});"


_TITLE, _SHORTCUT = 10.5, 1.8  # points: text of this size is a title's; the line of a shortcut
_WRITERS = {"cluster": _cluster, "edge": _edge, "node": _node}
