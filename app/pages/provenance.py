"""Which network is this: its names in the releases, the numbered deviations, and a ledger of published counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app import text
from app.controls import network_choice
from app.state import choose
from app.views import head, show
from irnet.provenance.counts import Count
from irnet.provenance.deviations import COLUMNS
from irnet.provenance.explanations import claims, records, similar_figures, summaries
from irnet.provenance.published import PAPERS
from irnet.provenance.sources import deviations, implementations, names, provenance
from irnet.spec import Network
from irnet.tables import Records, from_records
from irnet.units import change, exact

RELEASES = COLUMNS[1:]


def name_cards(network: Network) -> None:
    """A card for every stage, with its names in the paper and in the releases."""
    parts = {stage.name: stage.title for stage in network.stages} | {"head": "Pool and classifier"}
    with st.grid(2, min_column_width=340):
        for stage, title in parts.items():
            found = provenance(network, stage)
            with st.container(border=True):
                st.header(title)
                show.pairs({"Here": stage} | found.called)
                st.caption(f"Deviations: {', '.join(found.deviations)}" if found.deviations else "No deviation")


def deviation_cards(found: Records) -> None:
    """A card for every deviation; releases that have the same share a line."""
    with st.grid(2, min_column_width=340):
        for one in found:
            with st.container(border=True):
                st.header(f"{one['id']}: {one['what']}")
                show.pairs(_alike(one))
                st.caption(f"{one['why']}\n\nValues: {text.BASIS[one['basis']]}. Why: {text.BASIS[one['why basis']]}.")


def _alike(deviation: Mapping[str, Any]) -> dict[str, str]:
    """Who has what: the paper first, then releases by what they have."""
    who: dict[str, list[str]] = {}
    for name in RELEASES:
        if value := deviation[name]:
            who.setdefault(value, []).append(name)
    return {"Paper": deviation["paper"]} | {", ".join(names): value for value, names in who.items()}


def read_in(found: Sequence[Mapping[str, str]]) -> None:
    """Files and versions in which names and values were read, and the two versions of the paper."""
    with st.expander("Where this was read", icon=":material/menu_book:"):
        st.markdown("\n".join(f"- **{one['by']}:** {one['file']}, {one['version']}" for one in found))
        for paper in PAPERS:
            st.markdown(f"**{paper.name}:** {paper.cited}.")
            for one in paper.adds:
                bears = ", ".join(one.bears_on)
                st.markdown(f"- {one.what} It concerns {bears}; {text.BASIS[one.basis]}.")


def printed_in(count: Count) -> str:
    """Where a count is printed, and in which version."""
    how = "Printed in" if count.basis == "read" else "Printed when run here:"
    return f"{how} {count.printed_in}."


def terms(found: Records) -> list[dict[str, str]]:
    """The terms of a count with signs; the first is what is shown here, the last the sum."""
    first, *between, last = found
    return [
        {"why": first["why"], "amount": exact(first["amount"])},
        *({"why": one["why"], "amount": change(one["amount"])} for one in between),
        {"why": last["why"], "amount": exact(last["amount"])},
    ]


def count_rows(found: Records) -> list[dict[str, str]]:
    """Counts, one a row, with the version that printed it, ours, and how far the terms get."""
    return [
        {
            "count": f"{one['title']} ({one['version']})",
            "ours": exact(one["ours"]),
            "the terms": one["explained"],
        }
        for one in found
    ]


network = network_choice().network
if network.origin:
    st.title("Provenance")
    st.info(text.OPEN_PROVENANCE, icon=":material/fingerprint:")
    st.stop()
head.heading("Provenance of", network)
st.markdown(text.PROVENANCE)

read_in(implementations(network))

side, numbered, ledger = st.tabs(
    ["Names side by side", "Numbered deviations", "Ledger of numbers"],
    key="provenance",
    on_change="rerun",
    bind="query-params",
)
if side.open:
    with side:
        st.caption(text.NAMES)
        name_cards(network)
        show.take_away(from_records(names(network)), f"{network.name}.names")
if numbered.open:
    with numbered:
        found = deviations(network)
        deviation_cards(found)
        show.take_away(from_records(found), f"{network.name}.deviations")
if ledger.open:
    with ledger:
        st.markdown(text.PUBLISHED)
        for sentence in similar_figures(network):
            st.markdown(f"> :material/compare: {sentence}")
        counts = {claim.count.title: claim for claim in claims(network)}
        longest = max(range(len(counts)), key=lambda i: len(list(counts.values())[i].lines))
        claim = counts[choose("Count", list(counts), "count", index=longest)]
        st.markdown(f"**{claim.count.title}:** {claim.verdict}. {printed_in(claim.count)}")
        lines, alt = records(claim), f"The terms that lead to {claim.count.title}"
        show.prose(lines, f"{network.name}.count", alt=alt, shown=terms(lines))
        st.header("All counts")
        every = summaries(network)
        show.prose(every, f"{network.name}.counts", alt="Every published count beside ours", shown=count_rows(every))
