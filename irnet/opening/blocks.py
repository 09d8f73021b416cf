"""What a block is called where its nodes prove it: by what it consists of, never by what its author calls it."""

from __future__ import annotations

from collections.abc import Sequence

from irnet.spec import IDENTITY, Chain, Conv, Fork, Layer, Node, Pool, Residual, Subgraph, pair, reach

_ATTENTION = ("softmax", "scaled_dot_product_attention")


def block_title(node: Node) -> str:
    """What a block is called; "" where it is none of those that have a name.

    Examples
    --------
    >>> three = Chain((Conv(64), Conv(64, 3), Conv(256, activation=None)))
    >>> block_title(Chain((Fork((IDENTITY, three), "add"), Layer("relu"))))
    'Bottleneck block'
    >>> block_title(Chain((Conv(96), Conv(96, 3, groups=96), Conv(24, activation=None))))
    'Inverted residual'
    >>> block_title(Chain((Conv(16), Fork((Conv(64), Conv(64, 3))))))
    'Fire module'
    """
    steps = _steps(node)
    for find in (_residual, _inverted, _dense, _fire, _separable, _gate, _attention):
        title = find(steps)
        if title:
            return title
    return ""


def has_shortcut(title: str) -> bool:
    """Whether a block of this title may have a shortcut, which the first of a stage often has not, or another."""
    return title.startswith(("Residual", "Basic", "Bottleneck", "Inverted"))


def ends_by_itself(title: str) -> bool:
    """Whether a block of this title may end without a merge."""
    return title.startswith(("Inverted", "Depthwise separable"))


def _steps(node: Node) -> tuple[Node, ...]:
    return node.nodes if isinstance(node, Chain) else (node,)


def _bare(steps: Sequence[Node]) -> tuple[Node, ...]:
    """Steps without activations and norms of their own."""
    return tuple(step for step in steps if not (isinstance(step, Layer) and not step.out_shape and step != IDENTITY))


def _residual(steps: Sequence[Node]) -> str:
    """A sum of a shortcut and convolutions."""
    bare = _bare(steps)
    if len(bare) == 1 and isinstance(bare[0], Residual):
        return "Residual block"
    if len(bare) != 1 or not isinstance(bare[0], Fork) or bare[0].merge != "add" or len(bare[0].branches) != 2:
        return ""
    shortcut, body = sorted((_steps(branch) for branch in bare[0].branches), key=_length)
    if not all(step == IDENTITY or isinstance(step, Pool | Conv | Layer) for step in shortcut):
        return ""
    name = _inverted(body)
    if name:
        return name
    name = _named_by_kernels([step for step in body if isinstance(step, Conv)])
    return f"{name}{_with_gate(body)}" if name else "Residual block"


def _with_gate(steps: Sequence[Node]) -> str:
    return " with squeeze-and-excitation" if any(_gate((step,)) for step in steps) else ""


def _length(steps: Sequence[Node]) -> int:
    return sum(step != IDENTITY for step in steps)


def _named_by_kernels(convs: Sequence[Conv]) -> str:
    kernels = [pair(conv.kernel) for conv in convs]
    if kernels == [(3, 3), (3, 3)] and all(conv.groups == 1 for conv in convs):
        return "Basic block"
    if kernels == [(1, 1), (3, 3), (1, 1)]:
        return "Bottleneck block" if convs[1].groups == 1 else "Bottleneck block with groups, as in ResNeXt"
    return ""


def _is_depthwise(conv: Node) -> bool:
    return isinstance(conv, Conv) and conv.groups > 1 and conv.groups == conv.filters and reach(conv) != (1, 1)


def _inverted(steps: Sequence[Node]) -> str:
    """A 1x1 that widens, a depthwise convolution, a 1x1 that narrows and has no activation."""
    convs = [step for step in steps if isinstance(step, Conv)]
    others = [step for step in _bare(steps) if not isinstance(step, Conv) and not _gate((step,))]
    if others or len(convs) != 3:
        return ""
    widen, depth, narrow = convs
    ones = pair(widen.kernel) == pair(narrow.kernel) == (1, 1)
    if ones and _is_depthwise(depth) and narrow.activation is None and widen.filters > narrow.filters:
        return f"Inverted residual{_with_gate(steps)}"
    return ""


def _dense(steps: Sequence[Node]) -> str:
    """The input beside what convolutions make of it."""
    bare = _bare(steps)
    fork = bare[0] if len(bare) == 1 else None
    if isinstance(fork, Fork) and fork.merge == "concat" and len(fork.branches) == 2 and fork.branches[0] == IDENTITY:
        return "Dense layer"
    return ""


def _fire(steps: Sequence[Node]) -> str:
    """A 1x1 that narrows, then a 1x1 beside a 3x3."""
    if len(steps) != 2 or not isinstance(steps[0], Conv) or not isinstance(steps[1], Fork):
        return ""
    squeeze, expand = steps[0], steps[1].branches
    convs = [branch for branch in expand if isinstance(branch, Conv)]
    kernels = sorted(pair(conv.kernel) for conv in convs)
    is_fire = pair(squeeze.kernel) == (1, 1) and kernels == [(1, 1), (3, 3)] and len(expand) == len(convs)
    return "Fire module" if is_fire else ""


def _separable(steps: Sequence[Node]) -> str:
    """A depthwise convolution, then a 1x1."""
    convs = [step for step in _bare(steps) if isinstance(step, Conv)]
    if len(convs) == 2 == len(_bare(steps)) and _is_depthwise(convs[0]) and pair(convs[1].kernel) == (1, 1):
        return "Depthwise separable convolution"
    return ""


def _gate(steps: Sequence[Node]) -> str:
    """Channels multiplied by what an average over the grid says of them."""
    fork = steps[0] if len(steps) == 1 else None
    if not isinstance(fork, Fork) or fork.merge != "mul" or IDENTITY not in fork.branches:
        return ""
    gates = [_steps(branch) for branch in fork.branches if branch != IDENTITY]
    pooled = len(gates) == 1 and isinstance(gates[0][0], Layer) and gates[0][0].kind == "global_pool"
    return "Squeeze-and-excitation" if pooled else ""


def _attention(steps: Sequence[Node]) -> str:
    graphs = [step for step in steps if isinstance(step, Subgraph)]
    if len(graphs) == 1 and any(layer.kind in _ATTENTION for layer in graphs[0].layers):
        return "Attention"
    return ""
