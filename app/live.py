"""Models on loan, and what is measured on them: kept by the content of their spec, one session at a time.

Only pages that run a network import this; it imports torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import Lock

import streamlit as st
from PIL import Image

from app.cache import BY_KEY
from app.weights import Weights
from irnet.experiments.classify import Result as Classes
from irnet.experiments.classify import classify
from irnet.experiments.photos import to_input
from irnet.experiments.residual_scale import BatchNormMode, Result, residual_scale
from irnet.models import network as preset
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
BY_PIXELS = _BY_WEIGHTS | {"PIL.Image.Image": lambda image: (image.size, image.tobytes())}
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
    bearable(network)
    with borrow(network, device=device) as model:
        return measure(model)


@st.cache_data(max_entries=64, show_spinner="Running the network", show_time=True, hash_funcs=BY_PIXELS)
def scaled(
    network: Network,
    image: Image.Image,
    scales: tuple[float | None, ...],
    setting: Setting,
    weights: Weights | None = None,
) -> Result:
    """The residual-scale experiment on a borrowed model."""
    bearable(network)
    pixels = to_input(image, network.input_shape[1:])
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return residual_scale(network, pixels, scales=scales, model=model, **asdict(setting))


@st.cache_data(max_entries=64, show_spinner="Classifying", hash_funcs=BY_PIXELS)
def classified(network: Network, image: Image.Image, device: str, weights: Weights) -> Classes:
    """The likeliest classes of a picture, by a network with loaded weights."""
    bearable(network)
    with borrow(network, device=device, weights=weights) as model:
        return classify(model, image)


def reference(network: Network) -> Network:
    """Inception-v4 for the same input: the line without residuals."""
    height, width = network.input_shape[1:]
    return preset("inception_v4", input_size=(height, width))


def bearable(network: Network) -> None:
    """Refuse what a forward pass here would take too much memory and time for."""
    size = network.input_shape[1:]
    if max(size) > LONGEST_SIDE:
        raise ValueError(
            f"an input of {sides(size)} pixels is drawn and counted on the other pages, but run here only up to "
            f"{LONGEST_SIDE} pixels a side; `irnet cost` and `irnet activations` have no such limit"
        )
