"""What one output of a box sees of a photograph: in theory, and by the gradient."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from app import text
from app.controls import network_choice
from app.explorer import BOX, TURNED, chooser
from app.passes import effective_field_of
from app.state import choose_by_name, put, unknown
from app.views import activations, head, show
from app.views.outlined import outlined
from irnet.charts import BLOCKS, Chart, Line
from irnet.diagrams.field_picture import field_picture, heat_layer, outlines
from irnet.lab.fields import EffectiveField
from irnet.lab.photos import fit
from irnet.spec import Network
from irnet.tree import Box, Sides, resolve
from irnet.tree.receptive_field import (
    Rectangle,
    Seen,
    around,
    centres,
    choices,
    growth,
    part_records,
    stage_fields,
)
from irnet.units import exact

MOST = 40  # places along a side that a click on the picture can choose
AXES = ("row", "column")  # parameters of the address


def box(network: Network) -> Box:
    """The box that the reader chose; a click on one of a convolution's units means the convolution."""
    found, paths = resolve(network), choices(network)
    show.ignored_line(unknown({TURNED: found}))
    asked = st.session_state.get(BOX) or st.query_params.get(BOX, "")
    if asked in found and found[asked].level == "unit":
        put(BOX, found[asked].parent)
        st.session_state[BOX] = found[asked].parent
    middle = next((stage.name for stage in network.stages if stage.part == "b" and stage.repeat), paths[0])
    names = {path: found[path].aria_label for path in paths}
    return found[choose_by_name("Box", names, BOX, index=paths.index(middle))]


def position(grid: Sides) -> Sides:
    """(row, column) of the output that the reader looks from; the middle first, and after a change of grid."""
    chosen = [_along(axis, side) for axis, side in zip(AXES, grid, strict=True)]
    return chosen[0], chosen[1]


def _along(axis: str, side: int) -> int:
    """A slider along one side of a grid; a grid of one row or column has nothing to slide along."""
    if side == 1:
        return 0
    _put_back(axis, side, side // 2)
    return st.slider(axis.capitalize(), 0, side - 1, side // 2, key=axis, bind="query-params")


def _put_back(key: str, count: int, first: int | None) -> None:
    """Take the first value for one that a change of box left too large; one that the address has in vain is told."""
    if key not in st.session_state:
        show.ignored_line(unknown({key: tuple(map(str, range(count)))}))
    elif (st.session_state[key] or 0) >= count:
        st.session_state[key] = first  # deleted, the browser would keep showing it


def look_from(place: Sides) -> None:
    """Move both sliders; one that is not there stays away."""
    for axis, value in zip(AXES, place, strict=True):
        st.session_state[axis] = value


def channel(width: int) -> int | None:
    """The channel whose gradient is asked for; None for the mean of all."""
    _put_back("channel", width, None)
    return st.number_input(
        "Channel",
        0,
        width - 1,
        None,
        1,
        key="channel",
        bind="query-params",
        placeholder="mean of all",
        help=text.FIELD_CHANNEL,
    )


def picture(image: Image.Image, found: EffectiveField) -> None:
    """The picture with heat and outlines, on which a click chooses the position."""
    seen, key = found.seen, "field.picture"
    figure = outlined(_heat(image, found), seen.picture, outlines(seen, found.box), _whole(seen))
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
        on_select=partial(_on_click, key, places),
        selection_mode="points",
        alt=" ".join((*seen.sentences, *found.sentences)),
    )


def _on_click(key: str, places: dict[Sides, Any]) -> None:
    for point in st.session_state[key]["selection"]["points"]:
        row, column = point["customdata"]
        if (row, column) in places:  # what comes from a browser is checked again
            look_from((row, column))


def to_scale(image: Image.Image, found: EffectiveField) -> None:
    """The whole field with the picture in it, where it is larger than the picture."""
    seen = found.seen
    if around(seen) == _whole(seen):
        return
    figure = outlined(_heat(image, found), seen.picture, outlines(seen), around(seen), height=300, legend=False)
    st.plotly_chart(figure, key="field.scale", config=show.STILL | {"staticPlot": True}, alt=seen.sentences[1])
    st.caption("The same to scale: the whole field, and the picture in it.")


def _whole(seen: Seen) -> Rectangle:
    return Rectangle(0, 0, *seen.picture)


def _heat(image: Image.Image, found: EffectiveField) -> Image.Image:
    return heat_layer(fit(image, found.seen.picture), found.magnitude)


def against_depth(network: Network, side: int) -> None:
    """How the field grows from step to step, beside the side of the picture."""
    steps = growth(network)
    paths = [step.path for step in steps]
    sizes = {axis: [step.field.size[i] for step in steps] for i, axis in enumerate(("height", "width"))}
    named = {"receptive field": sizes["height"]} if sizes["height"] == sizes["width"] else sizes
    found = named | {f"the picture, {exact(side)} pixels": [side] * len(paths)}
    lines = (Line(name=name, x=range(1, len(paths) + 1), y=values, places=paths) for name, values in found.items())
    beyond = next((step.path for step in steps if max(step.field.size) > side), None)
    title = (
        f"The field is larger than the picture from {beyond} on" if beyond else "No field is larger than the picture"
    )
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


choice = network_choice()
network = choice.network
head.heading("Receptive fields of", network)
shown, controls = st.columns([3, 1], gap="medium")
with controls:
    chosen = box(network)
    place = position(chosen.out_shape[1:])
    of_channel = channel(chosen.out_shape[0])
    image, setting, loaded = activations.inputs(network, choice.device, several="Seeds, to average", first="running")
with shown:
    found = effective_field_of(network, image, chosen.path, place, of_channel, setting, loaded)
    picture(image, found)
    st.caption(f"{text.FIELD_CLICK} {text.FIELD_HEAT}")
    st.markdown("\n".join(f"- {text.plain(sentence)}" for sentence in (*found.seen.sentences, *found.sentences)))
    download(image, found)
with controls:
    to_scale(image, found)
with shown:
    ran = activations.origin(found.weights, found.batch_norm, choice.device)
    batch = f" {text.FIELD_BATCH}" if found.batch_norm == "batch" else ""
    st.caption(f"{ran} {text.FIELD} {text.FIELD_TRAINED if loaded else text.FIELD_UNTRAINED}{batch}")

numbers, diagram, depth = st.tabs(
    ["Numbers", "Choose in the diagram", "Field against depth"], key="field", on_change="rerun", bind="query-params"
)
if numbers.open:
    with numbers:
        alt = "The field of the box and its parts"
        show.table(part_records(found.seen), f"{network.name}.{chosen.path}.field", alt=alt)
if diagram.open:
    with diagram:
        chooser(network, chosen.path, key="field.canvas")
if depth.open:
    with depth:
        against_depth(network, max(network.input_shape[1:]))
