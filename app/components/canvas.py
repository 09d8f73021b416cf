"""Diagrams that can be moved, zoomed, opened and chosen from; Python owns the state, the browser draws and reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit import runtime

from app.cache import drawings, picture
from irnet.analysis.boxes import boxes
from irnet.diagrams import words
from irnet.diagrams.canvas import assets
from irnet.diagrams.nested import Opened
from irnet.diagrams.overlay import Edges, Overlay
from irnet.spec import Network

THEMES = ("light", "dark")


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Registered once a process."""
    html, css, js = assets()
    return st.components.v2.component("irnet_canvas", html=html, css=css, js=js)


def diagram(network: Network, stage: str = "", *, key: str, height: int = 620, selected: str = "") -> None:
    """Show a picture of `network` or of one block, with its caption; `height` is in pixels.

    The box with the path `selected` is marked.
    """
    told = words(network, stage)
    look = {theme: _address(picture(network, "svg", stage, theme), f"{key}.{theme}") for theme in THEMES}
    marked = [selected] if selected else []
    data = {**look, "label": told.alt, "choices": marked, "openable": [], "selected": selected or None}
    _component()(key=key, data=data | {"height": height}, height=height)
    st.caption(told.caption)


@dataclass(frozen=True, slots=True)
class View:
    """What a canvas shows."""

    network: Network
    opened: Opened
    selected: str
    overlay: Overlay
    edges: Edges


def canvas(
    view: View, *, key: str, height: int, on_click: Callable[[str], None], on_toggle: Callable[[str], None]
) -> None:
    """A network whose boxes open in place; the callbacks get the path of a box that is really there."""
    found = boxes(view.network)
    svgs = dict(zip(THEMES, drawings(view.network, view.opened, view.overlay, view.edges), strict=True))
    shown = [path for path in re.findall(r'id="([^"]+)"', svgs["light"].decode()) if path in found]
    choices: Sequence[str] = list(dict.fromkeys(shown))
    data = {theme: _address(svg, f"{key}.{theme}") for theme, svg in svgs.items()} | {
        "label": words(view.network).alt,
        "choices": choices,
        "openable": [path for path in choices if found[path].children],
        "selected": view.selected or None,
        "map": True,
        "height": height,
    }

    def told(what: str, act: Callable[[str], None]) -> Callable[[], None]:
        def heard() -> None:
            path = st.session_state[key][what]
            if path in found:  # what comes from a browser is checked again
                act(path)

        return heard

    _component()(
        key=key,
        data=data,
        height=height,
        on_clicked_change=told("clicked", on_click),
        on_toggled_change=told("toggled", on_toggle),
        on_searched_change=lambda: None,
    )


def _address(svg: bytes, place: str) -> str:
    """Where the browser finds the SVG: under the hash of its content, so that nothing is sent twice."""
    return runtime.get_instance().media_file_mgr.add(svg, "image/svg+xml", place)
