"""Style sheets: of all pages, and of those with lessons."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

SHEETS = Path(__file__).parents[1] / "components"


def every() -> None:
    """How all pages look, besides the theme."""
    st.html(SHEETS / "every.css")


def plain() -> None:
    """How the pages with lessons look: without the sidebar, whose network they do not show, and on paper."""
    st.html(SHEETS / "lesson.css")
    st.html(SHEETS / "print.css")


def present() -> None:
    """How the page looks before a class."""
    st.html(SHEETS / "present.css")
