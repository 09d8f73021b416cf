"""Nodes in the words of the paper."""

from __future__ import annotations

from irnet.spec import Chain, Conv, Fork, Node, Pool, Residual, pair


def after_sum(node: Residual) -> tuple[str, ...]:
    """What follows the addition, in words.

    Examples
    --------
    >>> after_sum(Residual(Conv(8))), after_sum(Residual(Conv(8), relu=False, norm=True))
    (('ReLU',), ('batch norm', 'no ReLU'))
    """
    return (*(("batch norm",) if node.norm else ()), "ReLU" if node.relu else "no ReLU")


def notation(node: Conv | Pool) -> str:
    """A convolution or pooling in the paper's words.

    Examples
    --------
    >>> notation(Conv(96, 3, 2, "valid")), notation(Pool("max", 3, 2, "valid"))
    ('3x3 conv 96 /2 V', '3x3 max pool /2 V')
    >>> notation(Pool("avg")), notation(Pool("avg", counts_padding=True))
    ('3x3 avg pool', '3x3 avg pool, padding counted')
    """
    kh, kw = pair(node.kernel)
    what = f"conv {node.filters}" if isinstance(node, Conv) else f"{node.op} pool"
    stride = f" /{node.stride}" if node.stride > 1 else ""
    padded = ", padding counted" if isinstance(node, Pool) and node.counts_padding else ""
    return f"{kh}x{kw} {what}{stride}{' V' if node.padding == 'valid' else ''}{padded}"


def describe(node: Node) -> str:
    """A node on one line: `>` joins what runs one after another, `|` what runs side by side.

    Examples
    --------
    >>> describe(Fork((Pool("max", 3, 2, "valid"), Chain((Conv(64), Conv(96, 3))))))
    '(3x3 max pool /2 V | 1x1 conv 64 > 3x3 conv 96)'
    """
    match node:
        case Conv() | Pool():
            return notation(node)
        case Chain(nodes):
            return " > ".join(map(describe, nodes))
        case Fork(branches):
            return f"({' | '.join(map(describe, branches))})"
        case Residual(body, scale, relu, norm):
            return f"x + {scale:g} {describe(body)}{', batch norm' if norm else ''}{', ReLU' if relu else ''}"


def describe_operation(node: Conv | Pool) -> str:
    """A convolution or pooling in words.

    Examples
    --------
    >>> describe_operation(Conv(96, 3, 2, "valid"))
    '3x3 convolution, 96 filters, stride 2'
    """
    height, width = pair(node.kernel)
    what = f"convolution, {node.filters} filters" if isinstance(node, Conv) else f"{node.op} pooling"
    padded = ", counting its padding" if isinstance(node, Pool) and node.counts_padding else ""
    return f"{height}x{width} {what}{f', stride {node.stride}' if node.stride > 1 else ''}{padded}"


def short_notation(node: Node) -> str:
    """A node on one line, with what is inside a fork or residual left to its own box.

    Examples
    --------
    >>> short_notation(Chain((Conv(8), Fork((Conv(8), Conv(9))))))
    '1x1 conv 8 > 2 branches'
    """
    if isinstance(node, Conv | Pool):
        return notation(node)
    if isinstance(node, Chain):
        return " > ".join(map(short_notation, node.nodes))
    return f"{len(node.branches)} branches" if isinstance(node, Fork) else f"x + {node.scale:g} F(x)"
