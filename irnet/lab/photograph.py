"""The photograph inside the network: a small map and two numbers of every box, from a pass that resumes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from math import ceil, isfinite, sqrt

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, pad

from irnet.diagrams.photograph import BRIGHTEST, TERMS, WRONG, BoxMap, Channels, Photograph, Pixels, tile
from irnet.lab.forward import Array, BatchNormMode, ForwardCache, Progress, Scaling, check_image, unit_at, units
from irnet.lab.maps import THUMB
from irnet.lab.photos import photo_or_file, to_input
from irnet.runtime.build import Model, build
from irnet.runtime.capture import capture
from irnet.spec import Network, Residual
from irnet.tree import Tree, resolve

SHOWN = 16  # channels of a box


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is read of one tensor while the pass runs."""

    small: Array  # (h, w) mean magnitude
    mean_abs: float
    zero_share: float


def _read(made: Tensor) -> _Reading:
    """The picture's tensor (1, C, H, W) as a small map; a vector (1, F) is folded into a square."""
    batch, width, *grid = made.shape
    flat = made.detach().permute(0, *range(2, made.dim()), 1).reshape(-1, width)  # in place where channels come last
    signs = torch.sign(flat)
    filled = float(signs.flatten().dot(signs.flatten()))  # dot products take a fraction of the time of a count
    filled = filled if isfinite(filled) else int(torch.count_nonzero(flat))
    sizes = signs.mul_(flat)
    zeros = max(0.0, 1 - filled / flat.numel())
    means = sizes.mv(sizes.new_ones(width)) / width
    if len(sizes) == batch:
        side = ceil(sqrt(width))
        small = pad(sizes[0], (0, side * side - width)).reshape(side, side)
    else:
        small = _small(means.reshape(1, 1, *grid))[0, 0]
    return _Reading(small.cpu().numpy(), float(means.mean()), zeros)


def _small(maps: Tensor) -> Tensor:
    return adaptive_avg_pool2d(maps, (min(THUMB, maps.shape[2]), min(THUMB, maps.shape[3])))


def module_of(tree: Tree, path: str) -> str:
    """The module that puts out what the box at `path` does."""
    box = tree[path]
    if box.level == "stage" and box.children:
        return box.children[-1]
    return box.parent if box.op == "concat" else path


@lru_cache(maxsize=32)
def _modules(network: Network, *, inside: bool) -> Mapping[str, str]:
    """From every box to its module; `inside` with the parts of convolutions, whose ReLU is the convolution's output."""
    tree = resolve(network)
    boxes = {path: box for path, box in tree.items() if inside or box.level != "unit" or box.op == "relu"}
    return {path: box.parent if box.op == "relu" else module_of(tree, path) for path, box in boxes.items()}


class PhotographPass:
    """One picture on its way through a network, looked at in every box, at one scale after another.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.runtime.build import build
    >>> spec = network("inception_resnet_v1", input_size=96, a=1, b=1, c=1)
    >>> found = PhotographPass(spec, torch.zeros(1, 3, 96, 96)).at(build(spec))
    >>> found.boxes["block_b"].pixels.shape, found.boxes["classifier"].pixels.shape
    ((4, 4), (32, 32))
    """

    def __init__(self, network: Network, image: Tensor, batch_norm: BatchNormMode = "running") -> None:
        check_image(network, image, batch_norm)
        self.cache = ForwardCache(network, image, batch_norm)
        self._readings: dict[str, _Reading] = {}  # by module; of a unit that did not run again they still hold
        self._inside = False

    @property
    def held_bytes(self) -> int:
        """Memory of the tensors that are kept."""
        return self.cache.held_bytes + sum(one.small.nbytes for one in self._readings.values())

    def at(
        self, model: Model, scaling: Scaling = None, *, inside: bool = False, progress: Progress | None = None
    ) -> Photograph:
        """The maps at this scale; only what comes after the first block with another scale than last time is run.

        `inside` has maps of a convolution before batch norm and before its ReLU too. `progress` is called before every
        unit; what it raises ends the pass, and what was computed is kept.
        """
        network = self.cache.network
        if inside and not self._inside:
            self.cache = ForwardCache(network, self.cache.image, self.cache.batch_norm)  # to look where it has not
        self._inside = self._inside or inside
        every = _modules(network, inside=self._inside)
        with capture(model, *dict.fromkeys(every.values()), keep=_read) as found:
            try:
                self.cache.run(model, len(self.cache.units), (scaling,), progress=progress)
            finally:
                self._readings |= found
        readings = {path: self._readings[module] for path, module in every.items()} | dict(self._given())
        limits = {path: _largest(one) for path, one in readings.items()} | dict(_together(network, readings))
        return Photograph(
            network=network.label,
            weights=model.origin,
            batch_norm=self.cache.batch_norm,
            photo=_jpeg(self.cache.image),
            boxes={
                path: BoxMap(pixels=_pixels(one.small, limits[path]), mean_abs=one.mean_abs, zero_share=one.zero_share)
                for path, one in readings.items()
            },
        )

    def _given(self) -> Iterator[tuple[str, _Reading]]:
        """What every block is given: what the unit before it puts out."""
        for before, unit in zip(self.cache.blocks, self.cache.blocks[1:], strict=False):
            yield f"{unit.path}.input", self._readings[before.path]
        if self.cache.blocks:
            yield f"{self.cache.blocks[0].path}.input", _read(self.cache.image)

    def channels(self, model: Model, path: str, scaling: Scaling = None, count: int = SHOWN) -> Channels:
        """The strongest channels of a box by mean magnitude, one scale for all of them; only its unit is run.

        Raises
        ------
        KeyError
            For an unknown box, with near ones.
        """
        network = self.cache.network
        module = module_of(resolve(network), path)
        with capture(model, module, keep=_strongest(count)) as found:
            self.cache.run_unit(model, unit_at(network, path), scaling)
        maps, numbers, every = found[module]
        return Channels(path=path, numbers=numbers, count=every, pixels=tile(_pixels(maps, float(maps.max(initial=0)))))


def both_scales(network: Network, name: str) -> dict[str, Photograph]:
    """A photograph, bundled or a file, on its way through untrained weights: with the network's scale, and without one.

    Batch norm takes the statistics of the picture, as in training.

    Raises
    ------
    ValueError
        As `irnet.lab.photos.photo_or_file` and `irnet.lab.forward.check_image` say.
    """
    one = PhotographPass(network, to_input(photo_or_file(name), network.input_shape), "batch")
    model = build(network, init="tf")
    adds = any(unit.scale is not None for unit in units(network))
    scales: dict[str, Scaling] = {"with scaling": None, "without scaling": 1.0} if adds else {"photograph": None}
    return {words: one.at(model, scale, inside=True) for words, scale in scales.items()}


def _strongest(count: int) -> Callable[[Tensor], tuple[Array, tuple[int, ...], int]]:
    def keep(made: Tensor) -> tuple[Array, tuple[int, ...], int]:
        sizes = made.detach()[0].abs().reshape(made.shape[1], *made.shape[2:], *(1,) * (4 - made.dim()))
        order = sizes.mean((1, 2)).nan_to_num(torch.inf).argsort(descending=True)[:count]
        small: Array = _small(sizes[order].unsqueeze(0))[0].cpu().numpy()
        return small, tuple(map(int, order)), len(sizes)

    return keep


def _together(network: Network, readings: Mapping[str, _Reading]) -> Iterator[tuple[str, float]]:
    """The terms of a residual block have one scale of brightness, so that they can be compared, and its output too."""
    for unit in units(network):
        if isinstance(unit.node, Residual):
            terms = [f"{unit.path}.{step}" for step in TERMS]
            limit = max(_largest(readings[path]) for path in (*terms, unit.path))
            yield from ((path, limit) for path in (*terms, unit.path))


def _largest(one: _Reading) -> float:
    return float(one.small[np.isfinite(one.small)].max(initial=0))


def _pixels(small: Array, limit: float) -> Pixels:
    finite = np.isfinite(small)
    made = np.rint(np.where(finite, small, 0) * (BRIGHTEST / (limit or 1))).clip(0, BRIGHTEST).astype(np.uint8)
    made[~finite] = WRONG
    return made


def _jpeg(image: Tensor) -> bytes:
    """The picture as it was run, in its first three channels."""
    coloured = image[0, torch.arange(3) % image.shape[1]]
    pixels = ((coloured.permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).to("cpu", torch.uint8).numpy()
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=88)
    return file.getvalue()
