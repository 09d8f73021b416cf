"""Links from a step of a lesson to the pages that show more of its networks, with the same view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import edits
from app.controls import fields_of
from irnet.diagrams.graph_builder import FLOWS
from irnet.diagrams.nested import LEVELS
from irnet.diagrams.overlay import EDGES, OVERLAYS
from irnet.lessons.check import networks_of
from irnet.lessons.value import Step
from irnet.models import PRESETS, recipe_of
from irnet.spec import Network


def place(here: Step, picked: str) -> None:
    """A link to where the step's networks are explored, or compared, just as the step shows them."""
    first, *others = networks_of(here)
    if _by_knobs(first) != first:
        return  # no control of those pages says what was changed in it
    if not others:
        view = {"level": here.level, "overlay": here.overlay, "edges": here.edges, "flow": here.flow}
        address = _knobs(first) | _unusual(view) | _fields(turned=",".join(here.turned), box=picked)
        st.page_link("app/pages/network.py", label="Open in Network", icon=":material/schema:", query_params=address)
        return
    plain = [other.name for other in others if not other.edits]
    edited = [other.label for other in others if other.edits]
    address = _knobs(first) | {"with": plain} | _unusual({"down": here.level, "flow": here.flow})
    address |= _fields(edited="; ".join(edited), fade="true" if here.fade else "")
    if [*plain, *edited] == [other.label for other in others]:  # else the networks stand in another order there
        address |= _fields(opened=",".join(here.turned), place=picked)
    st.page_link(
        "app/pages/compare.py", label="Open in Compare", icon=":material/compare_arrows:", query_params=address
    )


def _fields(**fields: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value}


def _unusual(view: Mapping[str, str]) -> dict[str, str]:
    """What is not as those pages have it anyway: Streamlit would take the rest out, each in a step of its history."""
    usual = {LEVELS[0], OVERLAYS[0], EDGES[0], FLOWS[0]}
    return {key: value for key, value in view.items() if value not in usual}


def _by_knobs(network: Network) -> Network:
    return recipe_of(network).network(network.name)


def _knobs(network: Network) -> dict[str, Any]:
    """The address of a preset with the knobs that are turned in it; others that the session turned are turned back."""
    name = network.name
    usual = fields_of(name, PRESETS[name])
    fields: dict[str, Any] = {"model": name}
    for key, value in fields_of(name, recipe_of(network)).items():
        if value != usual[key] or value != st.session_state.get(key, value):
            fields[key] = str(value).lower()
    return fields | dict.fromkeys((key for key, made in edits.parameter(network).items() if made), "")
