"""Figure 20: how every residual block scales what its Inception part puts out before the sum."""

from __future__ import annotations

from irnet.diagrams.graph_builder import End, GraphBuilder
from irnet.spec import Network, Residual


def scaling_sheet(sheet: GraphBuilder, network: Network, title: str) -> GraphBuilder:
    """`sheet` with the schema of a scaled residual block, and the scales that `network` has.

    Raises
    ------
    ValueError
        If the network has no residual blocks.
    """
    scales = sorted({stage.node.scale for stage in network.stages if isinstance(stage.node, Residual)})
    if not scales:
        raise ValueError(f"{network.name} has no residual blocks, so nothing is scaled")
    wide = sheet.measures.wide
    sheet.bar("input", "Relu activation", "other", description="input, already rectified", below=(wide, sheet.lane))
    sheet.box(
        "inception", "Inception", "ends in 1x1 Conv (Linear)", "branch", description="branches, concat, 1x1 linear"
    )
    factors = ", ".join(f"{scale:g}" for scale in scales)
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
    shortcut = f'color="{sheet.theme.shortcut}" penwidth=1.8 arrowsize=0.7'
    sheet.arrow(End("input", "out", "b1"), End("add", "in", "t1"), weight=2, extra=shortcut)
    return sheet.close(title)
