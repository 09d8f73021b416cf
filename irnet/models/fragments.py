"""Pieces that more than one network uses."""

from __future__ import annotations

from irnet.spec import Auxiliary, Chain, Conv, Fork, Kernel, Node, Padding, Pool, Source, Stage

MAX = Pool("max", 3, stride=2, padding="valid")
AVG = Pool("avg", 3)


def conv(filters: int, kernel: Kernel = 1, stride: int = 1, padding: Padding = "same") -> Conv:
    """Shorthand, so that a block reads like its figure."""
    return Conv(filters, kernel, stride, padding)


def down(filters: int) -> Conv:
    """The convolution that halves a grid: "3x3, stride 2, V" in the figures."""
    return conv(filters, 3, 2, "valid")


def chain(*nodes: Node) -> Node:
    """Nodes one after another; one alone stays itself."""
    return nodes[0] if len(nodes) == 1 else Chain(nodes)


def fork(*branches: Node | tuple[Node, ...]) -> Fork:
    """Branches from left to right; a tuple is a branch of several nodes."""
    return Fork(tuple(chain(*b) if isinstance(b, tuple) else b for b in branches))


def pool_last(block: Fork) -> Fork:
    """`block` with its pooling branch moved to the end of the concatenation, as every release orders it.

    Examples
    --------
    >>> pool_last(fork(MAX, conv(8))) == fork(conv(8), MAX)
    True
    """

    def pools(branch: Node) -> bool:
        return isinstance(branch.nodes[0] if isinstance(branch, Chain) else branch, Pool)

    return Fork(tuple(sorted(block.branches, key=pools)))


def side(reads: str, ref: str, *nodes: Node, name: str = "aux", note: str = "") -> Auxiliary:
    """An auxiliary head without its classifier, which a recipe adds."""
    title = f"Auxiliary head {name.removeprefix('aux')}".rstrip()
    return Auxiliary(Stage(name, Chain(nodes), 1, title, "tail", Source(ref, note)), reads)


def side_slim(reads: str, ref: str) -> Auxiliary:
    """The auxiliary head that TF-slim gives Inception-v3, v4 and Inception-ResNet-v2."""
    note = "Its second convolution is as large as the grid there: 5x5 for pictures of 299 pixels."
    return side(reads, ref, Pool("avg", 5, 3, "valid"), conv(128), conv(768, 5, 1, "valid"), note=note)


STEM_V3 = (conv(32, 3, 2, "valid"), conv(32, 3, 1, "valid"), conv(64, 3), MAX, conv(80), conv(192, 3, 1, "valid"))


def reduction_a(k: int, l: int, m: int, n: int) -> Fork:
    """Figure 7, 35x35 to 17x17; k, l, m, n are the letters of Table 1."""
    return fork(MAX, down(n), (conv(k), conv(l, 3), down(m)))
