"""Networks side by side as a file to take away, also as a slide."""

from __future__ import annotations

import re
from functools import partial

from irnet.diagrams.beside import beside_sheet
from irnet.diagrams.graph_builder import Flow, GraphBuilder
from irnet.diagrams.layouts import BESIDE, ROOMS, Layout, lay_out
from irnet.diagrams.nested import Expansion
from irnet.diagrams.render import Format, convert, render
from irnet.diagrams.theme import theme_named
from irnet.diagrams.words import beside_alt
from irnet.spec import Network

FORMS: tuple[Format, ...] = ("svg", "png", "pdf")
WIDE, HIGH = (round(side) for side in (ROOMS["slide"].width, ROOMS["slide"].height))  # points, sixteen to nine


def beside_file(
    networks: tuple[Network, ...],
    opened: tuple[Expansion, ...],
    form: Format,
    theme: str = "light",
    flow: Flow = "down",
    *,
    ghosts: bool = False,
) -> bytes:
    """Networks side by side as they are shown, with their legend, as a file's bytes.

    Raises
    ------
    ValueError
        For an unknown theme or format, or if there are fewer than two networks or more than four.

    Examples
    --------
    >>> from irnet.models import network
    >>> both = (network("inception_resnet_v1"), network("inception_resnet_v2"))
    >>> beside_file(both, (Expansion(), Expansion()), "pdf")[:5]
    b'%PDF-'
    """
    sheet = beside_sheet(GraphBuilder(theme_named(theme), flow), networks, opened, ghosts=ghosts)
    return render(sheet.text, form, title=beside_alt(networks))


def beside_slide(
    networks: tuple[Network, ...], opened: tuple[Expansion, ...], form: Format, theme: str = "light"
) -> bytes:
    """Networks side by side as a slide, sixteen to nine: as open as its text stays legible, else shut.

    Raises
    ------
    ValueError
        If they do not fit even when all boxes are shut, or for an unknown theme or format.

    Examples
    --------
    >>> from irnet.models import network
    >>> both = (network("inception_resnet_v1"), network("inception_resnet_v2"))
    >>> b'width="960pt" height="540pt"' in beside_slide(both, (Expansion(), Expansion()), "svg")
    True
    """
    shut = tuple(Expansion() for _ in networks)

    def draw(way: Layout) -> GraphBuilder:
        sheet = GraphBuilder(theme_named(theme), way.flow, measures=way.measures)
        return beside_sheet(sheet, networks, shut if way.shut else opened, folded=way.folded)

    found = lay_out("the comparison", draw, BESIDE, ROOMS["slide"])
    svg = render(found.sheet.text, "svg").decode()
    return convert(_on_slide(svg.partition("?>")[2], theme), form, title=beside_alt(networks))


def _on_slide(svg: str, theme: str) -> str:
    """A drawing in the middle of a slide, with its paper to the edges."""
    size = partial(re.sub, r'width="[\d.]+pt" height="[\d.]+pt"', f'width="{WIDE}pt" height="{HIGH}pt"', count=1)
    paper = f'<rect x="-5000" y="-5000" width="20000" height="20000" fill="{theme_named(theme).paper}"'
    return re.sub(r'<rect width="[\d.]+" height="[\d.]+" fill="[^"]+"', paper, size(svg), count=1)
