"""Results that others published, with their source; nothing here was measured by this project."""

from __future__ import annotations

from dataclasses import dataclass

from irnet.spec import Basis


@dataclass(frozen=True, slots=True)
class Result:
    """Errors in percent on ILSVRC-2012 validation images."""

    model: str
    top1: float
    top5: float
    preset: str | None  # the preset that stands for it, if there is one


TABLE_2_SOURCE = (
    "Szegedy et al. 2016, arXiv 1602.07261v2, Table 2: single crop, single model, non-blacklisted subset of the "
    "ILSVRC-2012 validation set. The subset leaves out about 1,700 images, which flatters the errors by about "
    "0.3 (top-1) and 0.15 (top-5) points."
)
TABLE_2 = (
    Result("BN-Inception", 25.2, 7.8, None),
    Result("Inception-v3", 21.2, 5.6, "inception_v3.tf_slim"),
    Result("Inception-ResNet-v1", 21.3, 5.5, "inception_resnet_v1.paper"),
    Result("Inception-v4", 20.0, 5.0, "inception_v4.paper"),
    Result("Inception-ResNet-v2", 19.9, 4.9, "inception_resnet_v2.paper"),
)

FIG_23_END = 20.0  # top-1 error, in percent, at which the curve called "pure" ends: read by eye, to about 0.1
RESNET_152_BLOCKS = (3, 8, 36, 3)  # He et al. 2015, arXiv 1512.03385, Table 1: blocks a stage, three convolutions each
FIG_3_END = (71, 35)  # pixels a side that Fig. 3 prints before and after its last step
FIG_15_CHANNELS = (256, 256, 896, 896, 1792, 1792)  # printed after the stem, A, Reduction-A, B, Reduction-B and C


@dataclass(frozen=True, slots=True)
class Curve:
    """What a figure of training curves shows, in our words; levels in percent are read by eye, to about 0.1."""

    figure: str
    measure: str
    presets: tuple[str, ...]
    epochs: tuple[int, int]  # on its axis
    shows: str
    basis: Basis = "unverified"  # nobody has read these levels a second time


CURVES_SOURCE = (
    "Szegedy et al. 2016, arXiv 1602.07261v2, Figures 21 to 26; the paper gives no numbers of "
    "its curves, so levels are read by eye and unverified."
)
_FIRST, _SECOND = TABLE_2[1:3], TABLE_2[3:5]
_PAIRS = tuple(tuple(result.preset for result in pair if result.preset) for pair in (_FIRST, _SECOND))
CURVES = (
    Curve(
        "Fig. 21",
        "top-1 error",
        _PAIRS[0],
        (20, 200),
        "Inception-ResNet-v1 is flat from about epoch 110 to 120, at 21.4; Inception-v3 gets there at about 160 and "
        "ends a hair lower.",
    ),
    Curve(
        "Fig. 22",
        "top-5 error",
        _PAIRS[0],
        (20, 200),
        "Inception-ResNet-v1 is at 9.1 at epoch 20 and flat from about 110, at 5.6 to 5.7; Inception-v3 meets it at "
        "about 140 and stays a little above.",
    ),
    Curve(
        "Fig. 23",
        "top-1 error",
        _PAIRS[1],
        (20, 160),
        "At epoch 20 Inception-v4 is at 31.9 and Inception-ResNet-v2 at 29.6; both are flat from about 130 and end at "
        "about 20.0 and 19.8.",
    ),
    Curve(
        "Fig. 24",
        "top-5 error",
        _PAIRS[1],
        (20, 160),
        "The two curves run side by side, Inception-ResNet-v2 below all along; they end at about 5.0 and 4.9.",
    ),
    Curve(
        "Fig. 25",
        "top-5 error",
        (*_PAIRS[0], *_PAIRS[1]),
        (20, 160),
        "Inception-ResNet-v1 is the fastest at first and is overtaken by Inception-ResNet-v2 and Inception-v4; "
        "networks of one size end together, at about 5.7 and 5.0.",
    ),
    Curve(
        "Fig. 26",
        "top-1 error",
        (*_PAIRS[0], *_PAIRS[1]),
        (20, 160),
        "As Figure 25: networks of one size end together, at about 21.4 and 20.0.",
    ),
)
