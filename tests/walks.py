"""What torch does, seen by hooks of the tests' own, and random specs to try it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from hypothesis import settings
from hypothesis import strategies as st
from torch import Tensor, nn

from irnet.models import PRESETS, network
from irnet.models.recipe import knobs, limits
from irnet.runtime.build import Model
from irnet.spec import Chain, Conv, Fork, Head, Network, Node, Padding, Pool, Residual, Shape, Stage
from irnet.tree import Row, resolve, smallest_input


@dataclass(frozen=True, slots=True)
class Seen:
    """One module during one forward pass; shapes without the batch."""

    in_shape: tuple[int, ...]
    out_shape: tuple[int, ...]


def seen(model: Model, shape: Shape) -> dict[str, Seen]:
    """Every module's first input and output in a forward pass of a model on "meta"."""
    found: dict[str, Seen] = {}

    def look(path: str) -> Callable[[nn.Module, Sequence[Tensor], Tensor], None]:
        def hook(_module: nn.Module, given: Sequence[Tensor], made: Tensor) -> None:
            found[path] = Seen(tuple(given[0].shape[1:]), tuple(made.shape[1:]))

        return hook

    hooks = [module.register_forward_hook(look(path)) for path, module in model.named_modules()]
    with torch.no_grad():
        model(torch.empty(1, *shape, device="meta"))
    for hook in hooks:
        hook.remove()
    return found


def flat(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without the 1x1 grid that a vector has in the rows and not in torch."""
    return tuple(shape[:1]) if tuple(shape[1:]) == (1, 1) else tuple(shape)


def owner(path: str, rows: Mapping[str, int]) -> str:
    """The innermost row that a module is or lies in."""
    while path not in rows:
        path = path.rpartition(".")[0]
    return path


def torch_params(model: Model, rows: Sequence[Row]) -> dict[str, int]:
    """Parameters by row; each belongs to the innermost row around it."""
    found = dict.fromkeys((row.path for row in rows), 0)
    for name, parameter in model.named_parameters():
        found[owner(name, found)] += parameter.numel()
    return found


def torch_macs(model: Model, rows: Sequence[Row], shapes: Mapping[str, Seen]) -> dict[str, int]:
    """MACs by row, from the weights and outputs of torch's own layers."""
    found = dict.fromkeys((row.path for row in rows), 0)
    for path, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            found[owner(path, found)] += module.weight.numel() * prod(shapes[path].out_shape[1:])
        elif isinstance(module, nn.Linear):
            found[owner(path, found)] += module.weight.numel()
    return found


USUAL = settings.default
assert USUAL
FEWER = settings(max_examples=USUAL.max_examples // 2)  # of what takes long to try
SIDES = st.sampled_from([1, 3, 5])
FILTERS = st.integers(1, 4)
SAME = st.builds(Conv, FILTERS, SIDES | st.tuples(SIDES, SIDES)) | st.builds(
    Pool, st.sampled_from(["max", "avg"]), st.sampled_from([1, 3])
)


def _wider(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(nodes, min_size=1, max_size=3).map(tuple)
    scale = st.floats(0, 1)
    return (
        st.builds(Chain, several)
        | st.builds(Fork, several)
        | st.builds(Residual, nodes, scale, st.booleans(), st.booleans())
    )


STILL = st.recursive(SAME, _wider, max_leaves=6)  # nodes that keep the grid


@st.composite
def reductions(draw: st.DrawFn, gaps: bool) -> Node:
    """Branches that all end in the same window, so that they end on the same grid; it may leave gaps between steps."""
    kernel = draw(st.integers(1, 3))
    stride = draw(st.integers(1, 3 if gaps else kernel))
    padding: Padding = draw(st.sampled_from(["same", "valid"] if kernel % 2 else ["valid"]))
    window = st.just(kernel), st.just(stride), st.just(padding)
    ends: st.SearchStrategy[Node] = st.builds(Conv, FILTERS, *window)
    ends |= st.builds(Pool, st.sampled_from(["max", "avg"]), *window)
    before = st.lists(STILL, max_size=1)
    branch = st.builds(lambda nodes, end: Chain((*nodes, end)) if nodes else end, before, ends)
    return Fork(tuple(draw(st.lists(branch, min_size=1, max_size=3))))


@st.composite
def networks(draw: st.DrawFn, low: int = 1, high: int = 12, gaps: bool = True) -> Network:
    """A small network of all five node types; its windows may or may not fit."""
    parts = draw(st.lists(STILL | reductions(gaps), min_size=1, max_size=4))
    stages = tuple(Stage(f"s{i}", node, draw(st.integers(1, 2))) for i, node in enumerate(parts))
    shape: Shape = (draw(FILTERS), draw(st.integers(low, high)), draw(st.integers(low, high)))
    embedding = draw(st.none() | FILTERS)
    return Network("random", stages, Head(draw(st.integers(0, 3)), 0.2, embedding), input_shape=shape)


def fits(spec: Network) -> bool:
    """Whether all windows of a network fit, so that it can be run."""
    try:
        resolve(spec)
    except ValueError:
        return False
    return True


def knob_values(preset: str, knob: str) -> st.SearchStrategy[Any]:
    """Anything that the limits of a knob allow and that leaves a network that can be run."""
    limit, now = limits(PRESETS[preset])[knob], knobs(PRESETS[preset])[knob]
    if isinstance(now, bool):
        return st.booleans()
    if knob == "width":  # nearer values may round to the same filters
        return st.integers(int(limit.low / limit.step), int(limit.high / limit.step)).map(lambda n: n * limit.step)
    if isinstance(now, float):
        return st.floats(limit.low, limit.high)
    low = smallest_input(network(preset)) if knob == "input_size" else int(limit.low)
    whole = st.integers(low, int(limit.high))
    return whole | st.tuples(whole, whole) if knob == "input_size" else whole
