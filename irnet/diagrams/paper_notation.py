"""The words and marks that the paper's figures have on their boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from irnet.diagrams.drawing import out_shape
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual, Stage, pair
from irnet.tree import Row, resolve
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
    rows = {row.path: row for row in resolve(network).rows}
    path, first = f"{stage.name}.0", next(row for row in rows.values() if row.path.startswith(f"{stage.name}.0"))
    residual = isinstance(stage.node, Residual)
    given, put = grid(first.in_shape), grid(out_shape(rows, stage.node, path))
    ends = {"input": (f"{'Relu activation' if residual else 'Input'}  {given}", ""), "output": (f"Output  {put}", "")}
    if letters:
        ends |= {"input": ("Input", ""), "output": ("Output", "")}
    return ends | dict(_walk(rows, stage.node, path, letters or {}))


def _walk(
    rows: Mapping[str, Row], node: Node, path: str, letters: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    match node:
        case Conv(filters):
            marks = _marks(node)
            title = f"{_size(node)} Conv ({' '.join((letters.get(path, str(filters)), *marks))})"
            yield path, (title, "" if letters else grid(rows[path].out_shape))
        case Pool(op):
            name, marks = {"max": "MaxPool", "avg": "Avg Pooling"}[op], _marks(node)
            title = f"{_size(node)} {name}" + (f" ({' '.join(marks)})" if marks else "")
            yield path, (title, "" if letters else grid(rows[path].out_shape))
        case Chain(nodes):
            for i, child in enumerate(nodes):
                yield from _walk(rows, child, f"{path}.{i}", letters)
        case Fork(branches):
            for i, child in enumerate(branches):
                yield from _walk(rows, child, f"{path}.b{i}", letters)
            widths = " + ".join(map(str, _widths(rows, node, path)))
            yield path, ("Filter concat" if letters else f"Filter concat  {widths} = {grid(rows[path].out_shape)}", "")
        case Residual(body, scale):
            yield from _walk(rows, body, f"{path}.body", letters)
            yield f"{path}.project", (f"1x1 Conv ({rows[path].out_shape[0]} Linear)", "")
            yield f"{path}.scale", (f"x {scale:g}", "")
            yield path, (f"+  and {'Relu activation' if node.relu else 'no activation'}", "")


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


def _widths(rows: Mapping[str, Row], node: Fork, path: str) -> Iterator[int]:
    """Channels of every branch; those of an inner fork that ends one are told one by one, as they are drawn."""
    for i, child in enumerate(node.branches):
        inside = f"{path}.b{i}"
        if isinstance(child, Chain) and isinstance(child.nodes[-1], Fork):
            yield from _widths(rows, child.nodes[-1], f"{inside}.{len(child.nodes) - 1}")
        else:
            yield out_shape(rows, child, inside)[0]
