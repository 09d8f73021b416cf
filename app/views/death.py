"""A death map on the page: cells, the definition of death, the story of a cell, a dead and a living run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import log10

import plotly.graph_objects as go
import streamlit as st

from app import text
from app.state import choose, put
from app.training import AXES
from app.views import charts, grids, training
from irnet.diagrams.chart import Line, chart
from irnet.diagrams.tabular import comma_separated
from irnet.experiments.training.charts import death_chart
from irnet.experiments.training.results import History
from irnet.experiments.training.settings import Sweep
from irnet.experiments.training.stability import WAYS, Cell, Death, cells, records, story
from irnet.units import share

CELL, TAB = "death.cell", "death.tab"
ONE = "One cell"
Place = tuple[str, str]


def shown(name: str, sweep: Sweep, found: Sequence[History]) -> None:
    """Everything about a map as it stands."""
    training.about(sweep)
    death = _definition()
    made = cells(sweep, found, death)
    _map(sweep, made, death)
    st.caption(text.MAP_CLICK)
    both, one = st.tabs(["A dead and a living run", ONE], key=TAB, on_change="rerun", bind="query-params")
    if both.open:
        with both:
            _side_by_side(found, death)
    if one.open:
        with one:
            _cell(made)
    _files(name, sweep, found, death)


def _definition() -> Death:
    """When a run counts as dead, as the reader sets it; nothing is trained anew."""
    first = Death()
    with st.popover("What counts as dead", icon=":material/tune:"):
        zeros = st.slider(
            "Zeros after the last block, at least",
            0,
            100,
            round(100 * (first.zeros or 0)),
            1,
            key="death.zeros",
            format="%d %%",
            bind="query-params",
        )
        chance = st.slider(
            "Median loss, at most so far from chance",
            0.0,
            3.0,
            first.chance or 0.0,
            0.05,
            key="death.chance",
            bind="query-params",
        )
        last = st.slider("Over the last steps", 1, 100, first.last, key="death.last", bind="query-params")
        way = choose(
            "Signs that are needed",
            [*WAYS, "zeros", "loss"],
            "death.way",
            format_func=lambda w: {"zeros": "zeros alone", "loss": "loss alone"}.get(w, w),
        )
    return Death(
        zeros=None if way == "loss" else zeros / 100,
        chance=None if way == "zeros" else chance,
        last=last,
        way="either" if way == "either" else "both",
    )


def _map(sweep: Sweep, made: Sequence[Cell], death: Death) -> None:
    across, up = _axes(sweep)
    found = {_place(cell): (cell.share, _words(cell)) for cell in made}
    died, ended = sum(cell.died for cell in made), sum(cell.ended for cell in made)
    title = f"{died} of {ended} ended runs died" if ended else "No run has ended yet"
    sentence = f"{text.OURS_HEAD}; {death.sentence}"
    grids.clickable(found, title, (across, up), "death.map", _choose, alt=f"{title}; {sentence}")
    st.caption(f"{sentence[:1].upper()}{sentence[1:]}.")


def _axes(sweep: Sweep) -> Place:
    names = [AXES[name][0] if name in AXES else name for name, _ in sweep.axes if name != "seed"]
    return names[0], names[1] if len(names) > 1 else ""


def _place(cell: Cell) -> Place:
    values = [f"{value:g}" if isinstance(value, float) else str(value) for _, value in cell.place]
    return values[0], values[1] if len(values) > 1 else ""


def _words(cell: Cell) -> str:
    if not cell.ended:
        begun = any(history.lines for history in cell.runs)
        return f"{share(sum(h.done for h in cell.runs), len(cell.runs))} done" if begun else "waits"
    fate = f"{cell.died} of {cell.ended} died" if cell.ended > 1 else "died" if cell.died else "lived"
    if cell.diverged:
        return f"{cell.diverged} diverged" if cell.diverged == cell.ended else f"{fate}, {cell.diverged} diverged"
    return fate


def _name(place: Place) -> str:
    return " / ".join(part for part in place if part)


def _choose(place: Place) -> None:
    st.session_state[CELL], st.session_state[TAB] = _name(place), ONE
    put(CELL, _name(place))  # its list may not have been on the page


def _cell(made: Sequence[Cell]) -> None:
    """The story of the cell that was clicked or chosen."""
    by_name = {_name(_place(cell)): cell for cell in made}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = by_name[choose("Cell", list(by_name), CELL)]
        seeds = [str(history.run.seed) for history in cell.runs]
        seed = choose("Seed", seeds, "death.seed") if len(seeds) > 1 else seeds[0]
    history = next(history for history in cell.runs if str(history.run.seed) == seed)
    if not history.lines:
        st.caption(text.CELL_BEGINS)
        return
    with st.grid(2, min_column_width=340):
        _zeros(history, "cell")
        _magnitudes(history)
        _loss([history], "cell")


def _side_by_side(found: Sequence[History], death: Death) -> None:
    """The first dead and the first living run of the map."""
    ended = [history for history in found if history.ended == "finished"]
    dead = next((history for history in ended if death.of(history)), None)
    living = next((history for history in ended if not death.of(history)), None)
    if not dead or not living:
        st.caption(text.NOT_BOTH)
        return
    with st.grid(2, min_column_width=340):
        _zeros(dead, "dead", "Dead")
        _zeros(living, "living", "Living")
    _loss([dead, living], "both", ["dead", "living"])


def _told(history: History) -> str:
    run = history.run
    told = {"scale": run.scale, "width": run.width, "rate": run.rate, "init": run.init, "seed": run.seed}
    return ", ".join(f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in told.items() if v is not None)


def _zeros(history: History, key: str, fate: str = "") -> None:
    last = history.lines[-1]
    end = share(last.zeros[-1], 1)
    title = f"{f'{fate}: ' if fate else ''}{end} zeros after the last block at step {last.step}"
    values = [[line.zeros[i] for line in history.lines] for i in range(len(history.blocks))]
    figure = grids.story(_steps(history), history.blocks, values, title, "share of<br>zeros", (0.0, 1.0))
    _drawn(figure, f"death.{key}.zeros", title, history)


def _magnitudes(history: History) -> None:
    values = [[_log(line.magnitudes[i]) for line in history.lines] for i in range(len(history.blocks))]
    title = "Mean magnitude of every block's output, powers of ten"
    figure = grids.story(_steps(history), history.blocks, values, title, "log10")
    _drawn(figure, "death.cell.magnitudes", title, history)


def _drawn(figure: go.Figure, key: str, title: str, history: History) -> None:
    st.plotly_chart(figure, key=key, config=grids.STILL, alt=f"{title}; {_told(history)}")


def _log(value: float | None) -> float | None:
    return log10(value) if value else None


def _steps(history: History) -> list[int]:
    return [line.step for line in history.lines]


def _loss(found: Sequence[History], key: str, names: Sequence[str] = ()) -> None:
    lines = [
        Line(
            name=f"{names[i]}: {_told(history)}" if names else _told(history),
            x=_steps(history),
            y=[line.loss for line in history.lines],
        )
        for i, history in enumerate(found)
    ]
    title = "Loss of every step"
    figure = charts.lines(lines, title, "loss of the batch, cross entropy", x="steps", log=True)
    st.plotly_chart(figure, key=f"death.{key}.loss", config=charts.CONFIG, alt=f"{title}; {', '.join(names)}")


def _files(name: str, sweep: Sweep, found: Sequence[History], death: Death) -> None:
    """The map and the steps behind it, made when they are asked for."""
    with st.container(horizontal=True):
        training.file("SVG", f"{name}.svg", "image/svg+xml", partial(_svg, sweep, found, death))
        training.file(
            "CSV, cells",
            f"{name}.cells.csv",
            "text/csv",
            lambda: comma_separated(records(cells(sweep, found, death))).encode(),
        )
        training.file("CSV, steps", f"{name}.steps.csv", "text/csv", lambda: comma_separated(_records(found)).encode())
        training.file(
            "JSON, steps", f"{name}.steps.json", "application/json", lambda: training.as_json(_records(found))
        )


def _records(found: Sequence[History]) -> list[dict[str, object]]:
    return [record for history in found for record in story(history)]


def _svg(sweep: Sweep, found: Sequence[History], death: Death) -> bytes:
    return chart(death_chart(sweep, found, death), "svg")
