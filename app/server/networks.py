"""What runs a network, in the process that does nothing else: models and passes on loan, and what is found with them.

Models are kept by the content of their spec and lent to one question at a time. The first look at a picture runs the
network once and keeps what every stage was given; a look at another box runs its stage alone, and a moved scale one
block. Pages ask through `app.passes`. No Streamlit here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from PIL import Image

from app import text
from app.server.disk_cache import Form, disk_cache
from app.server.fifo_semaphore import FifoSemaphore
from app.server.resource_pool import ResourcePool, content, identity
from app.server.roots import open_below
from app.server.worker import Tell, reporter
from irnet.diagrams.photograph import Channels, Photograph
from irnet.lab import auxiliary_heads
from irnet.lab.activations import Activations, Curve, Result, check, origin
from irnet.lab.block import BlockSteps, block_steps
from irnet.lab.classify import Result as Classes
from irnet.lab.classify import classify
from irnet.lab.fields import EffectiveField, effective_field
from irnet.lab.forward import BatchNormMode, ForwardCache, Scaling
from irnet.lab.maps import FeatureMaps, Glance, glance
from irnet.lab.maps import feature_maps as maps_of
from irnet.lab.photograph import PhotographPass
from irnet.lab.photos import PHOTOS, photo, to_input
from irnet.models import network as preset
from irnet.opening.check import Report, compare_with_preset
from irnet.opening.network import network_from_graph
from irnet.runtime.build import Model, build, channels_last
from irnet.runtime.capture import watch_layers
from irnet.runtime.device import check_device, memory_limit, with_numbers
from irnet.runtime.init import Init
from irnet.runtime.measure import ModuleCount, Others, by_fvcore, by_others
from irnet.runtime.network_files import ENDINGS, MAY_BE_WEIGHTS, read_file
from irnet.runtime.saved import saved_for_backward
from irnet.runtime.weights import Identity, check_fit, identify, load_weights
from irnet.spec import Network
from irnet.tree import Sides
from irnet.tree.totals import totals
from irnet.units import short, sides


@dataclass(frozen=True, slots=True)
class Weights:
    """A checkpoint, told apart by its content."""

    name: str
    key: str
    folder: Path = field(compare=False)  # where it lies, under its name
    beside: tuple[str, ...] = ()  # files there that belong to it: the shards of an index

    @contextmanager
    def file(self) -> Iterator[Path]:
        """The file, for as long as the block runs."""
        with open_below(self.folder, self.name, *self.beside) as path:
            yield path


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
MODELS = ResourcePool[Model](MODEL_BYTES, lambda model: sum(tensor.nbytes for tensor in model.state_dict().values()))
EXPERIMENTS = ResourcePool[Activations](PASS_BYTES, lambda one: one.cache.held_bytes)
LOOKS = ResourcePool[tuple[Glance, ForwardCache]](PASS_BYTES, lambda look: look[1].held_bytes)
PHOTOGRAPHS = ResourcePool[PhotographPass](PASS_BYTES, lambda one: one.held_bytes)
QUEUE = FifoSemaphore(max(1, (os.cpu_count() or 1) // 2))  # one pass uses several cores: more would only wait


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
    tell = reporter()
    key = (identity(network), device, seed, init, weights)
    make = partial(_build, network, device, seed, init, weights, tell)
    with (
        QUEUE.taken(lambda place: tell(0.0, text.QUEUE.format(place))),
        memory_limit(device),
        MODELS.lent(key, make, partial(tell, 0.0, text.SAME_WORK)) as model,
        watch_layers(model, tell),
    ):
        yield model


def _build(network: Network, device: str, seed: int, init: Init, weights: Weights | None, tell: Tell) -> Model:
    model = build(network, device, seed, init, lambda share, path: tell(share, f"{text.WEIGHTS_OF} {path}"))
    if weights:
        with weights.file() as file:
            load_weights(model, file)
    return channels_last(model)


def identified(network: Network, weights: Weights) -> str:
    """What a checkpoint is, in a sentence; refused if it does not fit the network."""
    with weights.file() as file:
        check_fit(network, file)
        found = identify(file)
    return found.sentence if found.exact else f"{found.file} fits {network.label}"


def read_network(folder: Path, name: str) -> tuple[Network, Report] | Identity:
    """The network that a file describes, and what it is, or whose weights it holds; nothing of the file is run."""
    with open_below(folder, name) as path:
        try:
            graph = read_file(str(path))
        except ValueError:
            if path.suffix.lower() in set(ENDINGS) - set(MAY_BE_WEIGHTS):
                raise
            return identify(path)
    graph = replace(graph, name=name)
    return network_from_graph(graph), compare_with_preset(graph)


@disk_cache(MODULES)
def module_counts(network: Network, device: str) -> tuple[ModuleCount, ...]:
    """What fvcore says; no numbers are computed for it."""
    with _twin(network, device) as twin:
        return by_fvcore(twin)


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
    with watch_layers(twin, reporter()):
        yield twin


def kept_for_backward(network: Network, batch: int) -> int:
    """Bytes that a training step on `batch` images keeps."""
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
    pixels = to_input(image, network.input_shape)
    check(network, pixels, scales, setting.batch_norm, setting.label)
    with_numbers(setting.device)
    found: list[Curve] = []
    origins = []
    for seed in setting.seeds[:1] if weights else setting.seeds:
        with borrow(network, device=setting.device, seed=seed, init=setting.init, weights=weights) as model:
            origins.append(model.origin)
            known = (identity(network), setting.device, model.origin, weights, content(image), setting.batch_norm)
            with EXPERIMENTS.lent(known, partial(Activations, network, pixels, setting.batch_norm)) as one:
                curves = one.curves(model, scales, setting.label)
                found += [replace(curve, seed=None if weights else seed) for curve in curves]
    return Result(network=network.label, weights=origin(origins), batch_norm=setting.batch_norm, curves=tuple(found))


def classify_image(network: Network, image: Image.Image, device: str, weights: Weights) -> Classes:
    """The likeliest classes of a picture, by a network with loaded weights."""
    with borrow(network, device=device, weights=weights) as model:
        return classify(model, image)


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
    ask = partial(effective_field, network, to_input(image, network.input_shape), path, position)
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


@contextmanager
def _look(
    network: Network, image: Image.Image, setting: Setting, weights: Weights | None
) -> Iterator[tuple[Model, Glance, ForwardCache]]:
    """The model, and one pass of this picture through it, to go on from."""
    key = (identity(network), content(image), setting, weights)
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        make = partial(glance, model, to_input(image, network.input_shape), setting.batch_norm)
        with LOOKS.lent(key, make) as (look, cache):
            yield model, look, cache


def glance_at(network: Network, image: Image.Image, setting: Setting, weights: Weights | None) -> Glance:
    """The whole network at a glance."""
    with _look(network, image, setting, weights) as (_, look, _):
        return look


def box_maps(network: Network, image: Image.Image, setting: Setting, weights: Weights | None, path: str) -> FeatureMaps:
    """The tensors at one box; only its stage is run, from what an earlier pass remembers."""
    with _look(network, image, setting, weights) as (model, _, cache):
        return maps_of(model, cache.image, path, cache=cache)


def block_at_scale(
    network: Network, image: Image.Image, setting: Setting, weights: Weights | None, path: str, scale: float
) -> BlockSteps:
    """One residual block at a scale; where it is the block of the last look, it alone is run."""
    with _look(network, image, setting, weights) as (model, _, cache):
        return block_steps(model, cache.image, path, scale=scale, cache=cache)


@contextmanager
def _photographed(
    network: Network, image: Image.Image, setting: Setting, weights: Weights | None
) -> Iterator[tuple[Model, PhotographPass]]:
    key = (identity(network), content(image), setting, weights)
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        with_numbers(setting.device)
        make = partial(PhotographPass, network, to_input(image, network.input_shape), setting.batch_norm)
        with PHOTOGRAPHS.lent(key, make) as one:
            yield model, one


def photograph(
    network: Network,
    image: Image.Image,
    setting: Setting,
    weights: Weights | None,
    scale: Scaling,
    shown: tuple[str, ...],
) -> Photograph:
    """A map of every box that is shown; a moved scale runs what comes after the first block that it changes."""
    with _photographed(network, image, setting, weights) as (model, one):
        return one.at(model, scale, shown)


def home_photograph(name: str, scale: float | None, shown: tuple[str, ...]) -> Photograph:
    """What the home page shows: a preset with untrained weights, and a bundled photograph."""
    setting = Setting((0,), "tf", "batch", "cpu")
    return photograph(preset(name), photo(PHOTOS[0]), setting, None, scale, shown)


def channels(
    network: Network,
    image: Image.Image,
    setting: Setting,
    weights: Weights | None,
    scale: Scaling,
    path: str,
    channel: int | None,
) -> Channels:
    """One channel of a box, or its strongest; its unit alone is run."""
    with _photographed(network, image, setting, weights) as (model, one):
        return one.channels(model, path, scale, channel)


def gradients_with_head(setting: auxiliary_heads.Setting) -> auxiliary_heads.Gradients:
    """What an auxiliary head does to gradients, in a small network that is made for it and thrown away."""
    with QUEUE.taken(lambda place: reporter()(0.0, text.QUEUE.format(place))):
        return auxiliary_heads.gradients(setting)


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
