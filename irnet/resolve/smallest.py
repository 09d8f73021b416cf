"""The smallest input that a network bears, from its last window back to its first."""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from irnet.resolve.field import Sides
from irnet.spec import Chain, Conv, Fork, Network, Node, Padding, Pool, Residual, pair


@lru_cache(maxsize=64)
def smallest_input(network: Network) -> int:
    """The smallest side, in pixels, of a square input that every window of `network` fits into.

    Examples
    --------
    >>> from irnet.models import network
    >>> smallest_input(network("inception_v4"))
    75
    """
    least: Sides = (1, 1)
    for stage in reversed(network.stages):
        for _ in range(stage.repeat):
            least = _input_for(stage.node, least)
    return max(least)


def _input_for(node: Node, out: Sides) -> Sides:
    """The smallest grid that `node` makes a grid of `out` from, or a larger one."""
    match node:
        case Conv() | Pool():
            kernel = pair(node.kernel)
            around = edges(kernel, node.padding)
            height, width = (
                max(1, (size - 1) * node.stride + k - 2 * edge)
                for size, k, edge in zip(out, kernel, around, strict=True)
            )
            return height, width
        case Chain(nodes):
            for child in reversed(nodes):
                out = _input_for(child, out)
            return out
        case Fork(branches):
            each = [_input_for(child, out) for child in branches]
            return max(height for height, _ in each), max(width for _, width in each)
        case Residual(body):
            height, width = _input_for(body, out)
            return max(height, out[0]), max(width, out[1])
        case _:
            assert_never(node)


def edges(kernel: Sides, padding: Padding) -> Sides:
    """Pixels added at the top and bottom each, and left and right."""
    return (kernel[0] // 2, kernel[1] // 2) if padding == "same" else (0, 0)
