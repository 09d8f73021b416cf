"""Links from a step of a lesson to the pages that show more of its networks, with the same view."""

from __future__ import annotations

from typing import Any

import streamlit as st

from irnet.lessons.check import networks_of
from irnet.lessons.value import Step
from irnet.models import PRESETS, recipe_of
from irnet.models.recipe import knobs
from irnet.spec import Network


def place(here: Step, picked: str) -> None:
    """A link to where the step's networks are explored, or compared, just as the step shows them."""
    first, *others = networks_of(here)
    if _by_knobs(first) != first:
        return  # no control of those pages says what was changed in it
    if not others:
        view = {"level": here.level, "overlay": here.overlay, "edges": here.edges, "flow": here.flow}
        address = _knobs(first) | view | _filled(turned=",".join(here.turned), box=picked)
        st.page_link("app/pages/network.py", label="Open in Network", icon=":material/schema:", query_params=address)
        return
    plain = [other.name for other in others if not other.edits]
    edited = [other.label for other in others if other.edits]
    address = _knobs(first) | {"with": plain, "down": here.level, "flow": here.flow}
    address |= _filled(edited="; ".join(edited), fade="true" if here.fade else "")
    if [*plain, *edited] == [other.label for other in others]:  # else the networks stand in another order there
        address |= _filled(opened=",".join(here.turned), place=picked)
    st.page_link(
        "app/pages/compare.py", label="Open in Compare", icon=":material/compare_arrows:", query_params=address
    )


def _filled(**told: str) -> dict[str, Any]:
    return {key: value for key, value in told.items() if value}


def _by_knobs(network: Network) -> Network:
    return recipe_of(network).network(network.name)


def _knobs(network: Network) -> dict[str, Any]:
    """The address of a preset with the knobs that are turned in it."""
    have, usual = knobs(recipe_of(network)), knobs(PRESETS[network.name])
    told: dict[str, Any] = {"model": network.name}
    for name, value in have.items():
        if value != usual[name] and name != "input_size":
            told[f"{network.name}.{name}"] = str(value).lower()
    if have["input_size"] != usual["input_size"]:
        _, height, width = network.input_shape
        told |= {f"{network.name}.input_height": str(height), f"{network.name}.input_width": str(width)}
    return told
