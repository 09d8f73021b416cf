"""Prose whose words lead to boxes: a click on a word reports its box, and the words that speak of a box light up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st

from irnet.lessons.prose import Piece, spoken_of

HERE = Path(__file__).parent


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Registered once a process."""
    css, js = ((HERE / f"prose.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return st.components.v2.component("irnet_prose", html='<div class="prose"></div>', css=css, js=js)


def prose(
    paragraphs: Sequence[Sequence[Piece]],
    selected: str,
    *,
    key: str,
    paths: Collection[str],
    on_click: Callable[[str], None],
    page: str = "",
) -> None:
    """Paragraphs of pieces; `selected` is the chosen box, and `on_click` gets the path of one that is there.

    A `page` is a name for all of them. Where it becomes another one, the reader is brought to its top.
    """

    def clicked() -> None:
        if (path := st.session_state[key]["clicked"]) in paths:  # a browser's word is checked again
            on_click(path)

    linked = [piece.path for pieces in paragraphs for piece in pieces if piece.path]
    data = {
        "paragraphs": [[asdict(piece) for piece in pieces] for pieces in paragraphs],
        "spoken": spoken_of(linked, selected),
        "page": page,
    }
    _component()(key=key, data=data, on_clicked_change=clicked)
