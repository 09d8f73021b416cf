"""Diagrams that can be moved, zoomed, opened and chosen from; Python owns the state, the browser draws and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from app.drawings import THEMES, BesideView, TimelineView, View
from app.state import put
from irnet.diagrams import words
from irnet.diagrams.canvas import assets
from irnet.spec import Network
from irnet.tree import resolve

FIND = "find"  # the parameter of the address with what is searched for
FOLLOWED = "followed"  # in the session: the box that was clicked
FILL = "fill"  # a height: what the window has left


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Registered once a process."""
    html, css, js = assets()
    return st.components.v2.component("irnet_canvas", html=html, css=css, js=js)


def diagram(view: View, selected: str = "", *, key: str, pins: Mapping[str, str] | None = None) -> None:
    """Show a network with its caption; a box that is clicked opens on the page of the network."""
    _show_links(_data(view, selected, FILL, pins), {path: (view.network, path) for path in view.paths}, key)
    st.caption(words(view.network).caption)


def figure(svg: str, networks: tuple[Network, ...], alt: str, *, key: str) -> None:
    """Show a picture of boxes of one network, or of several side by side; one that is clicked opens on its page."""
    before = [f"{i}/" if len(networks) > 1 else "" for i in range(len(networks))]
    places = {f"{at}{path}": (spec, path) for at, spec in zip(before, networks, strict=True) for path in resolve(spec)}
    data = dict.fromkeys(THEMES, svg) | {"label": alt, "height": FILL, "links": list(places)}
    _show_links(data, places, key)


def drawing(svgs: tuple[bytes, bytes], alt: str, *, key: str, height: int) -> None:
    """Show a picture, light and dark, whose boxes lead nowhere, in so many pixels of height."""
    texts = (svg.decode() for svg in svgs)
    data = dict(zip(THEMES, (text[text.index("<svg") :] for text in texts), strict=True))
    _show_links(data | {"label": alt, "height": height, "links": []}, {}, key)


def _show_links(data: Mapping[str, Any], places: Mapping[str, tuple[Network, str]], key: str) -> None:
    """A canvas whose boxes lead to the page of the network."""

    def choose(what: str) -> None:
        path = str((st.session_state[key][what] or {}).get("path"))
        if path in places:  # a browser's word is checked again
            network, box = places[path]
            st.session_state["model"], st.session_state[FOLLOWED] = network.name, box

    on = {f"on_{what}_change": partial(choose, what) for what in ("clicked", "toggled")}
    _component()(key=key, data={**data, "slot": key}, height="content", **on)
    if box := st.session_state.pop(FOLLOWED, ""):  # here, as a callback can't open a page
        st.switch_page("app/pages/network.py", query_params={"box": box})


def canvas(
    view: View | BesideView | TimelineView,
    selected: str,
    *,
    key: str,
    height: int | str = FILL,
    on_click: Callable[[str], None],
    on_toggle: Callable[[str], None],
    on_shut: Callable[[], None],
    pins: Mapping[str, str] | None = None,
    maps: Mapping[str, str] | None = None,
    seen: Mapping[str, Any] | None = None,
    label: str = "",
) -> None:
    """A drawing whose boxes open in place; the callbacks get the path of a box that is really there.

    `height` is in pixels, a length of CSS such as "70vh", or what the window has left below what stands above. `label`
    is what a screen reader calls it, in place of the view's own. A short
    text in `pins` is pinned to the box at its path. `maps` are the addresses that say what boxes show of a photograph,
    by the prefix of their network's paths; `seen` is what the chosen box shows from near.
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

    def searched() -> None:
        put(FIND, str(st.session_state[key]["searched"]))

    data = _data(view, selected, height, pins) | {
        "label": label or view.alt,
        "answered": st.session_state.get(last, 0),
        "slot": key,
        "query": st.query_params.get(FIND, ""),
        "maps": dict(maps) if maps else None,
        "seen": dict(seen) if seen else None,
    }
    _component()(
        key=key,
        data=data,
        height=height if isinstance(height, int) else "content",
        on_clicked_change=clicked,
        on_toggled_change=toggled,
        on_shut_change=shut,
        on_searched_change=searched,
    )


def _data(
    view: View | BesideView | TimelineView, selected: str, height: int | str, pins: Mapping[str, str] | None
) -> dict[str, Any]:
    return {theme: view.address(theme) for theme in THEMES} | {
        "label": view.alt,
        "height": height,
        "selected": selected or None,
        "map": True,
        "pins": dict(pins or {}),
        "flow": view.flow,
        "search": view.search,
    }
