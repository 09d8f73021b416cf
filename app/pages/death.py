"""The death map: at which residual scales, rates and widths a network dies in training, and how."""

from functools import partial

import streamlit as st

from app import text, training
from app.frame import refusals
from app.views import death as view
from app.views import training as shared
from irnet.training.finished_map import finished_map

st.title("The death map")
st.markdown(f"{text.MAP} {text.TOY}")

name = shared.choose_run("stability", "")
if name:
    shared.watch(name, partial(view.death_map, name))
else:
    st.caption(text.MAP_FINISHED)
    view.death_map("death_map", *finished_map())

with st.container(border=True):
    st.markdown(text.MAP_CURATED)
    training.start("Train the short map", training.quick_death_map(), "death.curated")
with st.expander("A map of your own", key=training.FORM, on_change="rerun", bind="query-params") as new:
    if new.open:
        with refusals():
            training.start("Start this map", training.of_death(), "death.own")
with st.expander("All maps of this server"):
    shared.listing("stability")
