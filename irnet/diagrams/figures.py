"""The catalogue of block diagrams: every figure that can be taken away, by its id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import ClassVar

from irnet.comparison.examples import READY, Ready
from irnet.diagrams.beside import beside_sheet
from irnet.diagrams.block import block_sheet, stage_named
from irnet.diagrams.formats import Picture
from irnet.diagrams.graph_builder import GraphBuilder, Style
from irnet.diagrams.layouts import BESIDE, FOLDED, SHUT, WAYS, LaidOut, Layout, Ways, lay_out, room_named
from irnet.diagrams.mermaid import mermaid
from irnet.diagrams.nested import Expansion
from irnet.diagrams.overview import overview_sheet
from irnet.diagrams.paper_figures import PAPER_FIGURES, PaperFigure, departures, paper_texts, scaling_sheet
from irnet.diagrams.render import convert, sized
from irnet.diagrams.table_figures import slug
from irnet.diagrams.theme import theme_named
from irnet.diagrams.tikz import tikz
from irnet.diagrams.words import Words, beside_alt, block_words, box_by_box, overview_words
from irnet.models import PRESETS, network
from irnet.spec import Network

PAPER = "arXiv 1602.07261v2"
FIGURE_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "svg": "SVG: text is text, every box has its path as id",
        "pdf": "PDF: vector, fonts embedded",
        "png": "PNG",
        "dot": "Graphviz source",
        "mmd": "Mermaid, for GitHub's Markdown",
        "tikz": "TikZ, for \\input; needs tikz and arrows.meta",
        "html": "one HTML file, light and dark, with its words",
    }
)
BOXES = "Box by box"  # over the long description


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Picture):
    """One figure: what it shows, and what is said on its face.

    Examples
    --------
    >>> figure = catalogue()["figure_20"]
    >>> figure.words().long[2], figure.content("mmd")[:12]
    ('3. scale: times 0.1. From 2.', b'flowchart TD')
    """

    forms: ClassVar = FIGURE_FORMS
    summary: ClassVar = BOXES

    networks: tuple[Network, ...]
    stage: str = ""
    paper: PaperFigure | None = None
    ready: Ready | None = None

    @property
    def ways(self) -> Ways:
        """How it may be laid out, the preferred way first."""
        if self.paper and (self.paper.letters or self.paper.schema):
            return WAYS
        return BESIDE if self.ready else SHUT if self.stage else FOLDED

    def sheet(self, theme: str, way: Layout) -> GraphBuilder:
        """The drawing, laid out in one way."""
        direction = f"Drawn {'top to bottom' if way.flow == 'down' else 'left to right'}; the print runs bottom to top."
        notes, first = (*self.notes, direction) if self.paper else self.notes, self.networks[0]
        sheet = GraphBuilder(theme_named(theme), way.flow, measures=way.measures, notes=notes)
        if self.ready:
            opened = (Expansion(0, frozenset(() if way.shut else self.ready.stages)),) * len(self.networks)
            return beside_sheet(sheet, self.networks, opened, self.title, folded=way.folded)
        if self.paper and self.paper.schema:
            return scaling_sheet(sheet, first, self.title)
        if not self.stage:
            return overview_sheet(sheet, first, self.title, folded=way.folded)
        stage = stage_named(first, self.stage)
        if self.paper and not way.shut:
            sheet.style = Style(texts=paper_texts(first, stage, lettered=self.paper.letters))
        return block_sheet(sheet, first, stage, title=self.title, shut=way.shut)

    def draw(self, form: str, theme: str, width: str, scale: float) -> bytes:
        """One of the formats but "html"."""
        found, words = laid_figure(self, theme, width), self.words(width)
        match form:
            case "dot":
                return found.sheet.text.encode()
            case "mmd":
                return mermaid(found.sheet, words.alt, words.caption).encode()
            case "tikz":
                return tikz(found.sheet, found.svg, found.factor).encode()
            case "svg" | "pdf" | "png":
                svg = sized(found.svg, found.factor)
                return convert(svg, form, title=words.alt, description=words.caption, scale=scale)
            case _:
                raise AssertionError(f"{form} is in FIGURE_FORMS and has no writer")

    def words(self, width: str = "natural") -> Words:
        """Caption, alternative text and long description as it is laid out at a width."""
        sheet, about = laid_figure(self, "light", width).sheet, self._about
        number = f"Figure {self.paper.number}" if self.paper else ""
        print_of = f"{number} of {PAPER}, redrawn. " if number else ""
        said = [note for note in sheet.notes if note not in about.caption]
        keys = ", ".join(spec.key for spec in self.networks)
        units = "Sizes are height x width x channels; V marks valid padding."
        caption = " ".join(f"{print_of}{about.caption} {' '.join(said)} {units} Architecture {keys}.".split())
        return Words(f"{number}: {about.alt}" if number else about.alt, caption, tuple(box_by_box(sheet)))

    @property
    def _about(self) -> Words:
        """What its networks have to say of themselves."""
        first = self.networks[0]
        if self.ready:
            names = ", ".join(spec.label for spec in self.networks)
            return Words(beside_alt(self.networks), f"{self.ready.title}: {names}. {self.ready.shows}")
        if self.paper and self.paper.schema:
            return Words(
                "A residual block: the input goes to an Inception part, whose output is scaled and added to the input; "
                "ReLU follows.",
                f"How the residual blocks scale their residuals, with the factor of {first.label}.",
            )
        if not self.stage:
            return overview_words(first)
        return block_words(first, stage_named(first, self.stage), errata=not self.paper)


@lru_cache(maxsize=64)
def laid_figure(figure: Figure, theme: str, width: str) -> LaidOut:
    """A figure laid out so that its text is legible at a width, remembered: every format of it starts here.

    Raises
    ------
    ValueError
        For an unknown theme or width, or if the text would be too small.
    """
    return lay_out(figure.id, lambda way: figure.sheet(theme, way), figure.ways, room_named(width))


@cache
def catalogue() -> Mapping[str, Figure]:
    """Every figure by its id, in the order of the paper, then released blocks, whole networks and comparisons.

    Examples
    --------
    >>> list(catalogue())[:2], catalogue()["figure_17"].title
    (['figure_3', 'figure_4'], 'Figure 17: Inception-ResNet-B  ·  inception_resnet_v2.paper')
    """
    found = (*map(_paper, PAPER_FIGURES), *_releases(), *map(_whole, PRESETS), *map(_comparison, READY))
    return MappingProxyType({figure.id: figure for figure in found})


def _paper(figure: PaperFigure) -> Figure:
    spec = network(figure.preset)
    stage = stage_named(spec, figure.stage) if figure.stage else None
    what = "Scaled residuals" if figure.schema else stage.title if stage else "The whole network"
    source = stage.source if stage else spec.head.source
    errata = () if figure.schema else tuple(error.id for error in source.errata if error.id != "E10")
    return Figure(
        id=f"figure_{figure.number}",
        group="paper",
        title=f"Figure {figure.number}: {what}  ·  {'Table 1' if figure.letters else spec.name}",
        networks=(spec,),
        stage=figure.stage,
        notes=tuple(departures(figure, errata)),
        paper=figure,
    )


def _releases() -> Iterator[Figure]:
    for name in PRESETS:
        spec = network(name)
        for stage in spec.stages if not name.endswith(".paper") else ():
            yield Figure(
                id=f"{name}.{stage.name}",
                group="released",
                title=f"{stage.title}  ·  {name}  ·  {stage.source.ref}",
                networks=(spec,),
                stage=stage.name,
                notes=(stage.source.note,) if stage.source.note else (),
            )


def _whole(name: str) -> Figure:
    spec = network(name)
    return Figure(id=name, group="networks", title=f"{name}  ·  {spec.source.ref}", networks=(spec,))


def _comparison(ready: Ready) -> Figure:
    networks = tuple(map(network, ready.names))
    return Figure(
        id=f"comparison.{slug(ready.title)}", group="comparisons", title=ready.title, networks=networks, ready=ready
    )
