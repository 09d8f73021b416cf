"""A sheet as the canvas takes it: an SVG that carries its legend as data."""

from __future__ import annotations

import json
from html import escape

from irnet.diagrams.graph_builder import GraphBuilder
from irnet.diagrams.photograph import with_slots
from irnet.diagrams.render import render
from irnet.diagrams.rows import lead_arrows
from irnet.units import with_signs


def canvas_svg(sheet: GraphBuilder, title: str = "") -> bytes:
    """The SVG of a closed sheet; its `metadata` is a list of the swatches of its legend."""
    entries = [swatch._asdict() | {"text": with_signs(swatch.text)} for swatch in sheet.legend]
    legend = escape(json.dumps(entries, separators=(",", ":"), ensure_ascii=False), quote=False)
    svg = with_slots(render(sheet.text, "svg", title=title)).decode()
    svg = lead_arrows(svg, sheet.rows) if sheet.rows else svg
    return svg.replace("</svg>", f"<metadata>{legend}</metadata></svg>").encode()
