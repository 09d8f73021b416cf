"""Looks inside one forward pass, remembered by content: the strip of the whole network, a box, a residual block.

The first look at a picture runs the network once and keeps what every stage was given; a look at another box runs its
stage alone, and a moved scale one block. What is kept is bounded by the number of entries.
"""

from __future__ import annotations

from PIL import Image

from app.live import Setting, bearable, borrow
from app.long import remember
from app.weights import Weights
from irnet.experiments.block_steps import BlockSteps, block_steps
from irnet.experiments.channels import Maps, Order, channels, page
from irnet.experiments.feature_maps import FeatureMaps, feature_maps
from irnet.experiments.mosaic import arrays, mosaic
from irnet.experiments.passes import Start, begin
from irnet.experiments.photos import to_input
from irnet.experiments.strip import Pass, look_through
from irnet.spec import Network


@remember("Running the network", entries=4)
def looked_through(network: Network, image: Image.Image, setting: Setting, weights: Weights | None) -> Pass:
    """The whole network once."""
    bearable(network)
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return look_through(model, to_input(image, network.input_shape[1:]), setting.batch_norm)


@remember("Running to the box", entries=4)
def box_maps(network: Network, image: Image.Image, setting: Setting, weights: Weights | None, path: str) -> FeatureMaps:
    """The tensors at one box; only its stage is run, from what an earlier pass kept."""
    start = looked_through(network, image, setting, weights).start(path)
    pixels = to_input(image, network.input_shape[1:])
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return feature_maps(model, pixels, path, batch_norm=setting.batch_norm, start=start)


@remember("Running to the block", entries=8)
def _block_input(network: Network, image: Image.Image, setting: Setting, weights: Weights | None, path: str) -> Start:
    start = looked_through(network, image, setting, weights).start(path)
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return begin(model, start, path, setting.batch_norm)


@remember("Running the block", entries=32)
def block_at_scale(
    network: Network, image: Image.Image, setting: Setting, weights: Weights | None, path: str, scale: float
) -> BlockSteps:
    """One residual block at a scale; only this block is run, on what it was given before."""
    start, pixels = _block_input(network, image, setting, weights, path), to_input(image, network.input_shape[1:])
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return block_steps(model, pixels, path, scale=scale, batch_norm=setting.batch_norm, start=start)


def as_png(found: FeatureMaps, maps: Maps, order: Order, number: int, size: int) -> bytes:
    """A page of channels as a picture."""
    title = f"{found.network} {found.path}, {found.weights}, {found.batch_norm} statistics"
    return mosaic(maps, page(channels(maps, order), number, size), title)


def as_npz(found: FeatureMaps) -> bytes:
    """Every tensor of the box as a NumPy archive."""
    return arrays(found)
