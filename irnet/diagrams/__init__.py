"""Diagrams: a whole network or one block, as Graphviz source that draws itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import graphviz
from graphviz.backend import dot_command

from irnet.comparison.side_by_side import marks
from irnet.diagrams.beside import beside_sheet
from irnet.diagrams.block import block_sheet, stage_named
from irnet.diagrams.canvas.drawing import canvas_svg
from irnet.diagrams.files import write
from irnet.diagrams.graph_builder import FLOWS, Flow, GraphBuilder
from irnet.diagrams.measures import CANVAS
from irnet.diagrams.nested import Expansion, nested, shown_in
from irnet.diagrams.overlay import EDGES, OVERLAYS, Edges, Overlay, darken
from irnet.diagrams.overlay import style as paint
from irnet.diagrams.overview import overview_sheet
from irnet.diagrams.page import Page
from irnet.diagrams.render import FORMATS, Format, layout_engine, render
from irnet.diagrams.theme import LIGHT, theme_named
from irnet.diagrams.words import Words, beside_alt, block_words, overview_words
from irnet.edit import network as network_of
from irnet.spec import Network
from irnet.tree import resolve

NARROW = 'margin="0.05,0.03" height=0.4'  # DOT: of the boxes of blocks alone

__all__ = ["FLOWS", "FORMATS", "diagram", "draw", "explore", "source", "words"]


def source(network: Network, stage: str = "", theme: str = "light", index: int = 0, flow: Flow = "down") -> str:
    """DOT of the whole network, or of one block of a stage; the arrows run "down" or "right".

    Raises
    ------
    ValueError
        For an unknown stage, theme or flow, or a block that the stage does not have.
    """
    if flow not in FLOWS:
        raise ValueError(f"arrows can't run {flow!r}; choose one of {', '.join(FLOWS)}")
    sheet = GraphBuilder(theme_named(theme), flow)
    if stage:
        return block_sheet(sheet, network, stage_named(network, stage), index).text
    return overview_sheet(sheet, network).text


def words(network: Network, stage: str = "") -> Words:
    """Caption and alternative text of the same picture."""
    return block_words(network, stage_named(network, stage)) if stage else overview_words(network)


def draw(
    network: Network, form: Format, stage: str = "", theme: str = "light", index: int = 0, flow: Flow = "down"
) -> bytes:
    """The picture as a file's bytes: "svg", "png", "pdf" or "dot".

    Examples
    --------
    >>> b"figure-title" in draw(network_of("inception_v4"), "svg", "stem")
    True
    """
    described = words(network, stage)
    dot = source(network, stage, theme, index, flow)
    return render(dot, form, title=described.alt, description=described.caption)


def canvas_svgs(
    network: Network,
    opened: Expansion,
    overlay: Overlay = "operation",
    edges: Edges = "alike",
    flow: Flow = "down",
    *,
    original: Network | None = None,
    refused: str = "",
) -> tuple[bytes, bytes]:
    """SVG of a network with the boxes open that `opened` says, painted as the overlay says: light and dark.

    What differs from the `original` is marked, and so is the box with the path `refused`.
    """
    marked = dict(marks(original, network)[1]) if original and original != network else {}
    plain = (overlay, edges) == (OVERLAYS[0], EDGES[0])
    style = paint(network, () if plain else shown_in(network, opened), overlay, edges)
    style = replace(style, marks=marked | ({refused: "refused"} if refused else {}))
    light = canvas_svg(nested(network, opened, style, flow, CANVAS), words(network).alt)
    return light, darken(light)


def block_svgs(network: Network, stage: str) -> tuple[bytes, bytes]:
    """SVG of one block of a stage under its title alone, light and dark."""
    found = stage_named(network, stage)
    sheet = block_sheet(GraphBuilder(LIGHT, measures=CANVAS), network, found, title=found.title)
    light = canvas_svg(sheet, words(network, stage).alt)
    return light, darken(light)


def beside_svgs(
    networks: tuple[Network, ...],
    opened: tuple[Expansion, ...],
    *,
    ghosts: bool = False,
    flow: Flow = "down",
    pictures: bool = False,
) -> tuple[bytes, bytes]:
    """SVG of two to four networks side by side, light and dark; `beside_sheet` says what is drawn.

    Blocks alone are narrow, so that all fit into a page.
    """
    alone = all(len(network.stages) == 1 for network in networks)
    sheet = GraphBuilder(
        LIGHT, flow, measures=replace(CANVAS, wide=1.0, gap=0.1, detail=10, node=NARROW) if alone else CANVAS
    )
    light = canvas_svg(beside_sheet(sheet, networks, opened, ghosts=ghosts, pictures=pictures), beside_alt(networks))
    return light, darken(light)


class Diagram(graphviz.Digraph):
    """A Graphviz graph that shows itself in a notebook with its caption and alternative text inside."""

    def __init__(self, network: Network, stage: str, body: list[str]) -> None:
        super().__init__(body=body)
        self._described = words(network, stage)

    def _repr_mimebundle_(self, *_: object, **__: object) -> dict[str, str]:
        svg = render(self.source, "svg", title=self._described.alt, description=self._described.caption)
        return {"image/svg+xml": svg.decode(), "text/plain": self._described.alt}


def diagram(
    network: Network | str, path: str | None = None, theme: str = "light", flow: Flow = "down", **knobs: Any
) -> graphviz.Digraph:
    """A diagram that shows itself in a notebook and saves itself.

    Parameters
    ----------
    network
        A network, or the name of a preset.
    path
        A stage ("block_b") or one of its blocks ("block_b.3"); None for the whole network.
    theme
        "light", "dark" or "print".
    flow
        "down" or "right": the way that the arrows run.
    **knobs
        Of the preset's recipe, as `irnet.network` takes them.

    Raises
    ------
    ValueError
        For an unknown name, path, theme or flow, or what is no network.

    Examples
    --------
    >>> "1154" in diagram("inception_resnet_v2", "block_b").source
    False
    """
    spec = network_of(network, **knobs)
    stage, _, index = (path or "").partition(".")
    if index and not index.isdecimal():
        raise ValueError(f"{path!r} is not a stage or one of its blocks, such as 'block_b' or 'block_b.3'")
    dot_command.DOT_BINARY = layout_engine()  # so that it also saves itself without a system Graphviz
    _, *body, _ = source(spec, stage, theme, int(index or 0), flow).splitlines(keepends=True)
    return Diagram(spec, stage, body)


def explore(network: Network | str, flow: Flow = "down", **knobs: Any) -> Page:
    """The network as a canvas that opens in place; it shows itself in a notebook cell, without a server.

    Raises
    ------
    ValueError
        For an unknown name or knob, or what is no network.
    """
    return Page(network_of(network, **knobs), flow)


def save(
    network: Network, folder: Path, theme: str = "light", forms: tuple[Format, ...] = FORMATS, flow: Flow = "down"
) -> list[Path]:
    """Write the whole network and one block of every stage to `folder`, in every format; return the files.

    Raises
    ------
    OSError
        If the folder can't be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for stage in ("", *(box.path for box in resolve(network).values() if box.path == box.stage)):
        for form in forms:
            file = folder / f"{network.name}.{stage or 'overview'}.{theme}.{form}"
            write(file, draw(network, form, stage, theme, flow=flow))
            written.append(file)
    return written
