"""Diagrams that can be moved, zoomed, opened and chosen from; Python owns the state, the browser draws and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from app.drawings import THEMES, BesideView, View
from irnet.diagrams import words
from irnet.diagrams.canvas import assets
from irnet.spec import Network


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Registered once a process."""
    html, css, js = assets()
    return st.components.v2.component("irnet_canvas", html=html, css=css, js=js)


def diagram(network: Network, stage: str = "", *, key: str, height: int = 620, selected: str = "") -> None:
    """Show a picture of `network` or of one block, with its caption; `height` is in pixels.

    The box with the path `selected` is marked.
    """
    data = _pictures(View(network=network, stage=stage), height) | {"selected": selected or None, "slot": key}
    _component()(key=key, data=data, height=height)
    st.caption(words(network, stage).caption)


def canvas(
    view: View | BesideView,
    selected: str,
    *,
    key: str,
    height: int | str,
    on_click: Callable[[str], None],
    on_toggle: Callable[[str], None],
    on_shut: Callable[[], None],
    small_map: bool = True,
    pins: Mapping[str, str] | None = None,
    maps: Mapping[str, str] | None = None,
    seen: Mapping[str, Any] | None = None,
) -> None:
    """A drawing whose boxes open in place; the callbacks get the path of a box that is really there.

    `height` is in pixels, or a length of CSS such as "70vh". A short text in `pins` is pinned to the box at its path.
    The small map of the whole needs a canvas that is not small itself. `maps` are the addresses that say what boxes
    show of a photograph, by the prefix of their network's paths; `seen` is what the chosen box shows from near.
    """
    last = f"{key}.answered"

    def take(what: str) -> tuple[str, bool]:
        """The path of the box that the browser asks for, "" for none, and whether it asked for it before.

        It asks again where an answer is late. Its message then has the address and the fields as they were before the
        first, so a box that was turned over has to be chosen again, in the view that is shown.
        """
        request, before = st.session_state[key][what], st.session_state.get(last, 0)
        if not isinstance(request["number"], int) or request["number"] < before:
            return "", True
        st.session_state[last] = request["number"]
        path = request.get("path", "")
        return path if path in view.paths else "", request["number"] == before  # a browser's word is checked again

    def clicked() -> None:
        path, _ = take("clicked")
        if path:
            on_click(path)

    def toggled() -> None:
        path, again = take("toggled")
        if path:
            (on_click if again else on_toggle)(path)

    def shut() -> None:
        _, again = take("shut")
        if not again:
            on_shut()

    data = _pictures(view, height) | {
        "selected": selected or None,
        "answered": st.session_state.get(last, 0),
        "slot": key,
        "map": small_map,
        "pins": dict(pins or {}),
        "maps": dict(maps) if maps else None,
        "seen": dict(seen) if seen else None,
        "flow": view.flow,
        "find": "input[aria-label=Search]",
    }
    _component()(
        key=key,
        data=data,
        height=height if isinstance(height, int) else "content",
        on_clicked_change=clicked,
        on_toggled_change=toggled,
        on_shut_change=shut,
    )


def _pictures(view: View | BesideView, height: int | str) -> dict[str, Any]:
    return {theme: view.address(theme) for theme in THEMES} | {"label": view.alt, "height": height}
