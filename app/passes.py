"""Looks inside one forward pass, remembered by content: the strip of the whole network, a box, a residual block.

The first look at a picture runs the network once and keeps what every stage was given; a look at another box runs its
stage alone, and a moved scale one block. What is kept is bounded by the number of entries. Whoever goes on with a pass
has borrowed its model, so that nobody else does at the same time.
"""

from __future__ import annotations

from PIL import Image

from app.live import Setting, bearable, borrow
from app.long import remember
from app.weights import Weights
from irnet.lab.block import BlockSteps, block_steps
from irnet.lab.maps import FeatureMaps, Glance, Maps, Order, channels, feature_maps, glance, page
from irnet.lab.mosaic import arrays, mosaic
from irnet.lab.photos import to_input
from irnet.spec import Network


@remember("Running the network", entries=4)
def glance_at(network: Network, image: Image.Image, setting: Setting, weights: Weights | None) -> Glance:
    """The whole network once."""
    bearable(network)
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return glance(model, to_input(image, network.input_shape[1:]), setting.batch_norm)


@remember("Running to the box", entries=4)
def box_maps(network: Network, image: Image.Image, setting: Setting, weights: Weights | None, path: str) -> FeatureMaps:
    """The tensors at one box; only its stage is run, from what an earlier pass remembers."""
    cache = glance_at(network, image, setting, weights).cache
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return feature_maps(model, cache.image, path, cache=cache)


@remember("Running the block", entries=32)
def block_at_scale(
    network: Network, image: Image.Image, setting: Setting, weights: Weights | None, path: str, scale: float
) -> BlockSteps:
    """One residual block at a scale; where it is the block of the last look, it alone is run."""
    cache = glance_at(network, image, setting, weights).cache
    with borrow(network, device=setting.device, seed=setting.seed, init=setting.init, weights=weights) as model:
        return block_steps(model, cache.image, path, scale=scale, cache=cache)


def as_png(found: FeatureMaps, maps: Maps, order: Order, number: int, size: int) -> bytes:
    """A page of channels as a picture."""
    title = f"{found.network} {found.path}, {found.weights}, {found.batch_norm} statistics"
    return mosaic(maps, page(channels(maps, order), number, size), title)


def as_npz(found: FeatureMaps) -> bytes:
    """Every tensor of the box as a NumPy archive."""
    return arrays(found)
