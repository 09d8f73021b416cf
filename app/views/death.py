"""A death map on the page: its cells, the criteria, the story of a cell, a dead and a living run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import log10

import plotly.graph_objects as go
import streamlit as st

from app import text
from app.state import choose, put
from app.views import charts, grids, run_form, training
from irnet.diagrams.chart import Line, chart
from irnet.diagrams.tabular import comma_separated
from irnet.experiments.training.charts import FILLS, axis_titles, death_chart, tiles
from irnet.experiments.training.fields import fields_of
from irnet.experiments.training.results import History
from irnet.experiments.training.settings import Sweep
from irnet.experiments.training.stability import (
    MEANING,
    PAPER_CLAIM,
    REMEDIES,
    Cell,
    Criteria,
    cells,
    claims_reproduced,
    differ_in_scale,
    outcome,
    records,
    setting,
    story,
)
from irnet.units import share

CELL, TAB = "death.cell", "death.tab"
ONE = "One cell"


def death_map(name: str, sweep: Sweep, found: Sequence[History]) -> None:
    """Everything about a map as it stands."""
    criteria = _criteria()
    made = cells(sweep, found, criteria)
    with st.grid(2, min_column_width=340):
        with st.container():
            _map(sweep, made, criteria)
        with st.container():
            _paper(sweep, made)
    st.caption(text.MAP_CLICK)
    both, one = st.tabs(["A dead and a living run", ONE], key=TAB, on_change="rerun", bind="query-params")
    if both.open:
        with both:
            _side_by_side(made)
    if one.open:
        with one:
            _cell(made)
    _files(name, sweep, found, criteria)


def _criteria() -> Criteria:
    """When a run counts as dead, sparse or slow, as the reader sets it; nothing is trained anew."""
    with st.popover("What counts as dead", icon=":material/tune:"):
        values = {
            name: run_form.widget(asked, asked.default, f"death.{name}") for name, asked in fields_of(Criteria).items()
        }
    return Criteria(**values)


def _map(sweep: Sweep, made: Sequence[Cell], criteria: Criteria) -> None:
    title, note = outcome(made), f"{text.OURS_HEAD}; {setting(sweep)}"
    on_click = partial(_choose, made)
    alt = f"{title}; {note}"
    grids.clickable(tiles(made), FILLS, title, axis_titles(sweep), "death.map", on_click, note=note, alt=alt)
    sentence = criteria.sentence
    st.caption(f"{sentence[:1].upper()}{sentence[1:]}.")


def _paper(sweep: Sweep, made: Sequence[Cell]) -> None:
    """The paper's claim, what of it this map reproduces, and the remedies that are axes of it."""
    st.markdown(f"**{text.PAPER_HEAD}**  \n{PAPER_CLAIM}")
    if any(cell.ended for cell in made):
        st.markdown(
            "\n".join((f"**{text.OURS_HEAD}**", "", *(f"- {sentence}" for sentence in claims_reproduced(made))))
        )
    axes = [REMEDIES[axis] for axis, _ in sweep.axes if axis in REMEDIES]
    st.caption("  \n".join(axes))
    used = {verdict.fate for cell in made for verdict in cell.verdicts}
    st.caption("  \n".join(f"**{fate}**: {words}" for fate, words in MEANING.items() if fate in used))


def _name(cell: Cell) -> str:
    words = [f"{axis} {value:g}" if isinstance(value, float) else f"{axis} {value}" for axis, value in cell.place]
    return ", ".join(words)


def _choose(made: Sequence[Cell], number: int) -> None:
    st.session_state[CELL], st.session_state[TAB] = _name(made[number]), ONE
    put(CELL, _name(made[number]))  # its list may not have been on the page


def _cell(made: Sequence[Cell]) -> None:
    """The story of the cell that was clicked or chosen."""
    by_name = {_name(cell): cell for cell in made}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = by_name[choose("Cell", list(by_name), CELL)]
        seeds = [str(history.run.seed) for history in cell.runs]
        seed = choose("Seed", seeds, "death.seed") if len(seeds) > 1 else seeds[0]
    history = next(history for history in cell.runs if str(history.run.seed) == seed)
    if not history.lines:
        st.caption(text.CELL_BEGINS)
        return
    with st.grid(2, min_column_width=340):
        _measurements(history, "cell")
        _zeros(history, "cell")
        _magnitudes(history)
        _loss([history], "cell")


def _measurements(history: History, key: str, fate: str = "") -> None:
    """What held-out images showed on the way."""
    found = [line for line in history.lines if line.held_out_zeros is not None]
    if not found:
        return
    steps = [line.step for line in found]
    drawn = [
        Line(name="zeros after the last block", x=steps, y=[line.held_out_zeros for line in found]),
        Line(name="accuracy", x=steps, y=[line.accuracy for line in found]),
        Line(name="chance", x=steps, y=[history.chance for _ in found]),
    ]
    title = f"{f'{fate}: ' if fate else 'Held-out images: '}{share(found[-1].held_out_zeros or 0, 1)} zeros, "
    title += f"{share(found[-1].accuracy or 0, 1)} right at step {steps[-1]}"
    figure = charts.lines(drawn, title, "share of held-out", x="steps", note=_description(history))
    st.plotly_chart(figure, key=f"death.{key}.measured", config=charts.CONFIG, alt=f"{title}; {_description(history)}")


def _side_by_side(made: Sequence[Cell]) -> None:
    """The first dead run of the map, and a living one: its twin with another scale, if that lives."""
    ended = [(run, verdict.fate) for cell in made for run, verdict in cell.judged]
    alive = [run for run, fate in ended if fate == "living"]
    gone = [run for run, fate in ended if fate == "dead"]
    if not gone or not alive:
        st.caption(text.NOT_BOTH)
        return
    twins = ((dead, living) for dead in gone for living in alive if differ_in_scale(dead.run, living.run))
    dead, living = next(twins, (gone[0], alive[0]))
    with st.grid(2, min_column_width=340):
        for view in (_measurements, _zeros):
            view(dead, "dead", "Dead")
            view(living, "living", "Living")
    _loss([dead, living], "both", ["dead", "living"])


def _description(history: History) -> str:
    run = history.run
    settings = {"scale": run.scale, "width": run.width, "rate": run.rate, "init": run.init, "seed": run.seed}
    return ", ".join(f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in settings.items() if v is not None)


def _zeros(history: History, key: str, fate: str = "") -> None:
    if len(history.blocks) < 2:  # a map that comes with the library has no more than its last block
        return
    last = history.lines[-1]
    end = share(last.zeros[-1], 1)
    title = f"{f'{fate}: ' if fate else ''}{end} zeros after the last block at step {last.step}"
    values = [[line.zeros[i] for line in history.lines] for i in range(len(history.blocks))]
    figure = grids.story(_steps(history), history.blocks, values, title, "share of<br>zeros", (0.0, 1.0))
    _draw(figure, f"death.{key}.zeros", title, history)


def _magnitudes(history: History) -> None:
    if len(history.blocks) < 2:
        return
    values = [[_log(line.magnitudes[i]) for line in history.lines] for i in range(len(history.blocks))]
    title = "Mean magnitude of every block's output, powers of ten"
    figure = grids.story(_steps(history), history.blocks, values, title, "log10")
    _draw(figure, "death.cell.magnitudes", title, history)


def _draw(figure: go.Figure, key: str, title: str, history: History) -> None:
    st.plotly_chart(figure, key=key, config=grids.STILL, alt=f"{title}; {_description(history)}")


def _log(value: float | None) -> float | None:
    return log10(value) if value else None


def _steps(history: History) -> list[int]:
    return [line.step for line in history.lines]


def _loss(found: Sequence[History], key: str, names: Sequence[str] = ()) -> None:
    lines = [
        Line(
            name=f"{names[i]}: {_description(history)}" if names else _description(history),
            x=_steps(history),
            y=[line.loss for line in history.lines],
        )
        for i, history in enumerate(found)
    ]
    title = "Loss of every step"
    figure = charts.lines(lines, title, "loss of the batch, cross entropy", x="steps", log=True)
    st.plotly_chart(figure, key=f"death.{key}.loss", config=charts.CONFIG, alt=f"{title}; {', '.join(names)}")


def _files(name: str, sweep: Sweep, found: Sequence[History], criteria: Criteria) -> None:
    """The map and the steps behind it, made when they are asked for."""
    with st.container(horizontal=True):
        training.file("SVG", f"{name}.svg", "image/svg+xml", partial(_svg, sweep, found, criteria))
        training.file(
            "CSV, cells",
            f"{name}.cells.csv",
            "text/csv",
            lambda: comma_separated(records(cells(sweep, found, criteria))).encode(),
        )
        training.file("CSV, steps", f"{name}.steps.csv", "text/csv", lambda: comma_separated(_records(found)).encode())
        training.file(
            "JSON, steps", f"{name}.steps.json", "application/json", lambda: training.as_json(_records(found))
        )


def _records(found: Sequence[History]) -> list[dict[str, object]]:
    return [record for history in found for record in story(history)]


def _svg(sweep: Sweep, found: Sequence[History], criteria: Criteria) -> bytes:
    return chart(death_chart(sweep, found, criteria), "svg")
