"""A photograph with receptive fields on it, as a figure of a page."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from PIL import Image

from irnet.diagrams.field_picture import DASHES, Outline
from irnet.tree import Sides
from irnet.tree.receptive_field import Rectangle


def outlined(
    photo: Image.Image,
    size: Sides,
    drawn: Sequence[Outline],
    view: Rectangle,
    *,
    height: int = 560,
    legend: bool = True,
) -> go.Figure:
    """A photograph of (height, width) pixels and outlines on it, as far as they lie in `view`."""
    down, across = size
    edge = 0.02 * max(view.size)  # so that an outline along the edge is seen
    figure = go.Figure(
        layout={
            "images": [
                {
                    "source": photo,
                    "x": 0,
                    "y": 0,
                    "sizex": across,
                    "sizey": down,
                    "xref": "x",
                    "yref": "y",
                    "sizing": "stretch",
                    "layer": "below",
                }
            ],
            "xaxis": {"range": [view.left - edge, view.right + edge], "visible": False, "constrain": "domain"},
            "yaxis": {
                "range": [view.bottom + edge, view.top - edge],
                "visible": False,
                "scaleanchor": "x",
                "constrain": "domain",
                "constraintoward": "top",
            },
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "height": height,
            "dragmode": False,
            "hovermode": "closest",
            "hoverdistance": -1,
            "showlegend": legend,
            "legend": {"orientation": "h", "y": -0.02, "x": 0, "yanchor": "top"},
        }
    )
    for outline in drawn:
        for trace in _traces(outline):
            figure.add_trace(trace)
    return figure


def _traces(outline: Outline) -> list[go.Scatter]:
    """A line of the outline's colour and dash on a white one, which shows on any photograph."""
    spot = outline.rectangle
    x, y = [spot.left, spot.right, spot.right, spot.left, spot.left], [spot.top, spot.top, spot.bottom, spot.bottom]
    y = [*y, spot.top]
    strokes = ",".join(f"{length}px" for length in DASHES[outline.dash]) or "solid"
    under, over = ({"color": "#ffffff", "width": 5}, {"color": outline.colour, "width": 3, "dash": strokes})
    return [
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            hoverinfo="skip",
            line=line,
            name=outline.name,
            legendgroup=outline.name,
            showlegend=line is over,
        )
        for line in (under, over)
    ]
