"""A whole network: its stages as boxes with their repeats, grid and channels on the arrows."""

from __future__ import annotations

from collections.abc import Iterator

from irnet.analysis.tables import StageTotal, stages
from irnet.diagrams.graph_builder import End, Flow, GraphBuilder
from irnet.diagrams.theme import Kind, Theme
from irnet.spec import Network, Residual, Stage
from irnet.tree import Row, resolve
from irnet.units import extent, grid, short

STAGE = 2.5  # inches


def overview(network: Network, theme: Theme, flow: Flow = "down") -> str:
    """DOT of `network` from its input to the softmax that its logits go to."""
    return overview_sheet(GraphBuilder(theme, flow), network).text


def overview_sheet(sheet: GraphBuilder, network: Network, title: str = "", *, folded: bool = False) -> GraphBuilder:
    """`sheet` with `network` on it, from its input to the softmax that its logits go to; `folded` into two columns."""
    shape = grid(network.input_shape)
    sheet.box("input", "Input", _size(sheet, shape), "other", description=f"input, {shape}", wide=STAGE)
    blocks, head = (
        [s for s in stages(network)[:-1] if s.repeat],
        [r for r in resolve(network).rows if "." not in r.path],
    )
    last, turn = "input", (len(blocks) + len(head) + 2) // 2
    for i, (name, size) in enumerate(_boxes(sheet, network, blocks, head)):
        label = size if sheet.sized_arrows else ""
        if folded and i == turn:
            sheet.arrow(End(last, "right"), End(name, "left"), label=label, extra="constraint=false ")
        else:
            sheet.arrow(End(last), End(name), label=label)
        last = name
    return sheet.close(title or f"{network.label}  ·  {network.source.ref}", ranksep=0.3, columns=1)


def _boxes(
    sheet: GraphBuilder, network: Network, blocks: list[StageTotal], head: list[Row]
) -> Iterator[tuple[str, str]]:
    """Draw one box after the other; yield its id and the size of what comes in."""
    shape, kinds = grid(network.input_shape), {stage.name: stage_kind(stage) for stage in network.stages}
    for stage in blocks:
        stage_box(sheet, stage, kinds[stage.name])
        yield stage.name, shape
        shape = grid(stage.out_shape)
    for row in head:
        head_box(sheet, row)
        yield row.path, shape
        shape = extent(row.out_shape)
    if network.head.classes:
        sheet.box(
            "softmax", "Softmax", "not in the module: it puts out logits", "other", description="softmax", wide=STAGE
        )
        yield "softmax", shape


def _size(sheet: GraphBuilder, size: str) -> str:
    return "" if sheet.sized_arrows else size


def stage_kind(stage: Stage) -> Kind:
    """What a stage is painted as."""
    if stage.part in ("reduction_a", "reduction_b"):
        return "reduction"
    if stage.part in ("stem", "tail"):
        return "other"
    return "residual" if isinstance(stage.node, Residual) else "inception"


def stage_box(sheet: GraphBuilder, stage: StageTotal, kind: Kind) -> None:
    """The box of a whole stage, with its repeats and what it adds up to."""
    times = f"{stage.repeat} × " if stage.repeat > 1 else ""
    detail = f"{short(stage.params)} parameters, {short(stage.macs, 'MAC')}"
    description = f"{stage.name}: {times}{stage.title}, {detail}, {stage.source.ref}"
    size = f"{_size(sheet, extent(stage.out_shape))}, ".lstrip(", ")
    sheet.box(stage.name, f"{times}{stage.title}", f"{size}{detail}", kind, description=description, wide=STAGE)


def head_box(sheet: GraphBuilder, row: Row) -> None:
    """The box of one row of the head."""
    title, detail, kind = _head(row)
    size = _size(sheet, extent(row.out_shape)) if kind == "pool" else ""
    detail = ", ".join(filter(None, (size, detail)))
    sheet.box(row.path, title, detail, kind, description=f"{row.path}: {row.notation}", wide=STAGE)


def _head(row: Row) -> tuple[str, str, Kind]:
    """Title, detail and kind of a row of the head."""
    size = f"{short(row.params)} parameters" if row.params else ""
    titles: dict[str, tuple[str, str, Kind]] = {
        "pool": ("Average pooling", "", "pool"),
        "dropout": (row.notation.capitalize(), "", "other"),
        "embedding": (f"Linear {row.out_shape[0]}, batch norm", size, "linear"),
        "classifier": (f"Linear {row.out_shape[0]}", size, "linear"),
        "normalize": ("To unit length", "", "other"),
    }
    return titles[row.path]
