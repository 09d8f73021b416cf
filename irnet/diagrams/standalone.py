"""Figures, charts and tables as one HTML file each, with words, in light and dark; it asks no server for anything."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from irnet.diagrams.tabular import Records
from irnet.html import joined_html, table

if TYPE_CHECKING:
    from irnet.diagrams.figure_words import FigureWords  # which knows the tables

BOXES, BARS, POINTS = "Box by box", "Bar by bar", "Point by point"  # over the long description


def alone(title: str, words: FigureWords, drawn: Callable[[str], bytes], summary: str) -> bytes:
    """The file's bytes.

    Parameters
    ----------
    title
        Of the figure.
    told
        Its words.
    drawn
        From a theme, "light" or "dark", to the figure as SVG.
    summary
        What stands over the long description.

    Examples
    --------
    >>> from irnet.diagrams.figure_words import FigureWords
    >>> page = alone("A net", FigureWords("One box", "Drawn.", ("1. A box.",)), str.encode, BOXES).decode()
    >>> "<li>A box.</li>" in page, "http" in page
    (True, False)
    """
    light, dark = (b64encode(drawn(theme)).decode() for theme in ("light", "dark"))
    long = "".join(f"<li>{escape(line.partition('. ')[2])}</li>" for line in words.long)
    body = f"""<figure>
<picture>
<source media="(prefers-color-scheme: dark)" srcset="data:image/svg+xml;base64,{dark}">
<img alt="{escape(words.alt)}" src="data:image/svg+xml;base64,{light}">
</picture>
<figcaption>{escape(words.caption)}</figcaption>
</figure>
<details><summary>{summary}</summary><ol>{long}</ol></details>"""
    return _page(title, body)


def table_alone(title: str, caption: str, records: Records) -> bytes:
    """A table as one HTML file.

    Examples
    --------
    >>> b"<td" in table_alone("Nets", "Two.", [{"net": "a"}, {"net": "b"}])
    True
    """
    return _page(title, f"{joined_html(table(records, len(records)))}\n<p>{escape(caption)}</p>")


def _page(title: str, body: str) -> bytes:
    text = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
body {{ font: 16px/1.5 Arial, Helvetica, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
img {{ max-width: 100%; height: auto }}
figure {{ margin: 0 }}
@media (prefers-color-scheme: dark) {{ body {{ background: #0e1117; color: #f2f5f8 }} }}
</style>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</html>
"""
    return text.encode()
