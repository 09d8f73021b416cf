"""Nodes as the expressions that make their modules; the names of the modules are those that `build` gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from irnet.codegen.layers import ACTIVATIONS, layer, out_width
from irnet.codegen.layout import Call, Width, call, expression, total, widest, width_of
from irnet.spec import (
    Chain,
    Conv,
    Edges,
    Fork,
    Layer,
    Merge,
    Node,
    Norm,
    Pool,
    Residual,
    Subgraph,
    edges,
    pair,
    parts,
    with_parts,
)

CONV = '''
class Conv(nn.Module):
    """Convolution without bias, batch norm, ReLU."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int | tuple[int, int] = 1,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, kernel, stride, padding, bias=False)
        self.bn = {norm}

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(x)))
'''

ANY_CONV = '''
class Conv(nn.Module):
    """Convolution, batch norm and activation, after an uneven padding if there is one.

    `edges` are pixels at the left, right, top and bottom.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int | tuple[int, int] = 1,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
        *,
        edges: tuple[int, int, int, int] | None = None,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
        norm: bool = True,
        eps: float = {norm.eps!r},
        momentum: float = {norm.momentum!r},
        activation: type[nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        self.pad = nn.ZeroPad2d(edges) if edges else nn.Identity()
        self.conv = nn.Conv2d(
            channels, filters, kernel, stride, padding, dilation, groups, bias
        )
        self.bn = nn.BatchNorm2d(filters, eps, momentum) if norm else nn.Identity()
        self.activation = activation()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.activation(self.bn(self.conv(self.pad(x))))
        return out
'''

_FORK = '''
class {name}(nn.Module):
    """Branches b0, b1, ... on one input, {how}."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(f"b{{i}}", branch)

    def forward(self, x: Tensor) -> Tensor:
{forward}
'''
_TOGETHER = """\
        first, *others = [branch(x) for branch in self.children()]
        out: Tensor = first
        for other in others:
            out = out {sign} other
        return out"""
_STACKED = "        return torch.cat([branch(x) for branch in self.children()], dim=1)"
MERGES: dict[Merge, str] = {"concat": "Concat", "add": "Sum", "mul": "Product"}
FORKS = {
    "Concat": _FORK.format(name="Concat", how="stacked along the channels", forward=_STACKED),
    "Sum": _FORK.format(name="Sum", how="summed", forward=_TOGETHER.format(sign="+")),
    "Product": _FORK.format(name="Product", how="multiplied", forward=_TOGETHER.format(sign="*")),
}

RESIDUAL = '''
class Residual(nn.Module):
    """x + scale * project(body(x)), batch norm where asked for, then ReLU."""

    def __init__(
        self,
        body: nn.Module,
        inner: int,
        channels: int,
        scale: float,
        relu: bool = True,
        norm: bool = False,
    ) -> None:
        super().__init__()
        self.body = body
        self.project = nn.Conv2d(inner, channels, 1)
        self.scale = scale
        self.bn = {norm} if norm else None
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.scale * self.project(self.body(x))
        x = x if self.bn is None else self.bn(x)
        return torch.relu(x) if self.relu else x
'''


@dataclass(frozen=True, slots=True)
class Names:
    """What the source calls what a node does not say itself."""

    filters: Iterator[str]  # of its convolutions in the order of `filters`, each a number or a name
    subgraphs: Mapping[Node, str]  # their classes


def filters(node: Node) -> tuple[int, ...]:
    """The filters of every convolution in a node, in order.

    Examples
    --------
    >>> filters(Fork((Conv(8), Chain((Conv(4), Conv(6, 3))))))
    (8, 4, 6)
    """
    if isinstance(node, Conv):
        return (node.filters,)
    return tuple(count for _, inner in parts(node) for count in filters(inner))


def skeleton(node: Node) -> Node:
    """A node without what constructor arguments can say: filters, and the outermost residual's scale and ReLU."""
    if isinstance(node, Residual):
        return replace(node, body=_bare(node.body), scale=1.0, relu=True)
    return _bare(node)


def _bare(node: Node) -> Node:
    if isinstance(node, Conv):  # of several groups, two filters are one a channel, and more are any number
        groups = 2 if _is_depthwise(node) else node.groups
        return replace(node, filters=1 if groups == 1 else 2 if _is_depthwise(node) else 2 * groups, groups=groups)
    return with_parts(node, [_bare(inner) for _, inner in parts(node)])


def _is_depthwise(node: Conv) -> bool:
    return node.filters == node.groups > 1


def module(node: Node, width: Width, names: Names) -> tuple[Call, Width]:
    """The expression that makes a node's module for an input of this width, and the width it puts out."""
    match node:
        case Conv():
            count = next(names.filters)
            made, width = _conv(node, expression(width), count), width_of(count)
        case Pool():
            made = _pool(node)
        case Chain(nodes):
            each, width = steps(nodes, width, names)
            made = call("nn.Sequential", *each)
        case Fork(merge=merge):
            each, width = branches(node, width, names)
            made = call(MERGES[merge], *each)
        case Residual(body, scale, relu, normed):
            inner, out = module(body, width, names)
            settings = {"scale": scale} | ({} if relu else {"relu": False}) | ({"norm": True} if normed else {})
            made = call("Residual", inner, expression(out), expression(width), **settings)
        case Layer():
            made, width = layer(node, width), out_width(node, width)
        case Subgraph():
            made, width = call(names.subgraphs[node], expression(width)), widths_of(node, width)[-1]
        case _:
            assert_never(node)
    return made, width


def widths_of(node: Subgraph, width: Width) -> tuple[Width, ...]:
    """The width that each layer of a subgraph puts out."""
    found: list[Width] = []
    for one, sources in zip(node.layers, node.reads, strict=True):
        found.append(out_width(one, width if sources[0] < 0 else found[sources[0]]))
    return tuple(found)


def steps(nodes: tuple[Node, ...], width: Width, names: Names) -> tuple[list[Call], Width]:
    """The expressions of nodes that run one after another, and the width that the last puts out."""
    made = []
    for node in nodes:
        one, width = module(node, width, names)
        made.append(one)
    return made, width


def branches(fork: Fork, width: Width, names: Names) -> tuple[list[Call], Width]:
    """The expressions of branches, and the width of what they put out together."""
    made, widths = zip(*(module(node, width, names) for node in fork.branches), strict=True)
    return list(made), total(widths) if fork.merge == "concat" else widest(*widths)


def _conv(node: Conv, width: str, count: str) -> Call:
    kernel = pair(node.kernel)
    square = kernel[0] == kernel[1]
    arguments = [width, count]
    if kernel != (1, 1) or node.stride != 1:
        arguments.append(str(kernel[0] if square else kernel))
    settings: dict[str, object] = {"stride": node.stride} if node.stride != 1 else {}
    return call("Conv", *arguments, **settings, **_padding(node), **_unusual(node, count))


def _padding(node: Conv | Pool) -> dict[str, object]:
    """An even padding; an uneven one stands before the window."""
    top, bottom, left, right = edges(node)
    if (top, left) != (bottom, right) or not (top or left):
        return {}
    return {"padding": top if top == left else (top, left)}


def around(node: Conv | Pool) -> Edges | None:
    """What an uneven padding adds at the left, right, top and bottom; None where it is even."""
    top, bottom, left, right = edges(node)
    return (left, right, top, bottom) if (top, left) != (bottom, right) else None


def _unusual(node: Conv, count: str) -> dict[str, object]:
    """What a convolution has that the paper's don't."""
    found: dict[str, object] = {"edges": around(node)} if around(node) else {}
    found |= {"dilation": node.dilation} if node.dilation > 1 else {}
    found |= {"groups": count if _is_depthwise(node) else node.groups} if node.groups > 1 else {}
    found |= {"bias": True} if node.bias else {}
    if isinstance(node.norm, Norm):
        found |= {"eps": node.norm.eps, "momentum": node.norm.momentum}
    elif not node.norm:
        found["norm"] = False
    if node.activation != "relu":
        found["activation"] = ACTIVATIONS[node.activation] if node.activation else "nn.Identity"
    return found


def _pool(node: Pool) -> Call:
    arguments, padding, sides = f"{node.kernel}, stride={node.stride}", _padding(node), around(node)
    ceil = {"ceil_mode": True} if node.rounds_up else {}
    counted = {"count_include_pad": node.counts_padding} if padding and node.op == "avg" else {}
    pool = call("nn.MaxPool2d" if node.op == "max" else "nn.AvgPool2d", arguments, **padding, **ceil, **counted)
    if sides is None:
        return pool
    if node.op == "avg" and not node.counts_padding:
        raise ValueError(f"an average that is padded by {edges(node)} without counting it can't be written as source")
    pad = call("nn.ConstantPad2d", str(sides), 'float("-inf")' if node.op == "max" else "0.0")
    return call("nn.Sequential", pad, pool)


def norm(kind: str, count: str, settings: Norm) -> str:
    """The expression of a batch norm."""
    return f"nn.{kind}({count}, eps={settings.eps!r}, momentum={settings.momentum!r})"
