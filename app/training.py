"""What a reader sets before a race or a death map starts; every value also lives in the address."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import streamlit as st

from app import runs, text
from app.address import field
from app.controls import DEVICE, DEVICES
from app.run_folder import home
from app.server.roots import IMAGES, entries, root
from app.state import choose, choose_by_name, put
from app.views import run_form
from app.views.show import refusals
from irnet.models import PRESETS, title
from irnet.models.recipe import knobs
from irnet.training import race, stability
from irnet.training.backends import Backend
from irnet.training.settings import Axis, Data, OptimiserName, Run, Sweep, axis, with_values
from irnet.training.stability import AXIS_NAMES, REMEDIES
from irnet.training.sweep import threads_for

RATES: dict[OptimiserName, float] = {"rmsprop": race.BASE.rate, "sgd": 0.05, "adamw": 0.001}  # shown first
SEEDS = 5
FORM = "new"  # the key of the part of the page that holds the form
AXES = {  # of the death map: the values that are shown first
    "scale": "0.1, 0.3, 1",
    "rate": "0.045, 0.2, 1.2",
    "width": "0.25, 0.5",
    "depth": "1, 2",
    "init": "he, tf, torch",
    "sum_norm": "0, 1",
    "warm_up": "0, 20",
}


def of_race() -> Sweep:
    """The race that the reader has set."""
    names = st.pills(
        "Networks",
        list(PRESETS),
        selection_mode="multi",
        default=[name for pair in race.PAIRS for name in pair],
        key="race.networks",
        bind="query-params",
        format_func=title,
        help=text.RACE_NETWORKS,
    )
    base = _base("race", race.BASE)
    return race.race(base, names, range(_seeds("race")), threads_for(Backend()))


def of_death() -> Sweep:
    """The death map that the reader has set."""
    residual = [name for name, recipe in PRESETS.items() if "scale_a" in knobs(recipe)]
    first = residual.index(stability.BASE.network)
    network = choose_by_name("Network", {name: title(name) for name in residual}, "death.network", index=first)
    with st.grid(3, min_column_width=200):
        across, up = _axis("across", list(AXES), "scale"), _axis("up", ["", *AXES], "rate")
        panels = _axis("panels", ["", *AXES], "")
    grid = [one for one in (across, up, panels) if one]
    base = replace(_base("death", stability.BASE, [name for name, _ in grid]), network=network)
    return stability.stability(base, grid, range(_seeds("death")), threads_for(Backend()))


def quick_race() -> Sweep:
    """The race of one button: the paper's pairs in a minute."""
    return race.race(_here(race.BASE), [name for pair in race.PAIRS for name in pair], (0,), threads_for(Backend()))


def quick_death_map() -> Sweep:
    """The death map of one button: a dead and a living network in a minute."""
    return stability.stability(_here(stability.BASE), (stability.AXIS,), (0,), threads_for(Backend()))


def start(label: str, sweep: Sweep, key: str) -> None:
    """About how long it takes, and the button that starts it; what starts is shown."""
    if not home():
        st.caption(text.NO_RUNS)
        return
    count = len(list(sweep.runs()))
    st.caption(f"{count} runs of {sweep.base.steps} steps: {runs.estimate(sweep)}; time in the queue is extra.")
    keep = st.toggle("Keep running when the tab is closed", True, key=f"{key}.keep", help=text.KEEP)
    st.button(
        label,
        key=f"{key}.start",
        icon=":material/play_arrow:",
        on_click=_begin,
        args=(sweep, runs.NAMES[sweep.kind], keep),
    )


def _begin(sweep: Sweep, key: str, keep: bool) -> None:
    with refusals():
        st.session_state[key] = runs.begin(sweep, keep=keep)
        put(key, st.session_state[key])  # a value that was not among the options before stays out of the address
        st.session_state[FORM] = False  # what runs is shown below it


def _axis(which: str, names: list[str], first: str) -> Axis | None:
    label = which.capitalize()
    name = choose(
        label,
        names,
        f"death.{which}",
        index=names.index(first),
        format_func=lambda name: AXIS_NAMES[name] if name else "nothing",
        help_text=text.AXES_HELP,
    )
    if not name:
        return None
    said = REMEDIES.get(name, "")
    values = st.text_input(
        f"{label}: values",
        AXES[name],
        key=f"death.{which}.{name}",
        bind="query-params",
        help=f"{text.AXIS_VALUES} {said}",
    )
    return axis(f"{name}={values}")


def _seeds(page: str) -> int:
    return st.slider("Seeds", 1, SEEDS, 1, key=f"{page}.seeds", bind="query-params", help=text.SEEDS)


def _base(page: str, first: Run, taken: Collection[str] = ()) -> Run:
    """What all runs have in common."""
    data = _data(page)
    values = run_form.values(page, first, RATES, taken)
    field(st.selectbox, "Device", DEVICES, key=DEVICE, help=text.DEVICE)
    return _here(with_values(replace(first, data=data), values))


def _here(run: Run) -> Run:
    """The run on the reader's device."""
    return replace(run, device=st.session_state[DEVICE])


def _data(page: str) -> Data:
    """One of the built-in sets, or a folder of the server's."""
    folders = images()
    name = choose(
        "Images",
        ["gratings", "crops", *folders],
        f"{page}.data",
        format_func=lambda name: {"gratings": "gratings (generated)", "crops": "crops of photographs"}.get(name, name),
    )
    if name == "gratings":
        return Data(kind="gratings")
    return Data(kind="crops") if name == "crops" else Data(kind="folder", folder=str(folders[name]))


def images() -> dict[str, Path]:
    """Name to path of every data set in the server's folder; a reader can name no other path."""
    allowed = root(IMAGES)
    return {name: path for name, path in entries(allowed).items() if path.is_dir()} if allowed else {}
