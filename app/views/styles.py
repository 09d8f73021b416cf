"""Style sheets: of all pages, and of lessons."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

SHEETS = Path(__file__).parents[1] / "components"


def every() -> None:
    """How all pages look, besides the theme."""
    st.html(SHEETS / "every.css")


def lesson() -> None:
    """How a lesson looks on a phone and on paper."""
    st.html(SHEETS / "lesson.css")


def present() -> None:
    """How the page looks before a class."""
    st.html(SHEETS / "present.css")
