"""Feature maps: the whole network as a strip, and every channel of the box that is chosen."""

import streamlit as st

from app import text
from app.components.strip import strip
from app.controls import network_choice
from app.explorer import picker, select
from app.passes import box_maps, glance_at
from app.views import activations, head, maps
from app.weights import weights

choice = network_choice()
network = choice.network
head.heading("Feature maps of", network)
loaded = weights()
st.markdown(f"{text.MAPS} {text.TRAINED if loaded else text.UNTRAINED_LOOK}")
with st.grid(2, min_column_width=300):
    with st.container(border=True):
        image = activations.picture(network)
    with st.container(border=True):
        setting = activations.setting(choice.device, trained=bool(loaded))

with st.container():  # a place of its own for the spinner, so that what follows stays where it is
    look = glance_at(network, image, setting, loaded)
st.caption(f"{maps.origin(look, choice.device)} {text.STRIP}")
above = st.container()
grid = st.grid(3, min_column_width=270)
with grid.cell():
    box = picker(network, look.strip[0].path)
with above:
    strip(look.strip, maps.unit(look, box), look.key, key="strip", on_click=select)
with grid.cell(column_span=2):
    with st.container():
        found = box_maps(network, image, setting, loaded, box)
    maps.feature_maps(network, found)
