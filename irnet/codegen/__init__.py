"""A network as PyTorch source that a person could have written: it needs torch and nothing else.

Modules go by the names that `irnet.build` gives them, so a state dict of the one fits the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from irnet.codegen.blocks import TAKEN, Block, blocks_of, class_of, unused_name
from irnet.codegen.layout import CONSTANT, Call, call, camel, docstring, laid_out
from irnet.codegen.modules import CONCAT, CONV, RESIDUAL, filters, module, norm
from irnet.edit import network as network_of
from irnet.spec import Conv, Network, Pool, Stage
from irnet.tree import resolve
from irnet.units import exact, grid, sides

__all__ = ["class_name", "code"]


def class_name(network: Network) -> str:
    """What the class of a whole network is called.

    Examples
    --------
    >>> from irnet.models import network
    >>> class_name(network("inception_resnet_v2.tf_slim"))
    'InceptionResNetV2'
    """
    taken = TAKEN | {block.name for block in blocks_of(network.stages)}
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
        if not stage.name.isidentifier():
            raise ValueError(f"a stage called {stage.name!r} can't be an attribute of a Python class")
    classes = [class_of(block, network.norm) for block in blocks_of(network.stages)]
    classes.append(list(_whole(network)))
    text = "\n".join(line for lines in classes for line in lines)
    helpers = {
        "Conv": CONV.format(norm=norm("BatchNorm2d", "filters", network.norm)),
        "Concat": CONCAT,
        "Residual": RESIDUAL.format(norm=norm("BatchNorm2d", "channels", network.norm)),
    }
    needed = [helper.strip() for name, helper in helpers.items() if re.search(rf"(?<!\w){name}\(", text)]
    return "\n\n\n".join([_top(network, "".join((*needed, text))), *needed, *map("\n".join, classes)]) + "\n"


def _top(network: Network, text: str) -> str:
    """The docstring of the file, and what its text imports."""
    about = docstring(
        0,
        f"{network.label}: {network.source.ref}.",
        f"From Szegedy et al. 2016, arXiv 1602.07261, as irnet writes it down. {network.source.note}",
        "Modules have the names that irnet.build gives them: its state dict loads here as it is.",
    )
    torch = ["import torch"] if "torch." in text else []
    functional = ["from torch.nn.functional import normalize"] if _embeds(network) else []
    return "\n".join([*about, "", *torch, "from torch import Tensor, nn", *functional])


def _embeds(network: Network) -> bool:
    """Whether what is put out is an embedding of unit length."""
    return bool(network.head.embedding and not network.head.classes)


def _whole(network: Network) -> Iterator[str]:
    """The class of the whole network."""
    tree, height_width = resolve(network), sides(network.input_shape[1:])
    params, errata = exact(sum(row.params for row in tree.rows)), (e.id for e in network.source.errata)
    known = ", ".join(errata)
    head = network.head
    yield f"class {class_name(network)}(nn.Module):"
    yield from docstring(
        4,
        f"{network.label}: (N, {network.input_shape[0]}, H, W) to "
        + (f"(N, {head.classes})." if head.classes else "(N, features)."),
        f"{params} parameters. Shapes below are height x width x channels for an input of {height_width} pixels."
        + (f" Errata: {known}." if known else ""),
    )
    yield ""
    arguments = [f"classes: int = {head.classes}"] if head.classes else []
    yield from laid_out(
        Call("def __init__(", ("self", *arguments, f"dropout: float = {head.dropout}"), ") -> None:"), 4
    )
    yield "        super().__init__()"
    for stage, box in tree.stages:
        widths = [block.in_shape[0] for block in tree.children(stage.name)] if box else []
        yield from laid_out(_stage(stage, widths, blocks_of(network.stages)), 8, f"self.{stage.name} = ")
    yield from _head(network, tree.head[0].in_shape[0])
    yield ""
    yield "    def forward(self, x: Tensor) -> Tensor:"
    shapes = {box.path: box.out_shape for box in tree.top}
    layers = (layer.path for layer in tree.head if layer.path != "normalize")
    for name in (*(stage.name for stage in network.stages), *layers):
        size = f"  # {grid(shapes[name])}" if name in shapes and shapes[name][1:] != (1, 1) else ""
        yield f"        x = self.{name}(x){size}"
    yield "        return normalize(x, dim=1)" if _embeds(network) else "        return x"


def _stage(stage: Stage, widths: Sequence[int], blocks: tuple[Block, ...]) -> Call:
    """The expression of a stage, given the channels that each of its blocks gets; equal blocks are a loop."""
    runs = [(channels, len(list(run))) for channels, run in groupby(widths)]
    made: list[Call | str] = []
    for channels, times in runs:
        one = _one(stage, channels, blocks)
        made += [one] if times == 1 else [Call("*(", (f"{one} for _ in range({times})",))]
    return call("nn.Sequential", *made)


def _one(stage: Stage, channels: int, blocks: tuple[Block, ...]) -> Call:
    if isinstance(stage.node, Conv | Pool):
        return module(stage.node, {CONSTANT: channels}, iter(map(str, filters(stage.node))))[0]
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
