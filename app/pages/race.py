"""A race: networks train on the same images, and who is first shows step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from app import text, training
from app.views import show
from app.views import training as shared
from app.views.show import refusals
from irnet.charts import to_file, to_vega
from irnet.models import title
from irnet.provenance.published import TABLE_2, TABLE_2_SOURCE
from irnet.tables import from_records, to_csv, to_json
from irnet.training.charts import race_chart
from irnet.training.finished import finished
from irnet.training.race import (
    AGAINST,
    QUANTITIES,
    Against,
    Quantity,
    amount,
    best_goal,
    curve_records,
    records,
    sentence,
    standing,
)
from irnet.training.results import History
from irnet.training.settings import Sweep
from irnet.units import share

AGAINST_WORDS: dict[Against, str] = {"steps": "Steps", "epochs": "Epochs", "seconds": "Seconds", "macs": "MACs"}


def race(name: str, sweep: Sweep, found: Sequence[History]) -> None:
    """Everything about a race as it stands."""
    if not any(history.lines for history in found):
        st.info(text.RACE_BEGINS, icon=":material/hourglass_empty:")
        shared.about(sweep)
        return
    sentence_place, curves = st.container(), st.container()
    against = _against()
    goal = _goal(found)
    with sentence_place:
        _sentence(sweep, found, goal, against)
    with curves, st.grid(2, min_column_width=340):
        for quantity in reversed(QUANTITIES):
            _curves(found, quantity, against, goal)
    _first(name, found, goal)
    _files(name, found, against, goal)


def _sentence(sweep: Sweep, found: Sequence[History], goal: float, against: Against) -> None:
    """Who is first, with the settings that all have in common."""
    measured = any(line.accuracy is not None for history in found for line in history.lines)
    words = sentence(standing(found, goal, against)) if measured else text.NO_GOAL
    st.markdown(f"**{text.OURS_HEAD}: {text.plain(words)}**")
    shared.about(sweep)


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


def _first(name: str, found: Sequence[History], goal: float) -> None:
    rows = [
        {
            "network": title(record["network"]),
            "parameters": record["parameters"],
            "final accuracy": _written(record["final_accuracy"], lambda value: share(value, 1)),
        }
        | {
            f"{AGAINST_WORDS[against]} to {100 * goal:.0f} %": _written(
                record[f"{against}_to_goal"], partial(amount, against=against)
            )
            for against in AGAINST
        }
        for record in records(found, goal)
    ]
    show.small(rows, f"{name}.networks", alt="When every network reached the accuracy", nothing="not reached")


def _written(value: float | None, write: Callable[[float], str]) -> str | None:
    return None if value is None else write(value)


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
        show.paper_curves("paper")


st.title("A race in training")
result, controls = st.columns([3, 1], gap="medium")
with controls:
    name = shared.choose_run("race", "")
    st.markdown(text.RACE_PAIRS)
    with refusals():
        training.start("Start this race", training.quick_race(), "race.pairs")
with result:
    if name:
        shared.watch(name, partial(race, name))
    else:
        race("race", *finished("race"))
        st.caption(text.FINISHED)
st.caption(f"{text.RACE} {text.TOY}")
with st.expander("A race of your own", key=training.FORM, on_change="rerun", bind="query-params") as new:
    if new.open:
        with refusals():
            training.start("Start the race", training.of_race(), "race")
paper()
with st.expander("All races of this server"):
    shared.listing("race")
