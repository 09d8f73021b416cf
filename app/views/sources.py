"""Views of provenance and errata: the releases to compare, a calculation, the drawing of a place, a width to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app import text
from app.components.canvas import diagram
from app.controls import address as chosen
from app.drawings import View
from app.views import show
from irnet.diagrams.nested import Expansion, revealing
from irnet.models import network as preset
from irnet.models.errata import Evidence
from irnet.provenance.counts import Count
from irnet.provenance.deviations import COLUMNS
from irnet.provenance.erratum_checks import LINEAR, Step, mark, printed_width, readings, try_width
from irnet.provenance.published import PAPERS
from irnet.provenance.sources import Provenance, provenance
from irnet.spec import Network, Source
from irnet.units import change, exact

Records = Sequence[Mapping[str, Any]]
BASIS: Mapping[str, str] = {
    "computed": "computed here from the networks",
    "read": "read in the source named",
    "run": "run here with the code named",
    "unverified": "not verified",
}
HOLDS = {True: "holds", False: "fails", None: ""}
RELEASES = COLUMNS[1:]
WIDEST = 100_000  # filters that can be typed


def origin(source: Source, names: Provenance) -> None:
    """Where a stage comes from, its names elsewhere, and every place where its source contradicts itself."""
    st.markdown(f"**Source:** {source.ref}. {source.note}".strip())
    show.pairs(names.called)
    address = chosen() | {"provenance": "Numbered deviations"}
    numbers = ", ".join(names.deviations) or "none"
    st.page_link(
        "app/pages/provenance.py", label=f"Deviations: {numbers}", icon=":material/fingerprint:", query_params=address
    )
    for erratum in source.errata:
        with st.expander(f"{erratum.id}: {erratum.where}", icon=":material/edit_note:"):
            st.markdown(
                f"**Printed:** {erratum.printed}\n\n**Used here:** {erratum.used}\n\n**Why:** {erratum.why}\n\n"
                f"**How certain:** {erratum.certainty}"
            )


def names(network: Network) -> None:
    """A card for every stage, with its names in the paper and in the releases."""
    parts = {stage.name: stage.title for stage in network.stages} | {"head": "Pool and classifier"}
    with st.grid(2, min_column_width=340):
        for stage, title in parts.items():
            found = provenance(network, stage)
            with st.container(border=True):
                st.header(title)
                show.pairs({"Here": stage} | found.called)
                st.caption(f"Deviations: {', '.join(found.deviations)}" if found.deviations else "No deviation")


def deviations(found: Records) -> None:
    """A card for every deviation; releases that have the same share a line."""
    with st.grid(2, min_column_width=340):
        for one in found:
            with st.container(border=True):
                st.header(f"{one['id']}: {one['what']}")
                show.pairs(_alike(one))
                st.caption(f"{one['why']}\n\nValues: {BASIS[one['basis']]}. Why: {BASIS[one['why basis']]}.")


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
                st.markdown(f"- {one.what} It concerns {bears}; {BASIS[one.basis]}.")


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


def counts(found: Records) -> list[dict[str, str]]:
    """Counts, one a row, with the version that printed it, ours, and how far the terms get."""
    return [
        {
            "count": f"{one['title']} ({one['version']})",
            "ours": exact(one["ours"]),
            "the terms": one["explained"],
        }
        for one in found
    ]


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
