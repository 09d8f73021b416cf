"""A race on the page: curves, who is first, and the paper's numbers apart from ours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app import text
from app.views import show, training
from irnet.charts import to_file, to_vega
from irnet.provenance.published import CURVES, CURVES_SOURCE, TABLE_2, TABLE_2_SOURCE
from irnet.tables import from_records, to_csv, to_json
from irnet.training.charts import race_chart
from irnet.training.race import (
    AGAINST,
    QUANTITIES,
    Against,
    Quantity,
    best_goal,
    curve_records,
    records,
    sentence,
    standing,
)
from irnet.training.results import History
from irnet.training.settings import Sweep

AGAINST_WORDS: dict[Against, str] = {"steps": "Steps", "epochs": "Epochs", "seconds": "Seconds", "macs": "MACs"}


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
    _files(name, found, against, goal)


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
    chart = race_chart(found, quantity, against, goal)
    if chart.lines:
        show.chart(chart, f"race.{quantity}", alt=f"{chart.title}; {chart.y} of {len(chart.lines)} networks")
    else:
        st.caption(text.NO_GOAL)


def _first(name: str, found: Sequence[History], goal: float, against: Against) -> None:
    if not any(line.accuracy is not None for history in found for line in history.lines):
        return
    st.markdown(f"**{text.plain(sentence(standing(found, goal, against)))}**")
    rows = [{k: v for k, v in record.items() if not k.endswith("_spread")} for record in records(found, goal)]
    show.table(rows, f"{name}.networks", alt="When every network reached the accuracy")


def _files(name: str, found: Sequence[History], against: Against, goal: float) -> None:
    """Pictures and the numbers behind them, made when they are asked for."""
    with st.container(horizontal=True):
        for quantity in QUANTITIES:
            svg = partial(_svg, found, quantity, against, goal)
            show.file(f"SVG, {quantity}", f"{name}.{quantity}.{against}.svg", svg)
        show.file("CSV, curves", f"{name}.curves.csv", lambda: to_csv(from_records(curve_records(found))).encode())
        show.file("JSON, curves", f"{name}.curves.json", lambda: to_json(from_records(curve_records(found))).encode())


def _svg(found: Sequence[History], quantity: Quantity, against: Against, goal: float) -> bytes:
    return to_file(to_vega(race_chart(found, quantity, against, goal)), "svg")


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
