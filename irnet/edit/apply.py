"""Networks with edits: of knobs first, then of places, in the order of the edits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from irnet.edit.derived import why_not
from irnet.edit.parse import LIMITS, PADDINGS, check_count, edits_of, read_label, shorten
from irnet.models import PRESETS, as_network, edit_recipe, full_name, network_of_recipe
from irnet.models.fragments import chain
from irnet.models.recipe import check_number
from irnet.spec import (
    STEM,
    Chain,
    Conv,
    Edit,
    Kernel,
    Network,
    Node,
    Pool,
    Residual,
    Stage,
    pair,
    parts,
    with_ends,
    with_parts,
)
from irnet.tree import stage_of, steps_in_block

Rest = tuple[Node, ...]  # a node, and what follows it in its chain
Change = Callable[[Rest], Rest]


def network(name: Network | str, /, *edits: str, **changes: Any) -> Network:
    """The network of a preset, or one that is given, with its knobs changed and its places edited where asked.

    Parameters
    ----------
    name
        A key of `irnet.PRESETS`, a bare architecture name, or a network made of one.
    *edits
        Edits as text, in order, as `irnet.edit.parse` describes them: "inception_b.0.b1.filters=200"; commas may
        separate them.
    **changes
        Knobs of the preset's recipe, such as `classes`, `dropout`, `input_size` (pixels, or (height, width)).

    Raises
    ------
    ValueError
        For an unknown name, knob or place (with near matches), or a value outside its limits.

    Examples
    --------
    >>> network("inception_v4", a=6).stages[1].repeat
    6
    >>> network("inception_v4", "stem=inception_v3.tf_slim").label
    'inception_v4.paper (stem=inception_v3.tf_slim)'
    """
    original = as_network(name)
    if not edits and not changes:
        return original
    knobs = tuple(Edit("", knob, value) for knob, value in changes.items())
    return apply(original, (*edits_of(original.name, ",".join(edits)), *knobs))


def network_of_label(label: str) -> Network:
    """The network that a label names, written as `Network.label` writes it; the brackets may be left out.

    Raises
    ------
    ValueError
        For an unknown name, knob or place, or a value outside its limits.

    Examples
    --------
    >>> network_of_label("inception_v4.paper (a=6, input_size=224x320)").edit_text
    'input_size=224x320, a=6'
    """
    name, edits = read_label(label)
    return apply(network_of_recipe(name, PRESETS[name]), edits)


def apply(network: Network, edits: Sequence[Edit]) -> Network:
    """`network` with more edits: knobs first, then the places in the order of the edits.

    Raises
    ------
    ValueError
        If the network is not made of a preset, the edits are too many, or one of them is refused: the message names
        its place, value and limits. Whether the whole still fits together, `resolve` says.

    Examples
    --------
    >>> edited = apply(network("inception_v4", a=6), (Edit("inception_b.0.b1", "filters", 200),))
    >>> edited.edit_text
    'a=6, inception_b.0.b1.filters=200'
    """
    if network.name not in PRESETS:
        raise ValueError(f"{network.name} is no preset, and only what is made of one can be edited")
    every = (*network.edits, *edits)
    check_count(every)
    recipe = edit_recipe(network.name, {edit.what: edit.value for edit in every if edit.is_knob})
    made = network_of_recipe(network.name, recipe)
    places = shorten([edit for edit in every if not edit.is_knob])
    for edit in places:
        made = _edit(made, edit, recipe.width)
    return replace(made, edits=(*made.edits, *places))


def _edit(network: Network, edit: Edit, width: float) -> Network:
    if not edit.where:
        full = full_name(str(edit.value))
        stem = network_of_recipe(full, edit_recipe(full, {"width": width})).stages[0]
        return _with_stage(network, STEM, lambda _: stem)
    try:
        return edit_place(network, edit)
    except ValueError as error:
        raise ValueError(why_not(network, edit) or str(error)) from None


def edit_place(network: Network, edit: Edit) -> Network:
    """`network` with one of its places edited, in every block of that stage but those that differ from the rest.

    Raises
    ------
    ValueError
        If nothing of the kind is there or the value can't be; the message starts with the place.
    """
    try:
        return _edit_place(network, edit)
    except ValueError as error:
        raise ValueError(f"{edit.where}: {error}") from None


def _edit_place(network: Network, edit: Edit) -> Network:
    what, value = edit.what, edit.value
    numbers = value if isinstance(value, tuple) else () if what == "padding" else (value,)
    for number in numbers:
        check_number(what, number, LIMITS[what], whole=what != "scale")
    change: Change
    match what, value:
        case "repeat", int():
            return _with_stage(network, edit.where, lambda stage: _repeated(stage, value))
        case "scale", int() | float():
            change = partial(_with_scale, scale=float(value))
        case "filters", int():
            change = partial(_with_filters, filters=value)
        case "kernel", int() | (int(), int()):
            change = partial(_with_kernel, kernel=value)
        case "split", (int(), int()):
            change = partial(_split, first=value)
        case "join", int():
            change = partial(_join, side=value)
        case "stride", int():
            change = partial(_with_windows, stride=value)
        case "padding", str() if value in PADDINGS:
            change = partial(_with_windows, padding=value)
        case _:
            raise ValueError(f"{what} can't be {value!r}")
    steps = steps_in_block(edit.where)
    return _with_stage(
        network, stage_of(edit.where), lambda stage: replace(stage, node=_change(stage.node, steps, change))
    )


def _repeated(stage: Stage, times: int) -> Stage:
    return replace(stage, repeat=times, others=tuple((i, node) for i, node in stage.others if i < times))


def _with_stage(network: Network, name: str, change: Callable[[Stage], Stage]) -> Network:
    names = [stage.name for stage in network.stages]
    if name not in names:
        raise ValueError(f"{network.name} has no stage {name!r}; its stages: {', '.join(names)}")
    stages = (change(stage) if stage.name == name else stage for stage in network.stages)
    return replace(network, stages=tuple(stages))


def _change(node: Node, steps: tuple[str, ...], change: Change) -> Node:
    """`node` with what is at the end of the steps, and what follows that in its chain, changed."""
    if not steps:
        return chain(*change((node,)))
    step, *rest = steps
    inside = dict(parts(node))
    if step not in inside:
        raise ValueError("nothing is there")
    if isinstance(node, Chain) and not rest:
        at = list(inside).index(step)
        return chain(*node.nodes[:at], *change(node.nodes[at:]))
    inside[step] = _change(inside[step], tuple(rest), change)
    made = tuple(inside.values())
    return chain(*made) if isinstance(node, Chain) else with_parts(node, made)


def _first_conv(rest: Rest) -> Conv:
    if not isinstance(rest[0], Conv):
        raise ValueError(f"a {type(rest[0]).__name__.lower()} is there, not a convolution")
    return rest[0]


def _with_filters(rest: Rest, filters: int) -> Rest:
    return (replace(_first_conv(rest), filters=filters), *rest[1:])


def _with_kernel(rest: Rest, kernel: Kernel) -> Rest:
    return (replace(_first_conv(rest), kernel=kernel), *rest[1:])


def _with_windows(rest: Rest, **changes: Any) -> Rest:
    """Another stride or padding of the convolution or pooling, or of all that the branches of a fork end with."""

    def change(node: Node) -> Node:
        if isinstance(node, Pool) and changes.get("padding") == "valid":
            return replace(node, padding="valid", counts_padding=False)
        if isinstance(node, Conv | Pool):
            return replace(node, **changes)
        raise ValueError(f"only a convolution, a pooling or a fork of them has a {next(iter(changes))}")

    if isinstance(rest[0], Chain):
        raise ValueError(f"{len(rest[0].nodes)} steps are there; name the one whose {next(iter(changes))} is meant")
    return (with_ends(rest[0], change), *rest[1:])


def _with_scale(rest: Rest, scale: float) -> Rest:
    if not isinstance(rest[0], Residual):
        raise ValueError("there is no residual to scale")
    return (replace(rest[0], scale=scale), *rest[1:])


def _split(rest: Rest, first: tuple[int, int]) -> Rest:
    """The nxn convolution as two, of 1xn and nx1; `first` is the kernel of the first."""
    conv = _first_conv(rest)
    height, width = pair(conv.kernel)
    if height != width or height == 1 or conv.stride != 1:
        size = f"{height}x{width}" + (f" of stride {conv.stride}" if conv.stride > 1 else "")
        raise ValueError(f"only an nxn convolution of stride 1 can be split, not a {size}")
    if first not in ((1, height), (height, 1)):
        raise ValueError(f"a {height}x{height} is split into 1x{height} and {height}x1, not {first[0]}x{first[1]}")
    return (replace(conv, kernel=first), replace(conv, kernel=first[::-1]), *rest[1:])


def _join(rest: Rest, side: int) -> Rest:
    """The 1xn and nx1, in either order, as one nxn with the filters of the second."""
    one, two = _first_conv(rest), rest[1] if len(rest) > 1 else None
    if not (
        isinstance(two, Conv)
        and pair(two.kernel) == pair(one.kernel)[::-1]
        and {1, side} == set(pair(one.kernel))
        and one.stride == two.stride == 1
        and one.padding == two.padding
    ):
        raise ValueError(f"no 1x{side} and {side}x1 follow each other there")
    return (replace(two, kernel=side), *rest[2:])
