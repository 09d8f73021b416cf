"""Feature maps of a box: which tensor, in which order, which page, and what is seen there."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import streamlit as st

from app import text
from app.state import choose
from app.views import show
from app.views.tiles import heat
from irnet.lab.block import residual_blocks
from irnet.lab.maps import ORDERS, Channel, FeatureMaps, Glance, Maps, Order, channels, page, pages
from irnet.lab.mosaic import arrays, mosaic, tiles
from irnet.spec import Network
from irnet.units import exact, grid


def origin(look: Glance | FeatureMaps, device: str) -> str:
    """Which weights, statistics and device a look comes from."""
    weights = text.plain(look.weights[:1].upper() + look.weights[1:])
    return f"**{weights}**; {look.batch_norm} statistics; computed on {device}."


def unit(look: Glance, chosen: str) -> str:
    """The picture in the strip that shows the chosen box, or the first of its stage; "" for the head."""
    paths = [thumb.path for thumb in look.strip]
    around = [path for path in paths if f"{chosen}.".startswith(f"{path}.")]
    inside = [path for path in paths if path.startswith(f"{chosen}.")]
    return next(iter(around + inside), "")


def feature_maps(network: Network, found: FeatureMaps) -> None:
    """One tensor of the box as tiles, with its controls, its files and its numbers."""
    names = [maps.name for maps in found.tensors]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = choose("Tensor", names, "of", index=len(names) - 1)
        order: Order = st.segmented_control(
            "Channels by", ORDERS, default=ORDERS[0], key="order", required=True, bind="query-params"
        )
    maps = found.tensor(name)
    every = channels(maps, order)
    _, height, width = maps.values.shape
    size = tiles(height, width)
    number = _page(pages(len(every), size))
    on_page = page(every, number, size)
    st.markdown(f"**{_finding(maps, every)}**")
    st.caption(text.plain(f"{found.path}, {maps.name}: {maps.what}."))
    if maps.troubles:
        st.warning(f"{maps.troubles}: drawn in purple, and left out of the colour scale.", icon=":material/error:")
    numbers = [channel.index for channel in on_page]
    alt = f"{len(on_page)} of {len(every)} feature maps of {found.path}, {name}; the table below has the numbers"
    st.plotly_chart(heat(maps.values[numbers], numbers, maps.extent), key="tiles", config=show.CONFIG, alt=alt)
    _files(found, maps, order, number, size)
    _numbers(found, maps, every)
    _onwards(network, found.path)


def _page(count: int) -> int:
    if st.session_state.get("page", 1) > count:  # as after a change of tensor
        st.session_state["page"] = 1  # deleted, the browser would keep showing it
    return st.pagination(count, key="page", bind="query-params") if count > 1 else 1


def _finding(maps: Maps, every: tuple[Channel, ...]) -> str:
    """What the tensor shows, in one sentence."""
    strongest = max(every, key=lambda channel: channel.mean_abs)
    dead = sum(channel.dead for channel in every)
    size = grid((len(every), maps.values.shape[1], maps.values.shape[2]))
    deaths = f"{exact(dead)} of {exact(len(every))} channels are dead" if dead else "no channel is dead"
    strength = f"channel {strongest.index} is the strongest, with a mean magnitude of {strongest.mean_abs:.3g}"
    return f"{size}: {strength}; {deaths}"


def _files(found: FeatureMaps, maps: Maps, order: Order, number: int, size: int) -> None:
    name = f"{found.network.split(' ')[0]}.{found.path}"
    name = f"{name}.{maps.name}"
    png, npz = partial(_png, found, maps, order, number, size), partial(arrays, found)
    show.downloads({f"{name}.png": png, f"{name}.npz": npz})


def _numbers(found: FeatureMaps, maps: Maps, every: tuple[Channel, ...]) -> None:
    table = st.expander("Channels in numbers", key="channels", on_change="rerun", bind="query-params")
    if table.open:
        with table:
            rows = [asdict(channel) | {"dead": "dead" if channel.dead else ""} for channel in every]
            show.table(rows, f"{found.path}.{maps.name}.channels", alt=f"Every channel of {maps.name} in numbers")


def _onwards(network: Network, path: str) -> None:
    """From a box in a residual block to that block, step by step."""
    for block in residual_blocks(network):
        if f"{path}.".startswith(f"{block}."):
            address = {"block": block}
            st.page_link(
                "app/pages/block.py",
                label="This block as an equation",
                icon=":material/function:",
                query_params=address,
            )


def _png(found: FeatureMaps, maps: Maps, order: Order, number: int, size: int) -> bytes:
    """A page of channels as a picture."""
    title = f"{found.network} {found.path}, {found.weights}, {found.batch_norm} statistics"
    return mosaic(maps, page(channels(maps, order), number, size), title)
