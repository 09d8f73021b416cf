"""Home: what this is and the ways in; the paper's networks side by side, every preset in a table, and the errata."""

import streamlit as st

from app import text
from app.components.canvas import diagram
from app.controls import network_choice
from app.drawings import View
from app.live_block import live_block
from app.views import own, show
from irnet.diagrams.nested import Expansion
from irnet.models import network, title
from irnet.models.errata import ERRATA
from irnet.provenance.published import TABLE_2, TABLE_2_SOURCE
from irnet.tree.totals import overview, totals
from irnet.units import short

st.title("Inception-v4 and the Inception-ResNets")
st.markdown(text.INTRODUCTION)

WAYS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("learn", "Take the tour of the paper", ":material/school:", {"lesson": "tour"}),
    ("network", "Open a network", ":material/schema:", {}),
    ("compare", "Compare v1 and v2", ":material/compare_arrows:", text.V1_AND_V2),
    ("death", "Watch a network die", ":material/grid_on:", {}),
)
with st.container(horizontal=True, key="ways"):
    for page, label, icon, address in WAYS:
        st.page_link(f"app/pages/{page}.py", label=label, icon=icon, query_params=address)

live = st.container()
own.card(network_choice().network)

with st.grid(3, min_column_width=300):
    for name, idea in text.IDEAS.items():
        spec, total = network(name), totals(network(name))
        with st.container(border=True):
            st.header(title(name).removesuffix(" (paper)"))
            st.markdown(idea)
            show.figures({"Parameters": short(total.params), "MACs": short(total.macs)})
            diagram(View(network=spec, opened=Expansion()), key=f"diagram.{name}")
            st.page_link("app/pages/network.py", label="Open", icon=":material/schema:", query_params={"model": name})
            address = {"model": name, "overlay": "photograph"}
            label = "Run a photograph through it"
            st.page_link("app/pages/network.py", label=label, icon=":material/photo_camera:", query_params=address)

st.header("Which one is it?")
st.markdown(
    "Several networks go by these names. All of them are here, as the figures print them (`paper`) and as they were "
    "released (`tf_slim`, `facenet`). Parameters include batch norm's weights and biases; MACs are those of "
    "convolutions and linear layers for one image of the size given."
)
show.small(overview(), "networks", alt="Every network with source, input size, parameters and MACs")

st.header("What the paper reports")
st.caption(TABLE_2_SOURCE)
show.small(
    [{"model": r.model, "top-1 error, %": r.top1, "top-5 error, %": r.top5} for r in TABLE_2],
    "table_2",
    alt="Table 2 of the paper: top-1 and top-5 errors",
    decimals=1,
)

st.header("Where the paper contradicts itself")
with st.grid(3, min_column_width=260):
    for erratum in ERRATA.values():
        st.page_link(
            "app/pages/errata.py",
            label=f"{erratum.id}: {erratum.where}",
            icon=":material/edit_note:",
            query_params={"erratum": erratum.id},
        )

with live:  # last, because a network runs for it
    live_block()
