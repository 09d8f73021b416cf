"""One walk over the blocks of a network gives the keys of every layout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from irnet.checkpoints.layouts import TENSORS, Branches, Kind, Layout, Names, layouts_of
from irnet.models import network as preset
from irnet.spec import Chain, Conv, Fork, Network, Origin, Pool, pair
from irnet.tree import Box, Tree, first_block, name_of, parent_of, resolve, stage_of


@dataclass(frozen=True, slots=True)
class _Unit:
    """One layer with weights: where it stands here, and where in its block as the ports write it."""

    path: str  # "block_b.3.body.b1.2"
    kind: Kind
    place: str = ""  # "branch1.2"; "" is the block itself
    after: int = 0  # Keras layers between it and the end of its block
    branch: int | None = None  # of its block
    step: int | None = None  # in the branch, where that has several; those of a fork at its end count on
    without: tuple[str, ...] = ()  # beginnings of tensors that others of its kind have


@dataclass(frozen=True, slots=True)
class _Block:
    """What checkpoints count as a block: a step of the stem's chain, a repeat of another stage, a layer of the head."""

    names: tuple[str, ...]  # under which a layout may know it: "stem.0.4", "stem"
    position: int  # in the whole network
    numbers: Mapping[str, object]  # what its name may hold


def keys(network: Network, layout: str) -> Mapping[str, str]:
    """Our state_dict key to that of a layout, in the order the layers run.

    What a layout does not store (in Keras batch norm's gamma, which is one, and its count of batches) has no entry.

    Raises
    ------
    ValueError
        For an unknown layout, or one that the network's preset has no checkpoint in.

    Examples
    --------
    >>> from irnet.models import network
    >>> keys(network("inception_resnet_v2.tf_slim"), "timm")["block_b.3.body.b1.2.conv.weight"]
    'repeat_1.3.branch1.2.conv.weight'
    """
    return _keys_once(network, network.name, network.origin, layout)


@lru_cache(maxsize=64)
def _keys_once(network: Network, _name: str, _origin: Origin | None, layout: str) -> Mapping[str, str]:
    """The same; of two equal networks that were opened, each has its author's names."""
    known = {found.name: found for found in layouts_of(network, any_classes=True)}
    if layout not in known:
        raise ValueError(f"{network.name} has no checkpoint layout {layout!r}; it has {', '.join(known)}")
    return MappingProxyType(dict(_keys(network, known[layout])))


def output_names(network: Network, layout: Layout) -> Mapping[str, str]:
    """What a layout calls the layers without weights that put out a block, to the block's path.

    Examples
    --------
    >>> from irnet.checkpoints.layouts import LAYOUTS
    >>> from irnet.models import network
    >>> output_names(network("inception_v3.tf_slim"), LAYOUTS["keras"])["mixed10"]
    'mixed_7c.0'
    """
    names = layout.outputs.get(network.name, {})
    blocks = (block for block, _ in _blocks_and_units(network) if block.names[-1] in names)
    return {_block_name(names, block): block.names[0] for block in blocks}


def _keys(network: Network, layout: Layout) -> Iterator[tuple[str, str]]:
    if network.origin and network.origin.keys and layout.naming in ("path", "author"):
        yield from _of_author(network.origin, ours=layout.naming == "path")
        return
    for unit, layer, norm in _layers(network, layout):
        tensors = layout.tensors_of(network.name).get(unit.kind, {})
        for tensor in TENSORS[unit.kind]:
            name = None if unit.without and tensor.startswith(unit.without) else tensors.get(tensor)
            if name:
                yield f"{unit.path}.{tensor}", name.format(layer=layer, norm=norm)


def _of_author(origin: Origin, *, ours: bool) -> Iterator[tuple[str, str]]:
    """Our key of every tensor of a network that was opened to ours or the author's, with its counts of batches."""
    for key, theirs in origin.keys:
        named = key if ours else theirs
        yield key, named
        if name_of(key) == name_of(named) == "running_var":
            yield f"{parent_of(key)}.num_batches_tracked", f"{parent_of(named)}.num_batches_tracked"


def _layers(network: Network, layout: Layout) -> Iterator[tuple[_Unit, str, str]]:
    """Every unit with their names of its layer and of its batch norm."""
    placed, names = tuple(_blocks_and_units(network)), layout.presets.get(network.name, {})
    branches = layout.branches.get(network.name, {})
    if port := layout.ports.get(network.name):
        yield from ((unit, *port(unit.path)) for _, unit in placed)
        return
    match layout.naming:
        case "path":
            yield from ((unit, unit.path, "") for _, unit in placed)
        case "place":
            yield from (
                (u, ".".join(filter(None, (_block_name(names, b), _place(branches, u)))), "") for b, u in placed
            )
        case "scope":
            for block, unit in placed:
                layer = "/".join(filter(None, (_block_name(names, block), _scope(network, names, unit))))
                yield unit, layout.renamed.get(layer, layer), ""
        case "created":
            yield from _by_creation(names, placed)
        case "depth":
            yield from _by_depth(placed)
        case "author":
            raise ValueError(f"{network.name} was not opened, so nobody else has names for its weights")
        case _:
            assert_never(layout.naming)


def _place(branches: Branches, unit: _Unit) -> str:
    """Where a unit stands in its block, in the words of a layout that may have names for the branches."""
    names = branches.get(stage_of(unit.path))
    found = re.fullmatch(r"branch(\d)(?:[._](\d)([ab]?))?", unit.place)
    if not names or not found:
        return unit.place
    branch, step, side = found.groups()
    name = names[int(branch)]
    return name if step is None or name == "branch_pool" else f"{name}_{int(step) + 1}{side}"


def _scope(network: Network, names: Names, unit: _Unit) -> str:
    """Where a unit stands in its block, in TensorFlow's scopes: "Branch_1/Conv2d_0c_7x1".

    Steps of a branch are 0a, 0b, ...; a window without padding is 1a. A name is that of the released network, whatever
    kernel, stride or padding an edit put there.
    """
    if unit.branch is None:
        return "Conv2d_1x1" if unit.kind == "project" else ""
    node = resolve(preset(network.name))[first_block(unit.path)].node
    assert isinstance(node, Conv)
    height, width = pair(node.kernel)
    step = "1a" if node.padding == "valid" else f"0{chr(ord('a') + (unit.step or 0))}"
    name = f"Conv2d_{step}_{height}x{width}"
    return f"Branch_{unit.branch}/{names.get('1x1', name) if unit.step is None and height == width == 1 else name}"


def _by_creation(names: Names, placed: tuple[tuple[_Block, _Unit], ...]) -> Iterator[tuple[_Unit, str, str]]:
    made = 0
    for block, unit in placed:
        own = unit.kind == "project" or (not unit.place and any(name in names for name in block.names))
        layer = _block_name(names, block) if own else _numbered("conv2d", made)
        yield unit, layer, f"{layer}_bn" if own else _numbered("batch_normalization", made)
        made += not own


def _by_depth(placed: tuple[tuple[_Block, _Unit], ...]) -> Iterator[tuple[_Unit, str, str]]:
    convs, norms = 0, 0
    for _, unit in sorted(placed, key=lambda both: (both[0].position, -both[1].after)):
        layer = "dense" if unit.kind == "linear" else _numbered("conv2d", convs)
        yield unit, layer, _numbered("batch_normalization", norms)
        convs, norms = convs + 1, norms + (unit.kind == "conv")


def _numbered(name: str, n: int) -> str:
    return f"{name}_{n}" if n else name


def _block_name(names: Names, block: _Block) -> str:
    return next(names[name] for name in block.names if name in names).format(**block.numbers)


def _blocks_and_units(network: Network) -> Iterator[tuple[_Block, _Unit]]:
    """Every unit with its block; its numbers: n in the network, i and letter in the stage, j in the part from 1."""
    tree, n, counts = resolve(network), 0, Counter[str]()
    for stage, box in tree.stages:
        for block in tree.children(stage.name) if box else ():
            counts[stage.part] += 1
            for step in tree.children(block.path) if isinstance(block.node, Chain) else (block,):
                letter = chr(ord("b") + block.block)
                numbers = {"n": n, "i": block.block, "j": counts[stage.part], "letter": letter}
                found = _Block((step.path, stage.name), n, numbers)
                yield from ((found, unit) for unit in _units(tree, step))
                n += 1
    for head in tree.auxiliary:
        for step in (step for block in head.children for step in tree.children(block)):
            yield from ((_Block((step.path,), n, {}), unit) for unit in _units(tree, step))
    yield from ((_Block((unit.path,), n, {}), unit) for unit in _head(network))


def _units(
    tree: Tree, box: Box, place: str = "", after: int = 0, branch: int | None = None, step: int | None = None
) -> Iterator[_Unit]:
    """The units of one block; a chain that ends in a fork is flat in the ports: branch1_0, branch1_1a, branch1_1b."""
    inside = tree.children(box.path)
    match box.op:
        case "conv":
            assert isinstance(box.node, Conv)
            without = (*["conv.bias"] * (not box.node.bias), *["bn."] * (not box.node.norm))
            yield _Unit(box.path, "conv", place, after, branch, step, without)
        case "linear":
            yield _Unit(box.path, "linear")
        case "project":
            yield _Unit(box.path, "project", "conv2d", after - 1)  # the sum's activation is all that follows it
        case "group" if isinstance(box.node, Chain):
            joint = "_" if any(isinstance(child.node, Fork) for child in inside) else "."
            for i, child in enumerate(inside):
                later = after + sum(_length(tree, step) for step in inside[i + 1 :])
                yield from _units(tree, child, f"{place}{joint}{i}", later, branch, i)
        case "group" if isinstance(box.node, Fork):
            lone = sum(not isinstance(child.node, Pool) for child in inside[:-1]) == 1
            for i, child in enumerate(inside[:-1]):
                here = f"{place}{chr(ord('a') + i)}" if place else "conv" if lone else f"branch{i}"
                way = (i, None) if branch is None else (branch, (step or 0) + i)
                yield from _units(tree, child, here, after + 1, *way)
        case _:
            for child in inside:
                yield from _units(tree, child, place, after + 1)


def _length(tree: Tree, box: Box) -> int:
    """Keras layers on the longest way through a box: convolution, norm and activation are three."""
    if box.op != "group":
        return {"conv": 3, "scale": 0}.get(box.op, 1)
    each = [_length(tree, child) for child in tree.children(box.path)]
    return each[-1] + max(each[:-1]) if isinstance(box.node, Fork) else sum(each)


def _head(network: Network) -> Iterator[_Unit]:
    if network.head.embedding:
        yield _Unit("embedding.0", "bottleneck")
        yield _Unit("embedding.1", "norm")
    if network.head.classes:
        yield _Unit("classifier", "linear")
