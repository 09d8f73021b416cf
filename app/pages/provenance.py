"""Which network is this: its names in the releases, the numbered deviations, and a ledger of published counts."""

import streamlit as st

from app import text
from app.controls import network_choice
from app.state import choose
from app.views import head, show
from app.views import sources as view
from irnet.provenance.explanations import claims, records, similar_figures, summaries
from irnet.provenance.sources import deviations, implementations, names
from irnet.tables import from_records

network = network_choice().network
head.heading("Provenance of", network)
st.markdown(text.PROVENANCE)

view.read_in(implementations(network))

side, numbered, ledger = st.tabs(
    ["Names side by side", "Numbered deviations", "Ledger of numbers"],
    key="provenance",
    on_change="rerun",
    bind="query-params",
)
if side.open:
    with side:
        st.caption(text.NAMES)
        view.names(network)
        show.take_away(from_records(names(network)), f"{network.name}.names")
if numbered.open:
    with numbered:
        found = deviations(network)
        view.deviations(found)
        show.take_away(from_records(found), f"{network.name}.deviations")
if ledger.open:
    with ledger:
        st.markdown(text.PUBLISHED)
        for sentence in similar_figures(network):
            st.markdown(f"> :material/compare: {sentence}")
        counts = {claim.count.title: claim for claim in claims(network)}
        longest = max(range(len(counts)), key=lambda i: len(list(counts.values())[i].lines))
        claim = counts[choose("Count", list(counts), "count", index=longest)]
        st.markdown(f"**{claim.count.title}:** {claim.verdict}. {view.printed_in(claim.count)}")
        lines, alt = records(claim), f"The terms that lead to {claim.count.title}"
        show.prose(lines, f"{network.name}.count", alt=alt, shown=view.terms(lines))
        st.header("All counts")
        every = summaries(network)
        show.prose(every, f"{network.name}.counts", alt="Every published count beside ours", shown=view.counts(every))
