"""The interactive canvas: html, css and one JavaScript module, for whatever can show a page."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = ("canvas", "camera", "morph", "keys", "search", "maps")


@lru_cache(maxsize=1)
def assets() -> tuple[str, str, str]:
    """HTML, CSS and JavaScript; the script is one module whose default export draws the canvas."""
    html, css = ((HERE / f"canvas.{kind}").read_text(encoding="utf-8") for kind in ("html", "css"))
    return html, css, "\n".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
