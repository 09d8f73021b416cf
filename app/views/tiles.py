"""Feature maps as one heat map of tiles: values under the pointer, one colour scale, dead channels crossed out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from irnet.diagrams.theme import LIGHT, NOT_FINITE, scale
from irnet.lab.forward import Array
from irnet.lab.mosaic import Mosaic, sheet

HOVER = "channel %{customdata[0]}, y %{customdata[1]}, x %{customdata[2]}<br>"


def heat(values: Array, numbers: Sequence[int], ends: tuple[float, float], height: int = 640) -> go.Figure:
    """The channels `values` (N, H, W) as tiles under their numbers; `ends` are those of the colour scale."""
    made = sheet(values, numbers)
    colours = scale(ends[0])
    figure = go.Figure(layout=_layout(made, height))
    figure.add_trace(
        go.Heatmap(
            z=made.values,
            customdata=made.where,
            zmin=ends[0],
            zmax=ends[1],
            colorscale=[[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)],
            colorbar={"thickness": 12, "title": {"text": "value", "side": "top"}, "x": 1.0, "xpad": 6},
            hovertemplate=f"{HOVER}%{{z:.5g}}<extra></extra>",
            hoverongaps=False,
        )
    )
    figure.add_trace(
        go.Heatmap(
            z=made.wrong,
            customdata=made.where,
            colorscale=[[0, NOT_FINITE], [1, NOT_FINITE]],
            showscale=False,
            hovertemplate=f"{HOVER}no finite number<extra></extra>",
            hoverongaps=False,
        )
    )
    _numbers(figure, made, numbers)
    _crosses(figure, made, values.shape[1:], LIGHT.ink if ends[0] else LIGHT.paper)
    return figure


def _layout(made: Mosaic, height: int) -> dict[str, Any]:
    plain = {"visible": False, "showgrid": False, "zeroline": False, "constrain": "domain"}
    rows, columns = made.values.shape
    return {
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 8, "b": 4},
        "showlegend": False,
        "xaxis": plain | {"range": [-0.5, columns - 0.5]},
        "yaxis": plain | {"range": [rows - 0.5, -0.5], "scaleanchor": "x"},
        "plot_bgcolor": "rgba(0,0,0,0)",
    }


def _numbers(figure: go.Figure, made: Mosaic, numbers: Sequence[int]) -> None:
    figure.add_trace(
        go.Scatter(
            x=[x - 0.5 for _, x in made.corners],
            y=[y - 0.5 for y, _ in made.corners],
            text=[f"{number}{' dead' if dead else ''}" for number, dead in zip(numbers, made.dead, strict=True)],
            mode="text",
            textposition="top right",
            textfont={"size": 10},
            hoverinfo="skip",
            cliponaxis=False,
        )
    )


def _crosses(figure: go.Figure, made: Mosaic, size: tuple[int, ...], ink: str) -> None:
    height, width = size
    xs: list[float | None] = []
    ys: list[float | None] = []
    for (y, x), dead in zip(made.corners, made.dead, strict=True):
        if dead:
            left, right, top, bottom = x - 0.5, x + width - 0.5, y - 0.5, y + height - 0.5
            xs += [left, right, None, left, right, None]
            ys += [top, bottom, None, bottom, top, None]
    figure.add_trace(
        go.Scatter(x=xs, y=ys, mode="lines", line={"color": ink, "width": 1}, hoverinfo="skip", connectgaps=False)
    )
