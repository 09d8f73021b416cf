"""The figures of arXiv 1602.07261v2: which there are, what is on their boxes, and what departs from the print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.models import PRESETS
from irnet.models.errata import ERRATA
from irnet.models.recipe import knobs
from irnet.spec import Chain, Conv, Fork, Network, Pool, Residual, Stage, pair
from irnet.tree import Box, Tree, resolve
from irnet.units import grid

_V4, _V1, _V2 = "inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper"
_UNSCALED = "The print has no scaling here: that is Figure 20's."
_SIZES = "Sizes in grey are computed, not printed."
_COUNTS = "Counts in the boxes are computed, not printed."


@dataclass(frozen=True, slots=True)
class PaperFigure:
    """One figure of arXiv 1602.07261v2."""

    number: int
    preset: str
    stage: str  # "" is the whole network
    departs: tuple[str, ...] = ()  # from the print, beside the errata of its stage
    letters: bool = False  # filters are k, l, m, n
    schema: bool = False  # no part of one network


PAPER_FIGURES = (
    PaperFigure(3, _V4, "stem"),
    PaperFigure(4, _V4, "inception_a", (_SIZES,)),
    PaperFigure(5, _V4, "inception_b", (_SIZES,)),
    PaperFigure(6, _V4, "inception_c", (_SIZES,)),
    PaperFigure(7, _V4, "reduction_a", letters=True),
    PaperFigure(8, _V4, "reduction_b", (_SIZES,)),
    PaperFigure(9, _V4, "", (_COUNTS,)),
    PaperFigure(10, _V1, "block_a", (_UNSCALED, _SIZES)),
    PaperFigure(11, _V1, "block_b", (_UNSCALED, _SIZES)),
    PaperFigure(12, _V1, "reduction_b", (_SIZES,)),
    PaperFigure(13, _V1, "block_c", (_UNSCALED, _SIZES)),
    PaperFigure(14, _V1, "stem"),
    PaperFigure(
        15, _V1, "", (_COUNTS, "Drawn is v1, whose sizes the print gives; v2 has its own, in its overview (E7).")
    ),
    PaperFigure(16, _V2, "block_a", (_UNSCALED, _SIZES)),
    PaperFigure(17, _V2, "block_b", (_UNSCALED, _SIZES)),
    PaperFigure(18, _V2, "reduction_b", (_SIZES,)),
    PaperFigure(19, _V2, "block_c", (_UNSCALED, _SIZES)),
    PaperFigure(20, _V2, "", ("The factor is this network's; the print gives none in the figure.",), schema=True),
)
KEPT = frozenset({"E2", "E3"})  # errata that the drawings repeat, as the paper's presets do
TABLE_1 = {"k": "0", "l": "1", "m": "2", "n": ""}  # letter -> step of its branch in Figure 7; n has one of its own


def departures(figure: PaperFigure, errata: Sequence[str]) -> Iterator[str]:
    """What departs from the print in a figure whose stage has these errata, and Table 1 where its letters are drawn."""
    for id_ in errata:
        if id_ not in KEPT:
            yield f"{id_}: the print has {ERRATA[id_].printed}; drawn is {ERRATA[id_].used}."
    if kept := [id_ for id_ in errata if id_ in KEPT]:
        yield f"Drawn as printed, slips included: {', '.join(kept)}."
    yield from figure.departs
    for name in (_V4, _V1, _V2) if figure.letters else ():
        have = knobs(PRESETS[name])
        yield f"{name.partition('.')[0]}: {', '.join(f'{letter} = {have[letter]}' for letter in TABLE_1)}."


def scaling_sheet(sheet: GraphBuilder, network: Network, title: str) -> GraphBuilder:
    """`sheet` with the schema of a scaled residual block, and the scales that `network` has."""
    scales = sorted({stage.node.scale for stage in network.stages if isinstance(stage.node, Residual)})
    wide, factors = sheet.measures.wide, ", ".join(f"{scale:g}" for scale in scales)
    sheet.bar("input", "Relu activation", "other", description="input, already rectified", below=(wide, sheet.lane))
    detail = "ends in 1x1 Conv (Linear)"
    sheet.box("inception", "Inception", detail, "branch", description="branches, concat, 1x1 linear")
    sheet.box("scale", "Activation scaling", f"x {factors}", "sum", description=f"scale: times {factors}")
    sheet.bar("add", "+", "sum", description="sum of the input and the scaled residual", above=(wide, sheet.lane))
    sheet.box("output", "Relu activation", "", "relu", description="ReLU of the sum")
    for tail, head in (
        (End("input", "out", "b0"), End("inception", "in")),
        (End("inception", "out"), End("scale", "in")),
        (End("scale", "out"), End("add", "in", "t0")),
        (End("add", "out"), End("output", "in")),
    ):
        sheet.arrow(tail, head, weight=20)
    sheet.arrow(End("input", "out", "b1"), End("add", "in", "t1"), shortcut=True)
    return sheet.close(title)


Texts = Mapping[str, tuple[str, str]]  # path -> title and detail


def paper_texts(network: Network, stage: Stage, *, lettered: bool = False) -> Texts:
    """Title and detail of every box of a stage's first block, in the paper's words.

    Parameters
    ----------
    lettered
        With letters for numbers of filters, as in Figure 7; sizes that depend on them are left out.

    Examples
    --------
    >>> from irnet.models import network
    >>> spec = network("inception_v4")
    >>> paper_texts(spec, spec.stages[2])["reduction_a.0.b1"]
    ('3x3 Conv (384 stride 2 V)', '17x17x384')
    """
    tree, path = resolve(network), f"{stage.name}.0"
    box, given = tree[path], "Relu activation" if isinstance(stage.node, Residual) else "Input"
    if lettered:
        letters = {f"{path}.b2.{step}" if step else f"{path}.b1": letter for letter, step in TABLE_1.items()}
        ends = {"input": (given, ""), "output": ("Output", "")}
    else:
        letters = {}
        ends = {"input": (f"{given}  {grid(box.in_shape)}", ""), "output": (f"Output  {grid(box.out_shape)}", "")}
    return ends | dict(_texts(tree, box, letters))


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
