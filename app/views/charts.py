"""Plotly figures; the title states the finding, axes carry units, log axes say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from math import isfinite, log10
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from irnet.diagrams.chart import INK, Line, stage_ticks
from irnet.diagrams.theme import LIGHT
from irnet.tree import name_of, parent_of, stage_of
from irnet.units import share, short

Records = Sequence[Mapping[str, Any]]

# The shape of a line's markers and its dashes say again what its colour says.
DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x")
BLOCKS = "block, in the order they run"
MARKED = 100  # points of a line that are marked one by one; more would be a thick line
WIDEST = 42  # characters in a line of a title, for a page of 390 pixels
TALLEST = 26  # characters in a line of what stands beside a plot
CONFIG = {
    "displaylogo": False,
    "toImageButtonOptions": {"format": "svg"},
    "modeBarButtonsToRemove": ["lasso2d", "select2d"],
}


def wrapped(words: str) -> str:
    """Words in lines that a narrow page shows whole; what Plotly would take for markup stays a word."""
    return "<br>".join(escape(line, quote=False) for line in wrap(words, WIDEST))


def _figure(title: str, y: str, *, note: str = "", log: bool = False, height: int = 420) -> go.Figure:
    lines = [*wrap(title, WIDEST), *([""] if note else [])]
    title = "<br>".join(wrap(f"{y}{', log scale' if log else ''}", TALLEST))
    axis: dict[str, Any] = {"title": {"text": title}, "type": "log" if log else "linear"}
    if log:
        axis |= {"exponentformat": "power"}
    return go.Figure(
        layout={
            "title": {
                "text": wrapped(title),
                "subtitle": {"text": escape(note, quote=False), "font": {"size": 13}},
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
            "height": height + 22 * max(0, len(lines) - 2),  # a long title takes nothing from the plot
            "hovermode": "x unified",
        }
    )


def lines(
    given: Sequence[Line], title: str, y: str, *, x: str = BLOCKS, note: str = "", log: bool = False
) -> go.Figure:
    """Values block by block or along `x`, each line with a band where it has one; what is not finite is a gap."""
    log = log and _positive(given)
    figure = _figure(title, y, note=note, log=log)
    for i, line in enumerate(given):
        figure.add_traces(_traces(line, i))
    return figure.update_xaxes(title={"text": x}, **_stage_axis(given[0]))


def multiples(given: Sequence[Line], y: str, *, log: bool = False) -> Iterator[go.Figure]:
    """Every line in a small chart of its own, all on the same axes; the first is faint in each, to compare with."""
    log = log and _positive(given)
    first, *others = given
    span = _span(given, log=log)
    for line in others:
        figure = _figure(line.name, y, log=log, height=300)
        figure.add_traces((*_traces(first, 4, thin=True), *_traces(line, 0)))
        figure.update_layout(showlegend=False, hovermode="closest", title_font_size=14)
        figure.update_yaxes(range=span, title_font_size=12)
        yield figure.update_xaxes(tickangle=60, **_stage_axis(first))


def _span(given: Sequence[Line], *, log: bool) -> list[float] | None:
    """What an axis has to reach for all lines, with a margin; None where all are one."""
    values = [value for line in given for value in (*line.y, *line.low, *line.high) if value is not None]
    ends = [log10(value) if log else value for value in values if isfinite(value)]
    low, high = min(ends, default=0), max(ends, default=0)
    if low == high:
        return None
    return [low - 0.05 * (high - low), high + 0.05 * (high - low)]


def _positive(given: Sequence[Line]) -> bool:
    """Whether all values have a logarithm: a zero would be left out in silence."""
    return all(value is None or value > 0 for line in given for value in (*line.y, *line.low))


def _traces(line: Line, number: int, *, thin: bool = False) -> list[go.Scatter]:
    """A line, and under it its band."""
    ink, x = INK[number % len(INK)], list(line.x)
    made = []
    if line.low:
        edges = {"x": x, "mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
        made = [
            go.Scatter(y=list(line.low), legendgroup=line.name, **edges),
            go.Scatter(y=list(line.high), legendgroup=line.name, fill="tonexty", fillcolor=_faint(ink), **edges),
        ]
    return [
        *made,
        go.Scatter(
            x=x,
            y=list(line.y),
            customdata=list(line.places),
            name=line.name,
            legendgroup=line.name,
            mode="lines" if thin or len(x) > MARKED else "lines+markers",
            line={"color": ink, "dash": "dot" if thin else DASHES[number % len(DASHES)], "width": 1.5 if thin else 2.5},
            marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 7},
            hovertemplate="%{customdata}: %{y:.4g}" if line.places else "%{y:.4g}",
        ),
    ]


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"


def _stage_axis(line: Line) -> dict[str, Any]:
    if not line.places:
        return {"showgrid": True, "griddash": "dot"}
    ticks = stage_ticks(line)
    return {"tickvals": list(ticks), "ticktext": list(ticks.values()), "showgrid": True, "griddash": "dot"}


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
            parents=["", *(parent_of(path) or network for path in paths)],
            labels=[network, *(name_of(path) for path in paths)],
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
    order = list(dict.fromkeys(stage_of(path) for path in paths))
    return [fills[order.index(stage_of(path)) % len(fills)] for path in paths]


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
