"""The chosen box and the opened ones, which live in the address, and a canvas on which a click chooses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from app import text
from app.components.canvas import canvas
from app.drawings import View
from app.state import listed, put, put_all
from app.views import show
from irnet.checkpoints import find
from irnet.diagrams.nested import Expansion, revealing, shown_block
from irnet.spec import Network
from irnet.tree import resolve

BOX, TURNED = "box", "turned"  # parameters of the address
FROM = "from"  # the box that another page was left with


def chooser(network: Network, chosen: str, *, key: str) -> None:
    """The network as a canvas on which a click chooses the box; the chosen one is in sight."""
    opened = revealing(network, Expansion(0, toggled(network), shown_block(network, chosen)), chosen)
    canvas(
        View(network=network, opened=opened),
        chosen,
        key=key,
        on_click=choice_in_view(),
        on_toggle=lambda path: turn(opened, path),
        on_shut=shut,
    )


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


def toggled(network: Network) -> frozenset[str]:
    """The boxes that the address says were turned over; what is no box is left out."""
    return listed(TURNED, resolve(network))


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


def shut() -> None:
    """A level is meant as it says: what was turned over before is forgotten."""
    put(TURNED, "")


def short_name(network: Network, path: str) -> str:
    """What people call a box, without where it is."""
    return resolve(network)[path].aria_label.partition(",")[0]
