"""The line from GoogLeNet to Inception-ResNet-v2: every step beside its parent, what it brought, and at what cost."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import streamlit as st

from app import text
from app.components.canvas import canvas, diagram
from app.drawings import BesideView, TimelineView, View
from app.state import listed, put_all, unknown
from app.views import show
from irnet.charts import ChartFormat, to_file, to_vega
from irnet.diagrams.beside import opened_beside
from irnet.diagrams.beside_files import beside_file
from irnet.diagrams.block import stage_named
from irnet.diagrams.published_charts import ERRORS, accuracy_chart, error_records
from irnet.diagrams.timeline import DASHED, timeline_file
from irnet.lessons import lesson_named
from irnet.models import network
from irnet.provenance.lineage import Step, block_pair, cost_records, finding, lineage, result_records, step_named
from irnet.provenance.published import PROTOCOLS, SLIPS, TABLES, Measure, Protocol

STEP, TURNED, PLACE = "step", "turned", "place"  # parameters of the address
TABS = ("Timeline", "Accuracy against work", "Training curves")
STEPS_DOWN = 2  # the level that shows every convolution
FORMS: tuple[Literal["svg", "png", "pdf"], ...] = ("svg", "png", "pdf")
MEASURES: dict[str, Measure] = {f"{word[:1].upper()}{word[1:]}": measure for measure, word in ERRORS.items()}


def timeline() -> None:
    """The line as a picture, and the step that is chosen in it."""
    ids = [step.id for step in lineage()]
    show.ignored_line(unknown({STEP: ids}))
    asked = st.query_params.get(STEP, ids[0])
    step = step_named(asked if asked in ids else ids[0])
    left, right = st.columns([2, 3], gap="large")
    with left:
        canvas(
            TimelineView(),
            step.id,
            key="timeline",
            height=500,
            on_click=_go,
            on_toggle=_go,
            on_shut=lambda: None,
        )
        st.caption(f"{text.TIMELINE} {DASHED}")
        show.downloads({f"lineage.{form}": partial(timeline_file, form) for form in FORMS}, key="timeline")
    with right:
        _about(step, ids)
    _blocks(step)
    reported = f"What papers report of {step.model}"
    st.header(reported)
    show.small(result_records(step), f"{step.id}.reported", alt=reported)


def _go(id_: str) -> None:
    put_all({STEP: id_, TURNED: "", PLACE: ""})


def _about(step: Step, ids: list[str]) -> None:
    """Its idea, why it was made, what it costs, and where to go from here."""
    at = ids.index(step.id)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.header(step.model)
        with st.container(horizontal=True, horizontal_alignment="right", wrap=False):
            for label, icon, to in (("Back", "arrow_back", at - 1), ("Next", "arrow_forward", at + 1)):
                show.step_button(label, icon, ids, to, _go)
    st.markdown(
        f"{step.paper}, [arXiv {step.arxiv}](https://arxiv.org/abs/{step.arxiv}), {step.date}; printed at {step.venue}"
    )
    st.markdown(text.plain(step.idea))
    st.markdown(f"**Why:** {text.plain(step.why)}")
    st.markdown(f"**{text.plain(finding(step))}**")
    show.small(cost_records(step), f"{step.id}.cost", alt=f"What {step.model} costs, beside what it grew out of")
    st.caption(text.LINEAGE_COST)
    with st.container(horizontal=True):
        link = partial(st.page_link, "app/pages/network.py", icon=":material/schema:")
        link(label=f"Open {step.model}", query_params={"model": step.preset})
        for lesson in step.lessons:
            st.page_link(
                "app/pages/learn.py",
                label=lesson_named(lesson).title,
                icon=":material/school:",
                query_params={"lesson": lesson},
            )
        for lab in step.labs:
            st.page_link("app/pages/labs.py", label=f"Lab: {lab}", icon=":material/science:", query_params={"lab": lab})


def _blocks(step: Step) -> None:
    """A block of it beside the one that it grew out of, with what changed marked."""
    titles = {mine: stage_named(network(step.preset), mine).title for mine, _ in step.blocks}
    parent = step_named(step.parent) if step.parent else None
    st.header(f"A block of {step.model}" + (f" beside that of {parent.model}" if parent else ""))
    key = f"{step.id}.block"
    show.ignored_line(unknown({key: list(titles)}))
    mine: str = st.segmented_control(
        "Block",
        list(titles),
        default=next(iter(titles)),
        format_func=titles.__getitem__,
        key=key,
        required=True,
        bind="query-params",
    )
    alone = block_pair(step, list(titles).index(mine))
    if not parent:
        diagram(View(network=network(step.preset), stage=mine), key=f"{step.id}.{mine}")
        return
    both = (network(parent.preset), network(step.preset))
    view = BesideView(networks=both, level=STEPS_DOWN, stages=tuple(one.stages[0].name for one in alone))
    toggled = listed(TURNED, view.paths)
    place = path if (path := st.query_params.get(PLACE, "")) in view.paths else ""
    view = replace(view, toggled=toggled)
    canvas(
        view,
        place,
        key=f"{step.id}.{mine}",
        height="min(760px, 85vh)",
        on_click=lambda path: put_all({PLACE: path}),
        on_toggle=lambda path: put_all({TURNED: ",".join(sorted(toggled ^ {path})), PLACE: path}),
        on_shut=lambda: put_all({TURNED: ",".join(f"{i}/{name}" for i, name in enumerate(view.stages)), PLACE: ""}),
    )
    st.caption(view.alt)
    show.place(both, place, alone)
    with st.container(horizontal=True):
        opened = opened_beside(alone, STEPS_DOWN, toggled)
        name = f"{step.id}.{mine}.beside"
        show.downloads({f"{name}.{form}": partial(beside_file, alone, opened, form) for form in FORMS}, key=name)
        st.page_link(
            "app/pages/compare.py",
            label="Compare the whole networks",
            icon=":material/compare_arrows:",
            query_params={"model": parent.preset, "with": step.preset},
        )


def accuracy() -> None:
    """Errors that the papers print against work by our counts, and the tables that they stand in."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        protocol: Protocol = st.segmented_control(
            "Measured with", PROTOCOLS, default=PROTOCOLS[0], key="protocol", required=True, bind="query-params"
        )
        word = st.segmented_control(
            "Error", list(MEASURES), default=next(iter(MEASURES)), key="error", required=True, bind="query-params"
        )
    measure = MEASURES[word]
    drawn = accuracy_chart(protocol, measure)
    show.chart(drawn, f"accuracy.{protocol}.{word}", alt=f"{drawn.title}; {drawn.note}")
    name = f"accuracy.{protocol.replace(' ', '_')}.{measure}"
    show.downloads({f"{name}.{form}": partial(_chart_file, protocol, measure, form) for form in FORMS}, key=name)
    st.markdown(text.PROTOCOLS[protocol])
    st.caption(text.ACCURACY)
    with st.expander(f"All that the papers print, {protocol}", key="printed", on_change="rerun") as printed:
        if printed.open:
            show.small(error_records(protocol), f"{name}.printed", alt=f"Errors that papers print: {protocol}")
    st.header("Tables 2 to 5 of the paper")
    for table in (table for id_, table in TABLES.items() if id_.startswith("1602.07261")):
        st.markdown(f"**{table.cited.rpartition(', ')[2]}.** {text.plain(table.note)}")
        show.small(
            [
                {
                    "network": one.model,
                    "top-1 error, %": one.top1,
                    "top-5 error, %": one.top5,
                    "measured with": one.protocol,
                    "repeats": one.quotes or None,
                }
                for one in table.results
            ],
            table.id.replace(", ", ".").replace(" ", "_").lower(),
            alt=f"{table.cited}: errors",
            decimals=None if any(one.models > 1 for one in table.results) else 1,  # Table 5 has a second one
        )
    st.header("Where these tables slip")
    show.small(
        [{"where": one.where, "printed": one.printed, "here": one.instead, "why": one.why} for one in SLIPS],
        "slips",
        alt="Where the print of these tables is wrong, or compares what was not measured alike",
    )


def _chart_file(protocol: Protocol, measure: Measure, form: ChartFormat) -> bytes:
    return to_file(to_vega(accuracy_chart(protocol, measure)), form)


def curves() -> None:
    """The paper's training curves, and the way to our own."""
    st.markdown(text.LINEAGE_CURVES)
    st.page_link("app/pages/race.py", label="Race small ones of your own", icon=":material/sports_score:")
    show.paper_curves("lineage")


st.title("From GoogLeNet to Inception-ResNet-v2")
show.ignored_line(unknown({"lineage": TABS}))
for tab, shown in zip(
    st.tabs(TABS, key="lineage", on_change="rerun", bind="query-params"), (timeline, accuracy, curves), strict=True
):
    if tab.open:
        with tab, show.refusals():
            shown()
