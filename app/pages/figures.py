"""The figure factory: every figure of the catalogue, in the form that a document needs."""

import streamlit as st

from app import text
from app.server.cache import figure_texts
from app.state import choose, repeat
from app.views import figures as view
from irnet.diagrams.layouts import ROOMS
from irnet.diagrams.theme import THEMES

st.title("Figures")
st.markdown(text.FIGURES)
words = st.text_input(
    "Search",
    key="figure.find",
    placeholder="figure 17, v2, reduction, cost, table",
    bind="query-params",
    on_change=repeat,
    args=("figure",),
)
shown = view.matching_ids(words)
if not shown:
    st.info(text.NO_FIGURE, icon=":material/search_off:")
    st.stop()
name = choose("Figure", shown, "figure")

with st.container(horizontal=True):
    theme = st.segmented_control(
        "Theme", list(THEMES), default="light", key="figure.theme", required=True, bind="query-params"
    )
    width = st.segmented_control(
        "Width",
        list(ROOMS),
        default="natural",
        key="figure.width",
        required=True,
        bind="query-params",
        help=text.WIDTHS,
    )
    scale = st.segmented_control(
        "PNG scale", ["1", "2", "4"], default="2", key="figure.scale", required=True, bind="query-params"
    )

texts = figure_texts(name, width)
st.header(text.plain(texts["title"]))
with st.container(border=True):
    view.picture(name, texts, theme, width)
view.files(name, theme, width, float(scale))

about, copied = st.tabs(["Words", "Snippets"], key="figure.about", on_change="rerun", bind="query-params")
if about.open:
    with about:
        view.words(name, texts)
if copied.open:
    with copied:
        view.snippets(name, texts, theme, width)
