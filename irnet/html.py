"""HTML for notebooks and for files of one page: no script, no request, everything from outside escaped.

Colours of a notebook are the page's own, so that tables look right on a light and on a dark one.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape

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


def figure(light: bytes, dark: bytes, alt: str) -> str:
    """One SVG for light pages and one for dark ones; as images, nothing in them can run or ask for anything."""
    images = (("light", light), ("dark", dark))
    return "".join(
        f'<img class="{theme}" alt="{escape(alt)}" src="data:image/svg+xml;base64,{b64encode(svg).decode()}">'
        for theme, svg in images
    )


def page(title: str, body: str) -> bytes:
    """One HTML file with a heading and a body of HTML, in light and dark; it asks no server for anything.

    Examples
    --------
    >>> b"<h1>A &lt; B</h1>" in page("A < B", "")
    True
    """
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
