"""Settings of a training run as a form: every field, limit and word comes from `irnet.training.fields`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import streamlit as st

from app.state import choose
from irnet.training.fields import GROUPS, NO, YES, Field, Group
from irnet.training.settings import SETTINGS, OptimiserName, Run, value_in

MORE = "More settings"


def values(page: str, first: Run, rates: Mapping[OptimiserName, float], taken: Collection[str]) -> dict[str, Any]:
    """What the form says of every setting but those that are `taken`, as the axes of a map; `first` is shown first."""
    found: dict[str, Any] = {}
    few, *groups = GROUPS
    with st.grid(4, min_column_width=130):
        _group(page, few, first, rates, taken, found)
    with st.popover(MORE, icon=":material/tune:", width="content"):
        for group in groups:
            st.markdown(f"**{group}**")
            with st.grid(2, min_column_width=160):
                _group(page, group, first, rates, taken, found)
    return found


def _group(
    page: str,
    group: Group,
    first: Run,
    rates: Mapping[OptimiserName, float],
    taken: Collection[str],
    found: dict[str, Any],
) -> None:
    for name, asked in SETTINGS.items():
        if asked.about.group != group or name in taken:
            continue
        value, key = value_in(first, name), f"{page}.{name}"
        if name == "rate":  # every optimiser has one of its own
            other = found["optimiser"] != first.optimiser
            value, key = rates[found["optimiser"]] if other else value, f"{key}.{found['optimiser']}"
        found[name] = widget(asked, value, key)


def widget(asked: Field, value: Any, key: str) -> Any:
    """The widget of one setting, which also lives in the address; what it says."""
    about = asked.about
    if asked.kind == "word":
        words = list(about.words)
        return choose(about.label, words, key, index=words.index(value), help_text=about.help)
    if asked.kind == "switch":
        return _switch(asked, value, key)
    return _number(asked, value, key)


def _switch(asked: Field, value: bool | None, key: str) -> bool | None:
    about = asked.about
    if not about.unset:
        on: bool = st.toggle(about.label, bool(value), key=key, bind="query-params", help=about.help)
        return on
    words = {about.unset: None, YES: True, NO: False}
    index = list(words.values()).index(value)
    return words[choose(about.label, list(words), key, index=index, help_text=about.help)]


def _number(asked: Field, value: float | None, key: str) -> float | None:
    about, kind = asked.about, int if asked.kind == "whole number" else float
    if about.limits is None:
        raise TypeError(f"{asked.name} is a number without limits")
    high = about.limits.high if about.most is None else about.most
    made: Callable[..., Any] = st.number_input
    found: float | None = made(
        about.label,
        kind(about.limits.low),
        kind(high),
        None if value is None else kind(value),
        kind(about.limits.step),
        "%d" if kind is int else "%g",
        key=key,
        bind="query-params",
        placeholder=about.unset or None,
        help=about.help,
    )
    return found
