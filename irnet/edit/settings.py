"""What can be changed at a place of a network: settings with their limits, and convolutions that split or join."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from irnet.edit.apply import edit_place
from irnet.edit.parse import LIMITS, PADDINGS
from irnet.models import PRESETS, full_name, recipe_of
from irnet.models.recipe import Limits, knobs, limits
from irnet.spec import STEM, Chain, Conv, Edit, Fork, Network, Node, Pool, Residual, Value, ends, pair
from irnet.tree import first_block, name_of, parent_of, resolve, stage_of, steps_in_block
from irnet.units import sides

OF_HEAD = ("classes", "dropout")  # the knobs of `Head`


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that can be changed, what it is now, and its limits or the values that it can have."""

    where: str
    what: str
    label: str
    value: Value  # a pair is (height, width)
    limits: Limits | None = None
    options: tuple[str, ...] = ()

    def edit(self, value: Value) -> Edit:
        """The edit that gives it another value."""
        return Edit(self.where, self.what, value)


@dataclass(frozen=True, slots=True)
class Move:
    """An edit that has no value to choose, and what it does."""

    label: str
    edit: Edit


def settings(network: Network, path: str = "") -> tuple[Setting, ...]:
    """What can be changed at the box at `path` and at those round it, the innermost first; without a path, the knobs.

    Raises
    ------
    KeyError
        If the network has no box with this path.

    Examples
    --------
    >>> from irnet.models import network
    >>> [s.edit(s.value).text for s in settings(network("inception_resnet_v2"), "block_b.3.body.b1.1")]
    ['block_b.0.body.b1.1.filters=160', 'block_b.0.body.b1.1.kernel=1x7', 'block_b.0.scale=0.1', 'block_b.repeat=10']
    """
    if not path:
        return tuple(_knobs(network, tuple(knobs(recipe_of(network)))))
    tree = resolve(network)
    box = tree[path]
    if tree.is_aside(path):  # auxiliary heads are as their source has them
        return ()
    if not box.stage:
        return tuple(_knobs(network, OF_HEAD))
    inside = path if box.level != "stage" else box.children[0]
    return (*_inside(network, inside), _of_stage(network, box.stage))


def moves(network: Network, path: str) -> tuple[Move, ...]:
    """How the convolution at `path`, or round it, can be split or joined with its neighbour.

    Examples
    --------
    >>> from irnet.models import network
    >>> [move.label for move in moves(network("inception_resnet_v2"), "block_b.0.body.b1.2")]
    ['Join with its neighbour to 7x7']
    """
    found = []
    for move in _moves(network, path):
        with suppress(ValueError):
            edit_place(network, move.edit)
            found.append(move)
    return tuple(found)


def standing(network: Network, path: str) -> str:
    """The path of the box that stands where something fails: a bar's own, else the nearest that is there.

    Examples
    --------
    >>> from irnet.models import network
    >>> standing(network("inception_v4"), "reduction_a.0"), standing(network("inception_v4"), "inception_b.0.b9.2")
    ('reduction_a.0.concat', 'inception_b.0')
    """
    found = resolve(network)
    for bar in ("concat", "add"):
        if f"{path}.{bar}" in found:
            return f"{path}.{bar}"
    while path and path not in found:
        path = parent_of(path)
    return path


def _around(network: Network, path: str) -> Iterator[tuple[str, Node]]:
    """The nodes at the box at `path` and at the boxes round it, with their paths in the first block.

    Of blocks that are nearly alike they are those of the usual one, which an edit changes.
    """
    tree, name = resolve(network), stage_of(path)
    for stage in network.stages:
        if stage.name == name and stage.others and path != name:
            usual = (str(i) for i in range(stage.repeat) if i not in dict(stage.others))
            path = ".".join((name, next(usual, ""), *steps_in_block(path)))
    if path not in tree:
        return
    for box in (tree[path], *reversed(tree.around(path))):
        if box.node:
            yield first_block(box.path), box.node


def _inside(network: Network, path: str) -> Iterator[Setting]:
    around = tuple(_around(network, path))
    for where, node in around:
        if isinstance(node, Conv):
            yield _setting(where, "filters", "Filters", node.filters)
            yield _setting(where, "kernel", "Kernel", pair(node.kernel))
        elif isinstance(node, Residual):
            yield _setting(where, "scale", LIMITS["scale"].help, node.scale)
    if around and not any(isinstance(node, Residual) for _, node in around):  # a sum needs the grid as it is
        yield from _of_windows(*around[0])


def _of_windows(where: str, node: Node) -> Iterator[Setting]:
    """Stride and padding of a convolution or pooling, or of all that the branches of a fork end with."""
    every = () if isinstance(node, Chain) else tuple(ends(node))
    found = [end for end in every if isinstance(end, Conv | Pool)]
    if len(found) < len(every):
        return
    each = " of every branch" if isinstance(node, Fork) else ""
    if len({end.stride for end in found}) == 1:
        yield _setting(where, "stride", f"Stride{each}", found[0].stride)
    paddings = {end.padding for end in found if pair(end.kernel) != (1, 1)}
    if len(paddings) == len({end.padding for end in found}) == 1 and isinstance(padding := paddings.pop(), str):
        yield Setting(where=where, what="padding", label=f"Padding{each}", value=padding, options=PADDINGS)


def _setting(where: str, what: str, label: str, value: Value) -> Setting:
    return Setting(where=where, what=what, label=label, value=value, limits=LIMITS[what])


def _of_stage(network: Network, name: str) -> Setting:
    stage = next(stage for stage in network.stages if stage.name == name)
    if name != STEM:
        return _setting(name, "repeat", f"{stage.title} blocks", stage.repeat)
    chosen = [str(edit.value) for edit in network.edits if edit.what == STEM]
    now = full_name(chosen[-1]) if chosen else network.name
    return Setting(where="", what=STEM, label="Stem of", value=now, options=tuple(PRESETS))


def _knobs(network: Network, names: tuple[str, ...]) -> Iterator[Setting]:
    recipe = recipe_of(network)
    for name in names:
        limit, value = limits(recipe)[name], knobs(recipe)[name]
        pixels = pair(value) if name == "input_size" else value
        yield Setting(where="", what=name, label=limit.help, value=pixels, limits=limit)


def _moves(network: Network, path: str) -> Iterator[Move]:
    where, conv = next(((at, node) for at, node in _around(network, path) if isinstance(node, Conv)), ("", None))
    if not conv:
        return
    side = max(pair(conv.kernel))
    for first in ((1, side), (side, 1)):
        yield Move(f"Split into {sides(first)} and {sides(first[::-1])}", Edit(where, "split", first))
    step = name_of(where)
    for at in (where, f"{parent_of(where)}.{int(step) - 1}" if step.isdecimal() and step != "0" else ""):
        if at:
            yield Move(f"Join with its neighbour to {side}x{side}", Edit(at, "join", side))
