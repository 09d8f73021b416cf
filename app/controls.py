"""Widgets made from recipes; every value also lives in the address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app import edits, text
from app.address import Fields, first_run_on
from app.state import refusal, wrong_in_address
from app.views import show
from irnet.edit.history import History
from irnet.edit.validate import Validation
from irnet.models import PRESETS, edit_recipe, network_of_recipe
from irnet.models.recipe import Limits, Recipe, knobs, limits, parse_knob
from irnet.spec import Network, pair

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
    original: Network  # without the edits of places
    trial: Validation  # what the edits come to


def sidebar(page: str) -> None:
    """Draw the widgets that all pages share; drawn outside the pages, their values outlive a change of page."""
    complaints = wrong_in_address()
    names = list(PRESETS)
    if first_run_on(page):
        st.session_state.update(_from_link())
    with st.sidebar:
        fields = Fields()
        preset = fields.draw("selectbox", st.selectbox, "Model", names, names.index(FIRST), key="model")
        st.selectbox("Device", DEVICES, key="device", bind="query-params", help=text.DEVICE)
        st.caption(text.KNOBS)
        for name, limit in limits(PRESETS[preset]).items():
            _draw(fields, preset, name, limit)
        complaints += edits.field(fields, preset)
        st.button("Back to the preset", icon=":material/restart_alt:", on_click=reset, args=(preset,))
    show.ignored_line(complaints)


def _from_link() -> dict[str, Any]:
    """What a link to another page says of the model, where the session has it otherwise: the link is meant.

    Streamlit puts the parameters of a link behind those that were there, and keeps the value of a widget that stays.
    """
    return {key: value for key, value in _model_in_address() if st.session_state.get(key, value) != value}


def _model_in_address() -> Iterator[tuple[str, Any]]:
    """What the address says of the model, as the widgets have it; what can't be is left out."""
    for key, value in st.query_params.to_dict().items():
        preset, _, name = key.rpartition(".")
        if refusal(key, value):
            continue
        if (key == "model" and value in PRESETS) or (preset in PRESETS and name == edits.EDITS):
            yield key, value
        elif preset in PRESETS and key in fields_of(preset, PRESETS[preset]):
            yield key, _read(preset, name, value)


def _read(preset: str, part: str, value: str) -> Any:
    size = part in _parts("input_size")
    value = parse_knob(PRESETS[preset], f"{'input_size' if size else part}={value}")[1]
    return value[0] if isinstance(value, tuple) else value


def editing() -> Choice:
    """The network that the sidebar describes, as far as its edits can be."""
    preset, device = st.session_state["model"], st.session_state["device"]
    changes = {name: _value(preset, name) for name in knobs(PRESETS[preset])}
    recipe = edit_recipe(preset, changes)
    original = network_of_recipe(preset, recipe)
    found = edits.trial_of(original)
    return Choice(preset, recipe, found.network, device, original, found)


def network_choice() -> Choice:
    """The network that the sidebar describes; an edit that can't be is told, and left out with those after it."""
    choice = editing()
    if refusal := choice.trial.refusal:
        show.ignored_line([f"Edit {refusal.edit + 1} is left out, with those after it: {refusal.message}"])
    return choice


def _parts(name: str) -> tuple[str, ...]:
    """The widgets of one knob."""
    return ("input_height", "input_width") if name == "input_size" else (name,)


def _value(preset: str, name: str) -> Any:
    """What the widgets of one knob say."""
    values = tuple(st.session_state[f"{preset}.{part}"] for part in _parts(name))
    return values if len(values) > 1 else values[0]


def _draw(fields: Fields, preset: str, name: str, limit: Limits) -> None:
    """The widgets of one knob, with its limits."""
    parts, default = _parts(name), knobs(PRESETS[preset])[name]
    kind = type(default)
    if kind is bool:
        fields.draw("toggle", st.toggle, limit.help, default, key=f"{preset}.{name}")
        return
    few = (limit.high - limit.low) / limit.step <= FINEST
    places: Sequence[Any] = st.columns(len(parts)) if len(parts) > 1 else (st,)
    for part, place in zip(parts, places, strict=True):
        fields.draw(
            "number_input",
            place.slider if few else place.number_input,
            limit.help if len(parts) == 1 else part.capitalize().replace("_", " "),
            kind(limit.low),
            kind(limit.high),
            default,
            kind(limit.step),
            key=f"{preset}.{part}",  # without the preset, the last one's numbers would stay
        )


def fields_of(preset: str, recipe: Recipe) -> dict[str, Any]:
    """What the widgets of a preset show for a recipe, by their parameters of the address."""
    shown: dict[str, Any] = {}
    for name, value in knobs(recipe).items():
        parts = _parts(name)
        values = pair(value) if len(parts) > 1 else (value,)
        shown |= {f"{preset}.{part}": one for part, one in zip(parts, values, strict=True)}
    return shown


def reset(preset: str) -> None:
    """Forget what was changed in a preset, edits too."""
    edits.keep(preset, History())
    st.session_state.update(fields_of(preset, PRESETS[preset]))
