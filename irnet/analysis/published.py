"""Results that others published, with their source; nothing here was measured by this project."""

from __future__ import annotations

from dataclasses import dataclass


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
