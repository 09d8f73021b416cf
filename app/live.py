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
from irnet.experiments.photos import to_input
from irnet.experiments.residual_scale import BatchNormMode, Result, residual_scale
from irnet.models import network as preset
from irnet.runtime.build import Model, build
from irnet.runtime.init import Init
from irnet.runtime.measure import Counts, measure
from irnet.spec import Network
from irnet.units import sides


@dataclass(frozen=True, slots=True)
class Setting:
    """What a forward pass is run with."""

    seed: int
    init: Init
    batch_norm: BatchNormMode
    device: str


LONGEST_SIDE = 1024  # pixels; beyond it a forward pass takes gigabytes and minutes on a laptop


@st.cache_resource(max_entries=2, show_spinner="Building the network", hash_funcs=BY_KEY)
def _shelf(network: Network, device: str, seed: int, init: Init) -> tuple[Model, Lock]:
    return build(network, device, seed, init), Lock()


@contextmanager
def borrow(network: Network, *, device: str = "cpu", seed: int = 0, init: Init = "torch") -> Iterator[Model]:
    """The model of `network`; whoever else wants it waits until the block ends."""
    model, lock = _shelf(network, device, seed, init)
    with lock:
        yield model


@st.cache_data(max_entries=32, show_spinner="Counting with fvcore, torchinfo and torch", hash_funcs=BY_KEY)
def counted(network: Network, device: str) -> Counts:
    """What the three counters say; the same network is never counted twice."""
    _bearable(network)
    with borrow(network, device=device) as model:
        return measure(model)


_BY_PIXELS = BY_KEY | {"PIL.Image.Image": lambda image: (image.size, image.tobytes())}


@st.cache_data(max_entries=64, show_spinner="Running the network", show_time=True, hash_funcs=_BY_PIXELS)
def scaled(
    network: Network,
    image: Image.Image,
    scales: tuple[float | None, ...],
    setting: Setting,
) -> Result:
    """The residual-scale experiment on a borrowed model."""
    _bearable(network)
    pixels = to_input(image, network.input_shape[1:])
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init) as model:
        return residual_scale(network, pixels, scales=scales, model=model, **asdict(setting))


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
