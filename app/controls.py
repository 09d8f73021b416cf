"""Widgets made from recipes; every value also lives in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.state import wrong_in_address
from irnet.models import PRESETS, edited, named
from irnet.models.recipe import Limits, Recipe, Size, knobs, limits
from irnet.spec import Network

DEVICES = ("cpu", "cuda", "mps", "meta")  # all that PyTorch may have; a page that runs says which are here
FIRST = "inception_resnet_v2.paper"  # what a reader without an address sees: the network that the paper ends with
FINEST = 200  # steps that a slider can still tell apart


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader is looking at."""

    preset: str
    recipe: Recipe
    network: Network
    device: str


def chosen() -> Choice:
    """The sidebar's model, device, input size and knobs."""
    complaints = wrong_in_address()
    names = list(PRESETS)
    with st.sidebar:
        preset = st.selectbox(
            "Model", names, names.index(FIRST), key="model", bind="query-params", persist_state="session"
        )
        device = st.selectbox(
            "Device",
            DEVICES,
            key="device",
            bind="query-params",
            persist_state="session",
            help="Where Cost and Activations build the network; meta has shapes and no numbers.",
        )
        st.caption("Input size and knobs of this network")
        changes = {name: _knob(preset, name, limit) for name, limit in limits(PRESETS[preset]).items()}
        st.button("Back to the preset", icon=":material/restart_alt:", on_click=_reset, args=(preset,))
    for sentence in complaints:
        st.warning(sentence, icon=":material/link_off:")
    recipe = edited(preset, changes)
    return Choice(preset, recipe, named(preset, recipe), device)


def _knob(preset: str, name: str, limit: Limits) -> Any:
    """The value of one knob."""
    default = knobs(PRESETS[preset])[name]
    if name == "input_size":
        return _size(preset, limit, default)
    kind = type(default)
    few = (limit.high - limit.low) / limit.step <= FINEST
    widget: Callable[..., Any] = st.slider if few else st.number_input
    return widget(
        limit.help,
        kind(limit.low),
        kind(limit.high),
        default,
        kind(limit.step),
        key=f"{preset}.{name}",  # without the preset, the last one's numbers would stay
        bind="query-params",
        persist_state="session",
    )


def _size(preset: str, limit: Limits, default: int) -> Size:
    """The side of a square in pixels, or (height, width)."""
    height, width = (
        column.number_input(
            side, int(limit.low), int(limit.high), default, key=f"{preset}.{side.lower()}", bind="query-params",
            persist_state="session",
        )
        for side, column in zip(("Height", "Width"), st.columns(2), strict=True)
    )  # fmt: skip
    return height if height == width else (height, width)


def _reset(preset: str) -> None:
    for key in [key for key in st.session_state if str(key).startswith(f"{preset}.")]:
        del st.session_state[key]
