"""The network that this session has opened and looks at, if it is not one of the presets."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import streamlit as st

from app.address import Fields
from app.server.opened import find, keep
from irnet.opening import WITH_WEIGHTS
from irnet.opening.check import Report
from irnet.spec import Network

if TYPE_CHECKING:
    from app.passes import Weights

EXAMPLES = {
    path.stem.replace("_", " "): path for path in sorted((Path(__file__).parents[1] / "assets/examples").glob("*.json"))
}
OPENED = "network"  # a parameter of the address
_OURS, _SECRET, _FILE = "opened.names", "opened.secret", "opened.file"  # in the session


def read(fields: Fields) -> list[str]:
    """Read the opened network of the address; returns what is wrong with it."""
    name = st.query_params.get(OPENED, st.session_state.get(OPENED, ""))
    gone = bool(name) and (name not in st.session_state.get(_OURS, ()) or find(name) is None)
    if gone:
        st.session_state[OPENED] = ""
        st.query_params.pop(OPENED, None)
    fields.value("text_input", "", "", key=OPENED)
    return ["The address shows a network that stays with the session that opened it: open its file again"] * gone


def show_opened(network: Network, report: Report, file: Weights | None = None) -> None:
    """Make an opened network the one that every page shows; `file` is the reader's that it was read from."""
    secret = st.session_state.setdefault(_SECRET, token_hex(16))
    name = keep(network, report, secret)
    st.session_state[_OURS] = (*st.session_state.get(_OURS, ()), name)[-8:]
    st.session_state[OPENED] = name
    st.session_state[_FILE] = (name, file)


def opened_file() -> Weights | None:
    """The reader's file of the network that is opened, where it is one with weights and is still there."""
    name, file = st.session_state.get(_FILE, ("", None))
    there = file and name == st.session_state.get(OPENED) and file.name.lower().endswith(WITH_WEIGHTS)
    return file if there and Path(file.folder, file.name).is_file() else None


def opened() -> tuple[Network, Report] | None:
    """The opened network and what was found of it; None where the reader looks at a preset."""
    return find(name) if (name := st.session_state.get(OPENED, "")) else None


def close() -> None:
    """Back to the presets."""
    st.session_state[OPENED] = ""
