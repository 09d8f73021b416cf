"""Where the paper errs: the print, arithmetic done while you look, what releases do, and the drawing of the place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

import streamlit as st

from app import text
from app.components.canvas import diagram
from app.controls import network_choice
from app.drawings import View
from app.views import show
from irnet.diagrams.nested import Expansion, revealing
from irnet.models import network as preset
from irnet.models import title
from irnet.models.errata import ERRATA, EVIDENCE, Evidence
from irnet.provenance.erratum_checks import (
    LINEAR,
    Step,
    files_read,
    mark,
    printed_width,
    readings,
    refutation,
    try_width,
)
from irnet.provenance.published import additions
from irnet.provenance.sources import errata_of
from irnet.spec import Network

HOLDS = {True: "holds", False: "fails", None: ""}
WIDEST = 100_000  # filters that can be typed


def errata_line(network: Network, chosen: str) -> None:
    """Which stages of a network an erratum concerns, and which errata concern it at all."""
    titles = {stage.name: stage.title for stage in network.stages}
    found = {
        str(one["id"]): ", ".join(titles.get(name, name) for name in cast(Collection[str], one["stages"]))
        for one in errata_of(network)
    }
    here = f"{chosen} concerns its {found[chosen]}" if chosen in found else f"{chosen} concerns nothing in it"
    st.caption(text.plain(f"Your network, {title(network.label)}: {here}. Errata in it: {', '.join(found) or 'none'}."))


def steps(found: Sequence[Step]) -> list[dict[str, str]]:
    """A calculation, line by line."""
    return [
        {"claim": one.label, "calculation": one.expression, "result": one.result, "verdict": HOLDS[one.holds]}
        for one in found
    ]


def arithmetic(id_: str, found: Sequence[Step]) -> None:
    """A calculation; where the print can be read in several ways, each way with its own, side by side."""
    ways = readings(found)
    with st.grid(min(len(ways), 2), min_column_width=420):
        for i, (reading, lines) in enumerate(ways.items()):
            with st.container():
                if reading:
                    st.subheader(reading)
                name = f"{id_}.arithmetic{f'.{i + 1}' if reading else ''}"
                alt = f"The calculation behind {id_}, line by line{f': {reading}' if reading else ''}"
                show.prose(steps(lines), name, alt=alt)


def place(id_: str, evidence: Evidence) -> None:
    """The network that an erratum is about, open and marked at the box concerned; or that none is."""
    if not evidence.preset:
        st.caption(text.NO_PLACE)
        return
    spec, at = preset(evidence.preset), evidence.box or evidence.stage
    view = View(network=spec, opened=revealing(spec, Expansion(), at))
    diagram(view, at, key="place", pins={at: mark(id_)} if at else {})
    address = {"model": evidence.preset} | ({"box": evidence.box} if evidence.box else {})
    st.page_link("app/pages/network.py", label="Open on the canvas", icon=":material/schema:", query_params=address)


def width(id_: str) -> None:
    """A field for the width of the 1x1 linear convolution, and what the sum says to it."""
    st.header("Try a width")
    tried = st.number_input(
        "Filters of the 1x1 linear convolution",
        -WIDEST,
        WIDEST,
        printed_width(id_),
        key=f"width.{id_}",
        bind="query-params",
        help=text.TRY_WIDTH,
    )
    trial = try_width(preset("inception_resnet_v2"), LINEAR[id_], tried)
    with st.container(horizontal=True, vertical_alignment="center"):
        if trial.accepted:
            st.badge("accepted", icon=":material/check:", color="green")
        else:
            st.badge("refused", icon=":material/block:", color="red")
        st.markdown(f"{trial.sentence}.")


st.title("Errata of the paper")
st.markdown(text.ERRATA)
chosen = st.pills("Erratum", list(ERRATA), default="E1", key="erratum", required=True, bind="query-params")
erratum, evidence = ERRATA[chosen], EVIDENCE[chosen]
errata_line(network_choice().network, chosen)

with st.grid(2, min_column_width=340):
    with st.container(border=True):
        st.header(f"{chosen}: {erratum.where}")
        show.pairs(
            {
                "Printed": erratum.printed,
                "Used here": erratum.used,
                "Why": erratum.why,
                "How certain": erratum.certainty,
                "How it is known": text.BASIS[erratum.basis],
                "Released code": evidence.released,
                **({"The other version of the paper": " ".join(others)} if (others := additions(chosen)) else {}),
            }
        )
        if read_in := files_read(chosen):
            st.caption(f"Read in {'; '.join(read_in)}.")
    with st.container(border=True):
        st.header("The place")
        place(chosen, evidence)

st.header("The arithmetic")
if found := refutation(chosen):
    st.caption(text.ARITHMETIC)
    arithmetic(chosen, found)
else:
    st.caption(text.WORDS_ALONE)
if chosen in LINEAR:
    width(chosen)
