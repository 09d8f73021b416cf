"""Receptive fields as figures: on the picture, beside it to scale, and against depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from app.views import show
from irnet.charts import BLOCKS, Chart, Line
from irnet.diagrams.field_picture import DASHES, Outline, field_picture, heat_layer, outlines
from irnet.lab.fields import EffectiveField
from irnet.lab.photos import fit
from irnet.spec import Network
from irnet.tree import Sides
from irnet.tree.receptive_field import Rectangle, Seen, around, centres, growth, stage_fields
from irnet.units import exact

MOST = 40  # places along a side that a click on the picture can choose


def picture(image: Image.Image, found: EffectiveField, look_from: Callable[[Sides], None]) -> None:
    """The picture with heat and outlines, on which a click chooses the position."""
    seen, key = found.seen, "field.picture"
    figure = _figure(_heat(image, found), seen, outlines(seen, found.box), _whole(seen))
    places = centres(seen, MOST)
    figure.add_trace(
        go.Scatter(
            x=[x for _, x in places.values()],
            y=[y for y, _ in places.values()],
            customdata=[list(place) for place in places],
            mode="markers",
            marker={"size": 10, "opacity": 0},
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
            hovertemplate="row %{customdata[0]}, column %{customdata[1]}<extra></extra>",
            showlegend=False,
        )
    )
    st.plotly_chart(
        figure,
        key=key,
        config=show.STILL,
        on_select=partial(_on_click, key, places, look_from),
        selection_mode="points",
        alt=" ".join((*seen.sentences, *found.sentences)),
    )


def _on_click(key: str, places: dict[Sides, Any], look_from: Callable[[Sides], None]) -> None:
    for point in st.session_state[key]["selection"]["points"]:
        row, column = point["customdata"]
        if (row, column) in places:  # what comes from a browser is checked again
            look_from((row, column))


def to_scale(image: Image.Image, found: EffectiveField) -> None:
    """The whole field with the picture in it, where it is larger than the picture."""
    seen = found.seen
    if around(seen) == _whole(seen):
        return
    figure = _figure(_heat(image, found), seen, outlines(seen), around(seen), legend=False)
    st.plotly_chart(figure, key="field.scale", config=show.STILL | {"staticPlot": True}, alt=seen.sentences[1])
    st.caption("The same to scale: the whole field, and the picture in it.")


def _whole(seen: Seen) -> Rectangle:
    return Rectangle(0, 0, *seen.picture)


def _heat(image: Image.Image, found: EffectiveField) -> Image.Image:
    return heat_layer(fit(image, found.seen.picture), found.magnitude)


def _figure(
    photo: Image.Image, seen: Seen, drawn: Sequence[Outline], view: Rectangle, *, legend: bool = True
) -> go.Figure:
    """The photograph in pixels of its own, and outlines on it, as far as they lie in `view`."""
    height, width = seen.picture
    edge = 0.02 * max(view.size)  # so that an outline along the edge is seen
    figure = go.Figure(
        layout={
            "images": [
                {
                    "source": photo,
                    "x": 0,
                    "y": 0,
                    "sizex": width,
                    "sizey": height,
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
            "height": 560 if legend else 300,
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


def depth(network: Network, side: int) -> None:
    """How the field grows from step to step, beside the side of the picture."""
    steps = growth(network)
    paths = [step.path for step in steps]
    sizes = {axis: [step.field.size[i] for step in steps] for i, axis in enumerate(("height", "width"))}
    named = {"receptive field": sizes["height"]} if sizes["height"] == sizes["width"] else sizes
    found = named | {f"the picture, {exact(side)} pixels": [side] * len(paths)}
    lines = (Line(name=name, x=range(1, len(paths) + 1), y=values, places=paths) for name, values in found.items())
    beyond = next((step.path for step in steps if max(step.field.size) > side), None)
    title = f"The field is larger than the picture from {beyond} on" if beyond else "The picture is never outgrown"
    chart = Chart(title=title, x=BLOCKS, y="pixels along a side", log=True, marks=tuple(lines))
    show.chart(chart, "field.depth", alt=title)
    show.table(stage_fields(network), f"{network.name}.fields", alt="The receptive field after every stage")


def png(image: Image.Image, found: EffectiveField) -> bytes:
    """The picture with its outlines and sentences, as a file's bytes."""
    seen, file = found.seen, BytesIO()
    notes = (f"{seen.network}; {found.weights}; {found.batch_norm} statistics.", *seen.sentences, *found.sentences)
    field_picture(_heat(image, found), seen, outlines(seen, found.box), notes).save(file, "PNG")
    return file.getvalue()


def download(image: Image.Image, found: EffectiveField) -> None:
    """The picture as a file."""
    name = f"{found.seen.network.split()[0]}.{found.seen.path}.field.png"
    show.file("PNG", name, lambda: png(image, found), key="field")
