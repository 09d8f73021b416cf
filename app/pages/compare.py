"""Two to four networks side by side: one canvas, what differs and why, counts."""

import streamlit as st

from app.comparison import offers, others, side_by_side
from app.controls import network_choice
from app.state import unknown
from app.views import head, show
from irnet.charts import Bars, Chart
from irnet.comparison.changes import COUNTS, compare, count_records
from irnet.comparison.side_by_side import all_changes, changed_knobs
from irnet.units import short

first = network_choice().network
above = st.container()
networks = (first, *others())
with above:
    head.heading("", *networks)
if len(networks) < 2:
    st.info("Choose a network to compare with.", icon=":material/compare_arrows:")
    st.stop()
offers(networks)
for other in networks[1:]:
    st.markdown(compare(first, other).finding)

TABS, UNITS = ("Drawings", "What differs", "Counts"), {COUNTS[name][0]: name for name in COUNTS}
show.ignored_line(unknown({"compare": TABS, "unit": UNITS}))
drawings, differences, counts = st.tabs(TABS, key="compare", on_change="rerun", bind="query-params")
if drawings.open:
    with drawings:
        side_by_side(networks)
if differences.open:
    with differences:
        found = all_changes(*networks)
        st.caption(f"{len(found)} differences between the first network and the others, and what their sources say.")
        st.header("Knobs")
        show.changes(changed_knobs(*networks), networks, f"{first.name}.knobs")
        st.header("Structure")
        show.changes(found, networks, f"{first.name}.changes")
if counts.open:
    with counts:
        unit = st.segmented_control(
            "Count",
            list(COUNTS),
            format_func=lambda name: COUNTS[name][0],
            default="params",
            key="unit",
            required=True,
            bind="query-params",
        )
        *parts, total = count_records(unit, *networks)
        labels = [label for label in total if label[0].isdigit() and ":" in label]
        title = f"{COUNTS[unit][0].capitalize()}: {', '.join(short(int(str(total[label]))) for label in labels)}"
        names = [str(part["part"]) for part in parts]
        bars = (Bars(name=label, names=names, values=[int(str(part[label])) for part in parts]) for label in labels)
        chart = Chart(title=title, y=COUNTS[unit][0], marks=tuple(bars))
        show.chart(chart, "compare.bars", alt=f"{title}; the table below has the numbers")
        show.table([*parts, total], f"{first.name}.{unit}", alt="Counts of the networks, part by part")
