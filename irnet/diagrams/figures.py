"""The catalogue: every figure that can be taken away, by its id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from irnet.comparison.examples import READY, Ready
from irnet.diagrams.beside import beside_sheet
from irnet.diagrams.block import block_sheet
from irnet.diagrams.graph_builder import End, GraphBuilder, Style
from irnet.diagrams.layouts import BESIDE, FOLDED, SHUT, WAYS, LaidOut, Layout, Ways, lay_out, room_named
from irnet.diagrams.nested import Expansion
from irnet.diagrams.overview import overview_sheet
from irnet.diagrams.paper_notation import paper_texts
from irnet.diagrams.table_figures import slug
from irnet.diagrams.theme import Theme, theme_named
from irnet.models import PRESETS, network
from irnet.models.errata import ERRATA
from irnet.models.recipe import knobs
from irnet.spec import Network, Residual, Stage

_V4, _V1, _V2 = "inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper"
_UNSCALED = "The print has no scaling here: that is Figure 20's."
_SIZES = "Sizes in grey are computed, not printed."


@dataclass(frozen=True, slots=True)
class PaperFigure:
    """One figure of arXiv 1602.07261v2."""

    number: int
    preset: str
    stage: str  # "" is the whole network
    departs: tuple[str, ...] = ()  # from the print, beside the errata of its stage
    letters: bool = False  # filters are k, l, m, n
    schema: bool = False  # no part of one network


PAPER_FIGURES = (
    PaperFigure(3, _V4, "stem"),
    PaperFigure(4, _V4, "inception_a", (_SIZES,)),
    PaperFigure(5, _V4, "inception_b", (_SIZES,)),
    PaperFigure(6, _V4, "inception_c", (_SIZES,)),
    PaperFigure(7, _V4, "reduction_a", letters=True),
    PaperFigure(8, _V4, "reduction_b", (_SIZES,)),
    PaperFigure(9, _V4, "", ("Counts in the boxes are computed, not printed.",)),
    PaperFigure(10, _V1, "block_a", (_UNSCALED, _SIZES)),
    PaperFigure(11, _V1, "block_b", (_UNSCALED, _SIZES)),
    PaperFigure(12, _V1, "reduction_b", (_SIZES,)),
    PaperFigure(13, _V1, "block_c", (_UNSCALED, _SIZES)),
    PaperFigure(14, _V1, "stem"),
    PaperFigure(
        15,
        _V1,
        "",
        (
            "Counts in the boxes are computed, not printed.",
            "Drawn is v1, whose sizes the print gives; v2 has its own, in its overview (E7).",
        ),
    ),
    PaperFigure(16, _V2, "block_a", (_UNSCALED, _SIZES)),
    PaperFigure(17, _V2, "block_b", (_UNSCALED, _SIZES)),
    PaperFigure(18, _V2, "reduction_b", (_SIZES,)),
    PaperFigure(19, _V2, "block_c", (_UNSCALED, _SIZES)),
    PaperFigure(20, _V2, "", ("The factor is this network's; the print gives none in the figure.",), schema=True),
)
KEPT = frozenset({"E2", "E3"})  # errata that the drawings repeat, as the paper's presets do
TABLE_1 = {"k": "0", "l": "1", "m": "2", "n": ""}  # letter -> step of its branch in Figure 7; n has one of its own


def scaling_sheet(sheet: GraphBuilder, network: Network, title: str) -> GraphBuilder:
    """`sheet` with the schema of a scaled residual block, and the scales that `network` has.

    Raises
    ------
    ValueError
        If the network has no residual blocks.
    """
    scales = sorted({stage.node.scale for stage in network.stages if isinstance(stage.node, Residual)})
    if not scales:
        raise ValueError(f"{network.name} has no residual blocks, so nothing is scaled")
    wide, factors = sheet.measures.wide, ", ".join(f"{scale:g}" for scale in scales)
    sheet.bar("input", "Relu activation", "other", description="input, already rectified", below=(wide, sheet.lane))
    detail = "ends in 1x1 Conv (Linear)"
    sheet.box("inception", "Inception", detail, "branch", description="branches, concat, 1x1 linear")
    sheet.box("scale", "Activation scaling", f"x {factors}", "sum", description=f"scale: times {factors}")
    sheet.bar("add", "+", "sum", description="sum of the input and the scaled residual", above=(wide, sheet.lane))
    sheet.box("output", "Relu activation", "", "relu", description="ReLU of the sum")
    for tail, head in (
        (End("input", "out", "b0"), End("inception", "in")),
        (End("inception", "out"), End("scale", "in")),
        (End("scale", "out"), End("add", "in", "t0")),
        (End("add", "out"), End("output", "in")),
    ):
        sheet.arrow(tail, head, weight=20)
    sheet.arrow(End("input", "out", "b1"), End("add", "in", "t1"), shortcut=True)
    return sheet.close(title)


Group = Literal["paper", "released", "networks", "comparisons"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: what it shows, and what is said on its face."""

    id: str
    group: Group
    title: str
    networks: tuple[Network, ...]
    stage: str = ""
    notes: tuple[str, ...] = ()  # on the face: departures from the print, or what a release has instead
    paper: PaperFigure | None = None
    ready: Ready | None = None

    @property
    def ways(self) -> Ways:
        """How it may be laid out, the preferred way first."""
        if self.paper and (self.paper.letters or self.paper.schema):
            return WAYS
        return BESIDE if self.ready else SHUT if self.stage else FOLDED

    def sheet(self, theme: Theme, way: Layout) -> GraphBuilder:
        """The drawing, laid out in one way."""
        notes = (*self.notes, _direction(way)) if self.paper else self.notes
        sheet, first = GraphBuilder(theme, way.flow, measures=way.measures, notes=notes), self.networks[0]
        if self.ready:
            opened = Expansion(0, frozenset(() if way.shut else self.ready.stages))
            return beside_sheet(sheet, self.networks, (opened,) * len(self.networks), self.title, folded=way.folded)
        if self.paper and self.paper.schema:
            return scaling_sheet(sheet, first, self.title)
        if not self.stage:
            return overview_sheet(sheet, first, self.title, folded=way.folded)
        stage = stage_of(first, self.stage)
        if self.paper and not way.shut:
            sheet.style = Style(texts=paper_texts(first, stage, _letters(stage) if self.paper.letters else None))
        return block_sheet(sheet, first, stage, title=self.title, shut=way.shut)

    def layout(self, theme: str = "light", width: str = "natural") -> LaidOut:
        """The drawing at a width, laid out so that its text is legible there.

        Raises
        ------
        ValueError
            For an unknown theme or width, or if the text would be too small.
        """
        style = theme_named(theme)
        return lay_out(self.id, lambda way: self.sheet(style, way), self.ways, room_named(width))


@cache
def catalogue() -> Mapping[str, Figure]:
    """Every figure by its id, in the order of the paper, then released blocks, whole networks and comparisons.

    Examples
    --------
    >>> list(catalogue())[:2], catalogue()["figure_17"].title
    (['figure_3', 'figure_4'], 'Figure 17: Inception-ResNet-B  ·  inception_resnet_v2.paper')
    """
    found = (*map(_paper, PAPER_FIGURES), *_release_figures(), *map(_whole, PRESETS), *map(_comparison, READY))
    return MappingProxyType({figure.id: figure for figure in found})


def figure_named(name: str) -> Figure:
    """The figure with this id.

    Raises
    ------
    ValueError
        Naming the unknown id and where the known ones are listed.
    """
    if name not in catalogue():
        raise ValueError(f"no figure is called {name!r}; `irnet figures` lists them, from figure_3 on")
    return catalogue()[name]


def stage_of(spec: Network, name: str) -> Stage:
    """The stage of a network with this name, known to be there."""
    return next(stage for stage in spec.stages if stage.name == name)


def _paper(figure: PaperFigure) -> Figure:
    spec = network(figure.preset)
    stage = stage_of(spec, figure.stage) if figure.stage else None
    what = "Scaled residuals" if figure.schema else stage.title if stage else "The whole network"
    source = stage.source if stage else spec.head.source
    errors = () if figure.schema else tuple(error.id for error in source.errata if error.id != "E10")
    return Figure(
        id=f"figure_{figure.number}",
        group="paper",
        title=f"Figure {figure.number}: {what}  ·  {'Table 1' if figure.letters else spec.name}",
        networks=(spec,),
        stage=figure.stage,
        notes=(*_departures(errors), *figure.departs, *_table_1(letters=figure.letters)),
        paper=figure,
    )


def _departures(ids: tuple[str, ...]) -> Iterator[str]:
    for id_ in ids:
        error = ERRATA[id_]
        if id_ not in KEPT:
            yield f"{id_}: the print has {error.printed}; drawn is {error.used}."
    kept = [id_ for id_ in ids if id_ in KEPT]
    if kept:
        yield f"Drawn as printed, slips included: {', '.join(kept)}."


def _table_1(*, letters: bool) -> Iterator[str]:
    """Table 1, from the presets."""
    if letters:
        for name in ("inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper"):
            have = knobs(PRESETS[name])
            yield f"{name.partition('.')[0]}: {', '.join(f'{letter} = {have[letter]}' for letter in TABLE_1)}."


def _letters(stage: Stage) -> dict[str, str]:
    """Path of a convolution of Figure 7 to its letter."""
    path = f"{stage.name}.0"
    return {f"{path}.b2.{step}" if step else f"{path}.b1": letter for letter, step in TABLE_1.items()}


def _direction(way: Layout) -> str:
    return f"Drawn {'top to bottom' if way.flow == 'down' else 'left to right'}; the print runs bottom to top."


def _release_figures() -> Iterator[Figure]:
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
