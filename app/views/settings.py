"""Settings of a network as number fields, switches and lists; what they are set to is an edit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from irnet.edit.settings import Setting
from irnet.models.recipe import Limits
from irnet.spec import Edit, Value

SIDES = ("height", "width")


def setting_widget(setting: Setting, value: Value, change: Callable[[Edit], None], turn: int) -> None:
    """The widget of one setting, which shows `value`; a pair has two.

    A field keeps the keyboard while its number changes; in another `turn` it is another field, so that what a browser
    still says of the last one is not taken for a reader's change.
    """
    key = f"set.{turn}.{setting.where}.{setting.what}"
    whole = isinstance(setting.value, tuple)
    parts = SIDES if whole else ("",)
    values: tuple[Any, ...] = value if isinstance(value, tuple) else (value,) * len(parts)
    if setting.limits:
        values = tuple(_within(setting.limits, shown) for shown in values)
    keys = [f"{key}.{part}" for part in parts]
    on_change = partial(_on_change, setting, dict(zip(keys, values, strict=True)), change)
    for own, part, shown in zip(keys, parts, values, strict=True):
        label = f"{setting.label}: {part}" if part else setting.label
        st.session_state[own] = shown
        if setting.limits is None:
            st.selectbox(label, setting.options, key=own, on_change=on_change)
        elif isinstance(shown, bool):
            st.toggle(label, key=own, on_change=on_change)
        elif isinstance(shown, int | float):
            _number(label, own, setting.limits, type(shown), on_change)


def _within(limit: Limits, value: Value) -> Value:
    """The nearest value that a field can show."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return type(value)(min(max(value, limit.low), limit.high))


def _number(label: str, key: str, limit: Limits, kind: type[int] | type[float], on_change: Callable[[], None]) -> None:
    st.number_input(
        label,
        kind(limit.low),
        kind(limit.high),
        step=kind(limit.step),
        format="%d" if kind is int else "%g",
        key=key,
        on_change=on_change,
    )


def _on_change(setting: Setting, shown: dict[str, Value], change: Callable[[Edit], None]) -> None:
    """Hand on what the widgets of a setting say, if it is not what they were shown with.

    Streamlit also calls this for a widget that has left the page, when a browser that does not know it yet says its
    value once more.
    """
    now = {key: st.session_state[key] for key in shown}
    if now == shown:
        return
    values: list[Any] = [float(f"{value:.6g}") if isinstance(value, float) else value for value in now.values()]
    change(setting.edit((values[0], values[1]) if len(values) == 2 else values[0]))
