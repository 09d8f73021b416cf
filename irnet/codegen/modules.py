"""Nodes as the expressions that make their modules; the names of the modules are those that `build` gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from irnet.codegen.layout import Call, Width, call, expression, total, width_of
from irnet.spec import Chain, Conv, Fork, Layer, Node, Norm, Pool, Residual, Subgraph, edges, pair, parts, with_parts
from irnet.tree.labels import describe

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

CONCAT = '''
class Concat(nn.Module):
    """Branches b0, b1, ... on one input, stacked along the channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(f"b{i}", branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)
'''

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


Numbers = Iterator[str]  # the filters of a node's convolutions in the order of `filters`, each a number or a name


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
    if isinstance(node, Conv):
        return replace(node, filters=1)
    return with_parts(node, [_bare(inner) for _, inner in parts(node)])


def module(node: Node, width: Width, numbers: Numbers) -> tuple[Call, Width]:
    """The expression that makes a node's module for an input of this width, and the width it puts out."""
    match node:
        case Conv():
            count = next(numbers)
            return _conv(node, expression(width), count), width_of(count)
        case Pool():
            return _pool(node), width
        case Chain(nodes):
            made, width = steps(nodes, width, numbers)
            return call("nn.Sequential", *made), width
        case Fork(nodes):
            made, out = branches(nodes, width, numbers)
            return call("Concat", *made), out
        case Residual(body, scale, relu, normed):
            inner, out = module(body, width, numbers)
            settings = {"scale": scale} | ({} if relu else {"relu": False}) | ({"norm": True} if normed else {})
            return call("Residual", inner, expression(out), expression(width), **settings), width
        case Layer() | Subgraph():
            raise ValueError(f"{describe(node)} can't be written as source yet")
        case _:
            assert_never(node)


def steps(nodes: tuple[Node, ...], width: Width, numbers: Numbers) -> tuple[list[Call], Width]:
    """The expressions of nodes that run one after another, and the width that the last puts out."""
    made = []
    for node in nodes:
        one, width = module(node, width, numbers)
        made.append(one)
    return made, width


def branches(nodes: tuple[Node, ...], width: Width, numbers: Numbers) -> tuple[list[Call], Width]:
    """The expressions of branches, and the width of what they put out together."""
    made, widths = zip(*(module(node, width, numbers) for node in nodes), strict=True)
    return list(made), total(widths)


def _conv(node: Conv, width: str, count: str) -> Call:
    kernel = pair(node.kernel)
    height, across = (side // 2 if node.padding == "same" else 0 for side in kernel)
    square = kernel[0] == kernel[1]
    arguments = [width, count]
    if kernel != (1, 1) or node.stride != 1:
        arguments.append(str(kernel[0] if square else kernel))
    settings = {"stride": node.stride} if node.stride != 1 else {}
    padding = {"padding": height if square else (height, across)} if height or across else {}
    return call("Conv", *arguments, **settings, **padding)


def _pool(node: Pool) -> Call:
    top, _, left, _ = edges(node)
    arguments = f"{node.kernel}, stride={node.stride}"
    padding = {"padding": top if top == left else (top, left)} if top or left else {}
    if node.op == "max":
        return call("nn.MaxPool2d", arguments, **padding)
    return call("nn.AvgPool2d", arguments, **padding, **({"count_include_pad": node.counts_padding} if padding else {}))


def norm(kind: str, count: str, settings: Norm) -> str:
    """The expression of a batch norm."""
    return f"nn.{kind}({count}, eps={settings.eps!r}, momentum={settings.momentum!r})"
