"""A network as PyTorch source that a person could have written: it needs torch and nothing else.

Modules go by the names that `irnet.build` gives them, so a state dict of the one fits the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from keyword import iskeyword
from math import prod
from typing import Any

from irnet.codegen.blocks import TAKEN, Block, blocks_of, class_of, unused_name
from irnet.codegen.layers import BATCH_NORM, ITEM, LINEAR, OPERATION, RESHAPE
from irnet.codegen.layout import CONSTANT, Call, call, camel, docstring, laid_out
from irnet.codegen.modules import ANY_CONV, CONV, FORKS, RESIDUAL, Names, around, filters, module, norm
from irnet.edit import network as network_of
from irnet.spec import Conv, Layer, Network, Node, Pool, Shape, Stage, Subgraph, parts, with_parts
from irnet.tree import Tree, resolve
from irnet.units import exact, grid, sides

__all__ = ["class_name", "code"]

_OF_THE_PAPER = ("inception_v4", "inception_resnet_v1", "inception_resnet_v2")


def class_name(network: Network) -> str:
    """What the class of a whole network is called.

    Examples
    --------
    >>> from irnet.models import network
    >>> class_name(network("inception_resnet_v2.tf_slim"))
    'InceptionResNetV2'
    """
    taken = TAKEN | {block.name for block in blocks_of(_stages(network))}
    return unused_name(camel(network.architecture), taken)


def code(network: Network | str, **knobs: Any) -> str:
    """PyTorch source of a network, or of a preset by its name, the text of one file; knobs are changed as asked.

    The same network gives the same text.

    Raises
    ------
    ValueError
        If the network can't be run on its input, as `resolve` says, or a stage's name is none that a module can have.

    Examples
    --------
    >>> "class InceptionResNetB(nn.Module):" in code("inception_resnet_v2", classes=10)
    True
    """
    network = network_of(network, **knobs)
    for stage in network.stages:
        if not stage.name.isidentifier() or iskeyword(stage.name):
            raise ValueError(f"a stage called {stage.name!r} can't be an attribute of a Python class")
    stages = _stages(network)
    blocks = blocks_of(stages)
    subgraphs: dict[Node, str] = {block.node: block.name for block in blocks if isinstance(block.node, Subgraph)}
    classes = [class_of(block, network.norm, subgraphs) for block in blocks]
    classes.append(list(_whole(network, stages)))
    text = "\n".join(line for lines in classes for line in lines)
    usual = all(_is_usual(node) for stage in stages for node in stage.blocks)
    plain_conv = CONV.format(norm=norm("BatchNorm2d", "filters", network.norm))
    helpers = {
        "Conv": plain_conv if usual else ANY_CONV.format(norm=network.norm),
        **FORKS,
        "Residual": RESIDUAL.format(norm=norm("BatchNorm2d", "channels", network.norm)),
        "Operation": OPERATION,
        "Reshape": RESHAPE,
        "Item": ITEM,
        "Linear": LINEAR,
        "BatchNorm": BATCH_NORM,
    }
    needed = [helper.strip() for name, helper in helpers.items() if re.search(rf"(?<![\w.]){name}\(", text)]
    return "\n\n\n".join([_top(network, "".join((*needed, text))), *needed, *map("\n".join, classes)]) + "\n"


def _is_usual(node: Node) -> bool:
    """Whether every convolution in a node is like the paper's."""
    if isinstance(node, Conv):
        return node.is_plain and not around(node)
    return all(_is_usual(inner) for _, inner in parts(node))


def _stages(network: Network) -> tuple[Stage, ...]:
    """The stages and auxiliary heads of a network, whose layers say what their modules need to know of their input."""
    tree, found = resolve(network), list[Stage]()
    heads = ((one.stage, tree[one.stage.name]) for one in network.auxiliary)
    for stage, box in (*tree.stages, *heads):
        nodes = [_with_inputs(tree, path) for path in (box.children if box else ())] or [stage.node]
        others = tuple((i, node) for i, node in enumerate(nodes) if node != nodes[0])
        found.append(replace(stage, node=nodes[0], others=others))
    return tuple(found)


def _with_inputs(tree: Tree, path: str) -> Node:
    box = tree[path]
    assert box.node
    if isinstance(box.node, Layer):
        return _sized(box.node, box.in_shape)
    return with_parts(box.node, [_with_inputs(tree, child) for child in box.children if tree[child].node])


def _sized(layer: Layer, given: Shape) -> Layer:
    """A layer that says what its module needs to know of its input beside the channels."""
    numbers, is_vector = prod(given), given[1:] == (1, 1)
    match layer.kind:
        case "linear" if not (is_vector or layer.out_shape):
            return replace(layer, settings=(*layer.settings, ("inputs", numbers)))
        case "flatten" if not (is_vector or layer.out_shape):
            return replace(layer, out_shape=(numbers, 1, 1))
        case "batch_norm" if is_vector:
            return replace(layer, settings=(*layer.settings, ("flat", True)))
        case _:
            return layer


def _top(network: Network, text: str) -> str:
    """The docstring of the file, and what its text imports."""
    paper = "From Szegedy et al. 2016, arXiv 1602.07261, a" if network.architecture in _OF_THE_PAPER else "A"
    about = docstring(
        0,
        f"{network.label}: {network.source.ref}.",
        f"{paper}s irnet writes it down. {network.source.note}",
        "Modules have the names that irnet.build gives them: its state dict loads here as it is.",
    )
    abstract = ", ".join(name for name in ("Callable", "Sequence") if f"{name}[" in text)
    typing = [f"from collections.abc import {abstract}"] if abstract else []
    typing += [*(["from typing import Any"] if "Any" in text else []), ""] if typing else []
    torch = ["import torch"] if "torch." in text else []
    functional = ["from torch.nn.functional import normalize"] if _embeds(network) else []
    return "\n".join([*about, "", *typing, *torch, "from torch import Tensor, nn", *functional])


def _embeds(network: Network) -> bool:
    """Whether what is put out is an embedding of unit length."""
    return bool(network.head.embedding and not network.head.classes)


def _whole(network: Network, stages: Sequence[Stage]) -> Iterator[str]:
    """The class of the whole network, whose stages are as `_stages` has them."""
    tree, height_width = resolve(network), sides(network.input_shape[1:])
    params, errata = exact(sum(row.params for row in tree.rows)), (e.id for e in network.source.errata)
    known = ", ".join(errata)
    head = network.head
    yield f"class {class_name(network)}(nn.Module):"
    yield from docstring(
        4,
        f"{network.label}: (N, {network.input_shape[0]}, H, W) to {_output(network)}.",
        f"{params} parameters. Shapes below are height x width x channels for an input of {height_width} pixels."
        + (f" Errata: {known}." if known else ""),
    )
    yield ""
    arguments = [f"classes: int = {head.classes}"] if head.classes else []
    arguments += [f"dropout: float = {head.dropout}"] if head.pools else []
    yield from laid_out(Call("def __init__(", ("self", *arguments), ") -> None:"), 4)
    yield "        super().__init__()"
    blocks = blocks_of(stages)
    for stage in stages:
        widths = [block.in_shape[0] for block in tree.children(stage.name)] if stage.repeat else []
        yield from laid_out(_stage(stage, widths, blocks), 8, f"self.{stage.name} = ")
    if head.pools:
        yield from _head(network, tree.head[0].in_shape[0])
    yield ""
    many = "Tensor | tuple[Tensor, ...]" if network.auxiliary else "Tensor"
    yield f"    def forward(self, x: Tensor) -> {many}:"
    if network.auxiliary:
        yield "        aside: list[Tensor] = []"
    shapes = {box.path: box.out_shape for box in tree.top}
    layers = (layer.path for layer in tree.head if layer.path != "normalize")
    for name in (*(stage.name for stage in network.stages), *layers):
        size = f"  # {grid(shapes[name])}" if name in shapes and shapes[name][1:] != (1, 1) else ""
        yield f"        x = self.{name}(x){size}"
        for one in network.auxiliary:
            if one.reads == name:
                yield "        if self.training:"
                yield f"            aside.append(self.{one.stage.name}(x))"
    if network.auxiliary:
        yield "        return (x, *aside) if self.training else x"
    else:
        yield "        return normalize(x, dim=1)" if _embeds(network) else "        return x"


def _output(network: Network) -> str:
    """The shape of what a network puts out."""
    if network.head.pools:
        return f"(N, {network.head.classes or 'features'})"
    channels, *grid_ = resolve(network).rows[-1].out_shape
    return f"(N, {channels})" if grid_ == [1, 1] else f"(N, {channels}, H, W)"


def _stage(stage: Stage, widths: Sequence[int], blocks: tuple[Block, ...]) -> Call:
    """The expression of a stage, given the channels that each of its blocks gets; equal blocks are a loop."""
    runs = [(one, len(list(run))) for one, run in groupby(zip(stage.blocks, widths, strict=True))]
    made: list[Call | str] = []
    for (node, channels), times in runs:
        one = _one(replace(stage, node=node, others=()), channels, blocks)
        made += [one] if times == 1 else [Call("*(", (f"{one} for _ in range({times})",))]
    return call("nn.Sequential", *made)


def _one(stage: Stage, channels: int, blocks: tuple[Block, ...]) -> Call:
    if isinstance(stage.node, Conv | Pool | Layer):
        return module(stage.node, {CONSTANT: channels}, Names(iter(map(str, filters(stage.node))), {}))[0]
    block = next(block for block in blocks if stage in block.stages)
    return call(block.name, str(channels), **block.arguments(stage))


def _head(network: Network, width: int) -> Iterator[str]:
    head = network.head
    yield "        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())"
    yield "        self.dropout = nn.Dropout(dropout)"
    if head.embedding:
        linear = f"nn.Linear({width}, {head.embedding}, bias=False)"
        normed = norm("BatchNorm1d", str(head.embedding), network.norm)
        yield from laid_out(call("nn.Sequential", linear, normed), 8, "self.embedding = ")
    if head.classes:
        yield f"        self.classifier = nn.Linear({head.embedding or width}, classes)"
