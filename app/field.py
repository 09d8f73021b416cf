"""Which box and which of its outputs the reader looks from: by a list, a diagram, two sliders or the picture."""

from __future__ import annotations

import streamlit as st

from app import text
from app.explorer import BOX, TURNED, chooser
from app.state import choose, put, unknown
from app.views import show
from irnet.spec import Network
from irnet.tree import Box, Sides, resolve
from irnet.tree.receptive_field import choices

AXES = ("row", "column")  # parameters of the address


def box(network: Network) -> Box:
    """The box that the reader chose; a click on one of a convolution's units means the convolution."""
    found, paths = resolve(network), choices(network)
    show.ignored_line(unknown({TURNED: found}))
    asked = st.session_state.get(BOX) or st.query_params.get(BOX, "")
    if asked in found and asked not in paths:
        put(BOX, found[asked].parent)
        st.session_state[BOX] = found[asked].parent
    middle = next((stage.name for stage in network.stages if stage.part == "b" and stage.repeat), paths[0])
    return resolve(network)[choose("Box", paths, BOX, index=paths.index(middle))]


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


def diagram(network: Network, chosen: str) -> None:
    """The network as a canvas on which a click chooses the box."""
    chooser(network, chosen, key="field.canvas", on_shut=lambda: put(TURNED, ""))
