"""A race: networks train on the same images, and who is first shows step by step."""

from functools import partial

import streamlit as st

from app import runs, text, training
from app.frame import refusals
from app.views import race as view
from app.views import training as shared

st.title("A race in training")
st.markdown(f"{text.RACE} {text.TOY}")

fresh = not runs.names("race")
with st.expander("New race", key=training.FORM, on_change="rerun", bind="query-params", expanded=fresh) as new:
    if new.open:
        with refusals():
            training.start("Start the race", training.of_race(), "race")

name = shared.choose_run("race", text.RACE_EMPTY)
if name:
    shared.watch(name, partial(view.race, name))
view.paper()
with st.expander("All races of this server"):
    shared.listing("race")
