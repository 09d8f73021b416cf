"""Records as the tables that documents take: Markdown, LaTeX with booktabs, CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from irnet.diagrams.latex import latex
from irnet.units import exact

_NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?( ?%)?|[+-]", re.IGNORECASE)  # also a dash for what is missing

Records = Sequence[Mapping[str, Any]]


def cell(value: object) -> str:
    """A value as a document shows it.

    Examples
    --------
    >>> cell(42_679_816), cell(None), cell(0.17)
    ('42,679,816', '-', '0.17')
    """
    if value is None:
        return "-"
    if isinstance(value, int) and not isinstance(value, bool):
        return exact(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _numeric(records: Records, name: str) -> bool:
    return all(isinstance(record[name], int | float | None) for record in records)


def markdown(records: Records) -> str:
    r"""A Markdown table; what Markdown would take for markup is escaped.

    Examples
    --------
    >>> print(markdown([{"stage": "stem", "params": 1200}, {"stage": "a|b", "params": 7}]))
    | stage | params |
    | --- | ---: |
    | stem | 1,200 |
    | a\|b | 7 |
    """
    columns = list(records[0]) if records else []
    marks = [" ---: " if _numeric(records, name) else " --- " for name in columns]
    rows = (" | ".join(_escape(cell(record[name])) for name in columns) for record in records)
    names = map(_escape, columns)
    return "\n".join((f"| {' | '.join(names)} |", f"|{'|'.join(marks)}|", *(f"| {row} |" for row in rows)))


def _escape(text: str) -> str:
    text = re.sub(r"[\\`*\[\]|$~]|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)  # inside a word, _ is a letter
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), ("://", "&#58;//"), ("www.", "www&#46;"), ("@", "&#64;")):
        text = text.replace(char, entity)
    return text.replace("\n", " ")


def booktabs(records: Records, caption: str, label: str) -> str:
    """A LaTeX table; needs the package booktabs."""
    columns = list(records[0]) if records else []
    places = "".join("r" if _numeric(records, name) else "l" for name in columns)
    rows = [" & ".join(latex(cell(record[name])) for name in columns) for record in records]
    lines = (
        "% needs \\usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex(caption)}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{{places}}}",
        r"\toprule",
        rf"{' & '.join(map(latex, columns))} \\",
        r"\midrule",
        *(rf"{row} \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    )
    return "\n".join(lines) + "\n"


def comma_separated(records: Records) -> str:
    r"""CSV with a line of names, numbers in full.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, as such programs write it.

    Examples
    --------
    >>> comma_separated([{"name": "=1+1", "change": "-3 %", "n": -1}])
    "name,change,n\n'=1+1,-3 %,-1\n"
    """
    text = io.StringIO()
    names = list(records[0]) if records else []
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writerow({name: _inert(name) for name in names})
    writer.writerows({name: _inert(value) for name, value in record.items()} for record in records)
    return text.getvalue()


def _inert(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    told = cell.replace("\r\n", "\n").replace("\r", "\n")  # a lone carriage return would end the row
    begins = told.lstrip()
    return f"'{told}" if begins.startswith(("=", "+", "-", "@")) and not _NUMBER.fullmatch(begins) else told
