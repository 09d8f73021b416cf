"""The edits of every preset: one text a preset, in the address."""

from __future__ import annotations

import streamlit as st

from app.address import Fields
from irnet.edit.history import History, history
from irnet.edit.validate import Validation, validate
from irnet.spec import Network

EDITS = "edits"  # the parameter of the address, behind the preset


def read(fields: Fields, preset: str) -> list[str]:
    """Read the edits of the address; returns what is wrong with them."""
    typed = fields.value("text_input", "", "", key=_key(preset))
    try:
        history(preset, typed)
    except ValueError as error:
        return [f"The edits can't be read: {error}"]
    return []


def history_of(preset: str) -> History:
    """The edits of a preset; none, where what was typed is none."""
    try:
        return history(preset, st.session_state.get(_key(preset), ""))
    except ValueError:  # `read` has said so
        return History()


def trial_of(original: Network) -> Validation:
    """What the edits of a preset come to, starting from `original`."""
    done = history_of(original.name).done
    return validate(original, done) if done else Validation(network=original, applied=0)


def keep(preset: str, edits: History) -> None:
    """Put edits in the place of those that are there; for callbacks."""
    st.session_state[_key(preset)] = edits.text


def parameter(network: Network) -> dict[str, str]:
    """The part of an address that carries the edits."""
    return {_key(network.name): history_of(network.name).text}


def _key(preset: str) -> str:
    return f"{preset}.{EDITS}"
