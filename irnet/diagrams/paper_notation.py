"""The words and marks that the paper's figures have on their boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from irnet.spec import Chain, Conv, Fork, Network, Pool, Residual, Stage, pair
from irnet.tree import Box, Tree, resolve
from irnet.units import grid

Texts = Mapping[str, tuple[str, str]]  # path -> title and detail


def paper_texts(network: Network, stage: Stage, letters: Mapping[str, str] | None = None) -> Texts:
    """Title and detail of every box of a stage's first block, in the paper's words.

    Parameters
    ----------
    letters
        By path, what stands for a number of filters, as in Figure 7; sizes that depend on them are left out.

    Examples
    --------
    >>> from irnet.models import network
    >>> spec = network("inception_v4")
    >>> paper_texts(spec, spec.stages[2])["reduction_a.0.b1"]
    ('3x3 Conv (384 stride 2 V)', '17x17x384')
    """
    tree = resolve(network)
    box, residual = tree[f"{stage.name}.0"], isinstance(stage.node, Residual)
    ends = {
        "input": (f"{'Relu activation' if residual else 'Input'}  {grid(box.in_shape)}", ""),
        "output": (f"Output  {grid(box.out_shape)}", ""),
    }
    if letters:
        ends |= {"input": ("Input", ""), "output": ("Output", "")}
    return ends | dict(_texts(tree, box, letters or {}))


def _texts(tree: Tree, box: Box, letters: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    size = grid(box.out_shape)
    for child in tree.children(box.path) if box.op == "group" else ():
        yield from _texts(tree, child, letters)
    match box.node:
        case Conv(filters):
            title = f"{_size(box.node)} Conv ({' '.join((letters.get(box.path, str(filters)), *_marks(box.node)))})"
            yield box.path, (title, "" if letters else size)
        case Pool(op):
            name, marks = {"max": "MaxPool", "avg": "Avg Pooling"}[op], _marks(box.node)
            title = f"{_size(box.node)} {name}" + (f" ({' '.join(marks)})" if marks else "")
            yield box.path, (title, "" if letters else size)
        case Fork():
            widths = " + ".join(map(str, _widths(tree, box)))
            yield box.path, ("Filter concat" if letters else f"Filter concat  {widths} = {size}", "")
        case Residual(_, scale, relu):
            yield f"{box.path}.project", (f"1x1 Conv ({box.out_shape[0]} Linear)", "")
            yield f"{box.path}.scale", (f"x {scale:g}", "")
            yield box.path, (f"+  and {'Relu activation' if relu else 'no activation'}", "")


def _marks(node: Conv | Pool) -> list[str]:
    counted = isinstance(node, Pool) and node.counts_padding
    return [
        *([f"stride {node.stride}"] if node.stride > 1 else []),
        *(["V"] if node.padding == "valid" else []),
        *(["padding counted"] if counted else []),
    ]


def _size(node: Conv | Pool) -> str:
    height, width = pair(node.kernel)
    return f"{height}x{width}"


def _widths(tree: Tree, box: Box) -> Iterator[int]:
    """Channels of every branch; those of an inner fork that ends one are given one by one, as they are drawn."""
    for child in tree.children(box.path)[:-1]:
        last = tree.children(child.path)[-1] if isinstance(child.node, Chain) else child
        if last is not child and isinstance(last.node, Fork):
            yield from _widths(tree, last)
        else:
            yield child.out_shape[0]
