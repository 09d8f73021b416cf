"""Tables and figures as HTML for a notebook: no script, no request, everything from outside escaped.

Colours are the page's own, so that tables look right on a light and on a dark one.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from itertools import islice

from irnet.units import exact, grid

MOST = 60  # rows that are shown; what is left out is said

_STYLE = (
    "<style>.irnet table{border-collapse:collapse;margin:.4em 0;font-variant-numeric:tabular-nums}"
    ".irnet table :is(td,th){padding:.2em .7em;border:0;border-bottom:1px solid color-mix(in srgb,currentColor 20%,"
    "transparent);text-align:left;background:none;color:inherit;white-space:normal}"
    ".irnet table :is(td,th).n{text-align:right;white-space:nowrap}.irnet{overflow-x:auto}"
    ".irnet .beside{display:flex;flex-wrap:wrap;gap:0 2.5em;align-items:flex-start}"
    ".irnet p{margin:.4em 0}.irnet img{max-width:100%}.irnet .dark{display:none}"
    "@media (prefers-color-scheme:dark){.irnet .dark{display:inline}.irnet .light{display:none}}"
    '[data-jp-theme-light="true"] .irnet .dark{display:none}[data-jp-theme-light="true"] .irnet .light{display:inline}'
    '[data-jp-theme-light="false"] .irnet .dark{display:inline}[data-jp-theme-light="false"] .irnet .light'
    "{display:none}</style>"
)


def joined_html(*parts: str) -> str:
    """Parts of HTML, one below the other, as a notebook cell shows them."""
    return f'<div class="irnet">{_STYLE}{"".join(parts)}</div>'


def beside(*parts: str) -> str:
    """Parts of HTML side by side, where there is room."""
    return f'<div class="beside">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def words(text: str, *, strong: bool = False) -> str:
    """A paragraph of plain text.

    Examples
    --------
    >>> words("a < b")
    '<p>a &lt; b</p>'
    """
    escaped = escape(text)
    return f"<p><strong>{escaped}</strong></p>" if strong else f"<p>{escaped}</p>"


def table(
    records: Sequence[Mapping[str, object]],
    most: int = MOST,
    decimals: int | None = None,
    label: str = "",
    nothing: str = "-",
) -> str:
    """Records as a table, the first `most` of them; numbers stand right, shapes as height x width x channels.

    What is no whole number has four digits, or so many `decimals`; `label` is what the table is called aloud, and
    `nothing` stands where there is no value.
    """
    if not records:
        return words("Nothing.")
    numbers = {name for name in records[0] if all(_is_number(record[name]) for record in records)}
    head = "".join(_cell("th", name, _title(name), numbers) for name in records[0])
    rows = (
        "".join(
            _cell("td", name, nothing if value is None else _value_text(name, value, decimals), numbers)
            for name, value in record.items()
        )
        for record in islice(records, most)
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    left = len(records) - most
    more = words(f"{exact(left)} more rows are not shown.") if left > 0 else ""
    called = f' aria-label="{escape(label)}"' if label else ""
    return f"<table{called}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def figure(light: bytes, dark: bytes, alt: str) -> str:
    """One SVG for light pages and one for dark ones; as images, nothing in them can run or ask for anything."""
    images = (("light", light), ("dark", dark))
    return "".join(
        f'<img class="{theme}" alt="{escape(alt)}" src="data:image/svg+xml;base64,{b64encode(svg).decode()}">'
        for theme, svg in images
    )


def _title(name: str) -> str:
    return name.replace("_", " ") if name.isidentifier() else name


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | None) and not isinstance(value, bool)


def _cell(tag: str, name: str, text: str, numbers: set[str]) -> str:
    right = ' class="n"' if name in numbers else ""
    return f"<{tag}{right}>{escape(text)}</{tag}>"


def _value_text(name: str, value: object, decimals: int | None) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return exact(value)
        case float():
            return f"{value:.4g}" if decimals is None else f"{value:.{decimals}f}"
        case (int() as channels, int() as height, int() as width) if name.endswith("shape"):
            return grid((channels, height, width))
        case _:
            return str(value)
