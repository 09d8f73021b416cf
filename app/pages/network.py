"""One network: its plan, the inside of a block, every step with its numbers."""

import streamlit as st

from app import text
from app.components.diagram import diagram
from app.controls import chosen
from app.state import choose
from app.views import show
from irnet.analysis.tables import details, records, totals
from irnet.diagrams import stage_named
from irnet.resolve import resolve, smallest_input
from irnet.units import exact, short

choice = chosen()
network = choice.network
total = totals(network)
show.heading("", network)
show.figures(
    {
        "Parameters": short(total.params),
        "MACs": short(total.macs),
        "Activations": short(total.activation_elements),
        "Convolutions": exact(total.convolutions),
        "Smallest input": f"{smallest_input(network)} px",
    },
    {
        "Parameters": f"{exact(total.params)}: weights and biases, batch norm's included",
        "MACs": f"{exact(total.macs)} multiply-accumulates in convolutions and linear layers, one image (2 FLOPs each)",
        "Activations": f"{exact(total.activation_elements)} outputs of convolutions and linear layers, one image",
        "Convolutions": "Convolutions, the 1x1 linear ones of residual blocks included",
        "Smallest input": "Side of the smallest square image that every window fits into",
    },
)
built = [stage.name for stage in network.stages if stage.repeat]
with st.grid(2, min_column_width=380):
    left, right = st.container(border=True), st.container(border=True)
with right:
    stage = stage_named(network, choose("Stage", built, "stage"))
    st.subheader(stage.title)
    drawing = st.container()
    steps = [row.path for row in resolve(network) if row.path.startswith(f"{stage.name}.0")]
    if step := choose("Step", steps, "step", required=False):
        show.pairs(details(network, step))
    else:
        st.caption(text.EMPTY_STEP)
    show.files(network, stage.name, key="inside.file")
    show.provenance(stage.source)
with drawing:
    diagram(network, stage.name, key="inside", height=640, selects=("step", steps), caption=False)
with left:
    st.subheader("The network")
    diagram(network, key="plan", height=720, selects=("stage", built))
    show.files(network, key="plan.file")

st.header(f"Steps of {stage.title}")
show.table(records(network, stage.name), f"{network.name}.{stage.name}", alt=f"Every step of {stage.name}")
with st.expander("All steps of the network", key="all_steps", on_change="rerun") as everything:
    if everything.open:
        show.table(records(network), network.name, alt=f"Every step of {network.label}")
