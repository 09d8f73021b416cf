"""A race on the page: curves, who is first, and the paper's numbers apart from ours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app import text
from app.views import charts, show, training
from app.views.training import as_json
from irnet.diagrams.chart import chart
from irnet.diagrams.tabular import comma_separated
from irnet.experiments.training.charts import AXES, SMOOTH, means, race_chart, race_lines
from irnet.experiments.training.race import (
    AGAINST,
    QUANTITIES,
    Against,
    Quantity,
    best_goal,
    curve_records,
    headline,
    records,
    sentence,
    standing,
)
from irnet.experiments.training.results import History
from irnet.experiments.training.settings import Sweep
from irnet.provenance.published import CURVES, CURVES_SOURCE, TABLE_2, TABLE_2_SOURCE

AGAINST_WORDS: dict[Against, str] = {"steps": "Steps", "epochs": "Epochs", "seconds": "Seconds", "macs": "MACs"}
SHORT: dict[Quantity, str] = {"loss": "cross entropy", "accuracy": "accuracy"}  # fits beside a small chart


def race(name: str, sweep: Sweep, found: Sequence[History]) -> None:
    """Everything about a race as it stands."""
    training.about(sweep)
    if not any(history.lines for history in found):
        st.info(text.RACE_BEGINS, icon=":material/hourglass_empty:")
        return
    st.header(text.OURS_HEAD)
    against = _against()
    goal = _goal(found)
    with st.grid(2, min_column_width=340):
        for quantity in reversed(QUANTITIES):
            _curves(found, quantity, against, goal)
    _first(name, found, goal, against)
    _files(name, found, against)


def _against() -> Against:
    chosen = st.segmented_control(
        "Against",
        list(AGAINST),
        default="steps",
        format_func=lambda word: AGAINST_WORDS[word],
        key="race.against",
        required=True,
        bind="query-params",
    )
    return next(word for word in AGAINST if word == chosen)


def _goal(found: Sequence[History]) -> float:
    best = round(100 * best_goal(found)) or 50
    percent: int = st.slider(
        "Who is first at a held-out accuracy of", 5, 100, best, 5, key="race.goal", format="%d %%", bind="query-params"
    )
    return percent / 100


def _curves(found: Sequence[History], quantity: Quantity, against: Against, goal: float) -> None:
    lines = race_lines(found, quantity, against)
    if not lines:
        st.caption(text.NO_GOAL)
        return
    title = headline(standing(found, goal, against)) if quantity == "accuracy" else "Loss on the way"
    note, log = _several(found), quantity == "loss"
    note = f"{note}; means of {SMOOTH} steps" if log else note
    figure = charts.lines(lines, title, SHORT[quantity], x=AXES[against][0], note=note, log=log)
    if quantity == "accuracy":
        figure.add_hline(y=goal, line_dash="dot", line_width=1.5, line_color="#808080")
    show.chart(figure, f"race.{quantity}", alt=f"{title}; {means(quantity)} of {len(lines)} networks")


def _several(found: Sequence[History]) -> str:
    seeds = len({history.run.seed for history in found})
    return f"median and range of {seeds} seeds" if seeds > 1 else "1 seed"


def _first(name: str, found: Sequence[History], goal: float, against: Against) -> None:
    if not any(line.accuracy is not None for history in found for line in history.lines):
        return
    st.markdown(f"**{text.plain(sentence(standing(found, goal, against)))}**")
    rows = [{k: v for k, v in record.items() if not k.endswith("_spread")} for record in records(found, goal)]
    show.table(rows, f"{name}.networks", alt="When every network reached the accuracy")


def _files(name: str, found: Sequence[History], against: Against) -> None:
    """Pictures and the numbers behind them, made when they are asked for."""
    with st.container(horizontal=True):
        for quantity in QUANTITIES:
            svg = partial(_svg, found, quantity, against)
            training.file(f"SVG, {quantity}", f"{name}.{quantity}.{against}.svg", "image/svg+xml", svg)
        training.file(
            "CSV, curves", f"{name}.curves.csv", "text/csv", lambda: comma_separated(curve_records(found)).encode()
        )
        training.file("JSON, curves", f"{name}.curves.json", "application/json", lambda: as_json(curve_records(found)))


def _svg(found: Sequence[History], quantity: Quantity, against: Against) -> bytes:
    return chart(race_chart(found, quantity, against), "svg")


def paper() -> None:
    """What the paper says of the same networks, apart from what is measured here."""
    with st.container(border=True):
        st.header(text.PAPER_HEAD)
        st.caption(text.PAPER_NOTE)
        show.table(
            [{"network": one.model, "top-1 error, %": one.top1, "top-5 error, %": one.top5} for one in TABLE_2],
            "paper.table_2",
            alt="Table 2 of the paper: errors on ImageNet in percent",
            decimals=1,
        )
        st.caption(TABLE_2_SOURCE)
        st.markdown("\n".join(f"- **{one.figure}**, {one.measure}: {one.shows}" for one in CURVES))
        st.caption(CURVES_SOURCE)
