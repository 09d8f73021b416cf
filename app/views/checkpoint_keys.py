"""From a box to code: its attribute path, its keys in checkpoints, and snippets to copy."""

from __future__ import annotations

import streamlit as st

from app import text
from app.state import choose
from app.views import show
from irnet.checkpoints import LAYOUTS, module_keys
from irnet.codegen.snippets import snippets
from irnet.spec import Network


def checkpoint_keys(network: Network, path: str) -> None:
    """The keys of a box in every layout that its network has, and what to do with its module."""
    bridge = st.expander(
        "The chosen box in code and in checkpoints", key="code", on_change="rerun", bind="query-params"
    )
    if not bridge.open:
        return
    with bridge, st.grid(2, min_column_width=340):
        if not path:
            st.caption(text.EMPTY_BOX)
            return
        with st.container():
            _keys(network, path)
        with st.container():
            found = {snippet.title: snippet.code for snippet in snippets(network, path)}
            title = choose("Snippet", list(found), "snippet") if found else ""
            st.code(found.get(title, text.NO_SNIPPET), language="python", wrap_lines=True)


def _keys(network: Network, path: str) -> None:
    keys = module_keys(network, path)
    if not keys:
        st.caption(text.NO_KEYS)
        return
    st.caption("Keys in checkpoints start with")
    show.pairs({LAYOUTS[layout].title: ", ".join(prefixes) for layout, prefixes in keys.items()})
