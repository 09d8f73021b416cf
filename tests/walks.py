"""What torch does, seen by hooks of the tests' own, and random specs to try it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import torch
from hypothesis import settings
from hypothesis import strategies as st
from torch import Tensor, nn

from irnet.models import PRESETS, network
from irnet.models.recipe import knobs, limits
from irnet.runtime.build import Model
from irnet.spec import (
    ACTIVATIONS,
    IDENTITY,
    NO_HEAD,
    Chain,
    Conv,
    Fork,
    Head,
    Layer,
    Merge,
    Network,
    Node,
    Norm,
    Padding,
    Pool,
    Residual,
    Shape,
    Stage,
    Subgraph,
)
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


@st.composite
def windows(draw: st.DrawFn) -> Node:
    """A convolution or pooling with anything that only networks of others have."""
    kernel, stride = draw(st.integers(1, 3) | st.tuples(SIDES, SIDES)), draw(st.integers(1, 2))
    valid: st.SearchStrategy[Padding] = st.just("valid")
    padding = draw(valid | st.tuples(*[st.integers(0, 1)] * 4))
    if draw(st.booleans()):
        op: Literal["max", "avg"] = draw(st.sampled_from(("max", "avg")))
        even = isinstance(padding, str) or padding[::2] == padding[1::2]
        fits_in = isinstance(kernel, int) and kernel > 1
        counts = op == "avg" and isinstance(padding, tuple) and any(padding) and (draw(st.booleans()) or not even)
        return Pool(op, kernel, stride, padding if fits_in else "valid", counts and fits_in, draw(st.booleans()))
    groups = draw(st.integers(1, 2))
    norm = draw(st.booleans() | st.builds(Norm, st.sampled_from([1e-5, 1e-4]), st.just(0.1)))
    activation = draw(st.sampled_from([None, *ACTIVATIONS]))
    filters, dilation = groups * draw(st.integers(1, 2)), draw(st.integers(1, 2))
    return Conv(filters, kernel, stride, padding, dilation, groups, draw(st.booleans()), norm, activation)


LAYERS = st.sampled_from(
    [
        IDENTITY,
        *map(Layer, ACTIVATIONS),
        Layer("batch_norm", (("eps", 1e-5),)),
        Layer("scale", (("factor", 0.5),)),
        Layer("pad", (("sides", (1, 0, 2, 1)), ("value", -1.0))),
        Layer("pad", (("sides", (0, 1)), ("value", None))),
        Layer("local_response_norm", (("alpha", 1e-4), ("beta", 0.75), ("k", 1.0), ("size", 3))),
        Layer("softmax", (("dim", 1), ("dtype", None))),
        Layer("leaky_relu", (("negative_slope", 0.2),)),
        Layer("hardtanh", (("max_val", 1.0), ("min_val", -0.5))),
        Layer("flip", (("dims", (2, 3)),)),
        Layer("elu", (("alpha", 0.5), ("input_scale", 2.0), ("scale", 1.5))),
    ]
)
GATE = Fork((IDENTITY, Chain((Layer("global_pool"), Layer("sigmoid")))), "mul")
LINEAR = Layer("linear", (("bias", True), ("features", 3)))
SHARED = Subgraph(  # of its second layer two read, and they meet across
    (
        Layer("tanh"),
        Layer("batch_norm", (("eps", 1e-3),)),
        Layer("relu"),
        Layer("mul"),
        Layer("scale", (("factor", 0.5),)),
        Layer("add"),
        Layer("softmax", (("dim", 1), ("dtype", None))),
    ),
    ((-1,), (0,), (1,), (1, 0), (2,), (4, 3), (5,)),
)


@st.composite
def networks_of_others(draw: st.DrawFn) -> Network:
    """A small network with what only networks of others have, all of the grammar that a picture can go through."""
    still: st.SearchStrategy[Node] = LAYERS | st.sampled_from([GATE, SHARED, Chain((Layer("relu"), SHARED))])
    body = st.lists(still, min_size=1, max_size=3).map(lambda nodes: Chain(tuple(nodes)))
    parts: list[Node] = draw(st.lists(windows() | body | sums(), min_size=1, max_size=4))
    stages = [Stage(f"s{i}", node) for i, node in enumerate(parts)]
    twins = draw(body), draw(body)
    stages.append(Stage("twins", twins[0], 4, others=((1, twins[1]), (3, twins[1]))))
    if headless := draw(st.booleans()):
        stages.append(Stage("logits", LINEAR if draw(st.booleans()) else Chain((Layer("flatten"), LINEAR))))
    head = NO_HEAD if headless else Head(draw(st.integers(0, 3)), 0.2, None)
    shape: Shape = (2 * draw(st.integers(1, 2)), draw(st.integers(9, 16)), draw(st.integers(9, 16)))
    return Network("random", tuple(stages), head, input_shape=shape)


@st.composite
def sums(draw: st.DrawFn) -> Node:
    """Branches that are summed or multiplied: two convolutions of one shape, or a layer beside the input."""
    merge: Merge = draw(st.sampled_from(("add", "mul")))
    if draw(st.booleans()):
        return Fork((IDENTITY, draw(LAYERS.filter(lambda one: one.kind != "pad"))), merge)
    one = draw(windows())
    other = Chain((Layer("relu"), one)) if draw(st.booleans()) else one
    return Fork((one, other), merge)


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
