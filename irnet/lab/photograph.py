"""The photograph inside the network: a small map and two numbers of every box, from a pass that resumes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from math import ceil, sqrt

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, pad

from irnet.diagrams.photograph import BRIGHTEST, TERMS, WRONG, BoxMap, Channels, Photograph, Pixels, parts, tile
from irnet.lab.forward import Array, BatchNormMode, ForwardCache, Progress, Scaling, check_image, unit_at, units
from irnet.lab.maps import THUMB
from irnet.lab.photos import photo_or_file, to_input
from irnet.runtime.build import Model, build
from irnet.runtime.capture import capture
from irnet.spec import Network, Residual
from irnet.tree import Tree, last_block, resolve

SHOWN = 16  # channels of a box
BAKED, SMALL = 9, 12  # channels of a box in a page without a server, and pixels of their sides at most


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
    filled = np.count_nonzero(flat.bool().cpu().numpy())  # of floats, it takes several times as long
    sizes = flat if bool(flat.amin() >= 0) else flat.abs()
    means = sizes.mv(sizes.new_ones(width)) / width
    if len(sizes) == batch:
        side = ceil(sqrt(width))
        small = pad(sizes[0], (0, side * side - width)).reshape(side, side)
    else:
        small = _small(means.reshape(1, 1, *grid))[0, 0]
    return _Reading(small.cpu().numpy(), float(means.mean()), 1 - filled / flat.numel())


def _once() -> Callable[[Tensor], _Reading]:
    """`_read`, which looks once at a tensor that one module after another hands on."""
    last: list[tuple[Tensor, _Reading]] = []

    def read(made: Tensor) -> _Reading:
        if not last or last[0][0] is not made:
            last[:] = [(made, _read(made))]
        return last[0][1]

    return read


def _small(maps: Tensor, side: int = THUMB) -> Tensor:
    return adaptive_avg_pool2d(maps, (min(side, maps.shape[2]), min(side, maps.shape[3])))


def module_of(tree: Tree, path: str) -> str:
    """The module that puts out what the box at `path` does."""
    box = tree[path]
    if box.level == "stage" and box.children:
        return box.children[-1]
    return box.parent if box.op == "concat" else path


def _needed(network: Network, shown: Collection[str] | None) -> dict[str, str]:
    """From what is looked at to its module: all that boxes show, and the terms of a sum with what the block puts out.

    What a block is given, "block_b.3.input", is what the block before it puts out; the first is given the picture, "".
    """
    tree, blocks = resolve(network), [unit for unit in units(network) if unit.part]
    before = dict(zip((f"{unit.path}.input" for unit in blocks), ("", *(unit.path for unit in blocks)), strict=False))
    looked = (*tree, *before) if shown is None else shown
    found = {last_block(path) for path in looked if not tree.is_aside(path)}
    found |= {part for path in found for part, _ in parts(network, path)}
    residual = {tree.block_of(path).path for path in found if path in tree} & {
        unit.path for unit in blocks if isinstance(unit.node, Residual)
    }
    found |= {path for unit in residual for path in (unit, *(f"{unit}.{step}" for step in TERMS))}
    ours = {path: tree[path] for path in found if path in tree}
    modules = {path: box.parent if box.op == "relu" else module_of(tree, path) for path, box in ours.items()}
    return modules | {path: before[path] for path in found if path in before}


class PhotographPass:
    """One picture on its way through a network, looked at in its boxes, at one scale after another.

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
        self._tree = resolve(network)
        self._numbers = {unit.path: i for i, unit in enumerate(self.cache.units)}

    @property
    def held_bytes(self) -> int:
        """Memory of the tensors that are kept."""
        return self.cache.held_bytes + sum(one.small.nbytes for one in self._readings.values())

    def at(
        self,
        model: Model,
        scaling: Scaling = None,
        shown: Collection[str] | None = None,
        *,
        progress: Progress | None = None,
    ) -> Photograph:
        """The maps at this scale; only what comes after the first block with another scale than last time is run.

        Parameters
        ----------
        shown
            The paths of the boxes that are looked at, with those of all that they show; by default every box. One that
            was not looked at before costs a run of its block.
        progress
            Is called before every unit; what it raises ends the pass, and what was computed is kept.
        """
        network, last = self.cache.network, len(self.cache.units)
        modules = _needed(network, shown)
        wanted = {*modules.values()} - {""}
        with capture(model, *wanted, keep=_once()) as found:
            try:
                self.cache.run(model, last, (scaling,), progress=self._forgetting(last, progress))
            finally:
                self._readings |= found
        missing = wanted - set(self._readings)
        for number in sorted(set(map(self._number, missing))):
            inside = [module for module in missing if self._number(module) == number]
            with capture(model, *inside, keep=_once()) as found:
                self.cache.run_unit(model, number, scaling)
            self._readings |= found
        every = self._readings | ({"": _read(self.cache.image)} if "" in modules.values() else {})
        readings = {path: every[module] for path, module in modules.items()}
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

    def _number(self, module: str) -> int:
        """Of the unit that a module is in."""
        return self._numbers[self._tree.block_of(module).path]

    def _forgetting(self, until: int, progress: Progress | None = None) -> Progress:
        """`progress` of a run up to a unit, before which what the run may change is forgotten."""

        def begin(done: int, count: int) -> None:
            if not done:
                first = until - count
                self._readings = {path: one for path, one in self._readings.items() if self._number(path) < first}
            if progress:
                progress(done, count)

        return begin

    def channels(
        self,
        model: Model,
        path: str,
        scaling: Scaling = None,
        channel: int | None = None,
        *,
        count: int = SHOWN,
        side: int = THUMB,
    ) -> Channels:
        """One channel of a box, or the strongest by mean magnitude; only its unit is run.

        At a sum the same channels of its terms too, on one scale of brightness.

        Parameters
        ----------
        channel
            Its number; None for the strongest.
        count
            How many of the strongest.
        side
            Pixels of a side of a map, at most.

        Raises
        ------
        KeyError
            For an unknown box, with near ones.
        ValueError
            For a channel that it does not have.
        """
        network, tree = self.cache.network, self._tree
        number = unit_at(network, path)
        self.cache.run(model, number, (scaling,), progress=self._forgetting(number))
        unit = self.cache.units[number]
        terms = [
            part for part, name in parts(network, path) if isinstance(unit.node, Residual) and name in TERMS.values()
        ]
        modules = {one: module_of(tree, one) for one in (path, *terms) if one in tree}
        with (
            capture(model, unit.path, keep=_magnitudes, inputs=True) as given,
            capture(model, *dict.fromkeys(modules.values()), keep=_magnitudes) as found,
        ):
            self.cache.run_unit(model, number, scaling)
        sizes = {one: found[module] for one, module in modules.items()}
        sizes |= {one: given[unit.path] for one in terms if one not in tree}
        every = len(sizes[path])
        if channel is not None and not 0 <= channel < every:
            raise ValueError(f"{path} has {every} channels, from 0 to {every - 1}, so none has the number {channel}")
        order = sizes[path].mean((1, 2)).nan_to_num(torch.inf).argsort(descending=True)[:count]
        order = order if channel is None else torch.tensor([channel])
        kept = {one: each[order.to(each.device)] for one, each in sizes.items()}
        small: dict[str, Array] = {one: _small(each.unsqueeze(0), side)[0].cpu().numpy() for one, each in kept.items()}
        limit = max(map(_largest_of, small.values()))
        boxes = {
            one: BoxMap(
                pixels=tile(_pixels(small[one], limit)),
                mean_abs=float(each.mean()),
                zero_share=float((each == 0).float().mean()),
            )
            for one, each in kept.items()
        }
        return Channels(path=path, numbers=tuple(map(int, order)), count=every, boxes=boxes)


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
    few = partial(one.channels, model, count=BAKED, side=SMALL)
    # of the first block of every stage, which is drawn; the parts of convolutions would double the file
    drawn = [path for path, box in resolve(network).items() if box.block == 0 and box.level != "unit"]
    return {
        words: replace(one.at(model, scale), channels={path: few(path, scale) for path in drawn})
        for words, scale in scales.items()
    }


def _magnitudes(made: Tensor) -> Tensor:
    """Of the picture's tensor, (C, H, W) or, of a vector, (C, 1, 1)."""
    return made.detach()[0].abs().reshape(made.shape[1], *made.shape[2:], *(1,) * (4 - made.dim()))


def _together(network: Network, readings: Mapping[str, _Reading]) -> Iterator[tuple[str, float]]:
    """The terms of a residual block have one scale of brightness, so that they can be compared, and its output too."""
    for unit in units(network):
        if isinstance(unit.node, Residual) and f"{unit.path}.input" in readings:
            terms = [f"{unit.path}.{step}" for step in TERMS]
            limit = max(_largest(readings[path]) for path in (*terms, unit.path))
            yield from ((path, limit) for path in (*terms, unit.path))


def _largest(one: _Reading) -> float:
    return _largest_of(one.small)


def _largest_of(small: Array) -> float:
    return float(small[np.isfinite(small)].max(initial=0))


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
