"""The reader's own network on pages that show others: what it is, how far from its preset, and what errs in it."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from app import text
from app.components.canvas import diagram
from app.controls import address
from app.drawings import View
from app.views import show
from irnet.diagrams.nested import Expansion
from irnet.models import network as preset
from irnet.models import title
from irnet.provenance.sources import errata_of
from irnet.spec import Network
from irnet.tree.totals import totals
from irnet.units import change, short


def card(network: Network) -> None:
    """A network whose knobs or places were changed, beside the preset it comes from; nothing of an unchanged one."""
    if not network.edits:
        return
    mine, first = totals(network), totals(preset(network.name))
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


def errata_line(network: Network, chosen: str) -> None:
    """Which stages of a network an erratum concerns, and which errata concern it at all."""
    found = {str(one["id"]): _names(one["stages"]) for one in errata_of(network)}
    here = f"{chosen} concerns its {found[chosen]}" if chosen in found else f"{chosen} concerns nothing in it"
    st.caption(text.plain(f"Your network, {title(network.label)}: {here}. Errata in it: {', '.join(found) or 'none'}."))


def _names(stages: object) -> str:
    assert isinstance(stages, Collection)
    return ", ".join(map(str, stages))
