"""The title of a page, and its help with the way to its lesson."""

from __future__ import annotations

import streamlit as st

from app.help import HELP
from app.lesson import LESSON, open_lesson
from irnet.lessons import lesson_named
from irnet.models import title
from irnet.spec import Network


def help_button(page: str) -> None:
    """What helps on `page`, a key of `HELP`."""
    page_help = HELP[page]
    with st.popover("Help", icon=":material/help:", type="tertiary"):
        st.markdown(page_help.words)
        label, icon = f"Lesson: {lesson_named(page_help.lesson).title}", ":material/school:"
        if page == "learn":
            st.button(label, icon=icon, type="tertiary", on_click=open_lesson, args=(page_help.lesson,))
        else:
            st.page_link("app/pages/learn.py", label=label, icon=icon, query_params={LESSON: page_help.lesson})


def heading(about: str, *networks: Network) -> None:
    """The title of a page about networks, and what was changed in the presets that it shows."""
    st.title(f"{about} {' and '.join(title(network.name) for network in networks)}".strip())
    for network in networks:
        if network.edits:
            st.caption(f"{title(network.name)} with changes: {network.edit_text}")
