"""Other people's weights: which network a checkpoint is, and its tensors put into a model, all or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from irnet.checkpoints import LAYOUTS, keys, layouts_of
from irnet.models import network as preset
from irnet.runtime.build import Model
from irnet.runtime.checkpoint_files import Checkpoint, open_checkpoint
from irnet.runtime.fit import Fit, compare_with, nearest
from irnet.spec import architecture_of
from irnet.tree import name_of

_EXACT = (torch.float32, torch.float16, torch.bfloat16)  # what float32 can hold without rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which network a file is, or which it comes nearest to."""

    file: str
    container: str
    tensors: int
    exact: bool = False  # every key and every shape is that of the network
    preset: str | None = None  # None: no key of any layout
    layout: str | None = None
    classes: int | None = None  # that the network has; 0 is an embedding
    background: bool = False  # the file has one row more, for the background
    auxiliary: int = 0  # tensors of an auxiliary head in the file, which no network here has
    unit_gammas: bool | None = None  # every batch norm's gamma is one, as in ports from TensorFlow; None: not looked at
    differences: str = ""
    asked: str | None = None  # the preset that it was held against; None: all
    fits: str | None = None  # the preset that it is, where it is not the one that was asked for
    also: tuple[str, ...] = ()  # presets whose keys and shapes are the same: a file does not tell them apart

    @property
    def sentence(self) -> str:
        """What was found, for people."""
        if self.preset is None or self.layout is None:
            return f"{self.file} is none of the networks here: it has no key of any known layout"
        what = f"{self.preset} in the layout of {LAYOUTS[self.layout].title}, {_classes(self.classes or 0)}"
        if self.exact:
            more = " and the background" if self.background else ""
            more += ", with an auxiliary head that is left out" if self.auxiliary else ""
            remark = LAYOUTS[self.layout].remarks.get(self.preset)
            more += f"; {remark}" if remark else ""
            more += f"; nothing in it tells it from {' or '.join(self.also)}" if self.also else ""
            return f"{self.file} is {what}{more}"
        if self.asked:
            return f"{self.file} is not {self.asked}: {self.differences}{f'; it is {self.fits}' if self.fits else ''}"
        return f"{self.file} is none of the networks here; the nearest is {what}: {self.differences}"


def _also(found: Checkpoint, fit: Fit) -> Iterator[str]:
    """Other presets that a file fits as exactly in the same layout."""
    for name in fit.layout.presets:
        architecture = architecture_of(name)
        sibling = name != fit.network.name and fit.network.name.startswith(f"{architecture}.")
        if sibling and not compare_with(found, preset(name, classes=fit.network.head.classes), fit.layout).off:
            yield name


def _classes(classes: int) -> str:
    return f"{classes} classes" if classes else "without a classifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was put into a model."""

    file: str
    preset: str
    layout: str
    tensors: int  # read from the file, those of an auxiliary head aside
    unit_gammas: bool  # every batch norm's gamma is one: ported from TensorFlow, which has none
    dropped_background: bool  # row 0 of the file's classifier was left out


def identify(file: Path | str, name: str | None = None) -> Identity:
    """Which network a checkpoint file is, from its keys and shapes; of the numbers only batch norm's gammas are read.

    Parameters
    ----------
    file
        safetensors, PyTorch or Keras HDF5.
    name
        A preset to hold it against; without one, all.

    Raises
    ------
    ValueError
        If the file can't be read, as `irnet.runtime.checkpoint_files.open_checkpoint` says.
    """
    with open_checkpoint(file) as found:
        fit = nearest(found, name)
        seen = Identity(file=found.name, container=found.container, tensors=len(found.shapes), asked=name)
        if fit is None:
            return seen
        other = nearest(found) if name and fit.off else None
        gammas = (theirs for ours, theirs in keys(fit.network, fit.layout.name).items() if _is_gamma(ours))
        return replace(
            seen,
            exact=not fit.off,
            preset=fit.network.name,
            layout=fit.layout.name,
            classes=fit.network.head.classes,
            background=fit.background,
            auxiliary=len(fit.unused),
            unit_gammas=None if fit.off else _unit_gammas(map(found.read, gammas)),
            differences=fit.differences,
            fits=other.network.name if other and not other.off else None,
            also=() if fit.off else tuple(_also(found, fit)),
        )


def load_weights(model: Model, file: Path | str) -> Loaded:
    """Put the weights of a checkpoint file into `model`, whatever known layout its keys have.

    Every key of the file is used, but for those of an auxiliary head, and every tensor of the model set, or nothing is:
    a model is as before when this fails. Absent may be batch norm's counts of batches and, in Keras files, its gammas,
    which are one. A classifier of 1001 rows loses row 0, the background, when the model has 1000 classes.

    Raises
    ------
    ValueError
        In one sentence, if the file can't be read, does not fit (naming the first missing, left over and mismatched
        keys and what it does fit), or holds numbers that are not finite or not floating point.

    Examples
    --------
    >>> import tempfile, irnet
    >>> from safetensors.torch import save_file
    >>> model = irnet.build("inception_resnet_v1")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_file(model.state_dict(), f"{folder}/mine.safetensors")
    ...     load_weights(model, f"{folder}/mine.safetensors").layout
    'irnet'
    """
    if next(model.parameters()).is_meta:
        raise ValueError("a model on meta has shapes and no numbers, so no weights can be loaded into it")
    with open_checkpoint(file) as found:
        fit = min(
            (compare_with(found, model.network, layout) for layout in layouts_of(model.network)), key=lambda f: f.off
        )
        if fit.off:
            raise ValueError(_refusal(found, fit))
        tensors = dict(_convert(found, fit, model))
    model.load_state_dict(tensors)
    model.loaded = True
    model.origin = f"weights loaded from {found.name}, in the layout of {fit.layout.title}"
    return Loaded(
        file=found.name,
        preset=fit.network.name,
        layout=fit.layout.name,
        tensors=len(found.shapes) - len(fit.unused),
        unit_gammas=_unit_gammas(tensor for key, tensor in tensors.items() if _is_gamma(key)),
        dropped_background=fit.background,
    )


def _refusal(found: Checkpoint, fit: Fit) -> str:
    other, wanted = nearest(found), fit.network
    message = f"{found.name} does not fit {wanted.label}: {fit.differences}"
    if other is None or other.off:
        return message
    classes = other.network.head.classes
    if other.network.name == wanted.name and classes != wanted.head.classes:
        return f"{message}; it is {_classes(classes)}: build the network with classes={classes}"
    return f"{message}; it fits {other.network.name} in the layout of {other.layout.title}, {_classes(classes)}"


def _convert(found: Checkpoint, fit: Fit, model: Model) -> Iterator[tuple[str, Tensor]]:
    """Every tensor of `model` from the file, checked and turned into its shape."""
    names = keys(fit.network, fit.layout.name)
    for ours, target in model.state_dict().items():
        if names.get(ours) in found.shapes:
            tensor = _check(found, names[ours], target, name_of(ours))
            if tensor.ndim > 1 and fit.layout.channels_last:
                tensor = tensor.permute(-1, -2, *range(tensor.ndim - 2)).flatten(target.ndim - 1)
            yield ours, tensor[1:] if fit.background and ours.startswith("classifier") else tensor
        else:  # only what a fit allows to be absent: gammas are one, no batch was counted
            yield ours, torch.ones(target.shape) if _is_gamma(ours) else torch.zeros(target.shape, dtype=target.dtype)


def _check(found: Checkpoint, key: str, target: Tensor, role: str) -> Tensor:
    tensor = found.read(key)
    if tensor.layout is not torch.strided or tensor.device.type != "cpu":
        raise ValueError(f"{found.name}: {key!r} is no plain tensor")
    kinds = _EXACT if target.is_floating_point() else (target.dtype,)
    if tensor.dtype not in kinds:
        allowed = ", ".join(str(kind).removeprefix("torch.") for kind in kinds)
        raise ValueError(f"{found.name}: {key!r} is {str(tensor.dtype).removeprefix('torch.')}, not {allowed}")
    if not torch.isfinite(tensor).all():
        raise ValueError(f"{found.name}: {key!r} holds numbers that are not finite")
    if role == "running_var" and tensor.min() < 0:
        raise ValueError(f"{found.name}: {key!r} holds a variance below zero")
    return tensor


def _is_gamma(key: str) -> bool:
    return key.endswith((".bn.weight", "embedding.1.weight"))


def _unit_gammas(gammas: Iterator[Tensor]) -> bool:
    return all(bool((gamma == 1).all()) for gamma in gammas)
