"""One network: a canvas that opens down to a single convolution, and every step with its numbers."""

from __future__ import annotations

import streamlit as st

from app import photograph, text
from app.components.canvas import canvas
from app.controls import address, network_choice
from app.drawings import View
from app.explorer import FROM, TURNED, box_field, choice_in_view, select, short_name, shut, toggled, turn
from app.state import choose, choose_by_name, unknown
from app.views import head, show
from app.views.show import refusals
from irnet.checkpoints import LAYOUTS, module_keys
from irnet.codegen.snippets import snippets
from irnet.diagrams.graph_builder import FLOWS
from irnet.diagrams.nested import LEVELS, Expansion, revealing, shown_block, shown_in
from irnet.diagrams.overlay import EDGES, OVERLAYS, PHOTOGRAPH
from irnet.provenance.sources import Provenance, provenance
from irnet.spec import Network, Source
from irnet.tree import details, resolve, smallest_input
from irnet.tree.totals import auxiliary_heads, records, totals
from irnet.units import exact, short

LEVEL = "level"  # a parameter of the address
HERE, ALL = "here", "all"
LABELS = {HERE: "Block of the chosen box", ALL: "Whole network"}


@st.fragment
def explorer(network: Network) -> None:
    """The network as a canvas, and beside it what the chosen box is."""
    found = resolve(network)
    options = {LEVEL: LEVELS, "overlay": OVERLAYS, "edges": EDGES, "flow": FLOWS, TURNED: found}
    show.ignored_line(unknown(options))
    level = _controls()
    grid = st.grid(3, min_column_width=270)
    left, beside = grid.cell(column_span=2), grid.cell().container()
    with beside:
        asked = photograph.controls(network) if st.session_state["overlay"] == PHOTOGRAPH else None
        right = st.container(border=True)
    with right:
        chosen = box_field(network)
        asked = asked and photograph.choose_map(asked, network, chosen)
    opened = Expansion(LEVELS.index(level), toggled(network), shown_block(network, chosen))
    opened = revealing(network, opened, chosen) if chosen else opened
    overlay, edges, flow = (st.session_state[key] for key in ("overlay", "edges", "flow"))
    view = View(network=network, opened=opened, overlay=overlay, edges=edges, flow=flow)
    looks = photograph.looks(view, chosen, asked) if asked else []
    with photograph.expected(looks) as pictures:
        with left:  # before the details, so that the browser draws while they are on their way
            canvas(
                view,
                chosen,
                key="canvas",
                on_click=choice_in_view(),
                on_toggle=lambda path: turn(opened, path),
                on_shut=_shut_all,
                **pictures,
            )
        with right:
            _panel(network, chosen)
        with left, refusals():
            for look in looks:
                look.show(shown_in(network, opened))
    checkpoint_keys(network, chosen)
    steps(network, chosen)


def _controls() -> str:
    """Level, overlay, arrows and orientation; returns the level."""
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        level: str = st.segmented_control(
            "Open down to", LEVELS, default=LEVELS[0], key=LEVEL, required=True, bind="query-params", on_change=shut
        )
        st.selectbox("Colour by", OVERLAYS, key="overlay", bind="query-params", width=160)
        st.selectbox("Width of arrows by", EDGES, key="edges", bind="query-params", width=160)
        st.segmented_control("Arrows run", FLOWS, default=FLOWS[0], key="flow", required=True, bind="query-params")
    return level


def _panel(network: Network, chosen: str) -> None:
    """Everything about the chosen box."""
    if not chosen:
        st.caption(text.EMPTY_BOX)
        return
    _crumbs(network, chosen)
    show.pairs(details(network, chosen))
    address, tree = {FROM: chosen}, resolve(network)  # the field's own parameter goes when its page does
    if not tree.is_aside(chosen):
        st.page_link(
            "app/pages/maps.py", label="Feature maps of this box", icon=":material/grid_view:", query_params=address
        )
    box = tree[chosen]
    origin(box.source, provenance(network, box.stage or "head"))


def _crumbs(network: Network, chosen: str) -> None:
    """The boxes around the chosen one, from the outside in; each leads there."""
    around = [chosen]
    while parent := resolve(network)[around[0]].parent:
        around.insert(0, parent)
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        for path in around[:-1]:
            label = f"{text.plain(short_name(network, path))} ›"
            st.button(label, key=f"crumb.{path}", type="tertiary", on_click=select, args=(path,))
        st.markdown(f"**{text.plain(short_name(network, chosen))}**")


def _shut_all() -> None:
    st.session_state[LEVEL] = LEVELS[0]
    shut()
    select("")


def origin(source: Source, names: Provenance) -> None:
    """Where a stage comes from, its names elsewhere, and every place where its source contradicts itself."""
    st.markdown(f"**Source:** {source.ref}. {source.note}".strip())
    show.pairs(names.called)
    query = address() | {"provenance": "Numbered deviations"}
    numbers = ", ".join(names.deviations) or "none"
    st.page_link(
        "app/pages/provenance.py",
        label=f"Deviations: {numbers}",
        icon=":material/fingerprint:",
        query_params=query,
    )
    for erratum in source.errata:
        with st.expander(f"{erratum.id}: {erratum.where}", icon=":material/edit_note:"):
            st.markdown(
                f"**Printed:** {erratum.printed}\n\n**Used here:** {erratum.used}\n\n**Why:** {erratum.why}\n\n"
                f"**How certain:** {erratum.certainty}"
            )


def checkpoint_keys(network: Network, path: str) -> None:
    """The keys of a box in every layout that its network has, and what to do with its module."""
    bridge = st.expander(
        "The chosen box in code and in checkpoints", key="code", on_change="rerun", bind="query-params"
    )
    if not bridge.open:
        return
    with bridge, st.grid(2, min_column_width=340):
        if not path:
            st.caption(text.EMPTY_BOX)
            return
        with st.container():
            _keys(network, path)
        with st.container():
            if network.origin:
                module = resolve(network)[path].module
                st.caption(f"The author calls it {text.plain(module)}." if module else text.NO_SNIPPET)
                return
            found = {snippet.title: snippet.code for snippet in snippets(network, path)}
            title = choose("Snippet", list(found), "snippet") if found else ""
            st.code(found.get(title, text.NO_SNIPPET), language="python", wrap_lines=True)


def _keys(network: Network, path: str) -> None:
    keys = module_keys(network, path)
    if not keys:
        st.caption(text.NO_KEYS)
        return
    st.caption("Keys in checkpoints start with")
    show.pairs({LAYOUTS[layout].title: ", ".join(prefixes) for layout, prefixes in keys.items()})


def steps(network: Network, chosen: str) -> None:
    """The table, open where the reader opened it; the row of the chosen box is marked, and a row chooses its box."""
    aside = {head.name: head.title for head in auxiliary_heads(network)}
    names = LABELS | {stage.name: stage.title for stage in network.stages if stage.repeat} | aside
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = choose_by_name("Part", names, "stage")
        shown = resolve(network)[chosen].stage if part == HERE and chosen else part if part not in LABELS else ""
        show.files(network, shown, key="inside.file")
    table = st.expander("Steps as a table", key="steps", on_change="rerun", bind="query-params")
    if not table.open:
        return
    within = _block(network, chosen) if part == HERE else shown
    rows = records(network, within)
    paths = [str(row["path"]) for row in rows]
    first = resolve(network)[chosen].rows[0].path if chosen else ""
    with table:
        show.table(
            rows,
            f"{network.name}.{within or ALL}",
            alt=f"Every step of {within or network.label}",
            row=paths.index(first) if first in paths else None,
            on_row=lambda row: select(paths[row]),
        )


def _block(network: Network, chosen: str) -> str:
    """The block that the chosen box is or lies in; its stage if it is one, "" if nothing is chosen."""
    while chosen and resolve(network)[chosen].level not in ("stage", "block"):
        chosen = resolve(network)[chosen].parent
    return chosen


network = network_choice().network
total, aside = totals(network), sum(one.params for one in auxiliary_heads(network))
head.heading("", network)
show.figures(
    {
        "Parameters": short(total.params),
        "MACs": short(total.macs),
        "Activations": short(total.activation_elements),
        "Convolutions": exact(total.convolutions),
        "Smallest input": f"{smallest_input(network)} px",
    },
    {
        "Parameters": f"{exact(total.params)}: weights and biases, batch norm's included"
        + (f"; auxiliary heads add {exact(aside)}" if aside else ""),
        "MACs": f"{exact(total.macs)} multiply-accumulates in convolutions and linear layers, one image (2 FLOPs each)",
        "Activations": f"{exact(total.activation_elements)} outputs of convolutions and linear layers, one image",
        "Convolutions": "Convolutions, the 1x1 linear ones of residual blocks included",
        "Smallest input": "Side of the smallest square image that every window fits into",
    },
)
explorer(network)
