"""Two networks side by side: drawings, knobs and structure, counts."""

import streamlit as st

from app.components.canvas import diagram
from app.controls import chosen
from app.state import choose
from app.views import charts, show
from irnet.analysis.compare import COUNTED, PARTS, changed_knobs, compare
from irnet.models import PRESETS, network

left = chosen()
head = st.container()
names = list(PRESETS)
right = network(choose("Compare with", names, "with", index=names.index("inception_resnet_v1.paper")))
found = compare(left.network, right)
sides = (left.network, right)
with head:
    show.heading("", *sides)
st.markdown(found.finding)

drawings, differences, counts = st.tabs(
    ["Drawings", "What differs", "Counts"], key="compare", on_change="rerun", bind="query-params"
)
if drawings.open:
    with drawings:
        parts = [pair.part for pair in found.pairs if pair.part != "head"]
        part = choose("Part", ["network", *parts], "part", format_func=lambda key: PARTS.get(key, "Whole network"))
        with st.grid(2, min_column_width=360):
            for side, spec, stages in zip(("left", "right"), sides, found.drawable(part), strict=True):
                with st.container(border=True):
                    st.header(spec.label)
                    for stage in stages:
                        diagram(spec, stage, key=f"{side}.{stage}", height=560 if stage else 700)
                        show.files(spec, stage, key=f"{side}.{stage}.file")
if differences.open:
    with differences:
        st.header("Knobs")
        knobs = changed_knobs(left.recipe, PRESETS[right.name])
        show.changes(knobs, sides, "knobs")
        st.header("Structure")
        show.changes(found.changes, sides, "structure")
if counts.open:
    with counts:
        unit = st.segmented_control(
            "Count",
            list(COUNTED),
            format_func=COUNTED.__getitem__,
            default="params",
            key="unit",
            required=True,
            bind="query-params",
        )
        title = f"{right.label} has {found.told(unit)}"
        figure = charts.bars(
            [PARTS[pair.part] for pair in found.pairs],
            {
                f"left: {left.network.label}": found.counts("left", unit),
                f"right: {right.label}": found.counts("right", unit),
            },
            title,
            COUNTED[unit],
        )
        show.chart(figure, "compare.bars", alt=f"{title}; the table below has the numbers")
        show.table(found.records(), f"{left.network.name}.{right.name}", alt="Counts of both networks, part by part")
