"""Widths that nobody sets: of what passes on, adds or joins what it is given; and the edit that would change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from irnet.edit.parse import FILTERS
from irnet.spec import Chain, Conv, Edit, Fork, Network, Pool, Residual
from irnet.tree import Box, Tree, name_of, parent_of, resolve, stage_of

ADDED = ("project", "scale", "add")  # of a residual: as wide as its shortcut
UNITS = ("conv", "bn", "relu")  # of a convolution
PASSING = ("pool", "dropout", "normalize")  # of the head


def why_not(network: Network, edit: Edit) -> str:
    """Why the filters of something that is there can't be set, and what can; "" where nothing is there.

    Examples
    --------
    >>> from irnet.models import network
    >>> print(why_not(network("inception_resnet_v2"), Edit("block_b.0.project", "filters", 1154)))
    block_b.0.project: it is there, and 1152 wide, as the shortcut that it is added to; that is what the block is \
given, so its width can't be set by itself. Change what the block is given: reduction_a.0.b1.filters=386
    """
    with suppress(ValueError):  # a network that can't be has no widths
        tree = resolve(network)
        why = _whose_width(tree, edit.where)
        if not why or (edit.what != "filters" and name_of(edit.where) not in (*ADDED, *UNITS, "concat")):
            return ""
        if edit.what != "filters":
            why = f"has no {edit.what} that can be set"
        near = other_edit(network, edit)
        act = "Change what the block is given" if name_of(edit.where) in ADDED else "Change what it gets that from"
        where = edit.where if edit.where in tree else stage_of(edit.where)
        return f"{where}: it is there, and {why}" + (f". {act}: {near.text}" if near else "")
    return ""


def other_edit(network: Network, edit: Edit) -> Edit | None:
    """The edit of another place, or of a knob, that does what one of a derived width was meant to do."""
    tree = resolve(network)
    if not isinstance(edit.value, int | str) or not _whose_width(tree, edit.where):
        return None
    name, window = name_of(edit.where), edit.what in ("stride", "padding")
    if (name in UNITS and (window or edit.what in ("filters", "kernel"))) or (name == "concat" and window):
        return replace(edit, where=parent_of(edit.where))
    if edit.what != "filters" or not isinstance(edit.value, int):
        return None
    if stage_of(edit.where) == "classifier":
        return Edit("", "classes", edit.value)
    width, ends = _width_and_ends(tree, edit.where)
    for path, conv in ends:
        filters = conv.filters + edit.value - width
        if filters != conv.filters and FILTERS.low <= filters <= FILTERS.high:
            return Edit(path, "filters", filters)
    return None


def _width_and_ends(tree: Tree, where: str) -> tuple[int, list[tuple[str, Conv]]]:
    """The width of what is at a path, and the convolutions with their paths whose filters are a part of it."""
    box = _home(tree, where)
    if box is None:
        return 0, []
    if not isinstance(box.node, Residual):
        return box.out_shape[0], list(_ends(tree, box))
    stage = tree[box.stage]
    before = tree.top[: tree.top.index(stage)]
    each = (list(_ends(tree, tree.children(one.path)[0])) for one in reversed(before))
    return stage.in_shape[0], next(filter(None, each), [])


def _whose_width(tree: Tree, where: str) -> str:
    """What is to be said of the width of something that is there and has none of its own; "" where there is no such."""
    if stage_of(where) not in [stage.name for stage in tree.network.stages]:
        return _in_head(tree.network, stage_of(where))
    if where in tree and tree[where].level == "unit":
        return f"{tree[where].out_shape[0]} wide, as the convolution that it is a part of"
    box = _home(tree, where)
    match box.node if box else None:
        case Residual() if box:
            shortcut = f"{box.in_shape[0]} wide, as the shortcut that it is added to"
            return f"{shortcut}; that is what the block is given, so its width can't be set by itself"
        case Pool():
            return "a pooling is as wide as what it is given"
        case Fork() | Chain():
            return "as wide as the convolutions that it ends with"
    return ""


def _in_head(network: Network, name: str) -> str:
    if name == "classifier" and network.head.classes:
        return f"as wide as there are classes, {network.head.classes}: a knob says how many"
    return "as wide as what it is given" if name in PASSING else ""


def _home(tree: Tree, where: str) -> Box | None:
    """The box whose width it is: of a merge or a part of a residual the one round it."""
    return tree.get(parent_of(where) if name_of(where) in (*ADDED, "concat") else where)


def _ends(tree: Tree, box: Box) -> Iterator[tuple[str, Conv]]:
    """The convolutions that a box ends with, with their paths; poolings and sums pass on what was before them."""
    if isinstance(box.node, Conv):
        yield box.path, box.node
    elif isinstance(box.node, Fork):
        for branch in tree.children(box.path)[:-1]:
            yield from _ends(tree, branch)
    elif isinstance(box.node, Chain):
        yield from next(filter(None, (list(_ends(tree, step)) for step in reversed(tree.children(box.path)))), [])
