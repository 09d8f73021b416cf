"""The residual lab: what the scale does to magnitudes, ratios and gradients, block by block."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from app import text
from app.controls import network_choice
from app.frame import refusals
from app.views import activations as view
from app.views import head
from app.views import scale as lab
from app.weights import weights

choice = network_choice()
network = choice.network
head.heading("Activations of", network)
loaded = weights()
st.markdown(f"{text.DEATH} {text.TRAINED if loaded else text.UNTRAINED}")

with st.grid(2, min_column_width=300):
    with st.container(border=True):
        image = view.picture()
    with st.container(border=True):
        setting = view.setting(choice.device, several="" if loaded else "Seeds, for a band", trained=bool(loaded))
st.caption(text.NORMS)


@st.fragment
def curves() -> None:
    """What moves with the scale; the rest of the page stays as it is."""
    with refusals():
        scale = lab.scaling(network)
        views: dict[str, Callable[[], None]] = {
            "Curves": partial(lab.curves, network, image, scale, setting, loaded),
            "Five scales": partial(lab.small, network, image, setting, loaded),
            "Batch norm on the sums": partial(lab.memory, network),
            "All numbers": partial(lab.numbers, network, image, scale, setting, loaded),
            "Classes": partial(view.classes, network, image, choice.device, loaded),
        }
        for tab, shown in zip(
            st.tabs(list(views), key="plot", on_change="rerun", bind="query-params"), views.values(), strict=True
        ):
            if tab.open:
                with tab:
                    shown()


curves()
