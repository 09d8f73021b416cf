"""The photograph inside the diagram: its controls, the pass that makes the maps, and their numbers in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from PIL import Image

from app import text
from app.maps import MAP_CACHE, digest_of
from app.passes import Setting, Weights, channels, photograph
from app.views import activations, show
from app.weights import weights
from irnet.diagrams.photograph import Channels, Photograph, for_reader, seen
from irnet.lab.forward import Scaling
from irnet.lab.photos import PHOTOS, photo
from irnet.spec import Network, Residual
from irnet.tree import resolve

MEAN, _, ONE = SHOWS = ("mean", "strongest", "one channel")
AS_IT_COMES = Setting((0,), "tf", "batch", "cpu")


@dataclass(frozen=True, kw_only=True)
class Look:
    """A photograph that is to run through a network, with what, and the box that is looked at from near."""

    network: Network
    image: Image.Image
    setting: Setting = AS_IT_COMES
    weights: Weights | None = None
    scale: Scaling = None
    shown: tuple[str, ...] = ()  # the boxes that are drawn
    chosen: str = ""
    shows: int | str = MEAN  # what the chosen box shows: a channel by its number, or one of `SHOWS`

    @property
    def _pass(self) -> str:
        return digest_of(self.network, self.image, self.setting, self.weights, self.scale)

    @property
    def digest(self) -> str:
        """What its maps are known by."""
        return digest_of(self._pass, self.shown)

    @property
    def address(self) -> str:
        """Where the canvas is told what the boxes show."""
        return f"map/{self.digest}.json"

    @property
    def _near(self) -> str:
        """What the channels of the chosen box are known by."""
        return digest_of(self._pass, self.chosen, self._channel)

    @property
    def _channel(self) -> int | None:
        return self.shows if isinstance(self.shows, int) else None

    def seen(self, prefix: str = "") -> Mapping[str, Any] | None:
        """What the canvas shows of the chosen box from near; its path has the prefix of its network."""
        if self.chosen not in resolve(self.network):
            return None
        near = f"map/{self._near}.json"
        more = {"path": f"{prefix}{self.chosen}", "channels": near, "chosen": self.shows != MEAN}
        return seen(self.network, self.chosen) | more

    @contextmanager
    def expected(self) -> Iterator[None]:
        """Until the block ends, a canvas that asks for the maps waits for them."""
        with MAP_CACHE.expected(self.digest), MAP_CACHE.expected(self._near):
            yield

    def run(self) -> tuple[Photograph, Channels | None]:
        """The maps, and the channels of the chosen box, kept for the canvas."""
        what = self.network, self.image, self.setting, self.weights, self.scale
        found, near = photograph(*what, self.shown), None
        MAP_CACHE.keep(self.digest, self.network, found)
        if self.chosen in resolve(self.network):
            near = channels(*what, self.chosen, self._channel)
            MAP_CACHE.keep_channels(self._near, near)
        return found, near

    def show(self, drawn: Collection[str] = ()) -> None:
        """Run it, and say below the canvas what it is and what the boxes that are `drawn` put out."""
        found, near = self.run()
        scaled = f"; residual scale {self.scale:g}" if isinstance(self.scale, float) else ""
        whose = "" if drawn else f"{text.plain(self.network.label)}: "
        read = f" {text.READ_MAPS}" if drawn else ""
        st.caption(f"{whose}**{text.plain(found.origin)}**{scaled}.{read}")
        if one := found.boxes.get(self.chosen):
            st.markdown(f"**{text.plain(resolve(self.network)[self.chosen].aria_label)}**: {one.text}.")
        if near and self.shows != MEAN:
            which = f": {', '.join(map(str, near.numbers))}" if self._channel is None else ""
            st.markdown(f"It shows {near.text}{which}; {near.boxes[self.chosen].text}.")
        if not drawn:
            return
        table = st.expander("Every box in numbers", key="photo.numbers", on_change="rerun", bind="query-params")
        if table.open:
            with table:
                alt = "Mean magnitude and share of zeros of every box that is drawn"
                show.table(for_reader(self.network, found, drawn), f"{self.network.name}.photograph", alt=alt)


def choose_map(network: Network, path: str) -> int | str:
    """What the box at `path` is to show of the photograph: one of `SHOWS`, the last of them as a channel's number."""
    shows: str = st.segmented_control(
        "This box shows", SHOWS, default=MEAN, key="shows", required=True, bind="query-params", help=text.SHOWS
    )
    if shows != ONE:
        return shows
    last = resolve(network)[path].out_shape[0] - 1
    st.session_state["map"] = min(st.session_state.get("map", 0), last)
    return int(st.number_input(f"Channel, 0 to {last}", 0, last, key="map", bind="query-params"))


def controls(networks: Sequence[Network]) -> Callable[..., Look]:
    """The reader's photograph, scale, weights and statistics; from a network to what is looked at."""
    with st.container(border=True):
        image = activations.picture(*networks, preview=False)  # the input's box shows it
        scale = _scale(networks)
        loaded = weights() if len(networks) == 1 else None
        setting = activations.setting(st.session_state["device"], trained=bool(loaded))
    return partial(Look, image=image, setting=setting, weights=loaded, scale=scale)


def bundled() -> Callable[..., Look]:
    """The same for a picture without controls."""
    return partial(Look, image=photo(PHOTOS[0]))


def _scale(networks: Sequence[Network]) -> Scaling:
    """One scale for all residual blocks, or without scaling; None while it is the network's own."""
    found = {s.node.scale for network in networks for s in network.stages if isinstance(s.node, Residual) and s.repeat}
    if not found:
        return None
    own = max(found)
    label = ", ".join(f"{scale:g}" for scale in sorted(found))
    without = st.toggle("Without scaling", key="unscaled", help=text.UNSCALED, bind="query-params")
    scale = st.slider(
        f"Residual scale s ({'its' if len(networks) == 1 else 'their'} own: {label})",
        0.0,
        1.0,
        own,
        0.01,
        key=f"s.{own:g}",
        disabled=without,
        bind="query-params",
    )
    return 1.0 if without else None if scale == own else scale
