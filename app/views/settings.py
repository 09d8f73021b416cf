"""Settings of a network as number fields, switches and lists; what they are set to is an edit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from irnet.analysis.editable import Setting
from irnet.models.edits import Edit, Value
from irnet.models.recipe import Limits

SIDES = ("height", "width")


def setting_widget(setting: Setting, value: Value, change: Callable[[Edit], None]) -> None:
    """The widget of one setting, which shows `value`; a pair has two."""
    key = f"set.{setting.where}.{setting.what}"
    whole = isinstance(setting.value, tuple)
    parts = SIDES if whole else ("",)
    values = value if isinstance(value, tuple) else (value,) * len(parts)
    keys = [f"{key}.{part}" for part in parts]
    told = partial(_told, setting, keys, change)
    for own, part, shown in zip(keys, parts, values, strict=True):
        label = f"{setting.label}: {part}" if part else setting.label
        if setting.limits is None:
            st.session_state[own] = shown
            st.selectbox(label, setting.options, key=own, on_change=told)
        elif isinstance(shown, bool):
            st.session_state[own] = shown
            st.toggle(label, key=own, on_change=told)
        elif isinstance(shown, int | float):
            _number(label, own, setting.limits, shown, told)


def _number(label: str, key: str, limit: Limits, shown: float, told: Callable[[], None]) -> None:
    kind = type(shown)
    st.session_state[key] = kind(min(max(shown, limit.low), limit.high))
    st.number_input(
        label,
        kind(limit.low),
        kind(limit.high),
        step=kind(limit.step),
        format="%d" if kind is int else "%g",
        key=key,
        on_change=told,
    )


def _told(setting: Setting, keys: list[str], change: Callable[[Edit], None]) -> None:
    """Hand on what the widgets of a setting say."""
    values = [st.session_state[key] for key in keys]
    values = [float(f"{value:.6g}") if isinstance(value, float) else value for value in values]
    change(setting.edit((values[0], values[1]) if len(values) == 2 else values[0]))
