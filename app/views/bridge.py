"""From a box to code: its attribute path, its keys in checkpoints, and snippets to copy."""

from __future__ import annotations

import streamlit as st

from app import text
from app.views import show
from irnet.analysis.layouts import LAYOUTS, module_keys
from irnet.analysis.snippets import snippets
from irnet.spec import Network


def shown(network: Network, path: str) -> None:
    """The keys of a box in every layout that its network has, and what to do with its module."""
    keys = module_keys(network, path)
    if keys:
        st.caption("Keys in checkpoints start with")
        show.pairs({LAYOUTS[layout].title: ", ".join(prefixes) for layout, prefixes in keys.items()})
    else:
        st.caption(text.NO_KEYS)
    found = {snippet.title: snippet.code for snippet in snippets(network, path)}
    if found:
        title = st.selectbox("Snippet", list(found), key="snippet")
        st.code(found.get(title, ""), language="python", wrap_lines=True)
