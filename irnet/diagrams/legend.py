"""The words under a picture: its title, its notes, and what colours, borders and arrows stand for."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from textwrap import wrap

from irnet.diagrams.bars import typeset
from irnet.diagrams.measures import Measures
from irnet.diagrams.style import MARKS, REFUSED, Style
from irnet.diagrams.theme import NAMES, Kind, Theme


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
