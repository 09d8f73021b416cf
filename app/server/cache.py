"""What the pages compute, remembered by the content of the spec, on disk too if there is a folder. No torch here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app.server.disk_cache import FILE, PAIR, disk_cache
from app.server.resource_pool import identity
from irnet.diagrams import beside_svgs, block_svgs, canvas_svgs, draw
from irnet.diagrams.factory import content, told_of
from irnet.diagrams.graph_builder import Flow
from irnet.diagrams.nested import Expansion
from irnet.diagrams.overlay import Edges, Overlay
from irnet.diagrams.render import Format
from irnet.diagrams.timeline import timeline_svgs
from irnet.spec import Network

BY_KEY: dict[str | type[Any], Callable[[Any], Any]] = {"irnet.spec.Network": identity}


@st.cache_data(max_entries=256, show_spinner="Drawing", hash_funcs=BY_KEY)
@disk_cache(FILE)
def picture(network: Network, form: Format, stage: str = "", theme: str = "light", index: int = 0) -> bytes:
    """A diagram as a file's bytes."""
    return draw(network, form, stage, theme, index)


@st.cache_data(max_entries=256, show_spinner="Drawing")
@disk_cache(FILE)
def figure_file(name: str, form: str, theme: str, width: str, scale: float = 2.0) -> bytes:
    """A figure, chart or table of the catalogue as a file's bytes."""
    return content(name, form, theme, width, scale)


@st.cache_data(max_entries=256, show_spinner=False)
def figure_texts(name: str, width: str) -> dict[str, Any]:
    """Title, words, departures and snippets of one of the catalogue."""
    return told_of(name, width)


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=BY_KEY)
@disk_cache(PAIR)
def drawings(
    network: Network,
    opened: Expansion,
    overlay: Overlay,
    edges: Edges,
    flow: Flow,
    original: Network | None = None,
    refused: str = "",
) -> tuple[bytes, bytes]:
    """SVG of a network with some of its boxes open, light and dark."""
    return canvas_svgs(network, opened, overlay, edges, flow, original=original, refused=refused)


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs=BY_KEY)
@disk_cache(PAIR)
def block_drawings(network: Network, stage: str) -> tuple[bytes, bytes]:
    """SVG of one block of a network that need not be a preset, light and dark."""
    return block_svgs(network, stage)


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs=BY_KEY)
@disk_cache(PAIR)
def side_drawings(
    networks: tuple[Network, ...], opened: tuple[Expansion, ...], flow: Flow, *, ghosts: bool, pictures: bool = False
) -> tuple[bytes, bytes]:
    """SVG of networks side by side, light and dark."""
    return beside_svgs(networks, opened, ghosts=ghosts, flow=flow, pictures=pictures)


@st.cache_data(show_spinner=False)
@disk_cache(PAIR)
def timeline_drawings() -> tuple[bytes, bytes]:
    """SVG of the line of networks, light and dark."""
    return timeline_svgs()
