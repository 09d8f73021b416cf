"""Controls that all pages share which run a photograph through a network, and the classes that they find."""

from __future__ import annotations

import streamlit as st
from PIL import Image

from app import text
from app.passes import Setting, Weights, classify_image
from app.views import show
from irnet.lab.classify import records
from irnet.lab.forward import BATCH_NORM_MODES, BatchNormMode
from irnet.lab.photos import MAX_BYTES, PHOTOS, channels_sentence, decode, photo
from irnet.runtime.init import INITS
from irnet.spec import Network

SEEDS = 5  # that the page runs at once


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


def setting(device: str, *, several: str = "", first: BatchNormMode = "batch", trained: bool = False) -> Setting:
    """The reader's statistics, `first` those that are shown first, weights and seed, or `several` seeds in a row."""
    with st.container(horizontal=True):
        batch_norm = st.segmented_control(
            "Batch norm statistics",
            BATCH_NORM_MODES[::-1],
            default=first,
            key="norm",
            required=True,
            help="batch: of this picture, as in training; running: 0 and 1, as stored before any training",
            bind="query-params",
        )
        init = st.segmented_control(
            "Initial weights", INITS, default="tf", key="init", required=True, bind="query-params"
        )
    seed = st.number_input("Seed", 0, 2**31 - SEEDS - 1, 0, key="seed", bind="query-params")
    if batch_norm == "running" and not trained:
        st.caption(text.RUNNING_UNTRAINED)
    many = st.slider(several, 1, SEEDS, 1, key="seeds", bind="query-params") if several else 1
    return Setting(tuple(range(seed, seed + many)), init, batch_norm, device)


def classes(network: Network, image: Image.Image, device: str, loaded: Weights | None) -> None:
    """The likeliest classes of the photograph; untrained weights have none."""
    if not loaded:
        st.caption(text.NO_CLASSES)
        return
    found = classify_image(network, image, device, loaded)
    st.caption(text.plain(f"{found.weights}. {found.preprocessing}. Labels: {found.names}."))
    show.table(records(found), f"{found.network}.classes", alt="The likeliest classes of the photograph")
