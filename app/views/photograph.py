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
from app.passes import Setting, Weights, photograph, strongest_channels
from app.views import activations, show
from app.weights import weights
from irnet.diagrams.photograph import Photograph, for_reader, seen
from irnet.lab.forward import Scaling
from irnet.lab.photos import PHOTOS, photo
from irnet.spec import Network, Residual
from irnet.tree import resolve

AS_IT_COMES = Setting((0,), "tf", "batch", "cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A photograph that is to run through a network, with what, and the box that is looked at from near."""

    network: Network
    image: Image.Image
    setting: Setting = AS_IT_COMES
    weights: Weights | None = None
    scale: Scaling = None
    inside: bool = False  # whether the parts of convolutions are looked at too
    chosen: str = ""

    @property
    def digest(self) -> str:
        """What its maps are known by."""
        return digest_of(self.network, self.image, self.setting, self.weights, self.scale, self.inside)

    @property
    def address(self) -> str:
        """Where the canvas is told what the boxes show."""
        return f"map/{self.digest}.json"

    @property
    def _near(self) -> str:
        """What the channels of the chosen box are known by."""
        return digest_of(self.digest, self.chosen)

    def seen(self, prefix: str = "") -> Mapping[str, Any] | None:
        """What the canvas shows of the chosen box from near; its path has the prefix of its network."""
        if self.chosen not in resolve(self.network):
            return None
        near = f"map/{self._near}.json"
        return seen(self.network, self.chosen) | {"path": f"{prefix}{self.chosen}", "channels": near}

    @contextmanager
    def expected(self) -> Iterator[None]:
        """Until the block ends, a canvas that asks for the maps waits for them."""
        with MAP_CACHE.expected(self.digest), MAP_CACHE.expected(self._near):
            yield

    def run(self) -> Photograph:
        """The maps, and the strongest channels of the chosen box, kept for the canvas."""
        what = self.network, self.image, self.setting, self.weights, self.scale
        found = photograph(*what, inside=self.inside)
        MAP_CACHE.keep(self.digest, self.network, found)
        if self.chosen in resolve(self.network):
            MAP_CACHE.keep_channels(self._near, strongest_channels(*what, self.chosen))
        return found

    def show(self, shown: Collection[str] = ()) -> None:
        """Run it, and say below the canvas what it is and what the boxes that are `shown` put out."""
        found = self.run()
        scaled = f"; residual scale {self.scale:g}" if isinstance(self.scale, float) else ""
        whose = "" if shown else f"{text.plain(self.network.label)}: "
        read = f" {text.READ_MAPS}" if shown else ""
        st.caption(f"{whose}**{text.plain(found.origin)}**{scaled}.{read}")
        if one := found.boxes.get(self.chosen):
            st.markdown(f"**{text.plain(resolve(self.network)[self.chosen].aria_label)}**: {one.text}.")
        if not shown:
            return
        table = st.expander("Every box in numbers", key="photo.numbers", on_change="rerun", bind="query-params")
        if table.open:
            with table:
                alt = "Mean magnitude and share of zeros of every box that is drawn"
                show.table(for_reader(self.network, found, shown), f"{self.network.name}.photograph", alt=alt)


def controls(networks: Sequence[Network]) -> Callable[..., Look]:
    """The reader's photograph, scale, weights and statistics; from a network to what is looked at."""
    with st.container(border=True):
        image = activations.picture(preview=False)  # the input's box shows it
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
