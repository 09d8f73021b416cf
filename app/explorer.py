"""The canvas with its controls: the chosen box, the opened ones and overlays live in the address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from app import photograph, text
from app.components.canvas import canvas
from app.drawings import View
from app.state import put, put_all, unknown
from app.steps import steps
from app.views import checkpoint_keys, show, sources
from app.views.show import refusals
from irnet.checkpoints import find
from irnet.diagrams.graph_builder import FLOWS
from irnet.diagrams.nested import LEVELS, Expansion, revealing, shown_block, shown_in
from irnet.diagrams.overlay import EDGES, OVERLAYS, PHOTOGRAPH
from irnet.provenance.sources import provenance
from irnet.spec import Network
from irnet.tree import details, resolve

BOX, TURNED, LEVEL = "box", "turned", "level"  # parameters of the address
FROM = "from"  # the box that another page was left with


@st.fragment
def explorer(network: Network) -> None:
    """The network as a canvas, and beside it what the chosen box is."""
    found = resolve(network)
    options = {LEVEL: LEVELS, "overlay": OVERLAYS, "edges": EDGES, "flow": FLOWS, TURNED: found}
    show.ignored_line(unknown(options))
    level = _controls()
    grid = st.grid(3, min_column_width=270)
    left, beside = grid.cell(column_span=2), grid.cell().container()
    with beside:
        asked = photograph.controls(network) if st.session_state["overlay"] == PHOTOGRAPH else None
        right = st.container(border=True)
    with right:
        chosen = box_field(network)
    opened = Expansion(LEVELS.index(level), toggled(network), shown_block(network, chosen))
    opened = revealing(network, opened, chosen) if chosen else opened
    overlay, edges, flow = (st.session_state[key] for key in ("overlay", "edges", "flow"))
    view = View(network=network, opened=opened, overlay=overlay, edges=edges, flow=flow)
    looks = photograph.looks(view, chosen, asked) if asked else []
    with photograph.expected(looks) as pictures:
        with left:  # before the details, so that the browser draws while they are on their way
            canvas(
                view,
                chosen,
                key="canvas",
                on_click=choice_in_view(),
                on_toggle=lambda path: turn(opened, path),
                on_shut=_shut_all,
                **pictures,
            )
        with right:
            _panel(network, chosen)
        with left, refusals():
            for look in looks:
                look.show(shown_in(network, opened))
    checkpoint_keys.checkpoint_keys(network, chosen)
    steps(network, chosen, select)


def chooser(network: Network, chosen: str, *, key: str) -> None:
    """The network as a canvas on which a click chooses the box; the chosen one is in sight."""
    opened = revealing(network, Expansion(0, toggled(network), shown_block(network, chosen)), chosen)
    canvas(
        View(network=network, opened=opened),
        chosen,
        key=key,
        on_click=choice_in_view(),
        on_toggle=lambda path: turn(opened, path),
        on_shut=_shut,
    )


def _controls() -> str:
    """Level, overlay, arrows and orientation; returns the level."""
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        level: str = st.segmented_control(
            "Open down to", LEVELS, default=LEVELS[0], key=LEVEL, required=True, bind="query-params", on_change=_shut
        )
        st.selectbox("Colour by", OVERLAYS, key="overlay", bind="query-params", width=190)
        st.selectbox("Width of arrows by", EDGES, key="edges", bind="query-params", width=190)
        st.segmented_control("Arrows run", FLOWS, default=FLOWS[0], key="flow", required=True, bind="query-params")
    return level


def box_field(network: Network) -> str:
    """The field that names the chosen box; returns its path, "" where it is none that is there."""
    asked = st.text_input(
        "Box",
        key=BOX,
        bind="query-params",
        placeholder=text.BOX,
        help=text.BOX_HELP,
        on_change=_resolve_name,
        args=(network,),
    )
    try:
        return _meant(network, asked.strip())
    except KeyError as error:
        show.ignored_line([str(error.args[0])])
        return ""


def _meant(network: Network, asked: str) -> str:
    """The path of the box that is asked for by its path, by a key of a checkpoint or by an error message with one."""
    if not asked or asked in resolve(network):
        return asked
    with suppress(ValueError):
        return find(network, asked)
    return resolve(network)[asked].path


def _resolve_name(network: Network) -> None:
    """What was typed becomes the path that it means, so that the address is short."""
    with suppress(KeyError):
        st.session_state[BOX] = _meant(network, st.session_state[BOX].strip())


def _panel(network: Network, chosen: str) -> None:
    """Everything about the chosen box."""
    if not chosen:
        st.caption(text.EMPTY_BOX)
        return
    _crumbs(network, chosen)
    show.pairs(details(network, chosen))
    address = {FROM: chosen}  # the field's own parameter goes when its page does
    st.page_link(
        "app/pages/maps.py", label="Feature maps of this box", icon=":material/grid_view:", query_params=address
    )
    box = resolve(network)[chosen]
    sources.origin(box.source, provenance(network, box.stage or "head"))


def _crumbs(network: Network, chosen: str) -> None:
    """The boxes around the chosen one, from the outside in; each leads there."""
    around = [chosen]
    while parent := resolve(network)[around[0]].parent:
        around.insert(0, parent)
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        for path in around[:-1]:
            label = f"{text.plain(_short(network, path))} ›"
            st.button(label, key=f"crumb.{path}", type="tertiary", on_click=select, args=(path,))
        st.markdown(f"**{text.plain(_short(network, chosen))}**")


def _short(network: Network, path: str) -> str:
    """What people call a box, without where it is."""
    return resolve(network)[path].aria_label.partition(",")[0]


def toggled(network: Network) -> frozenset[str]:
    """The boxes that the address says were turned over; what is no box is left out."""
    asked = st.query_params.get(TURNED, "").split(",")
    return frozenset(path for path in asked if path in resolve(network))


def select(path: str) -> None:
    """Choose a box, and show it wherever it is shown."""
    st.session_state[BOX] = path


def choice_in_view() -> Callable[[str], None]:
    """How to choose a box in the view that is shown, also where the browser's address is older than it."""
    shown = st.query_params.get(TURNED, "")

    def choose(path: str) -> None:
        put_all({TURNED: shown})
        select(path)

    return choose


def turn(opened: Expansion, path: str) -> None:
    """Open a box that is shut or shut one that is open, and choose it."""
    put_all({TURNED: ",".join(sorted(opened.toggled ^ {path}))})
    select(path)


def _shut() -> None:
    """A level is meant as it says: what was turned over before is forgotten."""
    put(TURNED, "")


def _shut_all() -> None:
    st.session_state[LEVEL] = LEVELS[0]
    _shut()
    select("")
