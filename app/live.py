"""Models on loan, and what is measured on them: kept by the content of their spec, one session at a time.

Only pages that run a network import this; it imports torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from threading import Lock

import streamlit as st
from PIL import Image

from app.cache import BY_KEY
from app.weights import Weights
from irnet.experiments.classify import Result as Classes
from irnet.experiments.classify import classify
from irnet.experiments.effective_field import EffectiveField, effective_field
from irnet.experiments.photos import to_input
from irnet.experiments.residual_scale import BatchNormMode, Result, residual_scale
from irnet.models import network as preset
from irnet.resolve import Sides
from irnet.runtime.build import Model, build
from irnet.runtime.init import Init
from irnet.runtime.measure import Counts, measure
from irnet.runtime.weights import load_weights
from irnet.spec import Network
from irnet.units import sides


@dataclass(frozen=True, slots=True)
class Setting:
    """What a forward pass is run with."""

    seed: int
    init: Init
    batch_norm: BatchNormMode
    device: str


_BY_WEIGHTS = BY_KEY | {"app.weights.Weights": lambda weights: weights.key}
_BY_PIXELS = _BY_WEIGHTS | {"PIL.Image.Image": lambda image: (image.size, image.tobytes())}
LONGEST_SIDE = 1024  # pixels; beyond it a forward pass takes gigabytes and minutes on a laptop


@st.cache_resource(max_entries=2, show_spinner="Building the network", hash_funcs=_BY_WEIGHTS)
def _shelf(network: Network, device: str, seed: int, init: Init, weights: Weights | None = None) -> tuple[Model, Lock]:
    model = build(network, device, seed, init)
    if weights:
        with weights.file() as file:
            load_weights(model, file)
    return model, Lock()


@contextmanager
def borrow(
    network: Network, *, device: str = "cpu", seed: int = 0, init: Init = "torch", weights: Weights | None = None
) -> Iterator[Model]:
    """The model of `network`, untrained or with the weights given; whoever else wants it waits until the block ends."""
    model, lock = _shelf(network, device, seed, init, weights)
    with lock:
        yield model


@st.cache_data(max_entries=32, show_spinner="Counting with fvcore, torchinfo and torch", hash_funcs=BY_KEY)
def counted(network: Network, device: str) -> Counts:
    """What the three counters say; the same network is never counted twice."""
    _bearable(network)
    with borrow(network, device=device) as model:
        return measure(model)


@st.cache_data(max_entries=64, show_spinner="Running the network", show_time=True, hash_funcs=_BY_PIXELS)
def scaled(
    network: Network,
    image: Image.Image,
    scales: tuple[float | None, ...],
    setting: Setting,
    weights: Weights | None = None,
) -> Result:
    """The residual-scale experiment on a borrowed model."""
    _bearable(network)
    pixels = to_input(image, network.input_shape[1:])
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return residual_scale(network, pixels, scales=scales, model=model, **asdict(setting))


@st.cache_data(max_entries=64, show_spinner="Classifying", hash_funcs=_BY_PIXELS)
def classified(network: Network, image: Image.Image, device: str, weights: Weights) -> Classes:
    """The likeliest classes of a picture, by a network with loaded weights."""
    _bearable(network)
    with borrow(network, device=device, weights=weights) as model:
        return classify(model, image)


@st.cache_data(max_entries=64, show_spinner="Running the network up to the box, and back", hash_funcs=_BY_PIXELS)
def focused(
    network: Network,
    image: Image.Image,
    path: str,
    position: Sides,
    channel: int | None,
    setting: Setting,
    seeds: int,
    weights: Weights | None = None,
) -> EffectiveField:
    """The effective receptive field, on a borrowed model or, of several seeds, on as many fresh ones."""
    _bearable(network)
    ask = partial(effective_field, network, to_input(image, network.input_shape[1:]), path, position)
    ask = partial(ask, channel=channel, init=setting.init, batch_norm=setting.batch_norm, device=setting.device)
    if seeds > 1 and not weights:
        return ask(seeds=range(setting.seed, setting.seed + seeds))
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return ask(model=model)


def reference(network: Network) -> Network:
    """Inception-v4 for the same input: the line without residuals."""
    height, width = network.input_shape[1:]
    return preset("inception_v4", input_size=(height, width))


def _bearable(network: Network) -> None:
    size = network.input_shape[1:]
    if max(size) > LONGEST_SIDE:
        raise ValueError(
            f"an input of {sides(size)} pixels is drawn and counted on the other pages, but run here only up to "
            f"{LONGEST_SIDE} pixels a side; `irnet cost` and `irnet activations` have no such limit"
        )
