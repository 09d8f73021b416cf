"""What all pages share that run a photograph through a network: the photograph, the weights and the settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st
from PIL import Image

from app import text
from app.address import Fields, field
from app.passes import Setting, Weights
from app.weights import weights
from irnet.lab.forward import BATCH_NORM_MODES, BatchNormMode
from irnet.lab.photos import MAX_BYTES, PHOTOS, channels_sentence, decode, photo
from irnet.runtime.init import INITS
from irnet.spec import Network

SEEDS = 5  # that a page runs at once
LAST_SEED = 2**31 - SEEDS - 1
FIRST = "settings.first"  # in the session: the statistics that the last page showed first


def picture(*networks: Network, preview: bool = True) -> Image.Image:
    """The reader's photograph for these networks: a bundled one, or an upload; beside it what it is.

    Without `preview`, it is to be seen elsewhere.
    """
    beside, choice = st.columns([1, 2]) if preview else (None, st.container())
    with choice:
        kinds = ["jpg", "jpeg", "png", "webp"]
        own = st.file_uploader("Your own photograph", kinds, help=text.EMPTY_UPLOAD, max_upload_size=MAX_BYTES // 2**20)
        name = st.selectbox("Photograph", PHOTOS, key="photo", bind="query-params", disabled=own is not None)
    image = decode(own.getvalue(), own.name) if own else photo(name)
    shown = own.name if own else name
    if beside:
        beside.image(image, caption=text.plain(shown), alt=f"The photograph that is run: {shown}")
    for sentence in dict.fromkeys(channels_sentence(network.input_shape[0]) for network in networks):
        if sentence:
            st.caption(sentence)
    return image


def setting(
    device: str,
    *,
    several: str = "",
    first: BatchNormMode = "batch",
    trained: bool = False,
    more: Callable[[], None] | None = None,
) -> Setting:
    """The reader's statistics, `first` where nothing is chosen, weights and seed, or `several` seeds in a row.

    They are changed in a panel, where `more` draws other fields; while it is shut there are none.
    """
    if st.session_state.get(FIRST, first) != first:  # another page showed other statistics first
        st.session_state.pop("norm", None)
    st.session_state[FIRST] = first
    fields, modes = Fields("settings"), BATCH_NORM_MODES[::-1]
    batch_norm = fields.value("selectbox", first, modes, modes.index(first), key="norm")
    init = fields.value("selectbox", "tf", INITS, INITS.index("tf"), key="init")
    seed = fields.value("number_input", 0, 0, LAST_SEED, 0, 1, key="seed")
    many = fields.value("number_input", 1, 1, SEEDS, 1, 1, key="seeds") if several else 1
    with st.popover("Settings", icon=":material/tune:", width="stretch", key="settings", on_change="rerun") as opened:
        if opened.open:
            field(st.segmented_control, "Batch norm statistics", modes, key="norm", required=True, help=text.STATISTICS)
            field(st.segmented_control, "Initial weights", INITS, key="init", required=True)
            field(st.number_input, "Seed", 0, LAST_SEED, key="seed")
            if several:
                field(st.slider, several, 1, SEEDS, key="seeds")
            if batch_norm == "running" and not trained:
                st.caption(text.RUNNING_UNTRAINED)
            if more:
                more()
    return Setting(tuple(range(seed, seed + many)), init, batch_norm, device)


def inputs(
    network: Network,
    device: str,
    *,
    several: str = "",
    first: BatchNormMode = "batch",
    more: Callable[[bool], None] | None = None,
) -> tuple[Image.Image, Setting, Weights | None]:
    """The photograph, the settings and the checkpoint of a page; `several` and `more` are those of `setting`."""
    with st.popover("Photograph", icon=":material/image:", width="stretch"):
        image = picture(network)
    place = st.container()
    loaded = weights()
    trained = bool(loaded)
    with place:
        found = setting(
            device,
            several="" if trained else several,
            first=first,
            trained=trained,
            more=more and partial(more, trained),
        )
    return image, found, loaded


def origin(first_weights: str, batch_norm: str, device: str) -> str:
    """Which weights, statistics and device a result comes from."""
    return f"**{text.plain(first_weights[:1].upper() + first_weights[1:])}**; {batch_norm} statistics, on {device}."
