"""One picture's way through a network: it starts and stops at any unit, and what every stage is given is remembered.

All that the lab shows is read from such a pass: statistics at several scales, feature maps, the steps of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from irnet.lab.statistics import Moments, reader
from irnet.runtime.build import Model
from irnet.runtime.capture import capture, rescale
from irnet.runtime.device import with_numbers
from irnet.spec import Chain, Network, Node, Part, Residual
from irnet.tree import Row, resolve

T = TypeVar("T")
Array = NDArray[np.float32]
BatchNormMode = Literal["running", "batch"]
BATCH_NORM_MODES: tuple[BatchNormMode, ...] = get_args(BatchNormMode)
Scaling = float | tuple[tuple[str, float], ...] | None  # for all, a stage (others keep theirs), the network's own
Progress = Callable[[int, int], object]  # units run, units to run


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What runs as one: a block of a stage, or a part of the head."""

    path: str
    stage: str  # its own path in the head
    part: Part | None  # of its stage; None in the head
    title: str
    node: Node | None  # None in the head
    steps: tuple[str, ...]  # paths of what runs one after another inside a chain; else its own

    @property
    def scale(self) -> float | None:
        """The scale that the network gives it; None if it adds nothing."""
        return self.node.scale if isinstance(self.node, Residual) else None

    @property
    def signed(self) -> bool:
        """Whether its output may have negative values."""
        return isinstance(self.node, Residual) and not self.node.relu


@lru_cache(maxsize=32)
def units(network: Network) -> tuple[Unit, ...]:
    """All that runs one after another: the blocks of every stage, then the head.

    Examples
    --------
    >>> from irnet.models import network
    >>> [unit.path for unit in units(network("inception_resnet_v1", a=1, b=1, c=1))][1::3]
    ['block_a.0', 'reduction_b.0', 'dropout']
    """
    tree = resolve(network)
    blocks = (
        Unit(
            path=box.path,
            stage=box.stage,
            part=stage.part,
            title=f"{stage.title} {box.block + 1} of {stage.repeat}" if stage.repeat > 1 else stage.title,
            node=box.node,
            steps=box.children if isinstance(box.node, Chain) else (box.path,),
        )
        for stage, whole in tree.stages
        if whole
        for box in tree.children(whole.path)
    )
    head = (
        Unit(path=box.path, stage=box.path, part=None, title=box.title, node=None, steps=(box.path,))
        for box in tree.head
    )
    return *blocks, *head


def unit_at(network: Network, path: str) -> int:
    """The number of the unit that the box `path` is or lies in; of a stage, its last block.

    Raises
    ------
    KeyError
        Naming an unknown box and near ones.
    ValueError
        For a box of an auxiliary head.

    Examples
    --------
    >>> from irnet.models import network
    >>> spec = network("inception_v4")
    >>> [units(spec)[unit_at(spec, path)].path for path in ("inception_a", "inception_b.2.b3.0", "pool")]
    ['inception_a.3', 'inception_b.2', 'pool']
    """
    tree = resolve(network)
    box = tree[path]
    for one in network.auxiliary:
        if box.stage == one.stage.name:
            raise ValueError(
                f"{path} is in an auxiliary head, which runs in training alone; choose what it reads: {one.reads}"
            )
    unit = box.children[-1] if box.level == "stage" and box.children else tree.block_of(path).path
    return next(i for i, one in enumerate(units(network)) if one.path == unit)


def check_image(network: Network, image: Tensor, batch_norm: str, rows: Sequence[Row] | None = None) -> None:
    """Hold an image and statistics against these rows of `network`, which are those that run; without, against all.

    Raises
    ------
    ValueError
        For an image of another size or several, an unknown kind of statistics, or batch statistics over one value.
    """
    if tuple(image.shape) != (1, *network.input_shape):
        raise ValueError(f"the image is {tuple(image.shape)}, {network.name} takes {(1, *network.input_shape)}")
    if batch_norm not in BATCH_NORM_MODES:
        raise ValueError(f"batch_norm={batch_norm!r} is not one of {', '.join(BATCH_NORM_MODES)}")
    if batch_norm == "batch":
        every = resolve(network).rows if rows is None else rows
        if lone := next((row for row in every if row.op == "conv" and row.out_shape[1:] == (1, 1)), None):
            raise ValueError(
                f"{lone.path}: batch statistics of one image need more than one pixel, and the grid there is 1x1; "
                "take a larger input or running statistics"
            )


@contextmanager
def batch_statistics(model: nn.Module, wanted: bool) -> Iterator[None]:
    """Let every batch norm use the statistics of its input while the block runs, and remember none of them."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)] if wanted else []
    try:
        for norm in norms:
            norm.training, norm.track_running_stats = True, False
        yield
    finally:
        for norm in norms:
            norm.training, norm.track_running_stats = False, True


@dataclass(frozen=True, slots=True)
class Record:
    """What one unit did, once a scaling: all alike until the first scale that differs."""

    scales: tuple[float | None, ...]
    outputs: tuple[Moments, ...] = ()  # where they were asked for
    residuals: tuple[Moments, ...] = ()  # F(x), after the 1x1 linear convolution; () without one

    def at(self, lane: int) -> Record:
        """The same for the scaling at this place alone."""
        return Record(_lane(self.scales, lane), _lane(self.outputs, lane), _lane(self.residuals, lane))


def _lane(each: tuple[T, ...], lane: int) -> tuple[T, ...]:
    """One of those that ran together, or the one that stands for all of them."""
    return each[min(lane, len(each) - 1) :][:1]


class ForwardCache:
    """What one picture met on its way through a model of `network`, as far as it has been computed.

    It holds what goes into every stage (some 9 MB for Inception-ResNet-v2 at 299 pixels) and no model: whoever asks
    brings the model, the same one each time. A scale belongs to a stage, so a pass never has to go on within one,
    unless it was stopped or asked for there.

    Examples
    --------
    >>> import irnet
    >>> spec = irnet.network("inception_resnet_v1", input_size=96, a=1, b=1, c=1)
    >>> cache = ForwardCache(spec, torch.zeros(1, 3, 96, 96))
    >>> cache.run(irnet.build(spec), unit_at(spec, "block_b")).shape
    torch.Size([1, 896, 4, 4])
    """

    def __init__(self, network: Network, image: Tensor, batch_norm: BatchNormMode = "running") -> None:
        self.network, self.image, self.batch_norm = network, image, batch_norm
        self.units = units(network)
        self.blocks = tuple(unit for unit in self.units if unit.part)  # the head is none of them
        self.records: list[Record] = []  # of the units that were run
        self._given: dict[int, Tensor] = {}  # what a unit is given: the first of every stage, and the last one reached
        self._ends = {i for i, unit in enumerate(self.units) if i and unit.stage != self.units[i - 1].stage}
        self._ends.add(len(self.units))

    @property
    def held_bytes(self) -> int:
        """Memory of the tensors that are kept."""
        return sum(tensor.nbytes for tensor in self._given.values())

    @torch.inference_mode()
    def run(
        self,
        model: Model,
        until: int,
        scalings: Sequence[Scaling] = (None,),
        *,
        read: bool = False,
        progress: Progress | None = None,
    ) -> Tensor:
        """What unit number `until` is given, or the last one puts out: (N, C, H, W) or (N, C), for N scalings.

        Units before the first one with another scale than last time are not run. `read` leaves the statistics of every
        unit in `records`. `progress` is called before every unit; what it raises ends the pass, and what was computed
        is kept.
        """
        wanted = self._scales(scalings, until)
        start, device = self._resume(wanted, read=read), _device(model)
        others = ((unit, each) for unit, each in zip(self.units, wanted, strict=False) if {*each} != {unit.scale})
        x = self._given[start] if start else self.image.to(device)
        projects = [f"{unit.path}.project" for unit in self.units[start:until] if read and unit.scale is not None]
        rectified, signed = _each(reader(rectified=True)), _each(reader(rectified=False))
        with (
            batch_statistics(model, self.batch_norm == "batch"),
            rescale(model, {unit.stage: _one(each, device) for unit, each in others}),
            capture(model, *projects, keep=signed) as residuals,
        ):
            for i, unit in enumerate(self.units[start:until], start):
                if progress:
                    progress(i - start, until - start)
                if len(x) < len(wanted[i]):
                    x = torch.cat([x] * len(wanted[i]))
                x = model.get_submodule(unit.path)(x)
                self._given[i + 1] = x
                if i not in self._ends:
                    self._given.pop(i, None)
                if i == len(self.records):
                    moments = (signed if unit.signed else rectified)(x) if read else ()
                    self.records.append(Record(wanted[i], moments, residuals.pop(f"{unit.path}.project", ())))
        self._given = {i: given for i, given in self._given.items() if i in self._ends or i == until}
        return x

    @torch.inference_mode()
    def run_unit(self, model: Model, number: int, scaling: Scaling = None) -> Tensor:
        """What the unit with this number puts out, run on what it is given even if that is known: to look inside it."""
        given, unit = self.run(model, number, (scaling,)), self.units[number]
        scales = {} if scaling is None else {unit.stage: scale_of(unit, scaling)}
        with batch_statistics(model, self.batch_norm == "batch"), rescale(model, scales or None):
            made: Tensor = model.get_submodule(unit.path)(given)
        return made

    def _scales(self, scalings: Sequence[Scaling], until: int) -> list[tuple[float | None, ...]]:
        """Of every unit, its scale at each scaling; once for all up to the first that differs."""
        found: list[tuple[float | None, ...]] = []
        for unit in self.units[:until]:
            scales = tuple(scale_of(unit, scaling) for scaling in scalings)
            split = len(set(scales)) > 1 or (found and len(found[-1]) > 1)
            found.append(scales if split else scales[:1])
        return found

    def _resume(self, wanted: Sequence[tuple[float | None, ...]], *, read: bool) -> int:
        """The unit from which to run; what was met at other scales is forgotten."""
        valid = self._alike(wanted, read=read)
        if valid < min(len(self.records), len(wanted)) and len(self.records[-1].scales) > 1:
            # other scalings than those that ran together: they may begin as the last of those did
            self.records = [record.at(-1) for record in self.records]
            self._given = {i: x[-1:] for i, x in self._given.items()}
            valid = self._alike(wanted, read=read)
        if valid < len(wanted):
            del self.records[valid:]
            self._given = {i: x for i, x in self._given.items() if i <= valid}
        return max((i for i in self._given if i <= valid), default=0)

    def _alike(self, wanted: Sequence[tuple[float | None, ...]], *, read: bool) -> int:
        """How many units were run at these scales, and read if they have to be."""
        for i, (record, scales) in enumerate(zip(self.records, wanted, strict=False)):
            if record.scales != scales or (read and not record.outputs):
                return i
        return min(len(self.records), len(wanted))


def scale_of(unit: Unit, scaling: Scaling) -> float | None:
    """The scale of a unit at this scaling; None if it has none."""
    if unit.scale is None:
        return None
    wanted = dict(scaling).get(unit.stage) if isinstance(scaling, tuple) else scaling
    return unit.scale if wanted is None else wanted


def _one(scales: tuple[float | None, ...], device: torch.device) -> float | Tensor | None:
    """What a block multiplies by: a number, or one for each of the pictures that run together."""
    if len(set(scales)) == 1:
        return scales[0]
    return torch.tensor(scales, device=device).reshape(-1, 1, 1, 1)


def _each(read: Callable[[Tensor], Moments]) -> Callable[[Tensor], tuple[Moments, ...]]:
    """`read`, of every picture that runs."""
    return lambda x: tuple(map(read, torch.split(x, 1)))


def _device(model: Model) -> torch.device:
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))


def begin(model: Model, image: Tensor, batch_norm: BatchNormMode = "running") -> ForwardCache:
    """A pass of a picture that has not run yet.

    Parameters
    ----------
    model
        On any device but "meta".
    image
        (1, C, H, W) in [-1, 1], of the network's input size.
    batch_norm
        "running": with the stored statistics; "batch": with those of this image.

    Raises
    ------
    ValueError
        For another size, an unknown mode, batch statistics over a single value, or a device without numbers.
    """
    check_image(model.network, image, batch_norm)
    with_numbers(_device(model).type)
    return ForwardCache(model.network, image, batch_norm)


def to_array(x: Tensor) -> Array:
    """The one image in `x`, as an array of its own on the CPU that nobody can write to."""
    made: Array = x.detach()[0].to("cpu", torch.float32, copy=True).numpy()
    made.flags.writeable = False
    return made
