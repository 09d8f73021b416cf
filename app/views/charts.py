"""Plotly figures; the title states the finding, axes carry units, log axes say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from irnet.diagrams.theme import LIGHT
from irnet.units import share, short

Records = Sequence[Mapping[str, Any]]

# Borders of the light diagrams: 3 to 1 or better on white and on the dark page alike. The shape of a line's markers
# and its dashes say again what its colour says.
INK = [LIGHT.paints[kind].border for kind in ("sum", "pointwise", "square", "pool", "factorised")]
DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x")
WIDEST = 42  # characters in a line of a title, for a page of 390 pixels
CONFIG = {
    "displaylogo": False,
    "toImageButtonOptions": {"format": "svg"},
    "modeBarButtonsToRemove": ["lasso2d", "select2d"],
}


def _figure(title: str, y: str, *, log: bool = False, height: int = 420) -> go.Figure:
    lines = wrap(title, WIDEST)
    axis: dict[str, Any] = {"title": {"text": f"{y}{', log scale' if log else ''}"}, "type": "log" if log else "linear"}
    if log:
        axis |= {"exponentformat": "power"}
    return go.Figure(
        layout={
            "title": {
                "text": "<br>".join(lines),
                "x": 0,
                "xanchor": "left",
                "y": 0.97,
                "yanchor": "top",
                "yref": "container",
                "font": {"size": 16},
            },
            "yaxis": axis | {"automargin": True},
            "xaxis": {"automargin": True},
            "legend": {"orientation": "h", "y": -0.35, "x": 0},
            "margin": {"l": 10, "r": 10, "t": 36 + 22 * len(lines), "b": 10},
            "height": height,
            "hovermode": "x unified",
        }
    )


def lines(
    series: Mapping[str, tuple[Sequence[str], Sequence[float | None]]], title: str, y: str, *, log: bool
) -> go.Figure:
    """Values block by block, one line a series: name to (blocks, values)."""
    positive = all(value is None or value > 0 for _, values in series.values() for value in values)
    figure = _figure(title, y, log=log and positive)  # a zero has no logarithm, and would be left out in silence
    for i, (name, (blocks, values)) in enumerate(series.items()):
        figure.add_trace(
            go.Scatter(
                x=list(range(1, len(blocks) + 1)),
                y=list(values),
                customdata=list(blocks),
                name=name,
                mode="lines+markers",
                line={"color": INK[i % len(INK)], "dash": DASHES[i % len(DASHES)], "width": 2.5},
                marker={"symbol": SYMBOLS[i % len(SYMBOLS)], "size": 7},
                hovertemplate="%{customdata}: %{y:.4g}",
            )
        )
    first, _ = next(iter(series.values()))
    starts = [i for i, block in enumerate(first) if i == 0 or block.split(".")[0] != first[i - 1].split(".")[0]]
    return figure.update_xaxes(
        title={"text": "block, in the order they run"},
        tickvals=[i + 1 for i in starts],
        ticktext=[first[i] for i in starts],
        showgrid=True,
        griddash="dot",
    )


def bars(names: Sequence[str], series: Mapping[str, Sequence[int]], title: str, y: str) -> go.Figure:
    """Amounts side by side, one bar a name and series."""
    figure = _figure(title, y)
    for i, (label, amounts) in enumerate(series.items()):
        figure.add_trace(
            go.Bar(
                x=list(names),
                y=list(amounts),
                name=label,
                marker={"color": INK[(i + 1) % len(INK)], "pattern": {"shape": ("", "/")[i % 2], "fgopacity": 0.6}},
                text=[short(amount) for amount in amounts],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y:,}",
            )
        )
    return figure.update_layout(barmode="group", showlegend=len(series) > 1).update_yaxes(tickformat="~s")


def stages(records: Records) -> go.Figure:
    """MACs of every stage; the title names the dearest."""
    dearest = max(records, key=lambda record: record["macs"])
    title = f"{dearest['what']} takes {dearest['share of macs']} of the MACs"
    return bars([r["stage"] for r in records], {"MACs": [r["macs"] for r in records]}, title, "MACs, one image")


def modules(records: Records, network: str) -> go.Figure:
    """MACs of the module tree as an icicle: a box's children together are as wide as the box."""
    whole, *inside = (record for record in records if record["macs"])
    paths = [record["path"] for record in inside]
    widest = max(inside, key=lambda record: record["macs"], default=whole)
    title = f"{widest['path']} takes {share(widest['macs'], whole['macs'])} of the MACs. Click a box to look inside."
    figure = _figure(title, "", height=620)
    figure.add_trace(
        go.Icicle(
            ids=[network, *paths],
            parents=["", *(path.rpartition(".")[0] or network for path in paths)],
            labels=[network, *(path.rpartition(".")[2] for path in paths)],
            values=[whole["macs"], *(record["macs"] for record in inside)],
            branchvalues="total",
            maxdepth=4,
            tiling={"orientation": "v"},
            marker={"colors": [LIGHT.paints["other"].fill, *_by_stage(paths)], "line": {"color": LIGHT.line}},
            textfont={"color": LIGHT.ink},
            hovertemplate="%{id}<br>%{value:,} MACs<br>%{percentRoot:.1%} of the network<extra></extra>",
            textinfo="label+percent root",
        )
    )
    return figure


def _by_stage(paths: Sequence[str]) -> list[str]:
    """A fill for every path: neighbours among the stages differ."""
    fills = [LIGHT.paints[kind].fill for kind in ("pointwise", "square", "factorised", "pool", "sum")]
    order = list(dict.fromkeys(path.split(".")[0] for path in paths))
    return [fills[order.index(path.split(".")[0]) % len(fills)] for path in paths]


def histogram(counts: Sequence[int], edges: Sequence[float], title: str, x: str) -> go.Figure:
    """How many values lie between neighbouring edges, on a log axis."""
    figure = _figure(title, "how many values", log=True)
    figure.add_trace(
        go.Bar(
            x=[(low + high) / 2 for low, high in pairwise(edges)],
            y=[count or None for count in counts],  # none has no logarithm
            width=[high - low for low, high in pairwise(edges)],
            customdata=list(pairwise(edges)),
            marker={"color": INK[1], "line": {"width": 0}},
            hovertemplate="%{y:,} values from %{customdata[0]:.3g} to %{customdata[1]:.3g}<extra></extra>",
        )
    )
    return figure.update_layout(hovermode="closest", showlegend=False).update_xaxes(
        title={"text": x}, range=[edges[0], edges[-1]]
    )
