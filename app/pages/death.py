"""The death map: at which residual scales, rates and widths a network dies in training, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from app import text, training
from app.state import choose, put
from app.views import run_form, show
from app.views import training as shared
from app.views.show import refusals
from irnet.charts import Chart, to_file, to_vega
from irnet.tables import from_records, to_csv, to_json
from irnet.training.charts import (
    death_chart,
    described,
    loss_chart,
    magnitudes_chart,
    measured_chart,
    place_name,
    story_chart,
    zeros_chart,
)
from irnet.training.fields import fields_of
from irnet.training.finished import finished
from irnet.training.results import History
from irnet.training.settings import Sweep
from irnet.training.stability import (
    MEANING,
    PAPER_CLAIM,
    REMEDIES,
    Cell,
    Criteria,
    cells,
    claims_reproduced,
    differ_in_scale,
    finding,
    records,
    story,
)

CELL, TAB = "death.cell", "death.tab"
ONE = "One cell"
MOST = 5  # curves in one chart


def death_map(name: str, criteria: Criteria, sweep: Sweep, found: Sequence[History]) -> None:
    """Everything about a map as it stands."""
    made = cells(sweep, found, criteria)
    st.markdown(f"**{text.plain(finding(made))}**")
    with st.grid(2, min_column_width=340):
        with st.container():
            _map(sweep, made)
        with st.container():
            _paper(sweep, made)
    both, one = st.tabs(["A dead and a living run", ONE], key=TAB, on_change="rerun", bind="query-params")
    if both.open:
        with both:
            _side_by_side(made)
    if one.open:
        with one:
            _cell(made)
    _files(name, sweep, made, found)


def _criteria() -> Criteria:
    """When a run counts as dead, sparse or slow, as the reader sets it; nothing is trained anew."""
    with st.popover("What counts as dead", icon=":material/tune:"):
        values = {
            name: run_form.widget(asked, asked.default, f"death.{name}") for name, asked in fields_of(Criteria).items()
        }
        criteria = Criteria(**values)
        st.caption(f"{criteria.sentence[:1].upper()}{criteria.sentence[1:]}.")
    return criteria


def _map(sweep: Sweep, made: Sequence[Cell]) -> None:
    chart = death_chart(sweep, made)
    chart = replace(chart, note=f"{text.OURS_HEAD}; {chart.note}")
    show.chart(chart, "death.map", alt=f"{chart.title}; {chart.note}", on_click=partial(_choose, made))
    st.caption(text.MAP_CLICK)


def _paper(sweep: Sweep, made: Sequence[Cell]) -> None:
    """The paper's claim, what of it this map reproduces, the remedies that are axes of it, and what its words mean."""
    st.markdown(f"**{text.PAPER_HEAD}**  \n{PAPER_CLAIM}")
    if any(cell.ended for cell in made):
        st.markdown(
            "\n".join((f"**{text.OURS_HEAD}**", "", *(f"- {sentence}" for sentence in claims_reproduced(made))))
        )
    axes = [REMEDIES[axis] for axis, _ in sweep.axes if axis in REMEDIES]
    st.caption("  \n".join(axes))
    used = {verdict.fate for cell in made for verdict in cell.verdicts}
    st.caption("  \n".join(f"**{fate}**: {words}" for fate, words in MEANING.items() if fate in used))


def _choose(made: Sequence[Cell], number: int) -> None:
    name = place_name(made[number].place)
    st.session_state[CELL], st.session_state[TAB] = name, ONE
    put(CELL, name)  # its list may not have been on the page


def _cell(made: Sequence[Cell]) -> None:
    """The story of the cell that was clicked or chosen."""
    by_name = {place_name(cell.place): cell for cell in made}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = by_name[choose("Cell", list(by_name), CELL)]
        seeds = [str(history.run.seed) for history in cell.runs]
        seed = choose("Seed", seeds, "death.seed") if len(seeds) > 1 else seeds[0]
    history = next(history for history in cell.runs if str(history.run.seed) == seed)
    if not history.lines:
        st.caption(text.CELL_BEGINS)
        return
    with st.grid(2, min_column_width=340):
        _chart("cell.measured", measured_chart(history), described(history))
        _chart("cell.zeros", zeros_chart(history), described(history))
        _chart("cell.magnitudes", magnitudes_chart(history), described(history))
        _chart("cell.loss", loss_chart({described(history): history}))


def _chart(key: str, chart: Chart | None, note: str = "") -> None:
    if chart:
        show.chart(chart, f"death.{key}", alt=f"{chart.title}; {note}" if note else chart.title)


def _side_by_side(made: Sequence[Cell]) -> None:
    """The first dead run of the map, and a living one: its twin with another scale, if that lives."""
    ended = [(run, verdict.fate) for cell in made for run, verdict in cell.judged]
    alive = [run for run, fate in ended if fate == "living"]
    gone = [run for run, fate in ended if fate == "dead"]
    if not gone or not alive:
        begun = [run for cell in made for run in cell.runs if run.lines]
        if begun:
            _chart("story", story_chart(begun[-MOST:]))
        st.caption(text.NOT_BOTH)
        return
    twins = ((dead, living) for dead in gone for living in alive if differ_in_scale(dead.run, living.run))
    dead, living = next(twins, (gone[0], alive[0]))
    with st.grid(2, min_column_width=340):
        for what, chart in (("measured", measured_chart), ("zeros", zeros_chart)):
            _chart(f"dead.{what}", chart(dead, "Dead"), described(dead))
            _chart(f"living.{what}", chart(living, "Living"), described(living))
    both = {f"{fate}: {described(run)}": run for fate, run in (("dead", dead), ("living", living))}
    _chart("both.loss", loss_chart(both), ", ".join(("dead", "living")))


def _files(name: str, sweep: Sweep, made: Sequence[Cell], found: Sequence[History]) -> None:
    """The map and the steps behind it, made when they are asked for."""

    def steps() -> list[dict[str, object]]:
        return [record for history in found for record in story(history)]

    with st.container(horizontal=True):
        show.file("SVG", f"{name}.svg", lambda: to_file(to_vega(death_chart(sweep, made)), "svg"))
        show.file("CSV, cells", f"{name}.cells.csv", lambda: to_csv(from_records(records(made))).encode())
        show.file("CSV, steps", f"{name}.steps.csv", lambda: to_csv(from_records(steps())).encode())
        show.file("JSON, steps", f"{name}.steps.json", lambda: to_json(from_records(steps())).encode())


st.title("The death map")
result, controls = st.columns([3, 1], gap="medium")
with controls:
    name = shared.choose_run("stability", "")
    criteria = _criteria()
    st.markdown(text.MAP_CURATED)
    with refusals():
        training.start("Train the short map", training.quick_death_map(), "death.curated")
with result:
    if name:
        shared.watch(name, partial(death_map, name, criteria))
    else:
        death_map("death_map", criteria, *finished("stability"))
        st.caption(text.FINISHED)
st.caption(f"{text.MAP} {text.TOY}")
with st.expander("A map of your own", key=training.FORM, on_change="rerun", bind="query-params") as new:
    if new.open:
        with refusals():
            training.start("Start this map", training.of_death(), "death.own")
with st.expander("All maps of this server"):
    shared.listing("stability")
