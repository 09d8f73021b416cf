"""How the keys and shapes of a checkpoint compare with those of a network, layout by layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

import torch

from irnet.checkpoints import LAYOUTS, Layout, keys, layouts_of
from irnet.checkpoints.layouts import TENSORS
from irnet.checkpoints.prefixes import Endings, endings, family, groups, match
from irnet.edit import apply
from irnet.models import network as preset
from irnet.runtime.build import build
from irnet.runtime.checkpoint_files import Checkpoint
from irnet.spec import Edit, Network
from irnet.tree import first_block, stage_of

Shape = tuple[int, ...]
BACKGROUND = (1000, 1001)  # classes of ImageNet, without and with TF-slim's background
_LONGEST = 200  # letters of a key that are said
_CLASSIFIER, _EMBEDDING, _SIDE = "classifier.", "embedding.", "aux"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How the keys and shapes of a file compare with those of one network in one layout."""

    network: Network
    layout: Layout
    present: Mapping[str, str]  # our key -> the file's, of all that the file has, its classifier with it
    keys: Mapping[str, str]  # the same of what is compared
    prefixes: tuple[str, ...]  # before the layout's keys in the file
    copies: tuple[str, ...]  # prefixes under which the same keys stand once more
    missing: tuple[str, ...]
    extra: tuple[str, ...]  # keys of more blocks, or of a head, than the network has
    mismatched: tuple[
        tuple[str, Shape | str, Shape | str], ...
    ] = ()  # key, shape or type in the file, and in the network
    unused: tuple[str, ...]  # keys of an auxiliary head, which the networks here do not have
    rest: Mapping[str, int]  # name or prefix -> tensors of something else
    untouched: frozenset[str]  # our keys that were not compared
    background: bool = False  # row 0 of the file's classifier is none of the network's classes

    @property
    def off(self) -> int:
        """In how many keys the two differ."""
        return len(self.missing) + len(self.extra) + len(self.mismatched)

    @property
    def rank(self) -> tuple[int, int, int]:
        """The lower, the nearer: tensors that one of them has not so, of them those of the network; and heads known."""
        return self.off + sum(self.rest.values()), self.off, -len(self.present)

    @property
    def is_released(self) -> bool:
        """Whether files with as many classes were published."""
        return self.network.head.classes + self.background in self.layout.released

    @property
    def differences(self) -> str:
        """The first missing, extra and mismatched key, and how many there are of each."""
        if not self.keys:
            return "it has none of its tensors"
        parts = [f"{_first(self.missing)} missing"] if self.missing else []
        parts += [f"{_first(self.extra)} left over"] if self.extra else []
        if self.mismatched:
            key, found, wanted = self.mismatched[0]
            rest = f" and {len(self.mismatched) - 1} more" if len(self.mismatched) > 1 else ""
            parts.append(f"{key[:_LONGEST]!r} is {found} instead of {wanted}{rest}")
        return ", ".join(parts)


def _first(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0][:_LONGEST]!r}{more}"


def nearest(found: Checkpoint, only: str | None = None) -> Fit | None:
    """The preset, with the file's classes and channels, that differs in the fewest keys; None if all differ.

    In our own layout, numbers of blocks are the file's as well. With `only`, the layout of that preset that differs in
    the fewest, as it is.
    """
    names = [(name, layout) for layout in LAYOUTS.values() for name in layout.presets if only in (None, name)]
    best = _nearest(
        found, [(preset(name), layout) for name, layout in names], None, (), any_head=True, any_blocks=only is None
    )
    return best if only or best.keys else None


def nearest_layout(
    found: Checkpoint, network: Network, shapes: Mapping[str, Shape] | None = None, *, body: bool = False
) -> Fit:
    """The layout of one network in which it and a file differ in the fewest keys; counts of batches may be absent.

    Parameters
    ----------
    found, network
        What is compared.
    shapes
        Those of the network's tensors, where they are known already.
    body
        Leave out the classifiers of both, and the embedding where it does not fit.
    """
    pairs, wanted = [(network, layout) for layout in layouts_of(network)], shapes or _shapes(network)
    best = _nearest(found, pairs, wanted, (_CLASSIFIER, _SIDE) if body else ())
    embedding = {key for key in wanted if key.startswith(_EMBEDDING) and not is_count(key)}
    wrong = {key for key, _, _ in best.mismatched}
    if body and any(key not in best.keys or best.keys[key] in wrong for key in embedding):
        return _nearest(found, pairs, wanted, (_CLASSIFIER, _SIDE, _EMBEDDING))
    return best


def _nearest(
    found: Checkpoint,
    pairs: Sequence[tuple[Network, Layout]],
    shapes: Mapping[str, Shape] | None,
    without: tuple[str, ...],
    *,
    any_head: bool = False,
    any_blocks: bool = False,
) -> Fit:
    """The nearest of several networks in several layouts.

    Looked at are first the ends of the keys, then the keys, then the shapes, for which a network may have to be built,
    and each only where no other network can be nearer.
    """
    whole = [pair for pair in pairs if found.shapes.keys() == set(_names(*pair).values())]
    ends = {key: [""] for key in found.shapes} if whole else endings(found.shapes)
    pairs = whole or pairs

    def counts(ours: str, layout: Layout) -> bool:
        """Whether a file that lacks this lacks a tensor, and has not fewer blocks."""
        return not any_blocks or layout.naming != "path" or first_block(ours) == ours

    least = [
        sum(name not in ends for ours, name in _names(*pair).items() if not is_count(ours) and counts(ours, pair[1]))
        - len(TENSORS["linear"])
        for pair in pairs
    ]
    best: Fit | None = None
    for missing, i in sorted(zip(least, range(len(pairs)), strict=True)):
        if best and best.rank[0] < missing:
            break
        near = _by_keys(found, ends, *pairs[i], without=without, any_head=any_head)
        if best and best.rank < near.rank:
            continue
        network = with_sizes(found, near) if any_head else near.network
        if any_blocks and (blocks := _blocks(found, near)):
            network = apply(network, blocks)
            near = _by_keys(found, ends, network, near.layout, without=without, any_head=any_head)
        fit = _by_shapes(found, replace(near, network=network), shapes or _shapes(network))
        if any_head and fit.layout.only_released and not fit.is_released:
            continue
        if not best or (fit.rank, not fit.is_released) < (best.rank, not best.is_released):
            best = fit
    assert best is not None, "every network has a layout"
    return best


def _names(network: Network, layout: Layout) -> Mapping[str, str]:
    """Our keys to a layout's, with those of a classifier whether the network has one or not."""
    head = network.head if network.head.classes or network.origin else replace(network.head, classes=1)
    return keys(replace(network, head=head), layout.name)


def with_sizes(found: Checkpoint, fit: Fit) -> Network:
    """The network with as many classes and input channels as the file has, where a network can have those."""
    rows = _side(found, fit, f"{_CLASSIFIER}weight", -1 if fit.layout.channels_last else 0) or 0
    channels = _side(found, fit, next(iter(_names(fit.network, fit.layout))), -2 if fit.layout.channels_last else 1)
    classes = BACKGROUND[0] if fit.layout.background and rows == BACKGROUND[1] else rows
    network = fit.network
    for knob, there, own in (
        ("classes", classes, network.head.classes),
        ("channels", channels, network.input_shape[0]),
    ):
        with suppress(ValueError):  # where no network can have as many
            network = apply(network, (Edit("", knob, there),)) if there not in (None, own) else network
    return network


def _blocks(found: Checkpoint, fit: Fit) -> tuple[Edit, ...]:
    """The edits that give a network as many blocks as a file in our own layout has."""
    if fit.layout.naming != "path" or not fit.prefixes:
        return ()
    paths = {key.removeprefix(fit.prefixes[0]) for key in found.shapes}
    blocks = {".".join(path.split(".", 2)[:2]) for path in paths}
    counted = ((stage, sum(stage_of(block) == stage.name for block in blocks)) for stage in fit.network.stages)
    return tuple(Edit(stage.name, "repeat", there) for stage, there in counted if there != stage.repeat)


def _side(found: Checkpoint, fit: Fit, ours: str, axis: int) -> int | None:
    """The length of a tensor's axis in the file; None where it has none."""
    shape = found.shapes[fit.present[ours]] if ours in fit.present else ()
    return shape[axis] if len(shape) > 1 else None


def _by_keys(
    found: Checkpoint, ends: Endings, network: Network, layout: Layout, *, without: tuple[str, ...], any_head: bool
) -> Fit:
    """How the keys compare, those `without` aside; with `any_head`, a file without a classifier lacks nothing."""
    names = _names(network, layout)
    there = match(ends, names.values(), layout.unused)
    present = {ours: there.keys[name] for ours, name in names.items() if name in there.keys}
    if any_head and f"{_CLASSIFIER}weight" not in present:
        without = (_CLASSIFIER,)
    wanted = tuple(
        ours
        for ours in names
        if not ours.startswith(without) and (network.head.classes or not ours.startswith(_CLASSIFIER))
    )
    matched = {ours: present[ours] for ours in wanted if ours in present}
    prefix = there.prefixes[0] if there.prefixes else ""
    heads = {key: ours for ours, key in present.items() if ours not in matched}
    starts, own_keys = tuple(prefix + start for start in layout.unused), {*matched.values()}
    unused = tuple(key for key in found.shapes if key.startswith(starts) and key not in own_keys)
    left = found.shapes.keys() - {*own_keys, *unused}
    families: set[str] = set()
    if left and layout.naming != "author":  # whose file may have more than what leads to the output
        families = {family(name) for ours, name in names.items() if not ours.startswith(_CLASSIFIER)}
    extra: list[str] = []
    rest: list[str] = []
    for key in filter(left.__contains__, found.shapes):
        if key in heads:
            own = not heads[key].startswith(without)
        else:
            own = key.startswith(prefix) and family(key[len(prefix) :]) in families
        (extra if own else rest).append(key)
    return Fit(
        network=network,
        layout=layout,
        present=present,
        keys=matched,
        prefixes=there.prefixes,
        copies=there.copies,
        missing=tuple(prefix + names[ours] for ours in wanted if ours not in present and not is_count(ours)),
        extra=tuple(extra),
        unused=unused,
        rest=groups(rest, prefix),
        untouched=frozenset(names).difference(wanted),
    )


def _squeezed(shape: Shape) -> Shape:
    """A shape without sides of one: an author's weight may stand in one more where it is used."""
    return tuple(side for side in shape if side != 1)


def _by_shapes(found: Checkpoint, fit: Fit, shapes: Mapping[str, Shape]) -> Fit:
    """The same with the shapes of what both have."""
    wanted = {ours: fit.layout.stored_shape(fit.network.name, ours, shapes[ours]) for ours in fit.keys}
    rows = _side(found, fit, f"{_CLASSIFIER}weight", -1 if fit.layout.channels_last else 0)
    background = fit.layout.background and (fit.network.head.classes, rows) == BACKGROUND
    if background:
        wanted |= {
            ours: tuple(BACKGROUND[1] if side == BACKGROUND[0] else side for side in shape)
            for ours, shape in wanted.items()
            if ours.startswith((_CLASSIFIER, _SIDE))
        }
    wrong: list[tuple[str, Shape | str, Shape | str]] = [
        (key, found.shapes[key], wanted[ours])
        for ours, key in fit.keys.items()
        if found.shapes[key] != wanted[ours]
        and not (fit.network.origin and _squeezed(found.shapes[key]) == _squeezed(wanted[ours]))
    ]
    wrong += [
        (key, type_name(found.dtypes[key]), "floating point")
        for ours, key in fit.keys.items()
        if key in found.dtypes and not found.dtypes[key].is_floating_point and not is_count(ours)
    ]
    return replace(fit, mismatched=tuple(wrong), background=background)


@lru_cache(maxsize=32)
def _shapes(network: Network) -> dict[str, Shape]:
    return {key: tuple(tensor.shape) for key, tensor in build(network, "meta").state_dict().items()}


def is_count(key: str) -> bool:
    """Whether a tensor is batch norm's count of batches."""
    return key.endswith("num_batches_tracked")


def type_name(kind: torch.dtype) -> str:
    """A type of numbers as people write it: float16."""
    return str(kind).removeprefix("torch.")
