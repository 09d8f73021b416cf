"""What if: a network whose places are changed by hand, beside the original, without torch."""

import streamlit as st

from app import editor, text
from app.controls import editing
from app.views import edit as view
from app.views import head
from app.views.show import refusals

choice = editing()
with st.container():  # what it says changes; what is below stays where it is, and keeps the keyboard
    head.heading("Edit", choice.network)
st.caption(text.EDIT)
editor.toolbar(choice)
view.figures(choice.original, choice.network)

grid = st.grid(3, min_column_width=270)
left, right = grid.cell(column_span=2), grid.cell().container(border=True)
with right:
    box = editor.box(choice.network)
with left:
    editor.diagram(choice, box)
with right:
    editor.panel(choice, box)
    editor.refusal(choice)
view.to_compare(choice)

FORMER = {"Take away": "Export", "Load": "Import"}  # as older links call the tabs
if (tab := st.query_params.get("edit")) in FORMER:
    st.session_state["edit"] = FORMER[str(tab)]
differs, away, bring = st.tabs(["What differs", "Export", "Import"], key="edit", on_change="rerun", bind="query-params")
if differs.open:
    with differs:
        view.differences(choice.original, choice.network)
if away.open:
    with away:
        view.take_away(choice)
if bring.open:
    with bring, refusals():
        view.bring()
