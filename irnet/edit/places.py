"""Changing one place of a network's tree; places go by the paths of boxes and rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from irnet.models.fragments import chain
from irnet.spec import Chain, Conv, Kernel, Network, Node, Stage, pair, parts, with_parts
from irnet.tree import stage_of, steps_in_block

Rest = tuple[Node, ...]  # a node, and what follows it in its chain
Change = Callable[[Rest], Rest]


def with_stage(network: Network, name: str, change: Callable[[Stage], Stage]) -> Network:
    """`network` with the stage of this name changed.

    Raises
    ------
    ValueError
        Naming the unknown stage and the known ones.
    """
    names = [stage.name for stage in network.stages]
    if name not in names:
        raise ValueError(f"{network.name} has no stage {name!r}; its stages: {', '.join(names)}")
    at = names.index(name)
    return replace(network, stages=(*network.stages[:at], change(network.stages[at]), *network.stages[at + 1 :]))


def with_place(network: Network, path: str, change: Change) -> Network:
    """`network` with a node, and what follows it in its chain, changed in every block of its stage.

    Raises
    ------
    ValueError
        If nothing is at `path`; the message starts with it.
    """
    steps = steps_in_block(path)
    return with_stage(
        network, stage_of(path), lambda found: replace(found, node=_change(found.node, steps, change, path))
    )


def _change(node: Node, steps: tuple[str, ...], change: Change, path: str) -> Node:
    if not steps:
        return chain(*change((node,)))
    step, *rest = steps
    inside = dict(parts(node))
    if step not in inside:
        raise ValueError(f"{path}: nothing is there")
    if isinstance(node, Chain) and not rest:
        at = list(inside).index(step)
        return chain(*node.nodes[:at], *change(node.nodes[at:]))
    inside[step] = _change(inside[step], tuple(rest), change, path)
    made = tuple(inside.values())
    return chain(*made) if isinstance(node, Chain) else with_parts(node, made)


def conv_at(rest: Rest, path: str) -> Conv:
    """The convolution that `rest` begins with.

    Raises
    ------
    ValueError
        If it begins with something else; the message starts with the path.
    """
    if not isinstance(rest[0], Conv):
        raise ValueError(f"{path}: a {type(rest[0]).__name__.lower()} is there, not a convolution")
    return rest[0]


def split(rest: Rest, first: Kernel, path: str) -> Rest:
    """`rest` with its nxn convolution as two, of 1xn and nx1; `first` is the kernel of the first.

    Raises
    ------
    ValueError
        If the convolution is not square, is 1x1 or strides, or `first` is neither 1xn nor nx1.
    """
    conv = conv_at(rest, path)
    height, width = pair(conv.kernel)
    if height != width or height == 1 or conv.stride != 1:
        size = f"{height}x{width}" + (f" of stride {conv.stride}" if conv.stride > 1 else "")
        raise ValueError(f"{path}: only an nxn convolution of stride 1 can be split, not a {size}")
    if pair(first) not in ((1, height), (height, 1)):
        first_height, first_width = pair(first)
        raise ValueError(
            f"{path}: a {height}x{height} is split into 1x{height} and {height}x1, not {first_height}x{first_width}"
        )
    second = pair(first)[::-1]
    return (replace(conv, kernel=first), replace(conv, kernel=second), *rest[1:])


def join(rest: Rest, side: int, path: str) -> Rest:
    """`rest` with the 1xn and nx1 that it begins with, in either order, as one nxn with the filters of the second.

    Raises
    ------
    ValueError
        If it does not begin with such a pair, or n is not `side`.
    """
    one = conv_at(rest, path)
    two = rest[1] if len(rest) > 1 else None
    fits = (
        isinstance(two, Conv)
        and pair(two.kernel) == pair(one.kernel)[::-1]
        and {1, side} == set(pair(one.kernel))
        and one.stride == two.stride == 1
        and one.padding == two.padding
    )
    if not (fits and isinstance(two, Conv)):
        raise ValueError(f"{path}: no 1x{side} and {side}x1 follow each other there")
    return (replace(two, kernel=side), *rest[2:])
