"""Home: what this is and the ways in; the paper's networks side by side, every preset in a table, and the errata."""

from __future__ import annotations

import streamlit as st

from app import text
from app.components.canvas import diagram
from app.controls import address, network_choice
from app.drawings import View
from app.live_block import live_block
from app.views import show
from irnet.diagrams.nested import Expansion
from irnet.models import network as network_of
from irnet.models import title
from irnet.models.errata import ERRATA
from irnet.provenance.published import TABLE_2, TABLE_2_SOURCE
from irnet.spec import Network
from irnet.tree.totals import overview, totals
from irnet.units import change, short


def card(network: Network) -> None:
    """A network whose knobs or places were changed, beside the preset it comes from; nothing of an unchanged one."""
    if not network.edits:
        return
    mine, first = totals(network), totals(network_of(network.name))
    with st.container(border=True):
        st.header(f"Yours, from {title(network.name)}")
        st.caption(f"{text.plain(network.edit_text)}. {text.OWN}")
        with st.grid(2, min_column_width=300):
            with st.container():
                diagram(View(network=network, opened=Expansion()), key="diagram.own")
            with st.container():
                show.pairs(
                    {
                        "Parameters": f"{short(mine.params)}: {change(mine.params - first.params)} to the preset's",
                        "MACs": f"{short(mine.macs)}: {change(mine.macs - first.macs)} to the preset's",
                    }
                )
                _links(network)


def _links(network: Network) -> None:
    own = address()
    st.page_link("app/pages/network.py", label="Open yours", icon=":material/schema:", query_params=own)
    st.page_link(
        "app/pages/compare.py",
        label="Compare with the preset",
        icon=":material/compare_arrows:",
        query_params=own | {"with": network.name},
    )
    st.page_link("app/pages/edit.py", label="Continue editing", icon=":material/edit:", query_params=own)


st.title("Inception-v4 and the Inception-ResNets")
st.markdown(text.INTRODUCTION)

WAYS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("learn", "Take the tour of the paper", ":material/school:", {"lesson": "tour"}),
    ("lineage", "Follow the line from GoogLeNet", ":material/timeline:", {}),
    ("network", "Open a network", ":material/schema:", {}),
    ("compare", "Compare v1 and v2", ":material/compare_arrows:", text.V1_AND_V2),
    ("death", "Watch a network die", ":material/grid_on:", {}),
)
with st.container(horizontal=True, key="ways"):
    for page, label, icon, query in WAYS:
        st.page_link(f"app/pages/{page}.py", label=label, icon=icon, query_params=query)

live = st.container()
card(network_choice().network)

with st.grid(3, min_column_width=300):
    for name, idea in text.IDEAS.items():
        spec, total = network_of(name), totals(network_of(name))
        with st.container(border=True):
            st.header(title(name).removesuffix(" (paper)"))
            st.markdown(idea)
            show.figures({"Parameters": short(total.params), "MACs": short(total.macs)})
            diagram(View(network=spec, opened=Expansion()), key=f"diagram.{name}")
            st.page_link("app/pages/network.py", label="Open", icon=":material/schema:", query_params={"model": name})
            query = {"model": name, "overlay": "photograph"}
            label = "Run a photograph through it"
            st.page_link("app/pages/network.py", label=label, icon=":material/photo_camera:", query_params=query)

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
