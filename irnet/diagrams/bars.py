"""Bars before and after branches: tables of DOT with a port for every branch."""

from __future__ import annotations

import re
from html import escape
from textwrap import wrap
from typing import Literal

from irnet.diagrams.measures import POINTS
from irnet.diagrams.photograph import slotted
from irnet.units import printable, with_signs

NARROW = 20  # characters in a line of a bar that stands
Spans = tuple[float, ...]  # inches: widths of branches side by side


def typeset(text: str) -> str:
    """Text as a label of DOT: escaped, and with multiplication signs in sizes and products.

    Examples
    --------
    >>> typeset("3x3 conv, 35x35x384, 0.1 x residual, Conv2d_1a_3x3 & x")
    '3×3 conv, 35×35×384, 0.1 × residual, Conv2d_1a_3x3 &amp; ×'
    """
    return escape(with_signs(text)).replace("\\", "\\\\")  # else Graphviz fills in \N and the like


def quote(text: str) -> str:
    r"""Text between quotation marks of DOT.

    Examples
    --------
    >>> print(quote('say "no" \\'))
    "say \"no\" \\"
    """
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def quote_name(text: str) -> str:
    """The name of a box between quotation marks; Graphviz reads entities there.

    Examples
    --------
    >>> print(quote_name("a&b"))
    "a&amp;b"
    """
    return quote(text.replace("&", "&amp;"))


def total(spans: Spans, gap: float) -> float:
    """Inches from the left edge of the first branch to the right edge of the last."""
    return sum(spans) + gap * (len(spans) - 1)


def across(text: str, above: Spans, below: Spans, gap: float, pictures: int = 0) -> str:
    """Rows of a bar that lies: ports on top, words, ports below."""
    width = max(total(spans, gap) for spans in (above, below))
    words = f'<tr><td cellpadding="4">{slotted(typeset(text), pictures)}</td></tr>'
    return "".join(
        (
            f"<tr><td>{_ports('t', above, width, 'width', gap)}</td></tr>" if above else "",
            words,
            f"<tr><td>{_ports('b', below, width, 'width', gap)}</td></tr>" if below else "",
        )
    )


def along(text: str, above: Spans, below: Spans, gap: float, pictures: int = 0) -> str:
    """The row of a bar that stands: ports on the left, words one below the other, ports on the right."""
    height = max(total(spans, gap) for spans in (above, below))
    parts = (line for part in re.split(r"  +|(?= = )", text) for line in wrap(part.strip(), NARROW))
    words = "<br/>".join(map(typeset, parts))
    cells = (
        f"<td>{_ports('t', above, height, 'height', gap)}</td>" if above else "",
        f'<td cellpadding="4">{slotted(words, pictures)}</td>',
        f"<td>{_ports('b', below, height, 'height', gap)}</td>" if below else "",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _ports(side: str, spans: Spans, length: float, measure: Literal["width", "height"], gap: float) -> str:
    """One cell a branch, centred in `length` inches: side by side if they measure widths, else one below the other."""
    thin = "height" if measure == "width" else "width"
    margin = (length - total(spans, gap)) / 2
    blank = f'<td {measure}="{{:.0f}}" {thin}="2" fixedsize="true"></td>'
    edge = [blank.format(margin * POINTS)] if margin * POINTS >= 1 else []
    ports = [
        f'<td port="{side}{i}" {measure}="{span * POINTS:.0f}" {thin}="2" fixedsize="true"></td>'
        for i, span in enumerate(spans)
    ]
    between = blank.format(gap * POINTS)
    cells = [*edge, *(cell for port in ports for cell in (port, between))][:-1] + edge
    rows = "".join(cells) if measure == "width" else "</tr><tr>".join(cells)
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>{rows}</tr></table>'
