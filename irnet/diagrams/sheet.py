"""DOT gathered line by line: boxes, bars and arrows in one look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape

from irnet.diagrams.theme import NAMES, Kind, Theme

BOX, GAP = 1.5, 0.25  # inches: width of a box, space between branches; whole points, or columns lean
POINTS = 72  # per inch
FONT = "Helvetica"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a picture says beside its structure, by path: words, fills in place of the theme's, widths of arrows."""

    spoken: Mapping[str, str] = field(default_factory=dict)
    fills: Mapping[str, str] = field(default_factory=dict)
    widths: Mapping[str, float] = field(default_factory=dict)  # points, of the arrows that leave a box
    legend: tuple[tuple[str, str], ...] = ()  # fill and what it stands for; in place of the theme's


@dataclass(slots=True)
class Sheet:
    """Lines of DOT, and the kinds of operation that they show."""

    theme: Theme
    lines: list[str] = field(default_factory=list)
    look: Look = field(default_factory=Look)
    shown: set[Kind] = field(default_factory=set)
    frames: int = 0  # open round what is being drawn
    waiting: list[str] = field(default_factory=list)  # arrows that cross them: DOT would draw their ends inside

    def box(
        self, path: str, title: str, detail: str, kind: Kind, *, told: str, column: str = "", wide: float = BOX
    ) -> None:
        """A box with a bold title and a faint line of detail."""
        self.shown.add(kind)
        paint = self.theme.paints[kind]
        fill = self.look.fills.get(path, paint.fill)
        label = f"<b>{typeset(title)}</b>"
        if detail:
            label += f'<br/><font point-size="9" color="{self.theme.faint}">{typeset(detail)}</font>'
        self._node(
            path,
            told,
            f'label=<{label}> style="filled,rounded,{paint.style}" fillcolor="{fill}" color="{paint.border}" '
            f"penwidth={paint.width} width={wide}" + (f' group="{column}"' if column else ""),
        )

    def bar(
        self, path: str, text: str, kind: Kind, *, told: str, above: Spans = (), below: Spans = (), column: str = ""
    ) -> None:
        """A bar over or under branches, with a port for each: `t0`, `t1`, ... on top and `b0`, `b1`, ... below."""
        self.shown.add(kind)
        paint = self.theme.paints[kind]
        fill = self.look.fills.get(path, paint.fill)
        width = max(map(total, (above, below)))
        rows = [
            _ports("t", above, width),
            f'<tr><td cellpadding="4">{typeset(text)}</td></tr>',
            _ports("b", below, width),
        ]
        label = (
            f'<<table border="{paint.cell_border}" cellborder="0" cellspacing="0" cellpadding="0" style="rounded" '
            f'bgcolor="{fill}" color="{paint.border}">{"".join(rows)}</table>>'
        )
        group = f' group="{column}"' if column else ""
        self._node(path, told, f'shape=plain style="" label={label}{group}')

    @contextmanager
    def cluster(self, path: str, title: str, kind: Kind, *, told: str, style: str = "rounded") -> Iterator[None]:
        """A frame round everything that is drawn while the block runs."""
        paint, theme = self.theme.paints[kind], self.theme
        label = f'<<font point-size="10" color="{theme.faint}">{typeset(title)}</font>>'
        told = escape(self.look.spoken.get(path, told))
        self.frames += 1
        self.lines.append(
            f'subgraph "cluster_{path}" {{ id="{path}" tooltip="{told}" label={label} labeljust=l labelloc=t '
            f'style="{style}" color="{paint.border}" penwidth=1.2 margin=9'
        )
        yield
        self.frames -= 1
        self.lines.append("}")
        if not self.frames:
            self.lines += self.waiting
            self.waiting.clear()

    def words(self, path: str, text: str, told: str) -> None:
        """Text without a border."""
        self._node(
            path, told, f'shape=plain style="" label="{typeset(text)}" fontcolor="{self.theme.faint}" fontsize=10'
        )

    def _node(self, path: str, told: str, attributes: str) -> None:
        told = escape(self.look.spoken.get(path, told))
        self.lines.append(f'"{path}" [id="{path}" tooltip="{told}" {attributes}]')

    def arrow(self, tail: str, head: str, *, weight: int = 10, extra: str = "") -> None:
        """An arrow between two ends, each a name with an optional port as `end` writes it."""
        if (width := self.look.widths.get(tail.split('"')[1])) is not None:
            extra += f" penwidth={width:g}"
        (self.waiting if self.frames else self.lines).append(f"{tail} -> {head} [weight={weight} {extra}]")

    def dot(self, title: str, *, ranksep: float = 0.28, columns: int = 3) -> str:
        """The whole graph, with a title and a legend of what it shows underneath."""
        theme = self.theme
        head = [
            "digraph {",
            f'graph [bgcolor="{theme.paper}" nodesep={GAP} ranksep={ranksep} splines=spline fontname="{FONT}" '
            f'ordering=out pad=0.15 labelloc=b fontcolor="{theme.ink}" label={self._legend(title, columns)}]',
            f'node [shape=box fontname="{FONT}" fontsize=11 fontcolor="{theme.ink}" margin="0.04,0.03" height=0.44]',
            f'edge [color="{theme.line}" penwidth=1.1 arrowsize=0.6 fontname="{FONT}" fontsize=10 '
            f'fontcolor="{theme.faint}"]',
        ]
        return "\n".join([*head, *self.lines, "}"]) + "\n"

    def _legend(self, title: str, columns: int) -> str:
        cells = [self._swatch(kind) for kind, name in NAMES.items() if name and kind in self.shown]
        if self.look.legend:
            cells = [self._patch(fill, "#808080", "", text) for fill, text in self.look.legend]
        lines = "".join(f"<tr>{''.join(cells[i : i + columns])}</tr>" for i in range(0, len(cells), columns))
        aside = "<td></td>" * 4  # takes up most of the width by which the title is wider than the legend
        table = '<table border="0" cellborder="0" cellspacing="{}" cellpadding="2">{}</table>'
        legend = f"<tr>{aside}<td>{table.format(3, lines)}</td>{aside}</tr>" if lines else ""
        words = (
            f'<tr><td height="8"></td></tr><tr><td colspan="9"><font point-size="11">{typeset(title)}</font></td></tr>'
        )
        return f"<{table.format(0, words + legend)}>"

    def _swatch(self, kind: Kind) -> str:
        paint = self.theme.paints[kind]
        style = f' style="{paint.style}"' if paint.style != "solid" else ""
        return self._patch(paint.fill, paint.border, style, NAMES[kind], paint.cell_border)

    def _patch(self, fill: str, border: str, style: str, text: str, width: int = 1) -> str:
        return (
            f'<td border="{width}" width="16" height="10" fixedsize="true" bgcolor="{fill}" '
            f'color="{border}"{style}></td><td align="left"><font point-size="9" color="{self.theme.faint}">'
            f"{typeset(text)}</font></td>"
        )


_SIZE = re.compile(r"(?<!\w)[\dn]+(?:x[\dn]+)+\b|(?<!\S)x(?!\S)")


def typeset(text: str) -> str:
    """Text as a label of DOT: escaped, and with multiplication signs in sizes and products.

    Examples
    --------
    >>> typeset("3x3 conv, 35x35x384, 0.1 x residual, Conv2d_1a_3x3 & x")
    '3×3 conv, 35×35×384, 0.1 × residual, Conv2d_1a_3x3 &amp; ×'
    """
    return escape(_SIZE.sub(lambda found: found[0].replace("x", "×"), text))


Spans = tuple[float, ...]  # inches: widths of branches side by side


def total(spans: Spans) -> float:
    """Inches from the left edge of the first branch to the right edge of the last."""
    return sum(spans) + GAP * (len(spans) - 1)


def end(path: str, port: str = "") -> str:
    """A node's name, and a port of it with its compass point: "b0:s"."""
    return f'"{path}":{port}' if port else f'"{path}"'


def _ports(side: str, spans: Spans, width: float) -> str:
    """A table row with one cell a branch, centred in `width` inches."""
    if not spans:
        return ""
    margin = (width - total(spans)) / 2
    blank = '<td width="{:.0f}" height="2" fixedsize="true"></td>'
    edge = blank.format(margin * POINTS) if margin * POINTS >= 1 else ""
    cells = blank.format(GAP * POINTS).join(
        f'<td port="{side}{i}" width="{span * POINTS:.0f}" height="2" fixedsize="true"></td>'
        for i, span in enumerate(spans)
    )
    table = '<table border="0" cellborder="0" cellspacing="0" cellpadding="0">'
    return f"<tr><td>{table}<tr>{edge}{cells}{edge}</tr></table></td></tr>"
