"""One table, and every form that it is printed, shown or written in: text, HTML, Markdown, LaTeX, CSV, JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from typing import Any, Literal

from irnet.units import exact, grid, number, with_signs

Records = Sequence[Mapping[str, Any]]
Kind = Literal["number", "shape", "text"]

MOST = 60  # rows that a notebook shows; what is left out is said
NOTHING = "-"  # stands where there is no value
LABELS: Mapping[str, str] = {  # what stands above a column, where its name is short for programs
    "params": "parameters",
    "macs": "MACs",
    "input_shape": "input",
    "share of macs": "share of MACs",
    "fvcore_total": "fvcore in all",
    "not_counted": "calls not counted",
}
_NUMERIC = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?( ?%)?|[+-]", re.IGNORECASE)  # also a dash for what is missing


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in CSV and JSON, what its cells are, and how many decimals they have, if that is fixed.

    Numbers stand right; a shape is (C, H, W) and is written as height x width x channels.
    """

    name: str
    kind: Kind = "text"
    decimals: int | None = None

    @property
    def label(self) -> str:
        """What a reader sees above the column; a unit is part of it.

        Examples
        --------
        >>> Column("params").label, Column("out_shape").label, Column("top-1 error, %").label
        ('parameters', 'out shape', 'top-1 error, %')
        """
        return LABELS.get(self.name, self.name.replace("_", " ") if self.name.isidentifier() else self.name)

    def plain(self, value: object) -> object:
        """A cell without structure: a number, a text or None, as CSV holds it."""
        match value:
            case (int() as channels, int() as height, int() as width) if self.kind == "shape":
                return grid((channels, height, width))
            case Mapping():
                return ", ".join(f"{name} {self.write(item)}" for name, item in value.items())
            case list() | tuple():
                return ", ".join("none" if item is None else str(item) for item in value)
            case _:
                return value

    def write(self, value: object) -> str:
        """A cell as people read it.

        Examples
        --------
        >>> column = Column("n")
        >>> column.write(42_679_816), column.write(0.12345), column.write(True), column.write(None)
        ('42,679,816', '0.1235', 'yes', '-')
        """
        found = self.plain(value)
        if isinstance(found, bool):
            return "yes" if found else "no"
        if isinstance(found, int | float):
            return number(found, self.decimals)
        return NOTHING if found is None or (not found and isinstance(value, Mapping)) else str(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns and rows under a title, with notes that stand below.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than there are columns.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells does not fit {len(self.columns)} columns: {row}")

    @property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """Every cell as people read it."""
        return tuple(tuple(map(Column.write, self.columns, row)) for row in self.rows)


def from_records(records: Records, title: str = "", notes: Sequence[str] = (), decimals: int | None = None) -> Table:
    """The table of records that all have the names of the first.

    Parameters
    ----------
    decimals
        Of numbers that are not whole; without, they have four digits.

    Examples
    --------
    >>> from_records([{"stage": "stem", "params": 1200}]).columns[1].kind
    'number'
    """
    names = list(records[0]) if records else []
    columns = tuple(Column(name, _kind(name, [record[name] for record in records]), decimals) for name in names)
    rows = tuple(tuple(record[name] for name in names) for record in records)
    return Table(columns=columns, rows=rows, title=title, notes=tuple(notes))


def _kind(name: str, values: Sequence[object]) -> Kind:
    if name.endswith("shape"):
        return "shape"
    numbers = all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values)
    return "number" if numbers else "text"


def to_text(table: Table, width: int = 200, *, styled: bool = False) -> str:
    """The table for a terminal of `width` characters, under its title.

    Examples
    --------
    >>> to_text(from_records([{"stage": "stem", "params": 1200}], "A net")).split()
    ['A', 'net', 'stage', 'params', 'stem', '1,200']
    """
    console = import_module("rich.console").Console(file=io.StringIO(), width=width, force_terminal=styled, emoji=False)
    literal = import_module("rich.markup").escape
    made = import_module("rich.table").Table(
        title=literal(table.title) or None, title_justify="left", box=None, pad_edge=False, header_style="bold"
    )
    for column in table.columns:
        side = "right" if column.kind == "number" else "left"
        made.add_column(literal(column.name), justify=side, overflow="fold")
    for row in table.texts:
        made.add_row(*map(literal, row))
    console.print(made)
    return str(console.file.getvalue())


def to_html(table: Table, most: int | None = None, nothing: str = NOTHING) -> str:
    """A `<table>` with its title as its accessible name, the first `most` rows of it; all from outside is escaped.

    Examples
    --------
    >>> to_html(from_records([{"a": "<b>"}]))
    '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    if not table.rows:
        return "<p>Nothing.</p>"
    classes = [' class="n"' if column.kind == "number" else "" for column in table.columns]
    head = "".join(f"<th{n}>{escape(_broken(c.label))}</th>" for n, c in zip(classes, table.columns, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{n}>{escape(cell)}</td>' for n, cell in zip(classes, row, strict=True))}</tr>"
        for row in (
            [nothing if v is None else c.write(v) for c, v in zip(table.columns, row, strict=True)]
            for row in table.rows[:most]
        )
    )
    left = len(table.rows) - len(table.rows[:most])
    more = f"<p>{exact(left)} more rows are not shown.</p>" if left else ""
    name = f' aria-label="{escape(table.title)}"' if table.title else ""
    return f"<table{name}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _broken(label: str) -> str:
    """The label of a network may be broken after a dot or an underscore, so that its column is no wider than others."""
    return re.sub(r"([_.])", "\\1\u200b", label) if ":" in label else label


def to_markdown(table: Table) -> str:
    r"""A Markdown table with its notes below; what Markdown would take for markup is escaped.

    Examples
    --------
    >>> print(to_markdown(from_records([{"stage": "stem", "params": 1200}, {"stage": "a|b", "params": 7}])))
    | stage | params |
    | --- | ---: |
    | stem | 1,200 |
    | a\|b | 7 |
    """
    marks = [" ---: " if column.kind == "number" else " --- " for column in table.columns]
    head = " | ".join(_escaped(column.name) for column in table.columns)
    rows = (f"| {' | '.join(map(_escaped, row))} |" for row in table.texts)
    return "\n".join((f"| {head} |", f"|{'|'.join(marks)}|", *rows, *(f"\n{note}\n" for note in table.notes)))


def _escaped(text: str) -> str:
    text = re.sub(r"[\\`*\[\]|$~]|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)  # inside a word, _ is a letter
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), ("://", "&#58;//"), ("www.", "www&#46;"), ("@", "&#64;")):
        text = text.replace(char, entity)
    return text.replace("\n", " ")


def to_latex(table: Table, label: str) -> str:
    """A LaTeX table with its notes as the caption; needs the package booktabs."""
    sides = "".join("r" if column.kind == "number" else "l" for column in table.columns)
    lines = (
        "% needs \\usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex(' '.join(table.notes))}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{{sides}}}",
        r"\toprule",
        rf"{' & '.join(latex(column.name) for column in table.columns)} \\",
        r"\midrule",
        *(rf"{' & '.join(map(latex, row))} \\" for row in table.texts),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    )
    return "\n".join(lines) + "\n"


_COMMANDS = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "[": "{[}",  # after the end of a line it, and a star, would be its argument
        "*": "{*}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"$<$",
        ">": r"$>$",
        "|": r"$|$",
        '"': r"\textquotedbl{}",
        "×": r"$\times$",
        "·": r"$\cdot$",
        "≠": r"$\neq$",
        "\u00a0": "~",
        "\n": " ",
    }
)


def latex(text: str) -> str:
    r"""Text escaped for LaTeX, with signs as commands; a letter that pdfTeX has no glyph for is a question mark.

    Examples
    --------
    >>> print(latex("50 % of 3x3 & a_b"))
    50 \% of 3$\times$3 \& a\_b
    """
    known = "".join(
        char if ord(char) < 128 or char in "×·≠\u00a0" or (char.isalpha() and ord(char) < 256) else "?"
        for char in with_signs(text)
    )
    return known.translate(_COMMANDS).replace(r"\textquotedbl{}", "''")


def to_csv(table: Table) -> str:
    r"""CSV with a line of names, numbers in full.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, as such programs write it.

    Examples
    --------
    >>> to_csv(from_records([{"=1+1": "=1+1", "change": "-3 %", "n": -1}]))
    "'=1+1,change,n\n'=1+1,-3 %,-1\n"
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_inert(column.name) for column in table.columns])
    for row in table.rows:
        writer.writerow([_inert(column.plain(cell)) for column, cell in zip(table.columns, row, strict=True)])
    return text.getvalue()


def _inert(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    one = cell.replace("\r\n", "\n").replace("\r", "\n")  # a lone carriage return would end the row
    begins = one.lstrip()
    return f"'{one}" if begins.startswith(("=", "+", "-", "@")) and not _NUMERIC.fullmatch(begins) else one


def to_json(table: Table) -> str:
    """A list of objects with the values as they are, for programs."""
    names = [column.name for column in table.columns]
    return json.dumps([dict(zip(names, row, strict=True)) for row in table.rows], indent=2)
