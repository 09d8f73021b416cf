"""The network that this session has opened and looks at, if it is not one of the presets."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex

import streamlit as st

from app.address import Fields
from app.server.opened import find, keep
from irnet.opening.check import Report
from irnet.spec import Network

EXAMPLES = {
    path.stem.replace("_", " "): path for path in sorted((Path(__file__).parents[1] / "assets/examples").glob("*.json"))
}
OPENED = "network"  # a parameter of the address
_OURS, _SECRET = "opened.names", "opened.secret"  # in the session


def read(fields: Fields) -> list[str]:
    """Read the opened network of the address; returns what is wrong with it."""
    name = st.query_params.get(OPENED, st.session_state.get(OPENED, ""))
    gone = bool(name) and (name not in st.session_state.get(_OURS, ()) or find(name) is None)
    if gone:
        st.session_state[OPENED] = ""
        st.query_params.pop(OPENED, None)
    fields.value("text_input", "", "", key=OPENED)
    return ["The address shows a network that stays with the session that opened it: open its file again"] * gone


def show_opened(network: Network, report: Report) -> None:
    """Make an opened network the one that every page shows."""
    secret = st.session_state.setdefault(_SECRET, token_hex(16))
    name = keep(network, report, secret)
    st.session_state[_OURS] = (*st.session_state.get(_OURS, ()), name)[-8:]
    st.session_state[OPENED] = name


def opened() -> tuple[Network, Report] | None:
    """The opened network and what was found of it; None where the reader looks at a preset."""
    return find(name) if (name := st.session_state.get(OPENED, "")) else None


def close() -> None:
    """Back to the presets."""
    st.session_state[OPENED] = ""
