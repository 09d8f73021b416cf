"""A diagram that can be moved, zoomed and clicked; Python owns the selection, the browser draws and reports clicks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime

from app.cache import picture
from irnet.diagrams import words
from irnet.spec import Network

HERE = Path(__file__).parent


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Registered once a process."""
    html, css, js = ((HERE / f"diagram.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component("irnet_diagram", html=html, css=css, js=js)


def diagram(
    network: Network,
    stage: str = "",
    *,
    key: str,
    index: int = 0,
    height: int = 620,
    selects: tuple[str, Sequence[str]] | None = None,
    caption: bool = True,
) -> None:
    """Show a picture of `network` or of one block.

    Parameters
    ----------
    key
        Of the component.
    height
        In pixels.
    selects
        The key of a widget that a click on a box sets, and what it may be set to: box ids are paths.
    caption
        Whether the caption stands below; alternative text there is always.
    """
    told = words(network, stage)
    look = {theme: _address(network, stage, theme, index, f"{key}.{theme}") for theme in ("light", "dark")}
    chosen = st.session_state.get(selects[0]) if selects else None
    _component()(
        key=key,
        data={
            **look,
            "label": told.alt,
            "selected": chosen,
            "height": height,
            "choices": selects[1] if selects else [],
        },
        on_clicked_change=lambda: _click(key, selects),
        height=height,
    )
    if caption:
        st.caption(told.caption)


def _address(network: Network, stage: str, theme: str, index: int, place: str) -> str:
    """Where the browser finds the SVG: under the hash of its content, so that nothing is sent twice."""
    svg = picture(network, "svg", stage, theme, index)
    return runtime.get_instance().media_file_mgr.add(svg, "image/svg+xml", place)


def _click(key: str, selects: tuple[str, Sequence[str]] | None) -> None:
    clicked = st.session_state[key]["clicked"]
    if selects and clicked in selects[1]:  # what comes from a browser is checked again
        st.session_state[selects[0]] = clicked
