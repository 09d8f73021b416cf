"""DOT gathered line by line: boxes, bars and arrows in one look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from textwrap import wrap
from typing import Literal, NamedTuple, get_args

from irnet.diagrams.bars import Spans, across, along, quote, quote_name, total, typeset
from irnet.diagrams.measures import SCREEN, Measures
from irnet.diagrams.photograph import slotted
from irnet.diagrams.style import MARKED, MARKS, REFUSED, SIGNS, Style
from irnet.diagrams.theme import NAMES, Kind, Paint, Theme


@dataclass(frozen=True, slots=True)
class Legend:
    """What a legend is made from: the look of a picture, and the kinds of operation that it shows."""

    theme: Theme
    measures: Measures
    style: Style
    shown: Set[Kind]

    def table(self, title: str, notes: tuple[str, ...], columns: int) -> str:
        """A label of DOT: the title, the notes under it, and swatches in so many columns."""
        cells = [self._swatch(kind) for kind, name in NAMES.items() if name and kind in self.shown]
        if self.style.legend:
            cells = [self._patch(fill, "#808080", "", text) for fill, text in self.style.legend]
        if self.style.marks:
            meant = {**MARKS, **(REFUSED if "refused" in self.style.marks.values() else {})}
            borders = ((getattr(self.theme, mark), words) for mark, words in meant.items())
            cells += [self._patch(self.theme.paper, border, "", words, 2) for border, words in borders]
        if self.style.arrows:
            cells.append(self._patch(self.theme.line, self.theme.line, "", self.style.arrows, height=3))
        lines = "".join(f"<tr>{''.join(cells[i : i + columns])}</tr>" for i in range(0, len(cells), columns))
        aside = "<td></td>" * 4  # takes up most of the width by which the title is wider than the legend
        table = '<table border="0" cellborder="0" cellspacing="{}" cellpadding="2">{}</table>'
        legend = f"<tr>{aside}<td>{table.format(3, lines)}</td>{aside}</tr>" if lines else ""
        sizes, row = self.measures, '<tr><td colspan="9"><font point-size="{}">{}</font></td></tr>'
        heads = [title] if not sizes.broken else wrap(title, sizes.line)
        words = "".join(row.format(sizes.title, typeset(line)) for line in heads)
        note_lines = [typeset(line) for note in notes for line in wrap(note, sizes.line)]
        under = (
            row.format(sizes.detail, "".join(f'{line}<br align="left"/>' for line in note_lines)) if note_lines else ""
        )
        space = '<tr><td height="8"></td></tr>'
        return f"<{table.format(0, space + words + under + legend)}>"

    def _swatch(self, kind: Kind) -> str:
        paint = self.theme.paints[kind]
        style = f' style="{paint.style}"' if paint.style != "solid" else ""
        return self._patch(paint.fill, paint.border, style, NAMES[kind], paint.cell_border)

    def _patch(self, fill: str, border: str, style: str, text: str, width: int = 1, height: int = 10) -> str:
        return (
            f'<td border="{width}" width="16" height="{height}" fixedsize="true" bgcolor="{fill}" '
            f'color="{border}"{style}></td><td align="left"><font point-size="{self.measures.detail}" '
            f'color="{self.theme.faint}">{_left_aligned(wrap(text, self.measures.line - 10))}</font></td>'
        )


def _left_aligned(lines: Sequence[str]) -> str:
    """Lines of a cell, the first of several no further right than the others."""
    return typeset(lines[0]) if len(lines) == 1 else "".join(f'{typeset(line)}<br align="left"/>' for line in lines)


class End(NamedTuple):
    """Where an arrow starts or ends: a box, a port of a bar, and the side; without a side, Graphviz chooses."""

    path: str
    side: Literal["in", "out", "left", "right", ""] = ""
    port: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A box, a bar, words or a frame, as what other formats are written from."""

    path: str
    title: str
    detail: str
    description: str
    kind: Kind = "other"
    shape: Literal["box", "bar", "words", "frame"] = "box"
    frame: str = ""  # path of the frame that it stands in


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow between two items."""

    tail: str
    head: str
    label: str = ""
    shortcut: bool = False


__all__ = ["FLOWS", "MARKED", "End", "Flow", "GraphBuilder", "Item", "Link", "Style"]

Flow = Literal["down", "right"]  # the way that the arrows run
FLOWS: tuple[Flow, ...] = get_args(Flow)
SIDES = {  # where arrows enter and leave
    "down": {"in": "n", "out": "s", "left": "w", "right": "e"},
    "right": {"in": "w", "out": "e", "left": "n", "right": "s"},
}
FONT = "Helvetica"


@dataclass(slots=True)
class GraphBuilder:
    """Lines of DOT, and the kinds of operation that they show."""

    theme: Theme
    flow: Flow = "down"
    lines: list[str] = field(default_factory=list)
    style: Style = field(default_factory=Style)
    shown: set[Kind] = field(default_factory=set)
    frames: int = 0  # open round what is being drawn
    waiting: list[str] = field(default_factory=list)  # arrows that cross them: DOT would draw their ends inside
    before: str = ""  # put before every name, where several networks share a picture
    names: set[str] = field(default_factory=set)  # of the boxes and bars drawn
    measures: Measures = SCREEN
    items: list[Item] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    around: list[str] = field(default_factory=list)  # paths of the frames round what is being drawn
    notes: tuple[str, ...] = ()  # sentences underneath
    title: str = ""
    text: str = ""  # DOT of the whole, once it is closed

    @property
    def box_span(self) -> float:
        """Inches that a box takes across the flow."""
        return self.measures.wide if self.flow == "down" else self.measures.high

    @property
    def lane(self) -> float:
        """Inches that the shortcut takes across the flow."""
        return self.measures.lanes[self.flow]

    def total(self, spans: Spans) -> float:
        """Inches from the left edge of the first branch to the right edge of the last."""
        return total(spans, self.measures.gap)

    def box(
        self, path: str, title: str, detail: str, kind: Kind, *, description: str, column: str = "", wide: float = 0
    ) -> None:
        """A box with a bold title and a faint line of detail; without `wide` (inches) as wide as others."""
        paint, fill = self._paint(path, kind)
        title, detail = self.style.texts.get(path, (title, detail))
        self._record(path, title, detail, description, kind)
        width = round(wide * self.measures.shrunk, 2) if wide else self.measures.wide
        label = f"<b>{self._sign(path)}{self._lines(title, width)}</b>"
        if detail:
            size = self.measures.detail
            label += f'<br/><font point-size="{size}" color="{self.theme.faint}">{self._lines(detail, width)}</font>'
        label = slotted(label, self.style.slots.get(path, 0))
        self._node(
            path,
            description,
            f'label=<{label}> style="filled,{self._corners(path)},{paint.style}" fillcolor="{fill}" '
            f'color="{paint.border}" penwidth={paint.width} width={width}' + self._column(column),
        )

    def _lines(self, text: str, wide: float) -> str:
        return "<br/>".join(map(typeset, self.measures.lines(text, wide)))

    def _record(
        self,
        path: str,
        title: str,
        detail: str,
        description: str,
        kind: Kind = "other",
        shape: Literal["box", "bar", "words", "frame"] = "box",
    ) -> None:
        frame = f"{self.before}{self.around[-1]}" if self.around else ""
        name, title = f"{self.before}{path}", f"{self._sign(path)}{title}"
        self.items.append(
            Item(path=name, title=title, detail=detail, description=description, kind=kind, shape=shape, frame=frame)
        )

    def bar(
        self,
        path: str,
        text: str,
        kind: Kind,
        *,
        description: str,
        above: Spans = (),
        below: Spans = (),
        column: str = "",
    ) -> None:
        """A bar before or after branches, with a port for each: `t0`, `t1`, ... where they come in, `b0`, ... out."""
        paint, fill = self._paint(path, kind)
        text = self.style.texts.get(path, (text,))[0]
        self._record(path, text, "", description, kind, "bar")
        text, gap = f"{self._sign(path)}{text}", self.measures.gap
        arrange = across if self.flow == "down" else along
        inside = arrange(text, above, below, gap, self.style.slots.get(path, 0))
        corners = f' style="{self._corners(path)}"' if self._corners(path) == "rounded" else ""
        label = (
            f'<<table border="{paint.cell_border}" cellborder="0" cellspacing="0" cellpadding="0"{corners} '
            f'bgcolor="{fill}" color="{paint.border}">{inside}</table>>'
        )
        self._node(path, description, f'shape=plain style="" label={label}{self._column(column)}')

    def _paint(self, path: str, kind: Kind) -> tuple[Paint, str]:
        """Border and fill of a box; a mark has a border of its own."""
        paint, mark = self.theme.paints[kind], self.style.marks.get(path)
        if mark == "same" and self.style.ghosts:
            return replace(paint, border=self.theme.ghost), self.theme.paper
        self.shown.add(kind)
        if mark in ("changed", "only", "refused"):
            paint = replace(paint, border=getattr(self.theme, mark), width=MARKED)
        if mark == "refused":
            return paint, self.theme.refused_fill
        return paint, self.style.fills.get(path, paint.fill)

    def _sign(self, path: str) -> str:
        return SIGNS.get(self.style.marks.get(path, "same"), "")

    def _corners(self, path: str) -> str:
        """Marked boxes have sharp corners, so that colour is not all that tells them."""
        return "rounded" if self.style.marks.get(path, "same") == "same" else "solid"

    def _column(self, column: str) -> str:
        return f' group="{self.before}{column}"' if column else ""

    @contextmanager
    def cluster(self, path: str, title: str, kind: Kind, *, description: str, style: str = "rounded") -> Iterator[None]:
        """A frame round everything that is drawn while the block runs."""
        paint, theme = self.theme.paints[kind], self.theme
        border = getattr(theme, self.style.marks.get(path, ""), paint.border)
        self._record(path, title, "", description, kind, "frame")
        title, size = f"{self._sign(path)}{title}", self.measures.aside
        words = f'<font point-size="{size}" color="{theme.faint}">{typeset(title)}</font>'
        label = f"<{slotted(words, min(1, self.style.slots.get(path, 0)))}>"
        self.frames += 1
        self.around.append(path)
        self.lines.append(
            f"subgraph {quote(f'cluster_{self.before}{path}')} {{ {self._named(path, description)} label={label} "
            f'labeljust=l labelloc=t style="{style}" color="{border}" penwidth=1.2 margin=9'
        )
        yield
        self.frames -= 1
        self.around.pop()
        self.lines.append("}")
        if not self.frames:
            self.lines += self.waiting
            self.waiting.clear()

    def words(self, path: str, text: str, description: str) -> None:
        """Text without a border."""
        text = self.style.texts.get(path, (text,))[0]
        self._record(path, text, "", description, shape="words")
        size, label = self.measures.aside, f'"{typeset(text)}"'
        self._node(
            path, description, f'shape=plain style="" label={label} fontcolor="{self.theme.faint}" fontsize={size}'
        )

    def _node(self, path: str, description: str, attributes: str) -> None:
        self.names.add(path)
        self.lines.append(f"{quote_name(self.before + path)} [{self._named(path, description)} {attributes}]")

    def _named(self, path: str, description: str) -> str:
        """Who a box or frame is: its id, what is said of it, and whether it can be chosen and opened."""
        words = ["choice"] * (path in self.style.aria_labels) + ["opens"] * (path in self.style.opens)
        words += [self.style.groups[path]] if path in self.style.groups else []
        kind = f' class="{" ".join(words)}"' if words else ""
        tooltip = quote(escape(self.style.aria_labels.get(path, description)))
        return f"id={quote_name(self.before + path)}{kind} tooltip={tooltip}"

    @property
    def sized_arrows(self) -> bool:
        """Whether sizes between stages stand beside arrows; else the boxes have them."""
        return self.measures.sizes == "arrows"

    def arrow(self, tail: End, head: End, *, label: str = "", weight: int = 10, extra: str = "") -> None:
        """An arrow between two ends, with a label beside it."""
        self.links.append(
            Link(f"{self.before}{tail.path}", f"{self.before}{head.path}", label, shortcut="color" in extra)
        )
        if label:  # beside or above the line, never on it
            text = typeset(label)
            extra += f'label="  {text}"' if self.flow == "down" else f'label="{text}\\n "'
        if (width := self.style.widths.get(tail.path)) is not None:
            extra += f" penwidth={width:g}"
        line = f"{self._end(tail)} -> {self._end(head)} [weight={weight} {extra}]"
        (self.waiting if self.frames else self.lines).append(line)

    def _end(self, end: End) -> str:
        port = f":{end.port}" if end.port else ""
        return f"{quote_name(self.before + end.path)}{port}" + (f":{SIDES[self.flow][end.side]}" if end.side else "")

    def close(self, title: str, *, ranksep: float = 0.28, columns: int = 3, shared: bool = False) -> GraphBuilder:
        """The sheet with its DOT, a title and a legend of what it shows underneath; `shared` by several networks."""
        self.title, self.text = title, self._dot(title, ranksep * self.measures.rank, columns, shared=shared)
        return self

    def _dot(self, title: str, ranksep: float, columns: int, *, shared: bool) -> str:
        theme, sizes = self.theme, self.measures
        legend = Legend(theme, sizes, self.style, self.shown)
        head = [
            "digraph {",
            *(["rankdir=LR"] if self.flow == "right" else []),
            *(["newrank=true"] if shared else []),
            f'graph [bgcolor="{theme.paper}" nodesep={sizes.gap} ranksep={ranksep:g} splines=spline fontname="{FONT}" '
            f'ordering=out pad={sizes.pad} labelloc=b fontcolor="{theme.ink}" '
            f"label={legend.table(title, self.notes, min(columns, sizes.columns))}]",
            f'node [shape=box fontname="{FONT}" fontsize={sizes.title} fontcolor="{theme.ink}" {sizes.node}]',
            f'edge [color="{theme.line}" penwidth=1.1 arrowsize=0.6 fontname="{FONT}" fontsize={sizes.aside} '
            f'fontcolor="{theme.faint}"]',
        ]
        return "\n".join([*head, *self.lines, "}"]) + "\n"
