"""Feature maps: the whole network as a strip, and every channel of the box that is chosen."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import streamlit as st

from app import text
from app.components.strip import strip
from app.controls import network_choice
from app.explorer import FROM, TURNED, box_field, chooser, select, short_name
from app.passes import box_maps, glance_at
from app.state import choose, unknown
from app.views import activations, head, show
from app.views.tiles import heat
from irnet.lab.block import residual_blocks
from irnet.lab.maps import ORDERS, Channel, FeatureMaps, Glance, Maps, Order, channels, page, pages
from irnet.lab.mosaic import arrays, mosaic, tiles
from irnet.spec import Network
from irnet.tree import resolve
from irnet.units import exact, grid


def chosen_box(network: Network, otherwise: str) -> str:
    """The box of the field, else the one that another page was left with, else `otherwise`."""
    tree = resolve(network)
    show.ignored_line(unknown({TURNED: tree, FROM: tree}))
    came = st.query_params.get(FROM, "")
    chosen = box_field(network) or (came if came in tree else otherwise)
    if not tree.is_aside(chosen):
        return chosen
    show.ignored_line([f"{chosen} {text.NOT_IN_A_PASS}"])
    return otherwise


def unit(look: Glance, chosen: str) -> str:
    """The picture in the strip that shows the chosen box, or the first of its stage; "" for the head."""
    paths = [thumb.path for thumb in look.strip]
    around = [path for path in paths if f"{chosen}.".startswith(f"{path}.")]
    inside = [path for path in paths if path.startswith(f"{chosen}.")]
    return next(iter(around + inside), "")


def tensor_and_order(found: FeatureMaps) -> tuple[Maps, Order]:
    """The tensor of the box that the reader chose, and what its channels are sorted by."""
    names = [maps.name for maps in found.tensors]
    name = choose("Tensor", names, "of", index=len(names) - 1)
    order: Order = st.segmented_control(
        "Channels by", ORDERS, default=ORDERS[0], key="order", required=True, bind="query-params"
    )
    return found.tensor(name), order


def feature_maps(found: FeatureMaps, maps: Maps, order: Order) -> None:
    """One tensor of the box as tiles, with its files and its numbers."""
    every = channels(maps, order)
    _, height, width = maps.values.shape
    size = tiles(height, width)
    st.markdown(f"**{_finding(maps, every)}**")
    st.caption(text.plain(f"{found.path}, {maps.name}: {maps.what}."))
    pictures = st.container()
    number = _page(pages(len(every), size))
    on_page = page(every, number, size)
    if maps.troubles:
        st.warning(f"{maps.troubles}: drawn in purple, and left out of the colour scale.", icon=":material/error:")
    numbers = [channel.index for channel in on_page]
    alt = f"{len(on_page)} of {len(every)} feature maps of {found.path}, {maps.name}; the table below has the numbers"
    with pictures:
        st.plotly_chart(heat(maps.values[numbers], numbers, maps.extent), key="tiles", config=show.CONFIG, alt=alt)
    _files(found, maps, order, number, size)
    _numbers(found, maps, every)


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
    name = f"{found.network.split(' ')[0]}.{found.path}.{maps.name}"
    png, npz = partial(_png, found, maps, order, number, size), partial(arrays, found)
    show.downloads({f"{name}.png": png, f"{name}.npz": npz})


def _numbers(found: FeatureMaps, maps: Maps, every: tuple[Channel, ...]) -> None:
    table = st.expander("Channels in numbers", key="channels", on_change="rerun", bind="query-params")
    if table.open:
        with table:
            rows = [asdict(channel) | {"dead": "dead" if channel.dead else ""} for channel in every]
            show.table(rows, f"{found.path}.{maps.name}.channels", alt=f"Every channel of {maps.name} in numbers")


def onwards(network: Network, path: str) -> None:
    """From a box in a residual block to that block, step by step."""
    for block in residual_blocks(network):
        if f"{path}.".startswith(f"{block}."):
            label, icon = "This block as an equation", ":material/function:"
            st.page_link("app/pages/block.py", label=label, icon=icon, query_params={"block": block})


def _png(found: FeatureMaps, maps: Maps, order: Order, number: int, size: int) -> bytes:
    """A page of channels as a picture."""
    title = f"{found.network} {found.path}, {found.weights}, {found.batch_norm} statistics"
    return mosaic(maps, page(channels(maps, order), number, size), title)


choice = network_choice()
network = choice.network
head.heading("Feature maps of", network)
above = st.container()
shown, controls = st.columns([3, 1], gap="medium")
with controls:
    fields = st.container()
    image, setting, loaded = activations.inputs(network, choice.device)
with above.container():  # a place of its own for the spinner, so that what follows stays where it is
    look = glance_at(network, image, setting, loaded)
with fields:
    box = chosen_box(network, look.strip[0].path)
    of_box = st.container()
    chooser(network, box, key="picker")
with above:
    names = {thumb.path: short_name(network, thumb.path) for thumb in look.strip}
    strip(look.strip, unit(look, box), look.key, key="strip", names=names, on_click=select)
with shown.container():
    found = box_maps(network, image, setting, loaded, box)
with of_box:
    maps, order = tensor_and_order(found)
with shown:
    feature_maps(found, maps, order)
    onwards(network, found.path)
    ran = activations.origin(look.weights, look.batch_norm, choice.device)
    st.caption(f"{ran} {text.MAPS} {text.STRIP} {text.TRAINED if loaded else text.UNTRAINED_LOOK}")
