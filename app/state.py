"""The address as the view's memory: what it may say, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

import streamlit as st

from app.address import Fields, field
from app.views.show import ignored_line
from irnet.models import PRESETS, full_name, network
from irnet.models.errata import errata
from irnet.models.recipe import knobs, parse_knob

FEW = 8  # options that a sentence can list


def choose(
    label: str,
    options: Sequence[str],
    key: str,
    *,
    index: int = 0,
    required: bool = True,
    format_func: Callable[[str], str] = str,
    help_text: str | None = None,
) -> str:
    """A choice by name that lives in the address; "" where nothing is chosen and nothing has to be."""
    first, now = index if required else None, st.session_state.get(key)
    if key not in st.session_state:  # from here on the field says what is chosen, and Streamlit mends the address
        ignored_line(unknown({key: [format_func(option) for option in options]}))
    elif now is not None and now not in options:  # as after a change of model
        # Deleted, it would stay in the browser's list.
        st.session_state[key] = None if first is None else options[first]
    chosen: str | None = st.selectbox(
        label,
        options,
        index=first,
        key=key,
        bind="query-params",
        format_func=format_func,
        help=help_text,
        placeholder=f"Choose a {label.lower()}",
    )
    return chosen or ""


def choose_by_name(
    label: str, names: Mapping[str, str], key: str, *, index: int = 0, help_text: str | None = None
) -> str:
    """A choice of one of the keys of `names`, which is shown by its name and stands in the address as it is.

    An older address may have the name itself.
    """
    options, asked = list(names), st.query_params.get(key, "")
    meant = next((option for option, name in names.items() if name == asked != option), "")
    if meant:
        st.session_state[key] = meant
    elif key not in st.session_state:
        ignored_line(unknown({key: options}))
    elif st.session_state[key] not in names:  # as after a change of model
        st.session_state[key] = options[index]
    if meant:
        put(key, meant)
    chosen: str = Fields(key, bound=not meant).value("selectbox", options[index], options, index, key=key)
    field(st.selectbox, label, options, key=key, format_func=names.__getitem__, help=help_text)
    return chosen


def wrong_in_address() -> list[str]:
    """One sentence for every value in the address that no control can take; the control keeps its own."""
    asked = st.query_params.to_dict()
    return [sentence for key, value in asked.items() if (sentence := refusal(key, value))]


def unknown(options: Mapping[str, Collection[str]]) -> list[str]:
    """One sentence for every parameter of the address that names what is none of its options; lists have commas."""
    asked = {key: ",".join(st.query_params.get_all(key)).split(",") for key in options}
    wrong = {key: [value for value in values if value and value not in options[key]] for key, values in asked.items()}
    return [
        f"The address asks for {key} {', '.join(map(repr, values))}, which is not there; "
        f"{'it can be' if len(options[key]) <= FEW else 'near ones are'} {', '.join(_near(values[0], options[key]))}"
        for key, values in wrong.items()
        if values
    ]


def listed(key: str, options: Collection[str]) -> frozenset[str]:
    """What the address lists under a parameter, with commas between; what is none of `options` is left out."""
    return frozenset(one for one in st.query_params.get(key, "").split(",") if one in options)


def put(key: str, value: str) -> None:
    """Keep a value in the address; nothing of it, if it is empty."""
    if value:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def put_all(values: Mapping[str, str]) -> None:
    """Change several values of the address in one step of the browser's history; what is empty goes from it."""
    changed: dict[str, str | Iterable[str]] = {
        key: value or [] for key, value in values.items() if st.query_params.get(key, "") != value
    }
    if changed:
        st.query_params.update(changed)


def _near(value: str, options: Collection[str]) -> Collection[str]:
    return options if len(options) <= FEW else get_close_matches(value, options, n=3, cutoff=0)


def refusal(key: str, value: str) -> str:
    """What is wrong with a parameter of the address, in one sentence; "" if nothing is."""
    preset, _, knob = key.rpartition(".")
    knob = "input_size" if knob in ("input_height", "input_width") else knob
    try:
        if key == "model":
            full_name(value)
        elif key == "erratum":
            errata(value)
        elif preset in PRESETS and knob in knobs(PRESETS[preset]):
            _, number = parse_knob(PRESETS[preset], f"{knob}={value}")
            network(preset, **{knob: number})
    except ValueError as error:
        return f"The address asks for something that does not exist: {error}"
    return ""
