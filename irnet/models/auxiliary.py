"""The auxiliary classifier that TF-slim and TorchVision hang on the last 17x17 block; the paper has none."""

from __future__ import annotations

from collections.abc import Mapping

from irnet.models.fragments import chain, conv
from irnet.spec import Head, Network, Pool, Shape, Source, Stage

AFTER: Mapping[str, str] = {  # architecture -> the stage whose output it reads
    "inception_v4": "inception_b",
    "inception_resnet_v2": "block_b",
    "inception_v3": "mixed_6e",
}


def auxiliary(shape: Shape, classes: int) -> Network:
    """The auxiliary head on a map of this (C, H, W) shape, as a network of its own: 5x5 average, 1x1, 5x5, linear.

    Examples
    --------
    >>> auxiliary((1024, 17, 17), 1001).stages[0].repeat
    1
    """
    steps = chain(Pool("avg", 5, 3, "valid"), conv(128), conv(768, 5, 1, "valid"))
    source = Source("TF-slim inception_v4.py, AuxLogits")
    return Network(
        "auxiliary head", (Stage("aux", steps, source=source),), Head(classes, 0.0, source=source), input_shape=shape
    )
