"""Figures 3 to 20 of the paper: what each shows, in which of the networks, and how a drawing of it departs."""

from __future__ import annotations

from dataclasses import dataclass

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
