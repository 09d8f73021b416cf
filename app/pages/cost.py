"""What fvcore, torchinfo and torch count on the built network, and why they differ."""

from __future__ import annotations

import streamlit as st

from app import text
from app.controls import address, network_choice
from app.passes import counted_otherwise, module_counts
from app.views import head, show
from irnet.diagrams.chart_figures import cost_chart, module_chart
from irnet.provenance.explanations import printed_work
from irnet.provenance.ledger import ledger, records
from irnet.runtime import measure
from irnet.runtime.measure import ModuleCount, Others
from irnet.tree.totals import auxiliary_heads, stage_records
from irnet.units import exact, short


def figures_of(whole: ModuleCount, others: Others | None = None) -> None:
    """What each says of the whole network in a row; those that have not been asked yet leave their place free."""
    total = whole.total or 0
    show.figures(
        {
            "Parameters": short(whole.params),
            "fvcore MACs": short(whole.macs),
            "fvcore in all": short(total),
            "torchinfo": short(others.torchinfo_mult_adds) if others else text.NOT_YET,
            "torch FLOPs": short(others.torch_flops) if others else text.NOT_YET,
        },
        {
            "fvcore MACs": f"{exact(whole.macs)} in convolutions and linear layers, one image",
            "fvcore in all": f"{exact(total)}: MACs, batch norm and the global average together",
        }
        | _of_others(others),
    )


def _of_others(others: Others | None) -> dict[str, str]:
    if others is None:
        return {}
    return {
        "torchinfo": f"{exact(others.torchinfo_mult_adds)} of what it calls mult-adds",
        "torch FLOPs": f"{exact(others.torch_flops)}: two for every MAC of convolutions and linear layers",
    }


choice = network_choice()
network = choice.network
head.heading("Cost of", network)
place = st.empty()
counts = module_counts(network, choice.device)
with place.container():
    figures_of(counts[0])
if sides := auxiliary_heads(network):
    aside = exact(sum(one.params for one in sides))
    st.caption(f"Of these parameters {aside} are those of auxiliary heads, {text.ASIDE}")
st.header("Which figure did you come across?")
st.caption(text.MET)
figures = [{key: value for key, value in one.items() if key != "count"} for one in printed_work(network)]
show.small(
    figures, f"{network.name}.figures", alt="Figures for the work of networks of this name, and what each adds up"
)
st.page_link(
    "app/pages/provenance.py",
    label="Every figure in the ledger, term by term",
    icon=":material/account_balance:",
    query_params=address() | {"provenance": "Ledger of numbers"},
)
modules, bars, tree, summary, gaps = st.tabs(
    ["Modules", "Stages", "Tree", "torchinfo", "Why they differ"], key="cost", on_change="rerun", bind="query-params"
)
if modules.open:
    with modules:
        depth = st.slider("Depth of the module tree", 1, 7, 2, key="depth", bind="query-params")
        wanted = st.text_input(
            "Search by path or kind", key="find", placeholder="block_b.*.project", bind="query-params"
        )
        found = measure.search(counts, wanted, depth)
        if found:
            alt = "Parameters and fvcore's counts, module by module"
            show.table(measure.records(found), f"{network.name}.cost", alt=alt)
        else:
            st.info(text.NO_MODULE, icon=":material/search_off:")
        st.caption(f"{exact(len(found))} of {exact(len(counts))} modules. An empty cell is not counted, not zero.")
if bars.open:
    with bars:
        show.chart(cost_chart(network), "cost.bars", alt="MACs of every stage; the table below has the numbers")
        show.table(stage_records(network), f"{network.name}.stages", alt="Parameters and MACs of every stage")
if tree.open:
    with tree:
        show.chart(
            module_chart(measure.records(counts), network.label),
            "cost.tree",
            alt="MACs of the module tree as nested boxes; the table below has its upper levels",
        )
        upper = measure.records(measure.search(counts, "", 2))
        show.table(upper, f"{network.name}.tree", alt="MACs of stages and blocks")
if summary.open:
    with summary:
        st.code(counted_otherwise(network, choice.device).torchinfo_text, language=None)
if gaps.open:
    with gaps:
        st.markdown(f"{text.COUNTING} {text.LEDGER}")
        totals = measure.Counts(modules=counts, others=counted_otherwise(network, choice.device)).totals
        show.small(
            [*records(ledger(network)), {"what": "measured", "amount": None} | totals],
            f"{network.name}.ledger",
            alt="What each counter counts, and how often",
            nothing="",
        )
others = counted_otherwise(network, choice.device)  # asked last, and before the place of the first numbers is cleared
with place.container():
    figures_of(counts[0], others)
