"""Where the paper errs: the print, arithmetic done while you look, what releases do, and the drawing of the place."""

import streamlit as st

from app import text
from app.controls import network_choice as chosen_network
from app.views import own, show
from app.views import sources as view
from irnet.models.errata import ERRATA, EVIDENCE
from irnet.provenance.erratum_checks import LINEAR, files_read, refutation
from irnet.provenance.published import additions

st.title("Errata of the paper")
st.markdown(text.ERRATA)
chosen = st.pills("Erratum", list(ERRATA), default="E1", key="erratum", required=True, bind="query-params")
erratum, evidence = ERRATA[chosen], EVIDENCE[chosen]
own.errata_line(chosen_network().network, chosen)

with st.grid(2, min_column_width=340):
    with st.container(border=True):
        st.header(f"{chosen}: {erratum.where}")
        show.pairs(
            {
                "Printed": erratum.printed,
                "Used here": erratum.used,
                "Why": erratum.why,
                "How certain": erratum.certainty,
                "How it is known": view.BASIS[erratum.basis],
                "Released code": evidence.released,
                **({"The other version of the paper": " ".join(others)} if (others := additions(chosen)) else {}),
            }
        )
        if read_in := files_read(chosen):
            st.caption(f"Read in {'; '.join(read_in)}.")
    with st.container(border=True):
        st.header("The place")
        view.place(chosen, evidence)

st.header("The arithmetic")
if steps := refutation(chosen):
    st.caption(text.ARITHMETIC)
    view.arithmetic(chosen, steps)
else:
    st.caption(text.WORDS_ALONE)
if chosen in LINEAR:
    view.width(chosen)
