"""DOT gathered line by line: boxes, bars and arrows in one look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from textwrap import wrap
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from irnet.analysis.side_by_side import Mark
from irnet.diagrams.theme import NAMES, Kind, Paint, Theme

Flow = Literal["down", "right"]  # the way that the arrows run
FLOWS: tuple[Flow, ...] = get_args(Flow)
WIDE, HIGH, GAP = 1.5, 0.5, 0.25  # inches: a box, the space between branches; whole points, or columns lean
LANES = {"down": 0.5, "right": 0.25}  # inches: the shortcut's lane beside the branches
SIDES = {"down": {"in": "n", "out": "s"}, "right": {"in": "w", "out": "e"}}  # where arrows enter and leave
POINTS = 72  # per inch
MARKED = 2.6  # points: the border of a marked box
SIGNS: Mapping[Mark, str] = MappingProxyType({"changed": "\u2260 ", "only": "+ ", "refused": "\u2717 "})
MARKS: Mapping[Mark, str] = MappingProxyType({"changed": "\u2260 differs", "only": "+ on one side only"})
REFUSED: Mapping[Mark, str] = MappingProxyType({"refused": "\u2717 can't be"})
NARROW = 20  # characters in a line of a bar that stands
FONT = "Helvetica"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a picture says beside its structure, by path: words, fills in place of the theme's, widths of arrows."""

    spoken: Mapping[str, str] = field(default_factory=dict)  # of every box that can be chosen
    opens: frozenset[str] = frozenset()  # boxes with something inside
    fills: Mapping[str, str] = field(default_factory=dict)
    widths: Mapping[str, float] = field(default_factory=dict)  # points, of the arrows that leave a box
    legend: tuple[tuple[str, str], ...] = ()  # fill and what it stands for; in place of the theme's
    arrows: str = ""  # what the widths stand for
    marks: Mapping[str, Mark] = field(default_factory=dict)  # how boxes stand to those of another network
    ghosts: bool = False  # what is the same is drawn without fill
    groups: Mapping[str, str] = field(default_factory=dict)  # what boxes of several networks have in common


class End(NamedTuple):
    """Where an arrow starts or ends: a box, a port of a bar, and the side; without a side, Graphviz chooses."""

    path: str
    side: Literal["in", "out", ""] = ""
    port: str = ""


@dataclass(slots=True)
class Sheet:
    """Lines of DOT, and the kinds of operation that they show."""

    theme: Theme
    flow: Flow = "down"
    lines: list[str] = field(default_factory=list)
    look: Look = field(default_factory=Look)
    shown: set[Kind] = field(default_factory=set)
    frames: int = 0  # open round what is being drawn
    waiting: list[str] = field(default_factory=list)  # arrows that cross them: DOT would draw their ends inside
    before: str = ""  # put before every name, where several networks share a picture
    names: set[str] = field(default_factory=set)  # of the boxes and bars drawn

    @property
    def box_span(self) -> float:
        """Inches that a box takes across the flow."""
        return WIDE if self.flow == "down" else HIGH

    @property
    def lane(self) -> float:
        """Inches that the shortcut takes across the flow."""
        return LANES[self.flow]

    def box(
        self, path: str, title: str, detail: str, kind: Kind, *, told: str, column: str = "", wide: float = WIDE
    ) -> None:
        """A box with a bold title and a faint line of detail."""
        paint, fill = self._paint(path, kind)
        label = f"<b>{self._sign(path)}{typeset(title)}</b>"
        if detail:
            label += f'<br/><font point-size="9" color="{self.theme.faint}">{typeset(detail)}</font>'
        self._node(
            path,
            told,
            f'label=<{label}> style="filled,{self._corners(path)},{paint.style}" fillcolor="{fill}" '
            f'color="{paint.border}" penwidth={paint.width} width={wide}' + self._column(column),
        )

    def bar(
        self, path: str, text: str, kind: Kind, *, told: str, above: Spans = (), below: Spans = (), column: str = ""
    ) -> None:
        """A bar before or after branches, with a port for each: `t0`, `t1`, ... where they come in, `b0`, ... out."""
        paint, fill = self._paint(path, kind)
        text = f"{self._sign(path)}{text}"
        inside = _across(text, above, below) if self.flow == "down" else _along(text, above, below)
        corners = f' style="{self._corners(path)}"' if self._corners(path) == "rounded" else ""
        label = (
            f'<<table border="{paint.cell_border}" cellborder="0" cellspacing="0" cellpadding="0"{corners} '
            f'bgcolor="{fill}" color="{paint.border}">{inside}</table>>'
        )
        self._node(path, told, f'shape=plain style="" label={label}{self._column(column)}')

    def _paint(self, path: str, kind: Kind) -> tuple[Paint, str]:
        """Border and fill of a box; a mark has a border of its own."""
        paint, mark = self.theme.paints[kind], self.look.marks.get(path)
        if mark == "same" and self.look.ghosts:
            return replace(paint, border=self.theme.ghost), self.theme.paper
        self.shown.add(kind)
        if mark in ("changed", "only", "refused"):
            paint = replace(paint, border=getattr(self.theme, mark), width=MARKED)
        if mark == "refused":
            return paint, self.theme.refused_fill
        return paint, self.look.fills.get(path, paint.fill)

    def _sign(self, path: str) -> str:
        return SIGNS.get(self.look.marks.get(path, "same"), "")

    def _corners(self, path: str) -> str:
        """Marked boxes have sharp corners, so that colour is not all that tells them."""
        return "rounded" if self.look.marks.get(path, "same") == "same" else "solid"

    def _column(self, column: str) -> str:
        return f' group="{self.before}{column}"' if column else ""

    @contextmanager
    def cluster(self, path: str, title: str, kind: Kind, *, told: str, style: str = "rounded") -> Iterator[None]:
        """A frame round everything that is drawn while the block runs."""
        paint, theme = self.theme.paints[kind], self.theme
        border = getattr(theme, self.look.marks.get(path, ""), paint.border)
        title = f"{self._sign(path)}{title}"
        label = f'<<font point-size="10" color="{theme.faint}">{typeset(title)}</font>>'
        self.frames += 1
        self.lines.append(
            f'subgraph "cluster_{self.before}{path}" {{ {self._named(path, told)} label={label} labeljust=l '
            f'labelloc=t style="{style}" color="{border}" penwidth=1.2 margin=9'
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
        self.names.add(path)
        self.lines.append(f'"{self.before}{path}" [{self._named(path, told)} {attributes}]')

    def _named(self, path: str, told: str) -> str:
        """Who a box or frame is: its id, what is said of it, and whether it can be chosen and opened."""
        words = ["choice"] * (path in self.look.spoken) + ["opens"] * (path in self.look.opens)
        words += [self.look.groups[path]] if path in self.look.groups else []
        kind = f' class="{" ".join(words)}"' if words else ""
        return f'id="{self.before}{path}"{kind} tooltip="{escape(self.look.spoken.get(path, told))}"'

    def arrow(self, tail: End, head: End, *, label: str = "", weight: int = 10, extra: str = "") -> None:
        """An arrow between two ends, with a label beside it."""
        if label:  # beside or above the line, never on it
            extra += f'label="  {typeset(label)}"' if self.flow == "down" else f'label="{typeset(label)}\\n "'
        if (width := self.look.widths.get(tail.path)) is not None:
            extra += f" penwidth={width:g}"
        line = f"{self._end(tail)} -> {self._end(head)} [weight={weight} {extra}]"
        (self.waiting if self.frames else self.lines).append(line)

    def _end(self, end: End) -> str:
        port = f":{end.port}" if end.port else ""
        return f'"{self.before}{end.path}"{port}' + (f":{SIDES[self.flow][end.side]}" if end.side else "")

    def dot(self, title: str, *, ranksep: float = 0.28, columns: int = 3, shared: bool = False) -> str:
        """The whole graph, with a title and a legend of what it shows underneath; `shared` by several networks."""
        theme = self.theme
        head = [
            "digraph {",
            *(["rankdir=LR"] if self.flow == "right" else []),
            *(["newrank=true"] if shared else []),
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
        if self.look.marks:
            told = {**MARKS, **(REFUSED if "refused" in self.look.marks.values() else {})}
            borders = ((getattr(self.theme, mark), words) for mark, words in told.items())
            cells += [self._patch(self.theme.paper, border, "", words, 2) for border, words in borders]
        if self.look.arrows:
            cells.append(self._patch(self.theme.line, self.theme.line, "", self.look.arrows, height=3))
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

    def _patch(self, fill: str, border: str, style: str, text: str, width: int = 1, height: int = 10) -> str:
        return (
            f'<td border="{width}" width="16" height="{height}" fixedsize="true" bgcolor="{fill}" '
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


def _across(text: str, above: Spans, below: Spans) -> str:
    """Rows of a bar that lies: ports on top, words, ports below."""
    width = max(map(total, (above, below)))
    words = f'<tr><td cellpadding="4">{typeset(text)}</td></tr>'
    return "".join(
        (
            f"<tr><td>{_ports('t', above, width, 'width')}</td></tr>" if above else "",
            words,
            f"<tr><td>{_ports('b', below, width, 'width')}</td></tr>" if below else "",
        )
    )


def _along(text: str, above: Spans, below: Spans) -> str:
    """The row of a bar that stands: ports on the left, words one below the other, ports on the right."""
    height = max(map(total, (above, below)))
    parts = (line for part in re.split(r"  +|(?= = )", text) for line in wrap(part, NARROW))
    words = "<br/>".join(map(typeset, parts))
    cells = (
        f"<td>{_ports('t', above, height, 'height')}</td>" if above else "",
        f'<td cellpadding="4">{words}</td>',
        f"<td>{_ports('b', below, height, 'height')}</td>" if below else "",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _ports(side: str, spans: Spans, length: float, measure: Literal["width", "height"]) -> str:
    """One cell a branch, centred in `length` inches: side by side if they measure widths, else one below the other."""
    thin = "height" if measure == "width" else "width"
    margin = (length - total(spans)) / 2
    blank = f'<td {measure}="{{:.0f}}" {thin}="2" fixedsize="true"></td>'
    edge = [blank.format(margin * POINTS)] if margin * POINTS >= 1 else []
    ports = [
        f'<td port="{side}{i}" {measure}="{span * POINTS:.0f}" {thin}="2" fixedsize="true"></td>'
        for i, span in enumerate(spans)
    ]
    gap = blank.format(GAP * POINTS)
    cells = [*edge, *(cell for port in ports for cell in (port, gap))][:-1] + edge
    rows = "".join(cells) if measure == "width" else "</tr><tr>".join(cells)
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>{rows}</tr></table>'
