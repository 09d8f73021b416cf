"""The residual block of the home page, with a photograph running through it and one slider.

The other process runs the network, so that this one needs no torch for its first page.
"""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from app import text
from app.components.canvas import canvas
from app.drawings import View
from app.maps import MAP_CACHE, digest_of
from app.server.worker import WORKER
from irnet.diagrams.nested import Expansion, looked_at, revealing
from irnet.diagrams.overlay import PHOTOGRAPH
from irnet.diagrams.photograph import Photograph
from irnet.models import network
from irnet.spec import Residual
from irnet.tree import resolve

NETWORK, STAGE, FIRST = "inception_resnet_v2.paper", "block_b", "block_b.0"
AT_FIRST = Expansion(0, frozenset({STAGE}), FIRST)
BOX, TURNED = "live.box", "live.turned"  # in the session
STEP = 0.05  # of the slider


@st.fragment
def live_block() -> None:
    """The block as a canvas, and beside it the slider, what is seen and the way on."""
    spec = network(NETWORK)
    own = next(stage.node.scale for stage in spec.stages if stage.name == STAGE and isinstance(stage.node, Residual))
    left, right = st.columns([3, 2], vertical_alignment="top")
    with right:
        st.header("A residual block at work")
        st.markdown(text.LIVE)
        scale = st.slider("Residual scale s", 0.0, 1.0, own, STEP, key="live.scale")
        address = {"overlay": PHOTOGRAPH, "box": FIRST, "turned": STAGE, f"s.{own:g}": f"{scale:g}"}
        st.page_link("app/pages/network.py", label="The whole network", icon=":material/schema:", query_params=address)
    state = st.session_state
    box, turned = state.setdefault(BOX, FIRST), state.setdefault(TURNED, AT_FIRST.toggled)
    opened = revealing(spec, Expansion(0, turned, FIRST), box)
    digest = digest_of(NETWORK, "home", scale, opened)
    with left, MAP_CACHE.expected(digest):
        canvas(
            View(network=spec, opened=opened, overlay=PHOTOGRAPH),
            box,
            key="live",
            on_click=lambda path: state.update({BOX: path}),
            on_toggle=lambda path: state.update({BOX: path, TURNED: opened.toggled ^ {path}}),
            on_shut=lambda: state.update({BOX: STAGE, TURNED: frozenset()}),
            maps={"": f"map/{digest}.json"},
            label="A residual block with a photograph running through it",
        )
        found = maps_at(None if scale == own else scale, opened)
        MAP_CACHE.keep(digest, spec, found)
        if one := found.boxes.get(box):
            st.markdown(f"**{resolve(spec)[box].aria_label}**: {one.text}.")
        st.caption(f"{found.origin}. {text.UNTRAINED_LOOK_SHORT}")


@lru_cache(maxsize=64)
def maps_at(scale: float | None, opened: Expansion) -> Photograph:
    """What the boxes show at a scale; None for the network's own."""
    shown = looked_at(network(NETWORK), opened)
    found: Photograph = WORKER.ask_by_name(
        lambda _share, _where: None, "app.server.networks:home_photograph", NETWORK, scale, shown
    )
    return found
