"""DOT gathered line by line: boxes, bars and arrows in one look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from textwrap import wrap
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from irnet.comparison.side_by_side import Mark
from irnet.diagrams.bars import Spans, across, along, quote, quote_name, typeset
from irnet.diagrams.measures import SCREEN, Measures
from irnet.diagrams.photograph import slotted, slotted_title
from irnet.diagrams.theme import NAMES, WIDER, Kind, Paint, Theme
from irnet.units import printable

Flow = Literal["down", "right"]  # the way that the arrows run
FLOWS: tuple[Flow, ...] = get_args(Flow)
SIDES = {  # where arrows enter and leave
    "down": {"in": "n", "out": "s", "left": "w", "right": "e"},
    "right": {"in": "w", "out": "e", "left": "n", "right": "s"},
}
FONT = "Helvetica"
MARKED = 2.6  # points: the border of a marked box
SIGNS: Mapping[Mark, str] = MappingProxyType({"changed": "\u2260 ", "only": "+ ", "refused": "\u2717 "})
MARKS: Mapping[Mark, str] = MappingProxyType({"changed": "\u2260 differs", "only": "+ on one side only"})
REFUSED: Mapping[Mark, str] = MappingProxyType({"refused": "\u2717 can't be"})
Shape = Literal["box", "bar", "words", "frame"]
Rows = tuple[tuple[str, ...], ...]  # paths of stages and layers of the head, row by row


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What a picture says beside its structure, by path: words, fills in place of the theme's, widths of arrows."""

    aria_labels: Mapping[str, str] = field(default_factory=dict)  # of every box that can be chosen
    opens: frozenset[str] = frozenset()  # boxes with something inside
    fills: Mapping[str, str] = field(default_factory=dict)
    widths: Mapping[str, float] = field(default_factory=dict)  # points, of the arrows that leave a box
    legend: tuple[tuple[str, str], ...] = ()  # fill and what it stands for; in place of the theme's
    arrows: str = ""  # what the widths stand for
    marks: Mapping[str, Mark] = field(default_factory=dict)  # how boxes stand to those of another network
    ghosts: bool = False  # what is the same is drawn without fill
    groups: Mapping[str, str] = field(default_factory=dict)  # what boxes of several networks have in common
    slots: Mapping[str, int] = field(default_factory=dict)  # for how many pictures a box has room
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # title and detail in place of the usual ones


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
    shape: Shape = "box"
    frame: str = ""  # path of the frame that it stands in


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow between two items."""

    tail: str
    head: str
    label: str = ""
    shortcut: bool = False
    dashed: bool = False


class Swatch(NamedTuple):
    """One entry of a legend: what it stands for, and how the patch before it is painted."""

    text: str
    fill: str
    border: str
    style: str = "solid"
    width: int = 1  # points, of the border
    height: int = 10


@dataclass(slots=True)
class GraphBuilder:
    """Lines of DOT, and the kinds of operation that they show."""

    theme: Theme
    flow: Flow = "down"
    style: Style = field(default_factory=Style)
    before: str = ""  # put before every name, where several networks share a picture
    measures: Measures = SCREEN
    notes: tuple[str, ...] = ()  # sentences underneath
    lines: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # arrows that cross frames: DOT would draw their ends inside
    shown: set[Kind] = field(default_factory=set)
    items: list[Item] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    around: list[str] = field(default_factory=list)  # paths of the frames round what is being drawn; "" of a row
    rows: Rows = ()  # into which what runs right is broken
    crossed: bool = False  # whether a line runs round frames, which Graphviz ranks well only all together
    text: str = ""  # DOT of the whole, once it is closed

    @property
    def box_span(self) -> float:
        """Inches that a box takes across the flow."""
        return self.measures.wide if self.flow == "down" else self.measures.high

    @property
    def lane(self) -> float:
        """Inches that the shortcut takes across the flow."""
        return self.measures.lanes[self.flow]

    @property
    def sized_arrows(self) -> bool:
        """Whether sizes between stages stand beside arrows; else the boxes have them."""
        return self.measures.sizes == "arrows"

    @property
    def drawn(self) -> frozenset[str]:
        """The names of the boxes and bars on it."""
        return frozenset(item.path for item in self.items if item.shape != "frame")

    def box(
        self, path: str, title: str, detail: str, kind: Kind, *, description: str, column: str = "", wide: float = 0
    ) -> None:
        """A box with a bold title and a faint line of detail; without `wide` (inches) as wide as others."""
        paint, fill = self._paint(path, kind)
        title, detail = self._record(path, title, detail, description, kind)
        width = round(wide * self.measures.shrunk, 2) if wide else self.measures.wide
        label = f"<b>{self._sign(path)}{self._lines(printable(title).strip() or path, width)}</b>"
        if detail:
            size = self.measures.detail
            label += f'<br/><font point-size="{size}" color="{self.theme.faint}">{self._lines(detail, width)}</font>'
        label = slotted(label, self.style.slots.get(path, 0))
        corners = "rounded" if self._is_rounded(path) else "solid"
        self._node(
            path,
            description,
            f'label=<{label}> style="filled,{corners},{paint.style}" fillcolor="{fill}" '
            f'color="{paint.border}" penwidth={paint.width} width={width}',
            column,
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
        text, _ = self._record(path, text, "", description, kind, "bar")
        text = f"{self._sign(path)}{text}"
        lay = across if self.flow == "down" else along
        styles = ["rounded"] * self._is_rounded(path) + [paint.style] * (paint.style != "solid")
        corners = f' style="{",".join(styles)}"' if styles else ""
        label = (
            f'<<table border="{paint.cell_border}" cellborder="0" cellspacing="0" cellpadding="0"{corners} '
            f'bgcolor="{fill}" color="{paint.border}">'
            f"{lay(text, above, below, self.measures.gap, self.style.slots.get(path, 0))}</table>>"
        )
        self._node(path, description, f'shape=plain style="" label={label}', column)

    def words(self, path: str, text: str, description: str) -> None:
        """Text without a border."""
        text, _ = self._record(path, text, "", description, shape="words")
        label = f'label="{typeset(text)}" fontcolor="{self.theme.faint}" fontsize={self.measures.aside}'
        self._node(path, description, f'shape=plain style="" {label}')

    @contextmanager
    def cluster(self, path: str, title: str, kind: Kind, *, description: str) -> Iterator[None]:
        """A frame round everything that is drawn while the block runs."""
        border = getattr(self.theme, self.style.marks.get(path, ""), self.theme.paints[kind].border)
        title, _ = self._record(path, title, "", description, kind, "frame")
        words = typeset(f"{self._sign(path)}{title}")
        words = f'<font point-size="{self.measures.aside}" color="{self.theme.faint}">{words}</font>' if words else ""
        label = slotted_title(words) if self.style.slots and self.style.slots.get(path, 1) else words
        with self._around(
            path,
            f"{self._named(path, description)} label={f'<{label}>' if label else quote('')} "
            f'labeljust=l labelloc=t style="rounded" color="{border}" penwidth=1.2 margin=9',
        ):
            yield

    @contextmanager
    def row(self, first: str) -> Iterator[None]:
        """A row of what runs right, with what is drawn while the block runs."""
        with self._around("", f'label="" color="{self.theme.paper}" margin=7', f"row {first}"):
            yield

    @contextmanager
    def _around(self, path: str, attributes: str, name: str = "") -> Iterator[None]:
        self.around.append(path)
        self.lines.append(f"subgraph {quote(f'cluster_{self.before}{name or path}')} {{ {attributes}")
        yield
        self.around.pop()
        self.lines.append("}")
        if not self.around:
            self.lines += self.waiting
            self.waiting.clear()

    def _record(
        self, path: str, title: str, detail: str, description: str, kind: Kind = "other", shape: Shape = "box"
    ) -> tuple[str, str]:
        """Note an item for other formats; return the title and detail that are drawn."""
        title, detail = self.style.texts.get(path, (title, detail))
        self.items.append(
            Item(
                path=f"{self.before}{path}",
                title=f"{self._sign(path)}{title}",
                detail=detail,
                description=description,
                kind=kind,
                shape=shape,
                frame=f"{self.before}{self.around[-1]}" if any(self.around[-1:]) else "",
            )
        )
        return title, detail

    def _lines(self, text: str, wide: float) -> str:
        return "<br/>".join(map(typeset, self.measures.lines(text, wide)))

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

    def _is_rounded(self, path: str) -> bool:
        """Marked boxes have sharp corners, so that colour is not all that tells them."""
        return self.style.marks.get(path, "same") == "same"

    def _node(self, path: str, description: str, attributes: str, column: str = "") -> None:
        group = f' group="{self.before}{column}"' if column else ""
        self.lines.append(f"{quote_name(self.before + path)} [{self._named(path, description)} {attributes}{group}]")

    def _named(self, path: str, description: str) -> str:
        """Who a box or frame is: its id, what is said of it, and whether it can be chosen and opened."""
        words = ["choice"] * (path in self.style.aria_labels) + ["opens"] * (path in self.style.opens)
        words += [self.style.groups[path]] if path in self.style.groups else []
        kind = f' class="{" ".join(words)}"' if words else ""
        tooltip = quote(escape(self.style.aria_labels.get(path, description)))
        return f"id={quote_name(self.before + path)}{kind} tooltip={tooltip}"

    def arrow(
        self,
        tail: End,
        head: End,
        *,
        label: str = "",
        weight: int = 10,
        shortcut: bool = False,
        dashed: bool = False,
        turns: bool = False,
    ) -> None:
        """An arrow between two ends, with a label beside it; a `shortcut` goes round the body of a block.

        A `dashed` one leads to what runs in training alone, and moves nothing out of its column.

        One that `turns` leads to another column or, where arrows run right, to another row.
        """
        if turns and self.flow == "down":
            tail, head = End(tail.path, "right"), End(head.path, "left")
        elif turns:
            tail, head, label = End(tail.path), End(head.path), ""  # it is led between the rows later
        self.links.append(Link(f"{self.before}{tail.path}", f"{self.before}{head.path}", label, shortcut, dashed))
        more = "constraint=false " if turns else ""  # no rank further down
        more += "class=turn " if turns and self.flow == "right" else ""
        if shortcut:
            weight, more = 2, f'color="{self.theme.shortcut}" penwidth=1.8 arrowsize=0.7'
        if dashed:
            weight, more = 1, f"{more}style=dashed "
        if label:  # beside or above the line, never on it
            text = typeset(label)
            more += f'label="  {text}"' if self.flow == "down" else f'label="{text}\\n "'
        if (width := self.style.widths.get(tail.path)) is not None:
            more += f" penwidth={width:g}"
        line = f"{self._end(tail)} -> {self._end(head)} [weight={weight} {more}]"
        (self.waiting if self.around else self.lines).append(line)

    def next_arrow(self, tail: str, head: str, size: str, *, turns: bool = False) -> None:
        """The arrow to the next stage, with the size of what passes; where it `turns`, a column or row starts."""
        self.arrow(End(tail), End(head), label=size if self.sized_arrows else "", turns=turns)

    def _end(self, end: End) -> str:
        port = f":{end.port}" if end.port else ""
        return f"{quote_name(self.before + end.path)}{port}" + (f":{SIDES[self.flow][end.side]}" if end.side else "")

    def close(self, title: str, *, ranksep: float = 0.28, columns: int = 3, shared: bool = False) -> GraphBuilder:
        """The sheet with its DOT, a title and a legend of what it shows underneath; `shared` by several networks."""
        theme, sizes = self.theme, self.measures
        head = [
            "digraph {",
            *(["rankdir=LR"] if self.flow == "right" else []),
            *(["newrank=true"] if shared or self.crossed else []),
            f'graph [bgcolor="{theme.paper}" nodesep={sizes.gap} ranksep={ranksep * sizes.rank:g} splines=spline '
            f'fontname="{FONT}" ordering=out pad={sizes.pad} labelloc=b fontcolor="{theme.ink}" '
            f"label={self._underneath(title, min(columns, sizes.columns))}]",
            f'node [shape=box fontname="{FONT}" fontsize={sizes.title} fontcolor="{theme.ink}" {sizes.node}]',
            f'edge [color="{theme.line}" penwidth=1.1 arrowsize=0.6 fontname="{FONT}" fontsize={sizes.aside} '
            f'fontcolor="{theme.faint}"]',
        ]
        self.text = "\n".join([*head, *self.lines, "}"]) + "\n"
        return self

    def _underneath(self, title: str, columns: int) -> str:
        """A label of DOT: the title, the notes under it, and the legend in so many columns; 0 leaves it out."""
        sizes, row = self.measures, '<tr><td colspan="9"><font point-size="{}">{}</font></td></tr>'
        heads = wrap(title, sizes.line) if sizes.broken else [title]
        words = "".join(row.format(sizes.title, typeset(line)) for line in heads)
        notes = "".join(f'{typeset(line)}<br align="left"/>' for note in self.notes for line in wrap(note, sizes.line))
        under = row.format(sizes.detail, notes) if notes else ""
        cells = list(map(self._swatch, self.legend)) if columns else []
        lines = "".join(f"<tr>{''.join(cells[i : i + columns])}</tr>" for i in range(0, len(cells), columns or 1))
        aside = "<td></td>" * 4  # takes up most of the width by which the title is wider than the legend
        table = '<table border="0" cellborder="0" cellspacing="{}" cellpadding="2">{}</table>'
        legend = f"<tr>{aside}<td>{table.format(3, lines)}</td>{aside}</tr>" if lines else ""
        space = '<tr><td height="8"></td></tr>'
        return f"<{table.format(0, space + words + under + legend)}>"

    @property
    def legend(self) -> tuple[Swatch, ...]:
        """Everything that a colour or a width says: operations or an overlay's fills, marks, widths of arrows."""
        theme, style = self.theme, self.style
        shown = {kind for kind in self.shown if WIDER.get(kind) not in self.shown}
        paints = ((name, theme.paints[kind]) for kind, name in NAMES.items() if name and kind in shown)
        meant = {**MARKS, **(REFUSED if "refused" in style.marks.values() else {})} if style.marks else {}
        return (
            *(Swatch(text, fill, "#808080") for fill, text in style.legend),
            *(Swatch(text, p.fill, p.border, p.style, p.cell_border) for text, p in paints if not style.legend),
            *(Swatch(text, theme.paper, getattr(theme, mark), width=2) for mark, text in meant.items()),
            *((Swatch(style.arrows, theme.line, theme.line, height=3),) if style.arrows else ()),
        )

    def _swatch(self, swatch: Swatch) -> str:
        """An entry of the legend in DOT, with the first of several lines no further right than the others."""
        lines = list(map(typeset, wrap(swatch.text, self.measures.line - 10)))
        words = lines[0] if len(lines) == 1 else "".join(f'{line}<br align="left"/>' for line in lines)
        dashes = f' style="{swatch.style}"' if swatch.style != "solid" else ""
        return (
            f'<td border="{swatch.width}" width="16" height="{swatch.height}" fixedsize="true" bgcolor="{swatch.fill}" '
            f'color="{swatch.border}"{dashes}></td><td align="left"><font point-size="{self.measures.detail}" '
            f'color="{self.theme.faint}">{words}</font></td>'
        )
