"""Other people's weights: which network a checkpoint is, and its tensors put into a model, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from shlex import quote
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from irnet.checkpoints import LAYOUTS
from irnet.checkpoints.prefixes import groups
from irnet.edit import apply
from irnet.models import network as preset
from irnet.runtime.build import Model, check_model
from irnet.runtime.checkpoint_files import Checkpoint, open_checkpoint
from irnet.runtime.fit import Fit, is_count, nearest, nearest_layout, type_name, with_sizes
from irnet.spec import Edit, Network, architecture_of
from irnet.tree import name_of, parent_of, stage_of
from irnet.units import exact, typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file held, and what was done with it: unwrapped, stripped, rounded, left out."""

    file: str
    taken_from: str = ""  # the dictionary of tensors in the file; "" is the file itself
    prefixes: tuple[str, ...] = ()  # before the layout's keys, which were stripped
    rest: Mapping[str, int] = field(default_factory=dict)  # name or prefix -> tensors of something else
    others: tuple[str, ...] = ()  # dictionaries of tensors that could have been taken instead
    ignored: tuple[str, ...] = ()  # what else was in the file
    rounded: tuple[str, ...] = ()  # types of numbers that the model's can't hold exactly
    auxiliary: int = 0  # tensors of an auxiliary head, which no network here has

    @property
    def notes(self) -> tuple[str, ...]:
        """The same for people, a clause each."""
        clauses = [f"taken from {typed(self.taken_from)!r}"] if self.taken_from else []
        if self.others:
            clauses.append(f"not taken: {_listed(map(repr, map(typed, self.others)))}")
        if self.prefixes:
            clauses.append(f"after the prefix {_listed(map(repr, map(typed, self.prefixes)))}")
        if self.rest:
            clauses.append(f"not of the network: {_grouped(self.rest)}")
        if self.ignored:
            clauses.append(f"ignored: {_listed(self.ignored)}")
        if self.rounded:
            clauses.append(f"rounded from {_listed(self.rounded)}")
        return tuple(clauses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity(Contents):
    """Which network a file is, or which it comes nearest to."""

    container: str
    tensors: int
    exact: bool = False  # every key and every shape is that of the network
    preset: str | None = None  # None: no key of any layout
    edits: tuple[str, ...] = ()  # of its numbers of blocks
    layout: str | None = None
    classes: int | None = None  # that the network has; 0 is an embedding
    channels: int | None = None  # of its input
    background: bool = False  # the file has one row more, for the background
    unit_gammas: bool | None = None  # every batch norm's gamma is one, as in ports from TensorFlow; None: not looked at
    off: int = 0  # tensors that are missing, left over, of another shape or no floating point numbers
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()  # of more blocks than the network has
    mismatched: tuple[tuple[Any, ...], ...] = ()  # key, shape or type in the file, and in the network
    differences: str = ""  # the first of each, and how many there are
    asked: str | None = None  # the preset that it was held against; None: all
    fits: str | None = None  # the preset that it is, where it is not the one that was asked for
    also: tuple[str, ...] = ()  # presets whose keys and shapes are the same: a file does not tell them apart

    @property
    def sentence(self) -> str:
        """What was found, for people."""
        if self.preset is None or self.layout is None:
            clauses = [f"{self.file} is none of the networks that `irnet list` names: it holds {_grouped(self.rest)}"]
            return "; ".join((*clauses, *replace(self, rest={}).notes))
        sizes = _sizes(self.classes or 0, self.channels or 3)
        edited = f" ({', '.join(self.edits)})" if self.edits else ""
        what = f"{self.preset}{edited} in the layout of {LAYOUTS[self.layout].title}, {sizes}"
        if self.exact:
            what += " and the background" if self.background else ""
            what += ", with an auxiliary head that is left out" if self.auxiliary else ""
            remark = LAYOUTS[self.layout].remarks.get(self.preset)
            clauses = [f"{self.file} is {what}", *([remark] if remark else [])]
            clauses += [f"nothing in it tells it from {' or '.join(self.also)}"] if self.also else []
        elif self.asked:
            clauses = [f"{self.file} is not {self.asked}: {self.differences}"]
            if self.fits:
                return f"{clauses[0]}; it is {self.fits}"
        else:
            clauses = [
                f"{self.file} is none of the networks here; the nearest is {what}, from which it differs in "
                f"{_tensors(self.off)}: {self.differences}"
            ]
        return "; ".join((*clauses, *self.notes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Contents):
    """What was put into a model."""

    preset: str
    layout: str
    tensors: int  # read from the file
    unit_gammas: bool  # every batch norm's gamma is one: ported from TensorFlow, which has none
    dropped_background: bool  # row 0 of the file's classifier was left out
    untouched: tuple[str, ...] = ()  # keys of the model's head that are as they were

    @property
    def sentence(self) -> str:
        """What was done, for people."""
        clauses = [f"{_tensors(self.tensors)} of {self.file} loaded, in the layout of {LAYOUTS[self.layout].title}"]
        clauses += ["row 0 of its classifier, the background, left out"] if self.dropped_background else []
        clauses += [f"{_tensors(self.auxiliary)} of an auxiliary head left out"] if self.auxiliary else []
        clauses += [f"untouched: {_listed(self.untouched)}"] if self.untouched else []
        return "; ".join((*clauses, *self.notes))


def identify(file: Path | str, name: str | None = None, *, key: str | None = None, ema: bool = False) -> Identity:
    """Which network a checkpoint file is, from its keys, shapes and types; only batch norm's gammas are read.

    Parameters
    ----------
    file
        Any kind that `irnet.runtime.checkpoint_files.open_checkpoint` opens.
    name
        A preset to hold it against; without one, all.
    key, ema
        Which of several networks in the file is meant, as `load_weights` takes them.

    Raises
    ------
    ValueError
        If the file can't be read, or holds several networks and nothing says which.
    """
    with open_checkpoint(file, key, ema=ema) as found:
        fit = nearest(found, name)
        if fit is None:
            held = _wrapped(found) | {"rest": groups(found.shapes, "")}
            return Identity(container=found.container, tensors=len(found.shapes), asked=name, **held)
        _check_single(found, fit)
        other = nearest(found) if name and fit.off else None
        gammas = (key for ours, key in fit.keys.items() if _is_gamma(ours))
        return Identity(
            container=found.container,
            tensors=len(found.shapes),
            exact=not fit.off,
            preset=fit.network.name,
            edits=tuple(edit.text for edit in _blocks(fit)),
            layout=fit.layout.name,
            classes=fit.network.head.classes,
            channels=fit.network.input_shape[0],
            background=fit.background,
            unit_gammas=None if fit.off else _unit_gammas(map(found.read, gammas)),
            off=fit.off,
            missing=fit.missing,
            extra=fit.extra,
            mismatched=fit.mismatched,
            differences=fit.differences,
            asked=name,
            fits=other.network.name if other and not other.off else None,
            also=() if fit.off else tuple(_also(found, fit)),
            **_wrapped(found, fit),
        )


def _wrapped(found: Checkpoint, fit: Fit | None = None, to: torch.dtype = torch.float32) -> dict[str, Any]:
    """What stands in a file around the network, as fields of `Contents`."""
    held = {"file": found.name, "taken_from": found.taken_from, "others": found.others, "ignored": found.ignored}
    if fit is None:
        return held
    types = {found.dtypes[key] for ours, key in fit.keys.items() if key in found.dtypes and not is_count(ours)}
    return held | {
        "prefixes": tuple(filter(None, fit.prefixes)),
        "rest": dict(fit.rest),
        "auxiliary": len(fit.unused),
        "rounded": tuple(sorted(type_name(kind) for kind in types if kind.is_floating_point and _rounds(kind, to))),
    }


def _rounds(kind: torch.dtype, to: torch.dtype) -> bool:
    """Whether numbers of one type have to be rounded to be of another."""
    one, other = torch.finfo(kind), torch.finfo(to)
    return one.eps < other.eps or one.max > other.max


def _check_single(found: Checkpoint, fit: Fit) -> None:
    if not fit.copies:
        return
    places = [prefix.rstrip("./") for prefix in (fit.prefixes[0], *fit.copies)]
    named = next(filter(None, places))
    raise ValueError(
        f"{found.name} holds the network {len(places)} times, under {_listed(map(repr, map(typed, places)))}: choose "
        f"one with --key {quote(named)}, in Python with key={named!r}"
    )


def _blocks(fit: Fit) -> tuple[Edit, ...]:
    return tuple(edit for edit in fit.network.edits if edit.what == "repeat")


def _also(found: Checkpoint, fit: Fit) -> Iterator[str]:
    """Other presets that a file fits as exactly in the same layout."""
    sizes = {"classes": fit.network.head.classes, "channels": fit.network.input_shape[0]}
    edits = (*(Edit("", *size) for size in sizes.items()), *_blocks(fit))
    for name in fit.layout.presets:
        if name != fit.network.name and architecture_of(name) == fit.network.architecture:
            other = nearest_layout(found, apply(preset(name), edits))
            if other.layout == fit.layout and not other.off:
                yield name


def _sizes(classes: int, channels: int) -> str:
    return (f"{classes} classes" if classes else "without a classifier") + (
        "" if channels == 3 else f", {channels} input channel{'s' * (channels != 1)}"
    )


Weights = Path | str | nn.Module | Mapping[str, Tensor]  # a file, or a module or its state_dict


def load_weights(
    model: Model, file: Weights, *, body: bool = False, key: str | None = None, ema: bool = False
) -> Loaded:
    """Put the weights of a checkpoint file into `model`, whatever known layout its keys have.

    A network that was opened takes the weights of its author, by the author's names; there a file may hold more.

    Every tensor of the model is set or nothing is: a model is as before when this fails. The result says what became of
    everything in the file. Left out are an auxiliary head, and what is no part of the network: another head, another
    network beside it. Absent may be batch norm's counts of batches and, in layouts from TensorFlow, its gammas, which
    are one. A classifier of 1001 rows loses row 0, the background, when the model has 1000 classes. Numbers are
    converted to the model's type.

    Parameters
    ----------
    model
        Built by `irnet.build`.
    file
        Any kind that `irnet.runtime.checkpoint_files.open_checkpoint` opens; or a module, or its state_dict.
    body
        Load what comes before the classifier, and an embedding where it fits; the model's own head stays as it is.
    key
        Which dictionary of tensors to take, where the file holds several: "state_dict".
    ema
        Take the averaged one.

    Raises
    ------
    ValueError
        In one sentence, if the file can't be read, does not fit (naming the first missing, left over and mismatched
        keys, what it does fit and how to load it), or holds numbers that are not finite or not floating point.

    Examples
    --------
    >>> import tempfile, irnet
    >>> from safetensors.torch import save_file
    >>> model, tuned = irnet.build("inception_resnet_v1"), irnet.network("inception_resnet_v1", classes=5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_file(model.state_dict(), f"{folder}/mine.safetensors")
    ...     print(load_weights(model, f"{folder}/mine.safetensors").layout)
    ...     print(load_weights(irnet.build(tuned), f"{folder}/mine.safetensors", body=True).untouched)
    irnet
    ('classifier.weight', 'classifier.bias')
    """
    check_model(model)
    if any(parameter.is_meta for parameter in model.parameters()):
        raise ValueError("a model on meta has shapes and no numbers, so no weights can be loaded into it")
    state = model.state_dict()
    shapes = {ours: tuple(tensor.shape) for ours, tensor in state.items()}
    with _opened(file, key, ema=ema) as found:
        fit = _fitting(found, model.network, shapes, body=body)
        tensors = dict(_convert(found, fit, state))
        unit_gammas = _unit_gammas(tensor for ours, tensor in tensors.items() if _is_gamma(ours))
        for ours, tensor in tensors.items():
            state[ours].copy_(tensor)
    _tie(model, fit)
    untouched = tuple(ours for ours in state if ours not in tensors)
    origin = f"weights loaded from {found.name}, in the layout of {fit.layout.title}"
    heads = dict.fromkeys(map(stage_of, untouched))
    model.origin = f"{origin}, but for the {' and '.join(heads)}, {model.origin}" if heads else origin
    model.loaded = not untouched
    return Loaded(
        preset=fit.network.name,
        layout=fit.layout.name,
        tensors=len(fit.keys),
        unit_gammas=unit_gammas,
        dropped_background=fit.background and not body,
        untouched=untouched,
        **_wrapped(found, fit, next((one.dtype for one in model.parameters()), torch.float32)),
    )


def _opened(source: Weights, key: str | None, *, ema: bool) -> AbstractContextManager[Checkpoint]:
    """The tensors of a file, a module or a state_dict."""
    if isinstance(source, Path | str):
        return open_checkpoint(source, key, ema=ema)
    if key is not None or ema:
        raise ValueError("key and ema choose a dictionary of a file: leave them out where there is none")
    name, tensors = "the state_dict", dict[str, Any]()
    if isinstance(source, nn.Module):
        name = type(source).__name__
        tensors |= dict(source.named_buffers())  # those too that a state_dict leaves out
        source = source.state_dict()
    tensors |= source
    plain = {name: tensor.detach() for name, tensor in tensors.items() if isinstance(tensor, Tensor)}
    if any(tensor.is_meta for tensor in plain.values()):
        raise ValueError(f"{name} is on meta, where tensors have shapes and no numbers: build it on cpu")
    found = Checkpoint(
        name=name,
        container="module",
        shapes={name: tuple(tensor.shape) for name, tensor in plain.items()},
        read=lambda name: plain[name].cpu(),
        dtypes={name: tensor.dtype for name, tensor in plain.items()},
    )
    return nullcontext(found)


def _tie(model: Model, fit: Fit) -> None:
    """Let weights that are one for the author be one in a network that was opened."""
    if fit.layout.naming != "author":
        return
    first: dict[str, nn.Parameter] = {}
    for ours, theirs in fit.keys.items():
        module = model.get_submodule(parent_of(ours))
        if isinstance(parameter := getattr(module, name_of(ours)), nn.Parameter):
            setattr(module, name_of(ours), first.setdefault(theirs, parameter))


def check_fit(network: Network, file: Path | str) -> None:
    """Refuse a file that does not fit a network, as `load_weights` does; no numbers are looked at.

    Raises
    ------
    ValueError
        In one sentence.
    """
    with open_checkpoint(file) as found:
        _fitting(found, network)


def _fitting(
    found: Checkpoint, network: Network, shapes: Mapping[str, tuple[int, ...]] | None = None, *, body: bool = False
) -> Fit:
    if network.origin:
        _check_names(network, shapes or {})
    fit = nearest_layout(found, network, shapes, body=body)
    if fit.off:
        raise ValueError(_refusal(found, fit, shapes, body=body))
    _check_single(found, fit)
    return fit


def _check_names(network: Network, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse a network that was opened, in which the names of weights are not those of its weights."""
    known = dict(network.origin.keys if network.origin else ())
    strange = [*(ours for ours in known if shapes and ours not in shapes)]
    strange += [ours for ours in shapes if ours not in known and not is_count(ours)]
    if strange:
        raise ValueError(
            f"{network.label}: nobody has said what its author calls {typed(strange[0])}, so no weights can be loaded; "
            "if it was changed after it was opened, open it again"
        )


def save_weights(model: Model, file: Path) -> None:
    """Write the weights of a model as safetensors, in our own layout.

    Raises
    ------
    ValueError
        If the file's name ends otherwise.
    """
    if file.suffix != ".safetensors":
        raise ValueError(f"weights are written as .safetensors, and {file.name} is called otherwise")
    save_file(model.state_dict(), file)


def _refusal(found: Checkpoint, fit: Fit, shapes: Mapping[str, tuple[int, ...]] | None, *, body: bool) -> str:
    """What is wrong, and every line with which it would be right."""
    message = f"{found.name} does not fit {fit.network.label}: {fit.differences}"
    if fit.network.origin:
        return message
    own, sized = fit.network, with_sizes(found, fit)
    if sized is not own and not nearest_layout(found, sized).off:
        changed = [f"classes={sized.head.classes}"] if sized.head.classes != own.head.classes else []
        changed += [f"channels={sized.input_shape[0]}"] if sized.input_shape[0] != own.input_shape[0] else []
        knobs = " ".join(f"--set {text}" for text in changed)
        others = (edit.text for edit in own.edits if edit.what not in ("classes", "channels"))
        python = f"irnet.network({', '.join(map(repr, (own.name, *others, *changed)))})"
        how = [f"build the network with {knobs}, in Python {python}"]
        if not body and not nearest_layout(found, own, shapes, body=True).off:
            how.append("load all but the classifier with --body, in Python irnet.load_weights(model, file, body=True)")
        return f"{message}; it is {_sizes(sized.head.classes, sized.input_shape[0])}: {', or '.join(how)}"
    other = nearest(found)
    if other is None or other.off:
        return message
    sizes = _sizes(other.network.head.classes, other.network.input_shape[0])
    return f"{message}; it fits {other.network.label} in the layout of {other.layout.title}, {sizes}"


def _convert(found: Checkpoint, fit: Fit, state: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Every tensor of a model that is not left as it is, from the file, checked and turned into its shape."""
    for ours, target in state.items():
        if ours in fit.keys:
            tensor = _check(found, fit.keys[ours], target, name_of(ours))
            if tensor.ndim > 1 and fit.layout.channels_last:
                tensor = tensor.permute(-1, -2, *range(tensor.ndim - 2)).flatten(target.ndim - 1)
            tensor = tensor[-len(target) :] if fit.background and target.ndim else tensor
            yield ours, tensor.reshape(target.shape) if fit.network.origin else tensor
        elif ours not in fit.untouched:  # what a fit allows to be absent: gammas are one, no batch was counted
            yield ours, (torch.ones_like if _is_gamma(ours) else torch.zeros_like)(target)


def _check(found: Checkpoint, key: str, target: Tensor, role: str) -> Tensor:
    tensor = found.read(key)
    if tensor.layout is not torch.strided or tensor.device.type != "cpu":
        raise ValueError(f"{found.name}: {key!r} is no plain tensor")
    if is_count(role):
        if tensor.is_complex() or (tensor.is_floating_point() and not float(tensor).is_integer()):
            raise ValueError(f"{found.name}: {key!r} counts batches and holds no whole number")
        return tensor
    if not tensor.is_floating_point():
        raise ValueError(f"{found.name}: {key!r} is {type_name(tensor.dtype)} and not floating point")
    plain = tensor.float() if tensor.element_size() == 1 else tensor
    if role == "running_var" and plain.min() < 0:
        raise ValueError(f"{found.name}: {key!r} holds a variance below zero")
    largest = torch.finfo(target.dtype).max
    if torch.finfo(plain.dtype).max <= largest and isfinite(plain.sum().item()):
        return tensor  # a sum is finite only where all its terms are, and takes a fifth of the time of looking at each
    low, high = (bound.item() for bound in plain.aminmax())
    if not (isfinite(low) and isfinite(high)):  # neither is a number where one is not
        raise ValueError(f"{found.name}: {key!r} holds numbers that are not finite")
    if max(-low, high) > largest:
        raise ValueError(f"{found.name}: {key!r} holds numbers that are too large for {type_name(target.dtype)}")
    return tensor


def _is_gamma(key: str) -> bool:
    return key.endswith((".bn.weight", "embedding.1.weight"))


def _unit_gammas(gammas: Iterator[Tensor]) -> bool:
    return all(bool((gamma == 1).all()) for gamma in gammas)


def _tensors(number: int) -> str:
    return f"{exact(number)} tensor{'s' * (number != 1)}"


def _grouped(tensors: Mapping[str, int]) -> str:
    return _listed(f"{_tensors(number)} of {typed(name)!r}" for name, number in tensors.items())


def _listed(names: Iterable[str], most: int = 3) -> str:
    """A few names, and how many there are besides."""
    every = list(names)
    more = [f"{exact(len(every) - most)} more"] if len(every) > most else []
    *first, last = [*every[:most], *more]
    return f"{', '.join(first)} and {last}" if first else last
