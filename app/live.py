"""Models on loan, and what is measured on them: kept by the content of their spec, one session at a time.

Only pages that run a network import this; it imports torch.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from app import text
from app.long import content, remember, work
from app.server.cache import BY_KEY, identity
from app.server.disk_cache import Form, disk_cache
from app.server.fifo_semaphore import FifoSemaphore
from app.server.resource_pool import ResourcePool
from app.weights import Weights
from irnet.lab.activations import Activations, Curve, Result, check, origin
from irnet.lab.classify import Result as Classes
from irnet.lab.classify import classify
from irnet.lab.fields import EffectiveField, effective_field
from irnet.lab.forward import BatchNormMode, Scaling
from irnet.lab.photos import to_input
from irnet.models import network as preset
from irnet.runtime.build import Model, build, channels_last
from irnet.runtime.device import check_device, memory_limit, with_numbers
from irnet.runtime.init import Init, Tell
from irnet.runtime.measure import ModuleCount, Others, by_fvcore, by_others
from irnet.runtime.saved import saved_for_backward
from irnet.runtime.watch import watch_layers
from irnet.runtime.weights import load_weights
from irnet.spec import Network
from irnet.tree import Sides
from irnet.tree.totals import totals
from irnet.units import short, sides

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


@dataclass(frozen=True, slots=True)
class Setting:
    """What forward passes are run with."""

    seeds: tuple[int, ...]
    init: Init
    batch_norm: BatchNormMode
    device: str
    label: int | None = None  # the class whose loss is taken backwards

    @property
    def seed(self) -> int:
        """The first seed, for what looks at one forward pass."""
        return self.seeds[0]


LONGEST_SIDE = 1024  # pixels; beyond it a forward pass takes gigabytes and minutes on a laptop
MOST_PARAMETERS = 300_000_000  # twice the width of the largest preset; beyond it a model takes gigabytes
MODULES: Form[tuple[ModuleCount, ...]] = Form(
    lambda modules: json.dumps([asdict(module) for module in modules]).encode(),
    lambda stored: tuple(ModuleCount(**module) for module in json.loads(stored)),
)
OTHERS: Form[Others] = Form(
    lambda others: json.dumps(asdict(others)).encode(), lambda stored: Others(**json.loads(stored))
)
MODEL_BYTES, PASS_BYTES = 1 << 30, 256 << 20  # kept for all sessions together


@st.cache_resource(show_spinner=False)
def _models() -> ResourcePool[Model]:
    return ResourcePool(MODEL_BYTES, lambda model: sum(tensor.nbytes for tensor in model.state_dict().values()))


@st.cache_resource(show_spinner=False)
def _passes() -> ResourcePool[Activations]:
    return ResourcePool(PASS_BYTES, lambda one: one.cache.held_bytes)


@st.cache_resource(show_spinner=False)
def _turns() -> FifoSemaphore:
    """One pass uses several cores; more at once would only wait for each other, and the pages with them."""
    return FifoSemaphore(max(1, (os.cpu_count() or 1) // 2))


@contextmanager
def borrow(
    network: Network, *, device: str = "cpu", seed: int = 0, init: Init = "torch", weights: Weights | None = None
) -> Iterator[Model]:
    """The model of `network`, untrained or with the weights given; whoever else wants it waits until the block ends.

    Raises
    ------
    ValueError
        If the network is too large to be run here.
    RuntimeError
        If the device has not enough memory.
    """
    bearable(network)
    key = (identity(network), device, seed, init, weights)
    waiting = st.empty()
    with work(text.RUNNING) as at, _turns().taken(lambda place: _show_queue(waiting, place)):
        waiting.empty()
        make = partial(_build, network, device, seed, init, weights, at.tell)
        lent = _models().lent(key, make, partial(at.tell, 0.0, text.SAME_WORK))
        with memory_limit(device), lent as model, watch_layers(model, at.tell):
            yield model


def _show_queue(where: DeltaGenerator, place: int) -> None:
    where.caption(f"Others are running networks here: number {place} in the queue.")


def _build(network: Network, device: str, seed: int, init: Init, weights: Weights | None, tell: Tell) -> Model:
    model = build(network, device, seed, init, lambda share, path: tell(share, f"{text.WEIGHTS_OF} {path}"))
    if weights:
        with weights.file() as file:
            load_weights(model, file)
    return channels_last(model)


@remember("Counting with fvcore", entries=32)
@disk_cache(MODULES)
def module_counts(network: Network, device: str) -> tuple[ModuleCount, ...]:
    """What fvcore says; the same network is never counted twice, and no numbers are computed for it."""
    with _twin(network, device) as twin:
        return by_fvcore(twin)


@remember("Counting with torchinfo and torch", entries=32)
@disk_cache(OTHERS)
def counted_otherwise(network: Network, device: str) -> Others:
    """What the two other counters say; as `module_counts`."""
    with _twin(network, device) as twin:
        return by_others(twin)


@contextmanager
def _twin(network: Network, device: str) -> Iterator[Model]:
    """The network without numbers, watched while it is counted."""
    bearable(network)
    check_device(device)
    twin = build(network, device="meta")
    with work(text.RUNNING) as at, watch_layers(twin, at.tell):
        yield twin


@st.cache_data(max_entries=64, show_spinner="Asking autograd", hash_funcs=BY_KEY)
def kept_for_backward(network: Network, batch: int) -> int:
    """Bytes that a training step on `batch` images keeps; a control that does not touch it does not ask again."""
    return saved_for_backward(network, batch)


def residual_scales(
    network: Network,
    image: Image.Image,
    scales: tuple[Scaling, ...],
    setting: Setting,
    weights: Weights | None = None,
) -> Result:
    """The residual-scale experiment on borrowed models, from the first block that a scale changes.

    A reader who stops it keeps what was computed: it goes on from there.
    """
    bearable(network)
    pixels = to_input(image, network.input_shape[1:])
    check(network, pixels, scales, setting.batch_norm, setting.label)
    with_numbers(setting.device)
    found: list[Curve] = []
    origins = []
    for seed in setting.seeds[:1] if weights else setting.seeds:
        with borrow(network, device=setting.device, seed=seed, init=setting.init, weights=weights) as model:
            origins.append(model.origin)
            known = (content(network), setting.device, model.origin, weights, content(image), setting.batch_norm)
            with _passes().lent(known, partial(Activations, network, pixels, setting.batch_norm)) as one:
                curves = one.curves(model, scales, setting.label)
                found += [replace(curve, seed=None if weights else seed) for curve in curves]
    return Result(network=network.label, weights=origin(origins), batch_norm=setting.batch_norm, curves=tuple(found))


@remember("Classifying", entries=64)
def classify_image(network: Network, image: Image.Image, device: str, weights: Weights) -> Classes:
    """The likeliest classes of a picture, by a network with loaded weights."""
    with borrow(network, device=device, weights=weights) as model:
        return classify(model, image)


@remember("Running the network up to the box, and back", entries=64)
def effective_field_of(
    network: Network,
    image: Image.Image,
    path: str,
    position: Sides,
    channel: int | None,
    setting: Setting,
    weights: Weights | None = None,
) -> EffectiveField:
    """The effective receptive field, on one borrowed model after another where there are several seeds."""
    bearable(network)
    ask = partial(effective_field, network, to_input(image, network.input_shape[1:]), path, position)
    ask = partial(ask, channel=channel, init=setting.init, batch_norm=setting.batch_norm, device=setting.device)
    seeds = setting.seeds[:1] if weights else setting.seeds
    with closing(_one_by_one(network, setting, seeds, weights)) as models:
        return ask(seeds=seeds, models=models)


def _one_by_one(
    network: Network, setting: Setting, seeds: tuple[int, ...], weights: Weights | None
) -> Generator[Model]:
    for seed in seeds:
        with borrow(network, device=setting.device, seed=seed, init=setting.init, weights=weights) as model:
            yield model


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
    if (params := totals(network).params) > MOST_PARAMETERS:
        raise ValueError(
            f"{network.label} has {short(params)} parameters; it is drawn and counted on the other pages, but run here "
            f"only up to {short(MOST_PARAMETERS)}: take a smaller width or depth"
        )
