"""One residual block as an equation that runs, step by step, on a photograph."""

import streamlit as st

from app import text
from app.controls import network_choice
from app.passes import block_at_scale
from app.state import choose
from app.views import activations, block, head
from app.weights import weights
from irnet.lab.block import own_scale, residual_blocks
from irnet.tree import stage_of

choice = network_choice()
network = choice.network
head.heading("One residual block of", network)
loaded = weights()
st.markdown(f"{text.BLOCK} {text.TRAINED if loaded else text.UNTRAINED_LOOK}")
paths = residual_blocks(network)
if not paths:
    st.info(text.NO_BLOCK, icon=":material/info:")
    st.stop()
with st.grid(2, min_column_width=300):
    with st.container(border=True):
        image = activations.picture()
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            path = choose("Block", paths, "block")
            playing = block.play()
        scale = block.scale(stage_of(path), own_scale(network, path))
        setting = activations.setting(choice.device, trained=bool(loaded))

with st.container():  # a place of its own for the spinner, so that what follows stays where it is
    result = block_at_scale(network, image, setting, loaded, path, scale)
st.caption(block.origin(result, choice.device))
block.walk(result, playing=playing)
block.numbers(result)
