"""The figure factory: every figure of the catalogue, in the form that a document needs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from app import text
from app.components.canvas import figure
from app.server.cache import figure_file, figure_texts
from app.state import choose_by_name
from app.views import show
from irnet.diagrams.chart_figures import BARS, NO_DOT, chart_catalogue
from irnet.diagrams.factory import forms_of, ids_with, listing
from irnet.diagrams.figures import BOXES, catalogue
from irnet.diagrams.formats import THEMELESS
from irnet.diagrams.layouts import ROOMS
from irnet.diagrams.table_figures import table_catalogue
from irnet.diagrams.theme import THEMES
from irnet.diagrams.words import mermaid_snippet


def choose_one(label: str, options: Iterable[str], first: str, help_text: str | None = None) -> str:
    """A choice among a few, by its parameter of the address: the last word of its label."""
    key = f"figure.{label.lower().split()[-1]}"
    chosen: str = st.segmented_control(
        label, list(options), default=first, key=key, required=True, bind="query-params", help=help_text
    )
    return chosen


def picture(name: str, texts: Mapping[str, Any], theme: str, width: str) -> None:
    """The picture in the theme that its file has, or the table."""
    if name in table_catalogue():
        records = table_catalogue()[name].records()
        (show.small if show.wordy(records) else show.table)(records, name, alt=texts["title"])
        return
    svg = figure_file(name, "svg", theme, width).decode()
    if name in catalogue():
        figure(svg[svg.index("<svg") :], catalogue()[name].networks, texts["alt"], key="figure.picture")
        return
    look, data = "max-width:100%;height:auto;display:block;border-radius:4px", b64encode(svg.encode()).decode()
    st.html(f'<img style="{look}" alt="{escape(texts["alt"])}" src="data:image/svg+xml;base64,{data}">')


def words(name: str, texts: Mapping[str, Any]) -> None:
    """Caption, alternative text, departures from the print and the long description."""
    st.caption(text.plain(texts["caption"]))
    if texts.get("departures"):
        st.markdown("**Departs from the print, or from the paper**")
        st.markdown("\n".join(f"- {text.plain(note)}" for note in texts["departures"]))
    if "alt" in texts:
        st.markdown(f"**Alternative text**: {text.plain(texts['alt'])}")
        with st.expander(BARS if name in chart_catalogue() else BOXES):
            st.markdown("\n".join(f"1. {text.plain(line.partition('. ')[2])}" for line in texts["long"]))


def files(name: str, theme: str, width: str, scale: float) -> None:
    """A button for every format; a table has its CSV beneath it already."""
    forms = {form: what for form, what in forms_of(name).items() if name not in table_catalogue() or form != "csv"}
    made = {
        f"{name}.{form}" if form in THEMELESS else f"{name}.{theme}.{form}": partial(
            figure_file, name, form, theme, width, scale
        )
        for form in forms
    }
    show.downloads(made, forms, "figure")
    if name in chart_catalogue():
        st.caption(f"{NO_DOT}.")


def snippets(name: str, texts: Mapping[str, Any], theme: str, width: str) -> None:
    """What is copied into a document."""
    for label, language, code in _snippets(name, texts, theme, width):
        with st.expander(label, expanded=language == "html"):
            st.code(code, language=language, wrap_lines=True)  # a box that scrolls can't be reached by keyboard


def _snippets(name: str, texts: Mapping[str, Any], theme: str, width: str) -> Iterator[tuple[str, str, str]]:
    """Label, language and text of every snippet."""
    if name in table_catalogue():
        for form, label, language in (("md", text.COPY_TABLE, "markdown"), ("tex", text.COPY_BOOKTABS, "latex")):
            yield label, language, figure_file(name, form, theme, width).decode()
        return
    yield text.COPY_MARKDOWN, "html", texts["snippets"]["picture"]
    yield text.COPY_MERMAID, "markdown", mermaid_snippet(figure_file(name, "mmd", "light", width).decode())
    yield text.COPY_LATEX, "latex", texts["snippets"]["latex"]


st.title("Figures")
shown, controls = st.columns([3, 1], gap="medium")
with controls:
    wanted = st.text_input(
        "Search",
        key="figure.find",
        placeholder="figure 17, v2, reduction, cost, table",
        bind="query-params",
    )
    ids = ids_with(wanted)
    if not ids:
        st.info(text.NO_FIGURE, icon=":material/search_off:")
        st.stop()
    titles = {one["id"]: one["title"] for one in listing()}
    name = choose_by_name("Figure", {id_: titles[id_] for id_ in ids}, "figure")
    theme = choose_one("Theme", THEMES, "light")
    width = choose_one("Width", ROOMS, "natural", text.WIDTHS)
    scale = choose_one("PNG scale", ("1", "2", "4"), "2")
texts = figure_texts(name, width)
with shown:
    st.header(text.plain(texts["title"]))
    picture(name, texts, theme, width)
    files(name, theme, width, float(scale))
st.markdown(text.FIGURES)
about, copied = st.tabs(["Words", "Snippets"], key="figure.about", on_change="rerun", bind="query-params")
if about.open:
    with about:
        words(name, texts)
if copied.open:
    with copied:
        snippets(name, texts, theme, width)
