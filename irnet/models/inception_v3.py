"""Inception-v3 as released, without its auxiliary head: the paper's baseline for Inception-ResNet-v1."""

from __future__ import annotations

from dataclasses import dataclass

from irnet.models.errata import errata
from irnet.models.fragments import AVG, MAX, STEM_V3, conv, down, fork
from irnet.models.recipe import Recipe
from irnet.spec import Chain, Fork, Network, Node, Part, Source, Stage

STEM = Chain((*STEM_V3, MAX))


def block_a(pooled: int) -> Fork:
    """35x35 block with `pooled` filters after its average pooling."""
    return fork(conv(64), (conv(48), conv(64, 5)), (conv(64), conv(96, 3), conv(96, 3)), (AVG, conv(pooled)))


def block_b(inner: int) -> Fork:
    """17x17 block whose factorised branches are `inner` filters wide until their last convolution."""
    wide, tall = (1, 7), (7, 1)
    return fork(
        conv(192),
        (conv(inner), conv(inner, wide), conv(192, tall)),
        (conv(inner), conv(inner, tall), conv(inner, wide), conv(inner, tall), conv(192, wide)),
        (AVG, conv(192)),
    )


SPLIT = fork(conv(384, (1, 3)), conv(384, (3, 1)))
BLOCK_C = fork(conv(320), (conv(384), SPLIT), (conv(448), conv(384, 3), SPLIT), (AVG, conv(192)))
REDUCTION_A = fork(down(384), (conv(64), conv(96, 3), down(96)), MAX)
REDUCTION_B = fork(
    (conv(192), down(320)),
    (conv(192), conv(192, (1, 7)), conv(192, (7, 1)), down(192)),
    MAX,
)

_BLOCKS: tuple[tuple[str, Node, Part], ...] = (
    ("mixed_5b", block_a(32), "a"),
    ("mixed_5c", block_a(64), "a"),
    ("mixed_5d", block_a(64), "a"),
    ("mixed_6a", REDUCTION_A, "reduction_a"),
    ("mixed_6b", block_b(128), "b"),
    ("mixed_6c", block_b(160), "b"),
    ("mixed_6d", block_b(160), "b"),
    ("mixed_6e", block_b(192), "b"),
    ("mixed_7a", REDUCTION_B, "reduction_b"),
    ("mixed_7b", BLOCK_C, "c"),
    ("mixed_7c", BLOCK_C, "c"),
)

_SLIM = "TF-slim inception_v3.py"


@dataclass(frozen=True, kw_only=True, slots=True)
class InceptionV3(Recipe):
    """The released network; its blocks differ one by one, so each is a stage under its released name."""

    def _full_width(self, name: str, edits: str) -> Network:
        """From the input to the classifier."""
        blocks = (
            Stage(
                stage,
                node,
                self.depth if part in ("a", "b", "c") else 1,
                stage.capitalize().replace("_", " "),
                part,
                self._source(stage),
            )
            for stage, node, part in _BLOCKS
        )
        return Network(
            name,
            (Stage("stem", STEM, 1, "Stem", "stem", self.source("stem")), *blocks),
            self.head(),
            input_shape=self.input_shape,
            edits=edits,
            source=self.source("network"),
        )

    def _source(self, stage: str) -> Source:
        return Source(f"{_SLIM}, {stage.capitalize()}")


TF_SLIM = InceptionV3(
    sources={
        "network": Source(_SLIM, "As timm's and TorchVision's without auxiliary head; the average leaves padding out."),
        "stem": Source(f"{_SLIM}, Conv2d_1a_3x3 to MaxPool_5a_3x3"),
        "head": Source(f"{_SLIM}, Logits", errata=errata("E10")),
    },
)
