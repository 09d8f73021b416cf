"""Two to four networks side by side: one canvas, what differs and why, counts."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app import photograph, text
from app.address import Fields, field
from app.components.canvas import canvas
from app.controls import network_choice
from app.drawings import BesideView
from app.server.opened import network_named
from app.state import listed, put, put_all, unknown
from app.views import head, show
from app.views.show import refusals
from irnet.charts import Bars, Chart
from irnet.comparison.changes import COUNTS, compare, count_records
from irnet.comparison.examples import READY, Ready, ready
from irnet.comparison.side_by_side import MOST, all_changes, changed_knobs, partners
from irnet.diagrams.beside import opened_beside, revealing_beside
from irnet.diagrams.beside_files import FORMS, beside_file, beside_slide
from irnet.diagrams.graph_builder import FLOWS
from irnet.diagrams.nested import LEVELS
from irnet.diagrams.theme import THEMES
from irnet.models import PRESETS, title
from irnet.spec import Network
from irnet.tree import resolve
from irnet.units import short

WITH, EDITED, PLACE, OPENED, LEVEL = "with", "edited", "place", "opened", "down"  # parameters of the address
FIRST = ["inception_resnet_v1.paper"]
TABS, UNITS = ("Drawings", "What differs", "Counts"), {COUNTS[name][0]: name for name in COUNTS}


def others() -> tuple[Network, ...]:
    """The networks that the reader compares with; a name that is none is told, and left out."""
    show.ignored_line(unknown({WITH: PRESETS}))
    named = Fields("with").value("pills", FIRST, list(PRESETS), key=WITH, selection_mode="multi", default=FIRST)
    field(st.multiselect, "Compare with", list(PRESETS), key=WITH, format_func=title, wrap=True)
    typed = st.text_input(
        "or with an edited network",
        key=EDITED,
        bind="query-params",
        placeholder=text.COMPARE_EDITED,
        help=text.COMPARE_HELP,
    )
    found = []
    for label in (*named, *(label for label in typed.split(";") if label.strip())):
        try:
            found.append(network_named(label))
        except ValueError as error:
            show.ignored_line([str(error)])
    if len(found) >= MOST:
        show.ignored_line(
            [f"At most {MOST} networks can be compared; left out: {', '.join(n.label for n in found[MOST - 1 :])}"]
        )
    return tuple(found[: MOST - 1])


def finding(networks: tuple[Network, ...]) -> str:
    """What a ready-made comparison shows, and how the size and cost of the others compare to the first's."""
    first, *rest = networks
    shown = _ready(st.session_state.get("ready")) or ready(tuple(spec.label for spec in networks))
    sentences = [shown.shows] if shown and shown.names == tuple(spec.label for spec in networks) else []
    for other in rest:
        sentence = compare(first, other).finding
        sentences.append(sentence.replace(other.label, title(other.label)).replace(first.label, title(first.label)))
    return " ".join(sentences)


def _ready(title: str | None) -> Ready | None:
    return next((one for one in READY if one.title == title), None)


def _open() -> None:
    if one := _ready(st.session_state["ready"]):
        first, *rest = one.names
        st.session_state["model"], st.session_state[WITH], st.session_state[EDITED] = first, rest, ""
        st.session_state[LEVEL] = LEVELS[0]
        paths = [
            f"{i}/{s.name}" for i, n in enumerate(one.names) for s in network_named(n).stages if s.name in one.stages
        ]
        put_all({OPENED: ",".join(paths), PLACE: ""})


@st.fragment
def side_by_side(networks: tuple[Network, ...]) -> None:
    """The canvas, and under it what stands at the chosen place in every network."""
    paths = BesideView(networks=networks).paths
    show.ignored_line(unknown({LEVEL: LEVELS, "flow": FLOWS, OPENED: paths, PLACE: paths}))
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        level = st.segmented_control(
            "Open down to",
            LEVELS[:3],
            default=LEVELS[0],
            key=LEVEL,
            required=True,
            bind="query-params",
            on_change=_shut,
        )
        flow = st.segmented_control(
            "Arrows run", FLOWS, default=FLOWS[0], key="flow", required=True, bind="query-params"
        )
        ghosts = st.toggle("Fade what is the same", key="fade", bind="query-params")
        pictures = st.toggle("Photograph", key="photographed", bind="query-params")
    shown = st.query_params.get(OPENED, "")
    toggled = listed(OPENED, paths)
    place = st.query_params.get(PLACE, "")
    place = place if place in paths else ""
    above = st.container()
    asked = photograph.controls(*networks) if pictures else None
    if asked and place:
        number, _, own = place.partition("/")
        asked = photograph.choose_map(asked, networks[int(number)], own)
    view = BesideView(
        networks=networks,
        level=LEVELS.index(level),
        toggled=revealing_beside(networks, LEVELS.index(level), toggled, place),
        ghosts=ghosts,
        flow=flow,
        pictures=pictures,
    )
    looks = photograph.looks(view, place, asked) if asked else []
    with above, photograph.expected(looks) as maps:
        canvas(
            view,
            place,
            key="beside",
            on_click=lambda path: put_all({OPENED: shown, PLACE: path}),
            on_toggle=lambda path: _turn(networks, view.toggled, path),
            on_shut=_shut_all,
            **maps,
        )
        with refusals():
            for look in looks:
                look.show()
    _files(view)
    show.place(networks, place)


def _files(view: BesideView) -> None:
    """The picture as it is shown, and as a slide, as files that are made when they are asked for."""
    with st.popover("Download", icon=":material/download:", key="beside.files", on_change="rerun") as opened:
        if not opened.open:
            return
        theme = st.segmented_control(
            "Theme of the file", list(THEMES), default="light", key="beside.theme", required=True
        )
        boxes = opened_beside(view.networks, view.level, view.toggled)
        name = f"comparison.{'.'.join(spec.name for spec in view.networks)}"
        st.caption("The picture as shown")
        with st.container(horizontal=True):
            for form in FORMS:
                make = partial(beside_file, view.networks, boxes, form, theme, view.flow, ghosts=view.ghosts)
                show.file(form.upper(), f"{name}.{theme}.{form}", make, key="beside.picture")
        st.caption("A slide, 16:9")
        try:
            beside_slide(view.networks, boxes, "svg", theme)
        except ValueError as error:  # its text would be too small
            st.caption(text.plain(str(error)))
            return
        with st.container(horizontal=True):
            for form in FORMS:
                make = partial(beside_slide, view.networks, boxes, form, theme)
                show.file(f"Slide {form.upper()}", f"{name}.slide.{theme}.{form}", make, key="beside.slide")


def _turn(networks: tuple[Network, ...], toggled: frozenset[str], path: str) -> None:
    """Turn a box over, and its partners with it."""
    number, _, own = path.partition("/")
    twins = partners(*networks).get((int(number), own), ())
    every = {f"{i}/{twin}" for i, twin in enumerate(twins) if twin and resolve(networks[i])[twin].children} | {path}
    put_all({OPENED: ",".join(sorted(toggled ^ every)), PLACE: path})


def _shut() -> None:
    put(OPENED, "")


def _shut_all() -> None:
    _shut()
    st.session_state[LEVEL] = LEVELS[0]


def counts(networks: tuple[Network, ...]) -> None:
    """One count of the networks, part by part, as bars and as a table."""
    unit = st.segmented_control(
        "Count",
        list(COUNTS),
        format_func=lambda name: COUNTS[name][0],
        default="params",
        key="unit",
        required=True,
        bind="query-params",
    )
    *parts, total = show.with_headers(count_records(unit, *networks), networks)
    word, labels = COUNTS[unit][0], show.headers(networks)
    drawn_title = f"{word.capitalize()}: {', '.join(short(int(str(total[label]))) for label in labels)}"
    names = [str(part["part"]) for part in parts]
    bars = (Bars(name=label, names=names, values=[int(str(part[label])) for part in parts]) for label in labels)
    chart = Chart(title=drawn_title, y=word, marks=tuple(bars))
    show.chart(chart, "compare.bars", alt=f"{drawn_title}; the table below has the numbers")
    show.table([*parts, total], f"{networks[0].name}.{unit}", alt="Counts of the networks, part by part")


first = network_choice().network
above = st.container()
shown, controls = st.columns([3, 1], gap="medium")
with controls:
    networks = (first, *others())
    st.pills("Ready-made", [one.title for one in READY], key="ready", on_change=_open, wrap=True)
with above:
    head.heading("", *networks)
if len(networks) < 2:
    shown.info("Choose a network to compare with.", icon=":material/compare_arrows:")
    st.stop()
show.ignored_line(unknown({"compare": TABS, "unit": UNITS}))
with shown:
    st.markdown(finding(networks))
    drawings, differences, in_numbers = st.tabs(TABS, key="compare", on_change="rerun", bind="query-params")
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
if in_numbers.open:
    with in_numbers:
        counts(networks)
