"""One way to write what can be written in several: a tree of layers whose equality means the same arithmetic.

A convolution, its batch norm and its ReLU are one layer; a pad in front of a window is its padding; ways to flatten a
vector are none; a nested concatenation is a flat one; a factor of one is no factor.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import cast

from irnet.opening.graph import ADD, COMPUTED, CONCAT, DIV, FOLDED, MUL, Operation, Setting
from irnet.opening.tree import Merge, Part, Steps
from irnet.spec import ACTIVATIONS

WINDOWS = ("conv", "max_pool", "avg_pool")
_WEIGHTED = ("conv", "linear")
_RESHAPES = ("flatten", "view", "reshape", "squeeze", "_unsafe_view", "unflatten", "unsqueeze")
_LENGTH = ("linalg_vector_norm", "norm", "clamp_min", "expand_as", "expand", "pow", "sum", "sqrt", "rsqrt", "add")


def normal_form(steps: Steps) -> Steps:
    """The same steps, written in the one way that two networks are compared in.

    Examples
    --------
    >>> from irnet.opening.graph import Operation
    >>> conv = Operation("conv", (("filters", 8), ("kernel", (3, 3)), ("stride", (1, 1)), ("padding", (0, 0))))
    >>> pad, norm = Operation("pad", (("sides", (1, 1)),)), Operation("batch_norm", (("eps", 0.001),))
    >>> layer, = normal_form((pad, conv, norm, Operation("relu")))
    >>> layer.setting("padding"), layer.setting("norm"), layer.setting("activation")
    ((1, 1), 0.001, 'relu')
    """
    found: list[Part] = []
    for step in steps:
        for part in _simple(step):
            _append(found, part)
    return tuple(found)


def _simple(step: Part) -> Steps:
    """A step by itself; nothing, where it only changes how a vector is laid out."""
    match step:
        case Merge(how, branches):
            return _merge(replace(step, branches=tuple(map(normal_form, branches))), how)
        case Operation() if _changes_nothing(step):
            return ()
        case Operation("avg_pool") if _is_global(step):
            return (Operation("global_pool", module=step.module, out_shape=step.out_shape),)
        case Operation():
            return (_pool(step) if step.kind in WINDOWS[1:] else _activation(step),)
        case _:
            return (step,)


def _activation(step: Operation) -> Operation:
    """An activation under its usual name, where its settings say no more than that; anything else as it is."""
    if step.kind == "hardtanh" and (step.setting("min_val"), step.setting("max_val")) == (0, 6):
        return replace(step, kind="relu6", settings=())
    return replace(step, settings=()) if step.kind == "gelu" and step.setting("approximate") == "none" else step


def _changes_nothing(step: Operation) -> bool:
    """A factor of one, a concatenation of one value, another layout of a vector."""
    reshapes = step.kind in _RESHAPES and len(step.out_shape) == 1
    return reshapes or step.kind == CONCAT or (step.kind == "scale" and step.setting("factor") == 1)


def _is_global(pool: Operation) -> bool:
    """Whether it takes the average of the whole grid at once."""
    return pool.setting("kernel") == pool.setting("grid") and pool.setting("padding") == (0, 0)


def _pool(pool: Operation) -> Operation:
    """A pooling without what changes nothing: the grid that it reads, and rounding up where nothing is rounded."""
    settings = dict(pool.settings)
    grid, ceil = settings.pop("grid"), settings.pop("ceil")
    sides = cast("list[tuple[int, ...]]", [grid, *map(settings.get, ("kernel", "stride", "padding"))])
    sides[3] = _both(sides[3])
    floor = tuple((size + edges - window) // step + 1 for size, window, step, edges in zip(*sides, strict=True))
    rounds_up = bool(ceil) and pool.out_shape[1:] != floor
    return replace(pool, settings=tuple((settings | {"rounds_up": rounds_up}).items()))


def _both(padding: tuple[int, ...]) -> tuple[int, int]:
    """The pixels that are added to a column and to a row, at both ends together."""
    first, *_, last = padding
    return (2 * first, 2 * last) if len(padding) == 2 else (first + padding[1], padding[2] + last)


def _merge(merge: Merge, how: str) -> Steps:
    if how == DIV and len(merge.branches) == 2:  # a vector over its own length
        over = merge.branches[1]
        if not merge.branches[0] and over and all(isinstance(o, Operation) and o.kind in _LENGTH for o in over):
            return (Operation("normalize", module=merge.module),)
    if how == CONCAT:
        flat: list[Steps] = []
        for branch in merge.branches:
            inner = branch[0] if len(branch) == 1 else None
            flat += inner.branches if isinstance(inner, Merge) and inner.how == CONCAT else (branch,)
        return flat[0] if len(flat) == 1 else (replace(merge, branches=tuple(flat)),)
    if how == ADD:  # x + r and r + x are one sum: by what they are, the shortest first
        return (replace(merge, branches=tuple(sorted(merge.branches, key=lambda steps: (len(steps), repr(steps))))),)
    return (merge,)


def _append(found: list[Part], part: Part) -> None:
    """Put a step behind others; into the last one, where the two are one layer."""
    last = found[-1] if found else None
    if isinstance(part, Operation) and isinstance(last, Operation):
        together = _together(last, part)
        if together:
            found[-1] = together
            return
    found.append(part)


def _together(last: Operation, part: Operation) -> Operation | None:
    """Two operations as one layer; None where they are two."""
    module = last.module or part.module
    if COMPUTED in {name for name, _ in (*last.settings, *part.settings)}:
        return None
    if part.kind == "batch_norm" and last.kind in _WEIGHTED and _is_bare(last):
        norm = tuple(replace(weight, role=f"norm.{weight.role}") for weight in part.weights)
        whole = replace(last.with_settings(norm=part.setting("eps")), out_shape=part.out_shape, module=module)
        return replace(whole, params=last.params + part.params, weights=(*last.weights, *norm))
    plain = part.kind in ACTIVATIONS and not part.settings
    if plain and last.kind in _WEIGHTED and last.setting("activation") is None:
        return replace(last.with_settings(activation=part.kind), out_shape=part.out_shape, module=module)
    if last.kind == "pad" and part.kind in WINDOWS and part.setting("padding") == (0, 0):
        counts = {"counts_padding": True} if part.kind == "avg_pool" else {}
        return part.with_settings(padding=last.setting("sides"), **counts) if _fits(last, part) else None
    if part.kind in (MUL, ADD) and last.kind == "conv" and _is_normed(last) and _is_of_channels(part):
        role = "norm.scale" if part.kind == MUL else "norm.shift"
        weights = (*last.weights, replace(part.weights[0], role=role))
        return replace(last, out_shape=part.out_shape, params=last.params + part.params, weights=weights)
    return None


def _is_of_channels(part: Operation) -> bool:
    """Whether it has one weight a channel, as Caffe keeps the scale and shift of a batch norm."""
    shape = part.weights[0].shape if part.weights else ()
    return prod(shape) == part.out_shape[0] and part.out_shape[0] in shape[-3:-2]


def _is_normed(layer: Operation) -> bool:
    return layer.setting("norm") not in (None, FOLDED) and layer.setting("activation") is None


def _is_bare(layer: Operation) -> bool:
    return layer.setting("norm") is None and layer.setting("activation") is None


def _fits(pad: Operation, window: Operation) -> bool:
    """Whether the value that is padded with is the one that the window would take."""
    value: Setting = pad.setting("value")
    lowest = isinstance(value, float) and value == float("-inf")
    return lowest if window.kind == "max_pool" else value in (0, 0.0, None)
