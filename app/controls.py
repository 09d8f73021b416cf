"""The chosen network: kept in the address and the session, and changed in the panel under the bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from app import edits, opened, text
from app.address import Fields, field, first_run_on
from app.state import refusal, wrong_in_address
from app.views import show
from irnet.edit.history import History
from irnet.edit.validate import Validation
from irnet.models import (
    ARCHITECTURES,
    PRESETS,
    edit_recipe,
    full_name,
    group_of,
    network_of_recipe,
    source_title,
    title,
)
from irnet.models.recipe import Limits, Recipe, knobs, limits, parse_knob
from irnet.spec import Network, pair
from irnet.units import sides

DEVICES = ("cpu", "cuda", "mps", "meta")  # all that PyTorch may have; a page that runs says which are here
FIRST = "inception_resnet_v2.paper"  # what a reader without an address sees: the network that the paper ends with
FINEST = 200  # steps that a slider can still tell apart
MODEL, DEVICE = "model", "device"  # parameters of the address
DRAWN = "drawn-fields"  # in the session: the parameters that had a field in the last run
GROUPS = {  # the knobs as the panel has them
    "Size": ("width", "depth", "a", "b", "c", "d"),
    "Residual scale": ("scale_a", "scale_b", "scale_c"),
    "Reduction-A": ("k", "l", "m", "n"),
    "More": ("channels", "classes", "dropout", "sum_norm", "auxiliary"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader is looking at."""

    preset: str
    recipe: Recipe
    network: Network
    device: str
    original: Network  # without the edits of places
    trial: Validation  # what the edits come to


def read_state(page: str, *, shown: bool) -> None:
    """Bring the chosen network of the address and that of the session together; on every page, before all else.

    Only where the network is `shown` does the address keep it.
    """
    complaints = wrong_in_address()
    drawn, moved = st.session_state.get(DRAWN, ()), first_run_on(page)
    for key, value in _model_in_address():
        # Streamlit keeps the value of a widget that stays, and what no widget held is ours to read.
        if moved or key not in drawn:
            st.session_state[key] = value
    if moved and (named := st.query_params.get(MODEL, "")) in PRESETS:  # an address that names a network says all of it
        st.session_state.update({key: value for key, value in _usual(named).items() if key not in st.query_params})
    fields = Fields(bound=shown)
    names = list(PRESETS)
    preset = fields.value("selectbox", FIRST, names, names.index(FIRST), key=MODEL)
    device = Fields("device")  # every page that runs or trains has one
    device.value("selectbox", DEVICES[0], DEVICES, key=DEVICE)
    usual = fields_of(preset, PRESETS[preset])
    for name, limit in limits(PRESETS[preset]).items():
        for key in (f"{preset}.{part}" for part in _parts(name)):
            hidden, args = _widget(usual[key], limit)
            fields.value(hidden, usual[key], *args, key=key)
    complaints += edits.read(fields, preset) + opened.read(fields)
    st.session_state[DRAWN] = fields.drawn + device.drawn
    show.ignored_line(complaints)


def address() -> dict[str, str]:
    """The parameters of an address that choose the network, for links to pages that show it."""
    preset = st.session_state[MODEL]
    usual = _usual(preset) | {MODEL: FIRST, DEVICE: DEVICES[0], opened.OPENED: ""}
    return {
        key: str(now).lower() if isinstance(now, bool) else str(now)
        for key, value in usual.items()
        if (now := st.session_state[key]) != value
    }


def _usual(preset: str) -> dict[str, Any]:
    """What the parameters of a preset are where nothing is changed."""
    return fields_of(preset, PRESETS[preset]) | {f"{preset}.{edits.EDITS}": ""}


def panel() -> None:
    """The line that says which network this is; it opens to what can be changed, and is empty while it is shut."""
    if theirs := opened.opened():
        size = sides(theirs[0].input_shape[1:])
        st.markdown(text.plain(f"{title(theirs[0].name)} · {size} px · opened"))
        st.button("Back to the presets", icon=":material/close:", on_click=opened.close)
        return
    preset, now = st.session_state[MODEL], address()
    sizes = [st.session_state[f"{preset}.{part}"] for part in _parts("input_size")]
    unlike = {key for key in now if key.startswith(f"{preset}.")} - _other_keys(preset)
    changed = len(unlike) + len(edits.history_of(preset).done)
    words = [title(preset), f"{sides(tuple(sizes))} px"]
    words += [f"{changed} {'change' if changed == 1 else 'changes'}"] if changed else []
    st.markdown(" · ".join(words))
    with st.container(width="content"):
        _popover(preset, now)


@st.fragment
def _popover(preset: str, shown: dict[str, str]) -> None:
    """The panel, which opens without a run of the page; that comes when the network is no longer the one `shown`."""
    if st.session_state[MODEL] != preset or address() != shown:
        st.rerun()
    # The label stays the same: with another one, it would be another panel, and shut.
    with st.popover("Change", icon=":material/tune:", key="panel", on_change="rerun") as opened:
        if opened.open:
            _panel(preset)


def _panel(preset: str) -> None:
    _choose_preset(preset)
    found = limits(PRESETS[preset])
    for part, column in zip(_parts("input_size"), st.columns(2), strict=True):
        _draw(preset, part, part.capitalize().replace("_", " "), found["input_size"], column)
    field(st.selectbox, "Device", DEVICES, key=DEVICE, help=text.DEVICE)
    for group, names in GROUPS.items():
        here = [name for name in found if name in names]
        if here:
            st.markdown(f"**{group}**")
            for name in here:
                _draw(preset, name, found[name].help, found[name], st)
    st.button("Back to the preset", icon=":material/restart_alt:", on_click=reset, args=(preset,))


def _choose_preset(preset: str) -> None:
    """Two fields, architecture and source, for one parameter of the address."""
    architecture, _, tag = preset.partition(".")
    tags = [name.partition(".")[2] for name in PRESETS if name.startswith(f"{architecture}.")]
    for key, value in (("panel.architecture", architecture), ("panel.source", tag)):
        st.session_state[key] = value
    st.selectbox(
        "Network",
        list(ARCHITECTURES),
        key="panel.architecture",
        format_func=lambda name: f"{ARCHITECTURES[name]} · {group_of(name)}",
        on_change=_take_architecture,
    )
    st.selectbox(
        "Source",
        tags,
        key="panel.source",
        format_func=lambda tag: source_title(f"{architecture}.{tag}"),
        on_change=lambda: st.session_state.update({MODEL: f"{architecture}.{st.session_state['panel.source']}"}),
    )


def _take_architecture() -> None:
    st.session_state[MODEL] = full_name(st.session_state["panel.architecture"])


def _model_in_address() -> Iterator[tuple[str, Any]]:
    """What the address says of the model, as the widgets have it; what can't be is left out."""
    for key, value in st.query_params.to_dict().items():
        preset, _, name = key.rpartition(".")
        if refusal(key, value):
            continue
        if (
            (key == MODEL and value in PRESETS)
            or (key == DEVICE and value in DEVICES)
            or (preset in PRESETS and name == edits.EDITS)
        ):
            yield key, value
        elif preset in PRESETS and key in fields_of(preset, PRESETS[preset]):
            yield key, _read(preset, name, value)


def _read(preset: str, part: str, value: str) -> Any:
    size = part in _parts("input_size")
    value = parse_knob(PRESETS[preset], f"{'input_size' if size else part}={value}")[1]
    return value[0] if isinstance(value, tuple) else value


def editing() -> Choice:
    """The chosen network, as far as its edits can be."""
    preset, device = st.session_state[MODEL], st.session_state[DEVICE]
    changes = {name: _value(preset, name) for name in knobs(PRESETS[preset])}
    recipe = edit_recipe(preset, changes)
    original = network_of_recipe(preset, recipe)
    found = edits.trial_of(original)
    return Choice(preset, recipe, found.network, device, original, found)


def network_choice() -> Choice:
    """The network that is shown, which may be one that was opened; an edit that can't be is told, and left out."""
    choice = editing()
    if theirs := opened.opened():
        network = theirs[0]
        return replace(choice, network=network, original=network, trial=Validation(network=network, applied=0))
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


def _widget(default: Any, limit: Limits) -> tuple[str, tuple[Any, ...]]:
    """The kind of field that holds a knob, and what it is given behind its label."""
    kind = type(default)
    if kind is bool:
        return "toggle", (default,)
    return "number_input", (kind(limit.low), kind(limit.high), default, kind(limit.step))


def _draw(preset: str, part: str, label: str, limit: Limits, place: Any) -> None:
    """The widget of one part of a knob."""
    hidden, args = _widget(fields_of(preset, PRESETS[preset])[f"{preset}.{part}"], limit)
    few = (limit.high - limit.low) / limit.step <= FINEST
    shown = place.slider if hidden == "number_input" and few else getattr(place, hidden)
    field(shown, label, *args, key=f"{preset}.{part}")  # without the preset, the last one's numbers would stay


def _other_keys(preset: str) -> set[str]:
    """The parameters of a preset that are no knob, or are named by themselves."""
    return {f"{preset}.{part}" for part in (*_parts("input_size"), edits.EDITS)}


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
