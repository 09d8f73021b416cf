"""One block of a stage in the paper's look: branches side by side, bars, the shortcut round the side."""

from __future__ import annotations

from collections.abc import Sequence

from irnet.diagrams.bars import Spans
from irnet.diagrams.drawing import ArrowStart, Drawing
from irnet.diagrams.graph_builder import End, Flow, GraphBuilder
from irnet.diagrams.theme import Kind, Theme, conv_kind
from irnet.spec import Chain, Conv, Fork, Network, Pool, Residual, Stage, pair
from irnet.tree import Box, resolve
from irnet.units import grid


def leaf(drawing: Drawing, box: Box, tip: ArrowStart, column: str, port: int) -> ArrowStart:
    """Draw one step under `tip`, as a box or, where it is open, as its modules; return the new tip."""
    if isinstance(box.node, Conv) and drawing.shows_units(box):
        return _units(drawing, box, conv_kind(box.node.kernel), tip, column, port)
    description = f"{box.path}: {box.title}, {grid(box.in_shape)} to {grid(box.out_shape)}"
    kind = conv_kind(box.node.kernel) if isinstance(box.node, Conv) else "pool"
    drawing.sheet.box(box.path, box.title, grid(box.out_shape), kind, description=description, column=column)
    drawing.sheet.arrow(tip.port(port), End(box.path, "in"), weight=20)
    return ArrowStart(box.path)


def _units(drawing: Drawing, box: Box, kind: Kind, tip: ArrowStart, column: str, port: int) -> ArrowStart:
    """A convolution as the three modules that it consists of."""
    sheet, last = drawing.sheet, tip.port(port)
    titles: tuple[tuple[str, Kind], ...] = ((f"{box.title}, no bias", kind), ("batch norm", "norm"), ("ReLU", "relu"))
    with sheet.cluster(box.path, "", kind, description=f"{box.path}: {box.title}"):  # the first module has the title
        for unit, (title, painted) in zip(box.children, titles, strict=True):
            sheet.box(unit, title, "", painted, description=f"{unit}: {title}", column=column)
            sheet.arrow(last, End(unit, "in"), weight=20)
            last = End(unit, "out")
    return ArrowStart(last.path)


def branch(drawing: Drawing, box: Box, tip: ArrowStart, column: str, port: int) -> ArrowStart:
    """All steps of a branch in one box: kernels above, filters below."""
    kernels, filters = zip(*map(_brief, drawing.steps(box)), strict=True)
    shape = grid(box.out_shape)
    description = f"{box.path}: {' then '.join(kernels)}, to {shape}"
    detail = f"{' > '.join(filter(None, filters))},  {shape}"
    drawing.sheet.box(box.path, " > ".join(kernels), detail, "branch", description=description, column=column)
    drawing.sheet.arrow(tip.port(port), End(box.path, "in"), weight=20)
    return ArrowStart(box.path)


def _brief(box: Box) -> tuple[str, str]:
    """Kernel and filters of a step."""
    match box.node:
        case Conv(filters, kernel):
            return f"{pair(kernel)[0]}x{pair(kernel)[1]}", str(filters)
        case Pool(op, counts_padding=counted):
            return f"{op} pool{', padding counted' if counted else ''}", ""
        case Fork():
            return box.title, ""
        case _:
            return "...", ""


_End = tuple[str, int, float]  # a branch's last box, its channels and its inches


def block(network: Network, stage: Stage, theme: Theme, index: int = 0, flow: Flow = "down") -> str:
    """DOT of one block of `stage`, from its input to its output.

    Raises
    ------
    ValueError
        If the stage has no block with this index.
    """
    return block_sheet(GraphBuilder(theme, flow), network, stage, index).text


def block_sheet(
    sheet: GraphBuilder, network: Network, stage: Stage, index: int = 0, title: str = "", *, shut: bool = False
) -> GraphBuilder:
    """`sheet` with one block of `stage` on it; `shut` draws every branch as one box.

    Raises
    ------
    ValueError
        If the stage has no block with this index.
    """
    if not 0 <= index < stage.repeat:
        raise ValueError(f"{network.name}: {stage.name} has {stage.repeat} blocks, so none has the number {index}")
    drawing = Drawing(sheet, resolve(network), (lambda _, level: level is None) if shut else None)
    box = drawing.tree[f"{stage.name}.{index}"]
    last = inside(drawing, box, "input")
    sheet.words("output", f"output  {grid(box.out_shape)}", "output")
    sheet.arrow(End(last, "out"), End("output"), weight=20)
    repeats = f", {index + 1} of {stage.repeat}" if stage.repeat > 1 else ""
    return sheet.close(title or f"{stage.title}{repeats}  ·  {network.label}  ·  {stage.source.ref}")


def inside(drawing: Drawing, box: Box, name: str, column: str = "main") -> str:
    """Draw a block under a bar for its input, which is called `name`; return the id of its last box."""
    given = grid(box.in_shape)
    drawing.sheet.bar(name, f"input  {given}", "other", description=f"input {given}", below=drawing.first(box))
    return _draw(drawing, box, ArrowStart(name, bar=True), column, ()).path


def _draw(drawing: Drawing, box: Box, tip: ArrowStart, column: str, following: Spans, port: int = 0) -> ArrowStart:
    """Draw `box` under `tip`; `following` are the branches that will hang below it. Return the new tip."""
    if isinstance(box.node, Chain):
        return _steps(drawing, drawing.steps(box), tip, column, following, port)
    if isinstance(box.node, Fork):
        return _fork(drawing, box, tip, column, following, port)
    if isinstance(box.node, Residual):
        return _residual(drawing, box, box.node, tip, column)
    return leaf(drawing, box, tip, column, port)


def _steps(
    drawing: Drawing, boxes: Sequence[Box], tip: ArrowStart, column: str, following: Spans, port: int
) -> ArrowStart:
    """Draw boxes one after another."""
    for i, box in enumerate(boxes):
        after = boxes[i + 1] if i + 1 < len(boxes) else None
        below = following if after is None else drawing.first(after) if isinstance(after.node, Fork) else ()
        tip = _draw(drawing, box, tip, column, below, port if i == 0 else 0)
    return tip


def _fork(drawing: Drawing, box: Box, tip: ArrowStart, column: str, following: Spans, port: int) -> ArrowStart:
    ends = _branches(drawing, box, tip, column, port)
    name, shape = drawing.merge_id(box, "concat"), grid(box.out_shape)
    text = f"concat  {' + '.join(str(width) for _, width, _ in ends)} = {shape}"
    spans, description = tuple(span for _, _, span in ends), f"{box.path}: concat, {shape}"
    drawing.sheet.bar(name, text, "concat", description=description, above=spans, below=following, column=column)
    for i, (last, _, _) in enumerate(ends):
        drawing.sheet.arrow(End(last, "out"), End(name, "in", f"t{i}"), weight=8)
    return ArrowStart(name, bar=bool(following))


def _branches(drawing: Drawing, box: Box, tip: ArrowStart, column: str, port: int) -> list[_End]:
    """Draw every branch; return where each ends, those of an inner fork one by one.

    As in Figure 6, an inner concatenation that ends a branch is drawn as part of the outer one.
    """
    ends: list[_End] = []
    for i, child in enumerate(drawing.branches(box)):
        name, start = f"{column}.b{i}", port + i if tip.bar else 0
        steps = drawing.steps(child) if isinstance(child.node, Chain) else ()
        if len(steps) > 1 and drawing.shut(child):
            last = branch(drawing, child, tip, name, start)
            ends.append((last.path, child.out_shape[0], drawing.sheet.box_span))
            continue
        with drawing.frame(child):
            if steps and isinstance(steps[-1].node, Fork):
                last = _steps(drawing, steps[:-1], tip, name, (), start)
                ends += _branches(drawing, steps[-1], last, name, 0)
            else:
                last = _draw(drawing, child, tip, name, (), start)
                ends.append((last.path, child.out_shape[0], drawing.span(child)))
    return ends


def _residual(drawing: Drawing, box: Box, node: Residual, tip: ArrowStart, column: str) -> ArrowStart:
    sheet, (body, up, scale, add) = drawing.sheet, drawing.steps(box)
    inner, name = _draw(drawing, body, tip, column, ()), drawing.merge_id(box, "add")
    sheet.box(
        up.path,
        f"1x1 conv {box.out_shape[0]} linear",
        "restores the depth; no ReLU",
        "linear",
        description=f"{up.path}: {up.title}, bias, no batch norm, no ReLU",
        column=column,
        wide=2.0,
    )
    sheet.arrow(End(inner.path, "out"), End(up.path, "in"), weight=20)
    times = f"{scale.path}: times {node.scale:g}"
    sheet.box(scale.path, scale.title, "", "sum", description=times, column=column, wide=0.8)
    sheet.arrow(End(up.path, "out"), End(scale.path, "in"), weight=20)
    *across, _ = drawing.first(box)
    sheet.bar(
        name,
        f"sum:  input + {node.scale:g} x residual,  {_then(node)}",
        "sum",
        description=f"{box.path}: {add.title}{'' if node.norm else ', no batch norm after it'}",
        above=(sheet.total(tuple(across)), sheet.lane),
        column=column,
    )
    sheet.arrow(End(scale.path, "out"), End(name, "in", "t0"), weight=20)
    shortcut = f'color="{sheet.theme.shortcut}" penwidth=1.8 arrowsize=0.7'
    sheet.arrow(tip.port(len(across)), End(name, "in", "t1"), weight=2, extra=shortcut)
    return ArrowStart(name)


def _then(node: Residual) -> str:
    """What follows the sum, for its bar."""
    norm, relu = ("then batch norm, " if node.norm else ""), ("ReLU" if node.relu else "no ReLU")
    return f"{norm}{'then ' if node.relu and not node.norm else ''}{relu}"
