"""The canvas with its controls: the chosen box, the opened ones, search and overlays live in the address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import text
from app.components.canvas import View, canvas
from app.state import choose
from app.views import show, sources
from irnet.analysis.boxes import boxes, details, search
from irnet.analysis.provenance import provenance
from irnet.diagrams.nested import LEVELS, Opened, revealing
from irnet.diagrams.overlay import EDGES, OVERLAYS
from irnet.spec import Network

BOX, TURNED, FIND, LEVEL = "box", "turned", "find", "level"  # parameters of the address
HEIGHT = 760  # pixels


@st.fragment
def explorer(network: Network) -> None:
    """The network as a canvas, and beside it what the chosen box is."""
    level = _controls()
    found = boxes(network)
    grid = st.grid(3, min_column_width=270)
    left, right = grid.cell(column_span=2), grid.cell().container(border=True)
    with right:
        chosen = choose("Box", list(found), BOX, required=False)
        _search(network)
        if chosen:
            _crumbs(network, chosen)
            show.pairs(details(network, chosen))
            sources.origin(found[chosen].source, provenance(network, found[chosen].stage or "head"), network.name)
        else:
            st.caption(text.EMPTY_BOX)
    opened = Opened(LEVELS.index(level), _turned(network), chosen)
    opened = revealing(network, opened, chosen) if chosen else opened
    view = View(network, opened, chosen, st.session_state["overlay"], st.session_state["edges"])
    with left:
        canvas(view, key="canvas", height=HEIGHT, on_click=_select, on_toggle=lambda path: _turn(opened, path))


def _controls() -> str:
    """Level, overlay and arrows; returns the level."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level: str = st.segmented_control(
            "Open down to", LEVELS, default=LEVELS[0], key=LEVEL, required=True, bind="query-params", on_change=_shut
        )
        st.selectbox("Colour by", OVERLAYS, key="overlay", bind="query-params", width=190)
        st.selectbox("Width of arrows by", EDGES, key="edges", bind="query-params", width=190)
    return level


def _search(network: Network) -> None:
    """A field that finds boxes, and buttons that walk through what it found."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input("Search", key=FIND, bind="query-params", placeholder=text.SEARCH)
        matches = search(network, wanted)
        at = matches.index(st.session_state[BOX]) if st.session_state.get(BOX) in matches else -1
        for label, icon, step in (("Previous", "arrow_upward", -1), ("Next", "arrow_downward", 1)):
            to = matches[(at + step) % len(matches) if at >= 0 or step > 0 else -1] if matches else ""
            st.button(label, icon=f":material/{icon}:", disabled=not matches, on_click=_select, args=(to,))
    if wanted:
        st.caption(f"{at + 1} of {len(matches)} boxes" if at >= 0 else f"{len(matches)} boxes")


def _crumbs(network: Network, chosen: str) -> None:
    """The boxes around the chosen one, from the outside in; each leads there."""
    around = [chosen]
    while parent := boxes(network)[around[0]].parent:
        around.insert(0, parent)
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        for path in around[:-1]:
            st.button(
                f"{path.rpartition('.')[2]} ›", key=f"crumb.{path}", type="tertiary", on_click=_select, args=(path,)
            )
        st.markdown(f"**{chosen.rpartition('.')[2]}**")


def _turned(network: Network) -> frozenset[str]:
    """The boxes that the address says were turned over; what is no box is left out."""
    asked = st.query_params.get(TURNED, "").split(",")
    return frozenset(path for path in asked if path in boxes(network))


def _select(path: str) -> None:
    st.session_state[BOX] = path


def select_row(key: str, paths: Sequence[str]) -> None:
    """Choose the box of the row that was chosen in the table with this key."""
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(paths):
        _select(paths[rows[0]])


def _turn(opened: Opened, path: str) -> None:
    _select(path)
    st.query_params[TURNED] = ",".join(sorted(opened.turned ^ {path}))


def _shut() -> None:
    """A level is meant as it says: what was turned over before is forgotten."""
    if TURNED in st.query_params:
        del st.query_params[TURNED]
