"""Nodes in the words of the paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from irnet.spec import IDENTITY, Chain, Conv, Fork, Layer, Node, Pool, Residual, Stage, Subgraph, edges, pair, parts

ACTIVATION_NAMES = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "silu": "SiLU",
    "hardswish": "hard swish",
    "hardsigmoid": "hard sigmoid",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "mish": "Mish",
    "gelu": "GELU",
}
LAYER_NAMES = ACTIVATION_NAMES | {
    "batch_norm": "batch norm",
    "global_pool": "average over the grid",
    "identity": "the input itself",
    "local_response_norm": "local response norm",
    "prelu": "PReLU",
}
JOINTS = {"concat": " | ", "add": " + ", "mul": " * "}
MERGED = {"concat": "branches", "add": "summed branches", "mul": "multiplied branches"}


def after_sum(node: Residual) -> tuple[str, ...]:
    """What follows the addition, in words.

    Examples
    --------
    >>> after_sum(Residual(Conv(8))), after_sum(Residual(Conv(8), relu=False, norm=True))
    (('ReLU',), ('batch norm', 'no ReLU'))
    """
    return (*(("batch norm",) if node.norm else ()), "ReLU" if node.relu else "no ReLU")


def notation(node: Conv | Pool | Layer) -> str:
    """A convolution, pooling or other layer in the paper's words.

    Examples
    --------
    >>> notation(Conv(96, 3, 2, "valid")), notation(Pool("max", 3, 2, "valid"))
    ('3x3 conv 96 /2 V', '3x3 max pool /2 V')
    >>> notation(Pool("avg")), notation(Pool("avg", counts_padding=True))
    ('3x3 avg pool', '3x3 avg pool, padding counted')
    >>> notation(Conv(96, 3, groups=96, activation=None)), notation(Layer("linear", (("features", 10),)))
    ('3x3 conv 96, 96 groups, no ReLU', 'linear 10')
    """
    if isinstance(node, Layer):
        return _layer(node)
    kh, kw = pair(node.kernel)
    what = f"conv {node.filters}" if isinstance(node, Conv) else f"{node.op} pool"
    stride = f" /{node.stride}" if node.stride > 1 else ""
    return ", ".join((f"{kh}x{kw} {what}{stride}{' V' if node.padding == 'valid' else ''}", *_unusual(node)))


def _layer(layer: Layer) -> str:
    name = LAYER_NAMES.get(layer.kind, layer.kind.replace("_", " "))
    match layer.kind:
        case "linear":
            return f"linear {layer.setting('features')}"
        case "scale":
            return f"x {layer.setting('factor'):g}"
        case _:
            return name


def _unusual(node: Conv | Pool) -> tuple[str, ...]:
    """What a window has that those of the paper don't."""
    found = []
    if isinstance(node.padding, tuple):
        top, bottom, left, right = edges(node)
        even = (top, left) == (bottom, right)
        found.append(f"padded by {f'{top}x{left}' if even else f'{top}, {bottom}, {left}, {right}'}")
    if isinstance(node, Pool):
        return (*found, *["padding counted"] * node.counts_padding, *["rounded up"] * node.rounds_up)
    found += [f"dilation {node.dilation}"] * (node.dilation > 1) + [f"{node.groups} groups"] * (node.groups > 1)
    found += ["bias"] * node.bias + ["no batch norm"] * (node.norm is False)
    found += ["batch norm of its own"] * (not isinstance(node.norm, bool))
    if node.activation != "relu":
        found.append(ACTIVATION_NAMES[node.activation] if node.activation else "no ReLU")
    return tuple(found)


def describe(node: Node) -> str:
    """A node on one line: `>` joins what runs one after another, `|`, `+` and `*` what runs side by side.

    Examples
    --------
    >>> describe(Fork((Pool("max", 3, 2, "valid"), Chain((Conv(64), Conv(96, 3))))))
    '(3x3 max pool /2 V | 1x1 conv 64 > 3x3 conv 96)'
    """
    match node:
        case Conv() | Pool() | Layer():
            return notation(node)
        case Chain(nodes):
            return " > ".join(map(describe, nodes))
        case Fork(branches, merge):
            return f"({JOINTS[merge].join(map(describe, branches))})"
        case Residual(body, scale, relu, norm):
            return f"x + {scale:g} {describe(body)}{', batch norm' if norm else ''}{', ReLU' if relu else ''}"
        case Subgraph(layers):
            return f"[{', '.join(map(describe, layers))}]"


def differing(one: Node, two: Node) -> tuple[str, ...]:
    """What two nodes differ in, by the names of the settings; "layers" where one has what the other has not.

    Examples
    --------
    >>> differing(Chain((Conv(8), Conv(9))), Chain((Conv(8), Conv(9, 3, 2)))), differing(Conv(8), Pool("max"))
    (('kernel', 'stride'), ('layers',))
    """
    if IDENTITY in (one, two):
        return ("shortcut",)
    inner, other = parts(one), parts(two)
    if type(one) is not type(two) or len(inner) != len(other):
        return ("layers",)
    if inner:
        found = [name for (_, a), (_, b) in zip(inner, other, strict=True) if a != b for name in differing(a, b)]
        return tuple(dict.fromkeys(found)) or (("layers",) if one != two else ())
    return tuple(
        part.name.replace("_", " ") for part in fields(one) if getattr(one, part.name) != getattr(two, part.name)
    )


def describe_operation(node: Conv | Pool | Layer) -> str:
    """A convolution, pooling or other layer in words.

    Examples
    --------
    >>> describe_operation(Conv(96, 3, 2, "valid"))
    '3x3 convolution, 96 filters, stride 2'
    """
    if isinstance(node, Layer):
        return _layer(node)
    height, width = pair(node.kernel)
    what = f"convolution, {node.filters} filters" if isinstance(node, Conv) else f"{node.op} pooling"
    unusual = ("counting its padding" if words == "padding counted" else words for words in _unusual(node))
    stride = [f"stride {node.stride}"] if node.stride > 1 else []
    return ", ".join((f"{height}x{width} {what}", *stride, *unusual))


def short_notation(node: Node) -> str:
    """A node on one line, with what is inside a fork, residual or subgraph left to its own box.

    Examples
    --------
    >>> short_notation(Chain((Conv(8), Fork((Conv(8), Conv(9))))))
    '1x1 conv 8 > 2 branches'
    """
    match node:
        case Conv() | Pool() | Layer():
            return notation(node)
        case Chain(nodes):
            return " > ".join(map(short_notation, nodes))
        case Fork(branches, merge):
            return f"{len(branches)} {MERGED[merge]}"
        case Residual():
            return f"x + {node.scale:g} F(x)"
        case Subgraph(layers):
            kinds = {layer.kind for layer in layers}
            attends = any("attention" in kind for kind in kinds) or ("softmax" in kinds and kinds & {"matmul", "bmm"})
            return f"{'attention: ' if attends else ''}{len(layers)} operations"


def unlike(node: Node, others: Iterable[Node]) -> str:
    """What other nodes differ in from a node, in words; "" where they are equal."""
    found = dict.fromkeys(name for other in others for name in differing(node, other))
    return f"differing in {', '.join(found)}" if found else ""


def differing_blocks(stage: Stage) -> str:
    """What the blocks of a stage differ in, in words; "" where they are alike.

    Examples
    --------
    >>> differing_blocks(Stage("s", Conv(8), 3, others=((2, Conv(9)),)))
    'differing in filters'
    """
    return unlike(stage.node, (node for _, node in stage.others))
