"""What race and death map share on a page: the list of runs, how one stands, its buttons, its refreshing."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import runs, text
from app.state import choose
from app.views import show
from app.views.show import refusals
from irnet.models import title
from irnet.tables import from_records
from irnet.training.directory import Word
from irnet.training.fields import GROUPS
from irnet.training.results import History
from irnet.training.settings import SETTINGS, Sweep, SweepKind, value_in
from irnet.units import setting

EVERY = 1.5  # seconds between two looks at a run that is active
Shown = Callable[[Sweep, tuple[History, ...]], None]


def choose_run(kind: SweepKind, empty: str) -> str:
    """The run that the reader chose from those of this server, or ""; then `empty`, if it is not, says what to do."""
    key, found = runs.NAMES[kind], runs.names(kind)
    if not found:
        if empty:
            st.info(empty, icon=":material/hourglass_empty:")
        return ""
    name = choose("Run", found, key, required=False)
    st.caption(f"{_describe(name)}. {text.SHARED}" if name else text.SHARED)
    if empty and not name:
        st.info(empty, icon=":material/hourglass_empty:")
    return name


def _describe(name: str) -> str:
    sweep = runs.read(name)[0]
    seeds = len(sweep.values("seed"))
    axes = [
        f"{axis} {', '.join(title(one) if axis == 'network' else setting(one) for one in values)}"
        for axis, values in sweep.axes
        if axis != "seed"
    ]
    return text.plain(f"{'; '.join(axes)}; {seeds} seed{'s' * (seeds > 1)}")


def listing(kind: SweepKind) -> None:
    """All runs of a kind and how they stand, kept fresh while one of them is active."""
    found = runs.names(kind)
    if not found:
        st.caption(text.NO_RUN_YET)
        return
    active = any(runs.status(name).active for name in found)

    @st.fragment(run_every=2 * EVERY if active else None)
    def table() -> None:
        with refusals():
            records = [{"run": name, "how it stands": runs.status(name).sentence} for name in found]
            show.sortable(from_records(records, "Runs of this server and how they stand"))

    table()


def watch(name: str, shown: Shown) -> None:
    """A run as it stands, looked at again and again while it is active; only what was added is read."""
    active = runs.status(name).active

    @st.fragment(run_every=EVERY if active else None)
    def live() -> None:
        with refusals():
            now = runs.status(name)
            if now.active:
                runs.note_reader(name)
            if now.state == "finished":
                shown(*runs.read(name))
                st.caption(text.plain(now.sentence))
            else:
                st.progress(min(1.0, now.done), text=text.plain(now.sentence))
                shown(*runs.read(name))
                _buttons(name, now)
            if active and not now.active:
                st.rerun()  # the last look: from here on nothing changes by itself

    live()


def _buttons(name: str, now: runs.Status) -> None:
    with st.container(horizontal=True):
        _word(name, "Pause", "pause", now.state == "running", ":material/pause:")
        on = st.button(
            "Resume",
            key=f"{name}.resume",
            icon=":material/play_arrow:",
            disabled=now.state not in ("paused", "stopped"),
        )
        stoppable = now.active and now.state != "stopping"
        _word(name, "Stop", "stop", stoppable, ":material/stop:")
    if on:
        runs.go_on(name, keep=True)
        st.rerun()


def _word(name: str, label: str, word: Word, possible: bool, icon: str) -> None:
    st.button(label, key=f"{name}.{word}", icon=icon, disabled=not possible, on_click=_tell, args=(name, word))


def _tell(name: str, word: Word) -> None:
    with refusals():
        runs.tell(name, word)


def about(sweep: Sweep) -> None:
    """What all runs of a sweep have in common, in one line: the first settings of the form, and what is unusual."""
    run, axes = sweep.base, dict(sweep.axes)
    settings: dict[str, object] = {"images": run.data.kind}
    settings |= {} if "network" in axes else {"network": title(run.network)}
    for name, asked in SETTINGS.items():
        value = value_in(run, name)
        if name not in axes and value is not None and (asked.about.group == GROUPS[0] or value != asked.default):
            settings[asked.about.label.lower()] = setting(value)
    settings["device"] = run.device
    st.caption(text.plain(", ".join(f"{word}: {value}" for word, value in settings.items())))
