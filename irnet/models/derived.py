"""Widths that nobody sets: of what passes on, adds or joins what it is given; and the edit that would change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from irnet.models.edits import FILTERS, Edit
from irnet.models.places import rest_at
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual

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
    why = _whose_width(network, edit.where)
    if not why or (edit.what != "filters" and _last(edit.where) not in (*ADDED, *UNITS, "concat")):
        return ""
    if edit.what != "filters":
        why = f"has no {edit.what} that can be set"
    near = other_edit(network, edit)
    act = "Change what the block is given" if _last(edit.where) in ADDED else "Change what it gets that from"
    stage = edit.where.partition(".")[0]
    where = edit.where if stage in [one.name for one in network.stages] else stage
    return f"{where}: it is there, and {why}" + (f". {act}: {near.text}" if near else "")


def other_edit(network: Network, edit: Edit) -> Edit | None:
    """The edit of another place, or of a knob, that does what one of a derived width was meant to do."""
    if not isinstance(edit.value, int) or not _whose_width(network, edit.where):
        return None
    if _last(edit.where) in UNITS and edit.what in ("filters", "kernel"):
        return replace(edit, where=_around(edit.where))
    if edit.what != "filters":
        return None
    if edit.where.startswith("classifier"):
        return Edit("", "classes", edit.value)
    width, ends = _width_and_ends(network, edit.where)
    for path, conv in ends:
        filters = conv.filters + edit.value - width
        if filters != conv.filters and FILTERS.low <= filters <= FILTERS.high:
            return Edit(path, "filters", filters)
    return None


def _width_and_ends(network: Network, where: str) -> tuple[int, list[tuple[str, Conv]]]:
    """The width of what is at a path, and the convolutions with their paths whose filters are a part of it."""
    home, stage = _home(where), where.partition(".")[0]
    node = _node(network, where)
    if isinstance(node, Residual):
        return _width_given(network, stage), _ends_before(network, stage)
    return (_width(node, _width_given_at(network, home)), list(_ends(node, home))) if node else (0, [])


def _whose_width(network: Network, where: str) -> str:
    """What is to be said of the width of something that is there and has none of its own; "" where there is no such."""
    stage, last = where.partition(".")[0], _last(where)
    if stage not in [one.name for one in network.stages]:
        return _in_head(network, stage)
    with suppress(ValueError):
        if last in UNITS and isinstance(conv := rest_at(network, _around(where))[0], Conv):
            return f"{conv.filters} wide, as the convolution that it is a part of"
    match _node(network, where):
        case Residual():
            shortcut = f"{_width_given(network, stage)} wide, as the shortcut that it is added to"
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


def _node(network: Network, where: str) -> Node | None:
    """The node whose width it is: of a bar or of a part of a residual the one round it."""
    with suppress(ValueError):
        return rest_at(network, _home(where))[0]
    return None


def _home(where: str) -> str:
    return _around(where) if _last(where) in (*ADDED, "concat") else where


def _around(where: str) -> str:
    return where.rpartition(".")[0]


def _last(where: str) -> str:
    return where.rpartition(".")[2]


def _width_given(network: Network, stage: str) -> int:
    """The width of what a stage is given."""
    width = network.input_shape[0]
    for before in network.stages:
        if before.name == stage:
            break
        width = _width(before.node, width) if before.repeat else width
    return width


def _width_given_at(network: Network, path: str) -> int:
    """The width of what the node at a path is given."""
    name, _, *steps = path.split(".")
    node: Node = next(stage.node for stage in network.stages if stage.name == name)
    given = _width_given(network, name)
    for step in steps:
        match node:
            case Chain(nodes):
                for before in nodes[: int(step)]:
                    given = _width(before, given)
                node = nodes[int(step)]
            case Fork(branches):
                node = branches[int(step[1:])]
            case Residual(body):
                node = body
    return given


def _width(node: Node, given: int) -> int:
    match node:
        case Conv(filters):
            return filters
        case Chain(nodes):
            for inner in nodes:
                given = _width(inner, given)
            return given
        case Fork(branches):
            return sum(_width(branch, given) for branch in branches)
        case _:
            return given


def _ends_before(network: Network, stage: str) -> list[tuple[str, Conv]]:
    """The convolutions whose filters add up to what a stage is given, where nothing else does."""
    names = [one.name for one in network.stages]
    for before in reversed(network.stages[: names.index(stage)]):
        if before.repeat and (found := list(_ends(before.node, f"{before.name}.0"))):
            return found
    return []


def _ends(node: Node, path: str) -> Iterator[tuple[str, Conv]]:
    """The convolutions that a node ends with, with their paths; poolings and sums pass on what was before them."""
    match node:
        case Conv():
            yield path, node
        case Chain(nodes):
            for i in reversed(range(len(nodes))):
                if found := list(_ends(nodes[i], f"{path}.{i}")):
                    yield from found
                    return
        case Fork(branches):
            for i, branch in enumerate(branches):
                yield from _ends(branch, f"{path}.b{i}")
