"""A whole network: its stages as boxes with their repeats, grid and channels on the arrows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.diagrams.theme import Kind
from irnet.spec import Chain, Fork, Network, Residual, Stage
from irnet.tree import Box, resolve
from irnet.tree.labels import differing_blocks
from irnet.tree.totals import StageTotal, auxiliary_heads, stages
from irnet.units import extent, grid, short

STAGE = 2.5  # inches


def overview_sheet(sheet: GraphBuilder, network: Network, title: str = "", *, folded: bool = False) -> GraphBuilder:
    """`sheet` with `network` on it, from its input to the softmax that its logits go to; `folded` into two columns."""
    shape = grid(network.input_shape)
    sheet.box("input", "Input", _size(sheet, shape), "other", description=f"input, {shape}", wide=STAGE)
    tree = resolve(network)
    last, turn = "input", (len(tree.top) + 2) // 2
    for i, (name, size) in enumerate(_boxes(sheet, network, tree.head)):
        sheet.next_arrow(last, name, size, turns=folded and i == turn)
        last = name
    return sheet.close(title or f"{network.label}  ·  {network.source.ref}", ranksep=0.3, columns=1)


def _boxes(sheet: GraphBuilder, network: Network, head: Sequence[Box]) -> Iterator[tuple[str, str]]:
    """Draw one box after the other; yield its id and the size of what comes in."""
    last, shape = "input", grid(network.input_shape)
    for stage, total in zip(network.stages, stages(network), strict=False):
        if stage.repeat:
            last = stage.name
            stage_box(sheet, total, stage_kind(stage), differing_blocks(stage))
            yield last, shape
            shape = grid(total.out_shape)
        for side in auxiliary_heads(network, stage.name):
            side_box(sheet, side, last)
    for layer in head:
        head_box(sheet, layer)
        yield layer.path, shape
        shape = extent(layer.out_shape)
    if network.head.classes:
        detail = "not in the module: it puts out logits"
        sheet.box("softmax", "Softmax", detail, "other", description="softmax", wide=STAGE)
        yield "softmax", shape


def _size(sheet: GraphBuilder, size: str) -> str:
    return "" if sheet.sized_arrows else size


def stage_kind(stage: Stage) -> Kind:
    """What a stage is painted as."""
    if stage.part in ("reduction_a", "reduction_b"):
        return "reduction"
    if stage.part in ("stem", "tail"):
        return "other"
    steps = stage.node.nodes if isinstance(stage.node, Chain) else (stage.node,)
    merges = {node.merge for node in steps if isinstance(node, Fork)}
    match stage.node:
        case Residual():
            return "residual"
        case Fork(merge="concat"):
            return "inception"
        case _:
            return "added" if "add" in merges else "joined" if "concat" in merges else "other"


def stage_box(sheet: GraphBuilder, stage: StageTotal, kind: Kind, differing: str = "") -> None:
    """The box of a whole stage, with its repeats, what it adds up to and what its blocks differ in."""
    times = f"{stage.repeat} × " if stage.repeat > 1 else ""
    detail = "\n".join(filter(None, (f"{short(stage.params)} parameters, {short(stage.macs, 'MAC')}", differing)))
    about = detail.replace("\n", ", ")
    description = f"{stage.name}: {times}{stage.title}, {about}, {stage.source.ref}"
    size = f"{_size(sheet, extent(stage.out_shape))}, ".lstrip(", ")
    sheet.box(stage.name, f"{times}{stage.title}", f"{size}{detail}", kind, description=description, wide=STAGE)


def side_box(sheet: GraphBuilder, side: StageTotal, last: str) -> None:
    """The box of a whole auxiliary head, and the arrow to it from the `last` box of what it reads."""
    stage_box(sheet, side, "other", f"classifier of {side.out_shape[0]}")
    side_arrow(sheet, last, side.name)


def side_arrow(sheet: GraphBuilder, tail: str, head: str) -> None:
    """The arrow to an auxiliary head or its first bar."""
    sheet.arrow(End(tail), End(head), label="in training alone", dashed=True)


def head_box(sheet: GraphBuilder, layer: Box) -> None:
    """The box of one layer of the head."""
    title, detail, kind = _head(layer)
    size = _size(sheet, extent(layer.out_shape)) if kind == "pool" else ""
    detail = ", ".join(filter(None, (size, detail)))
    sheet.box(layer.path, title, detail, kind, description=f"{layer.path}: {layer.title}", wide=STAGE)


def _head(layer: Box) -> tuple[str, str, Kind]:
    """Title, detail and kind of a layer of the head."""
    size = f"{short(layer.params)} parameters" if layer.params else ""
    titles: dict[str, tuple[str, str, Kind]] = {
        "pool": ("Average pooling", "", "pool"),
        "dropout": (layer.title.capitalize(), "", "other"),
        "embedding": (f"Linear {layer.out_shape[0]}, batch norm", size, "linear"),
        "classifier": (f"Linear {layer.out_shape[0]}", size, "linear"),
        "normalize": ("To unit length", "", "other"),
    }
    return titles[layer.path]
