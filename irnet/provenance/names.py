"""What each released implementation calls the stages of these networks: one column an implementation, top to bottom.

A run of blocks is written "first to last"; "," separates the steps of one stage. Names in TF-slim and facenet are
variable scopes and end points, in Keras layers, elsewhere attributes of the module. A stage that an implementation
lacks has no entry: what it has instead is a numbered deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Implementation:
    """A released implementation of one architecture, and what it calls the stages of its preset."""

    name: str
    file: str
    version: str  # in which it was read
    preset: str  # that has its structure
    stages: Mapping[str, str]  # stage of the preset, or "head" -> name there


_SLIM = "tensorflow/models research/slim/nets"
_KERAS, _TIMM, _TORCHVISION = "Keras 3.15.1", "timm 1.0.31", "TorchVision 0.28.0"
_CADENE = "pretrainedmodels 0.7.4"
_V2_BLOCKS = {"mixed_5b": "mixed_5b", "reduction_a": "mixed_6a", "reduction_b": "mixed_7a", "block8": "block8"}
_PORT_V4 = {
    "stem": "features.0 to features.5",
    "inception_a": "features.6 to features.9",
    "reduction_a": "features.10",
    "inception_b": "features.11 to features.17",
    "reduction_b": "features.18",
    "inception_c": "features.19 to features.21",
}
_PORT_V2 = _V2_BLOCKS | {
    "stem": "conv2d_1a, conv2d_2a, conv2d_2b, maxpool_3a, conv2d_3b, conv2d_4a, maxpool_5a",
    "block_a": "repeat.0 to repeat.9",
    "block_b": "repeat_1.0 to repeat_1.19",
    "block_c": "repeat_2.0 to repeat_2.8",
    "conv2d_7b": "conv2d_7b",
}
_V3 = tuple(f"mixed_{block}" for block in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"))
_V3_STEPS = "Conv2d_1a_3x3, Conv2d_2a_3x3, Conv2d_2b_3x3, {}, Conv2d_3b_1x1, Conv2d_4a_3x3, {}"
_V3_MIXED = {stage: stage.capitalize() for stage in _V3}

IMPLEMENTATIONS: Mapping[str, tuple[Implementation, ...]] = {
    "inception_v4": (
        Implementation(
            "TF-slim",
            f"{_SLIM}/inception_v4.py",
            "commit 03cdc5f",
            "inception_v4.tf_slim",
            {
                "stem": "Conv2d_1a_3x3, Conv2d_2a_3x3, Conv2d_2b_3x3, Mixed_3a, Mixed_4a, Mixed_5a",
                "inception_a": "Mixed_5b to Mixed_5e",
                "reduction_a": "Mixed_6a",
                "inception_b": "Mixed_6b to Mixed_6h",
                "reduction_b": "Mixed_7a",
                "inception_c": "Mixed_7b to Mixed_7d",
                "head": "Logits",
            },
        ),
        Implementation(
            "timm",
            "timm/models/inception_v4.py",
            _TIMM,
            "inception_v4.tf_slim",
            _PORT_V4 | {"head": "global_pool, head_drop, last_linear"},
        ),
        Implementation(
            "Cadene",
            "pretrainedmodels/models/inceptionv4.py",
            _CADENE,
            "inception_v4.tf_slim",
            _PORT_V4 | {"head": "last_linear"},
        ),
    ),
    "inception_resnet_v2": (
        Implementation(
            "TF-slim",
            f"{_SLIM}/inception_resnet_v2.py",
            "commit 0223fe3",
            "inception_resnet_v2.tf_slim",
            {
                "stem": "Conv2d_1a_3x3, Conv2d_2a_3x3, Conv2d_2b_3x3, MaxPool_3a_3x3, Conv2d_3b_1x1, "
                "Conv2d_4a_3x3, MaxPool_5a_3x3",
                "mixed_5b": "Mixed_5b",
                "block_a": "Repeat/block35_1 to Repeat/block35_10",
                "reduction_a": "Mixed_6a",
                "block_b": "Repeat_1/block17_1 to Repeat_1/block17_20",
                "reduction_b": "Mixed_7a",
                "block_c": "Repeat_2/block8_1 to Repeat_2/block8_9",
                "block8": "Block8",
                "conv2d_7b": "Conv2d_7b_1x1",
                "head": "Logits",
            },
        ),
        Implementation(
            "Keras",
            "keras/src/applications/inception_resnet_v2.py",
            _KERAS,
            "inception_resnet_v2.tf_slim",
            _V2_BLOCKS
            | {
                "stem": "unnamed: the first five conv2d and two max_pooling2d layers",
                "block_a": "block35_1 to block35_10",
                "block_b": "block17_1 to block17_20",
                "block_c": "block8_1 to block8_9",
                "block8": "block8_10",
                "conv2d_7b": "conv_7b",
                "head": "avg_pool, predictions",
            },
        ),
        Implementation(
            "timm",
            "timm/models/inception_resnet_v2.py",
            _TIMM,
            "inception_resnet_v2.tf_slim",
            _PORT_V2 | {"head": "global_pool, head_drop, classif"},
        ),
        Implementation(
            "Cadene",
            "pretrainedmodels/models/inceptionresnetv2.py",
            _CADENE,
            "inception_resnet_v2.tf_slim",
            _PORT_V2 | {"head": "avgpool_1a, last_linear"},
        ),
    ),
    "inception_resnet_v1": (
        Implementation(
            "facenet",
            "davidsandberg/facenet src/models/inception_resnet_v1.py",
            "commit 096ed77",
            "inception_resnet_v1.facenet",
            {
                "stem": "Conv2d_1a_3x3, Conv2d_2a_3x3, Conv2d_2b_3x3, MaxPool_3a_3x3, Conv2d_3b_1x1, "
                "Conv2d_4a_3x3, Conv2d_4b_3x3",
                "block_a": "Repeat/block35_1 to Repeat/block35_5",
                "reduction_a": "Mixed_6a",
                "block_b": "Repeat_1/block17_1 to Repeat_1/block17_10",
                "reduction_b": "Mixed_7a",
                "block_c": "Repeat_2/block8_1 to Repeat_2/block8_5",
                "block8": "Block8",
                "head": "Logits, Bottleneck",
            },
        ),
        Implementation(
            "facenet-pytorch",
            "facenet-pytorch models/inception_resnet_v1.py",
            "facenet-pytorch 2.6.0",
            "inception_resnet_v1.facenet",
            {
                "stem": "conv2d_1a, conv2d_2a, conv2d_2b, maxpool_3a, conv2d_3b, conv2d_4a, conv2d_4b",
                "block_a": "repeat_1.0 to repeat_1.4",
                "reduction_a": "mixed_6a",
                "block_b": "repeat_2.0 to repeat_2.9",
                "reduction_b": "mixed_7a",
                "block_c": "repeat_3.0 to repeat_3.4",
                "block8": "block8",
                "head": "avgpool_1a, dropout, last_linear, last_bn, logits",
            },
        ),
    ),
    "inception_v3": (
        Implementation(
            "TF-slim",
            f"{_SLIM}/inception_v3.py",
            "commit 0231a2e",
            "inception_v3.tf_slim",
            _V3_MIXED | {"stem": _V3_STEPS.format("MaxPool_3a_3x3", "MaxPool_5a_3x3"), "head": "Logits"},
        ),
        Implementation(
            "Keras",
            "keras/src/applications/inception_v3.py",
            _KERAS,
            "inception_v3.tf_slim",
            {stage: f"mixed{i}" for i, stage in enumerate(_V3)}
            | {
                "stem": "unnamed: the first five conv2d and two max_pooling2d layers",
                "head": "avg_pool, predictions",
            },
        ),
        Implementation(
            "timm",
            "timm/models/inception_v3.py",
            _TIMM,
            "inception_v3.torchvision",
            _V3_MIXED | {"stem": _V3_STEPS.format("Pool1", "Pool2"), "head": "global_pool, head_drop, fc"},
        ),
        Implementation(
            "TorchVision",
            "torchvision/models/inception.py",
            _TORCHVISION,
            "inception_v3.torchvision",
            _V3_MIXED | {"stem": _V3_STEPS.format("maxpool1", "maxpool2"), "head": "avgpool, dropout, fc"},
        ),
        Implementation(
            "Cadene",
            "pretrainedmodels/models/torchvision_models.py",
            _CADENE,
            "inception_v3.torchvision",
            _V3_MIXED
            | {
                "stem": "Conv2d_1a_3x3, Conv2d_2a_3x3, Conv2d_2b_3x3, Conv2d_3b_1x1, Conv2d_4a_3x3",
                "head": "last_linear",
            },
        ),
    ),
}
