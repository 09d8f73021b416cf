"""Inception-v3, the baseline for Inception-ResNet-v1: as Table 1 of Szegedy et al. 2015 prints it, and as released.

TF-slim and Keras leave padding out of the averages; TorchVision, timm and Cadene count it. A file of weights does not
say which, so they are two presets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from irnet.models.errata import errata
from irnet.models.fragments import AVG, MAX, STEM_V3, conv, down, fork, side, side_slim
from irnet.models.recipe import Recipe, knob
from irnet.spec import Chain, Fork, Node, Part, Pool, Source, Stage

STEM = Chain((*STEM_V3, MAX))
STEM_PAPER = Chain((*STEM_V3[:4], conv(80, 3, 1, "valid"), down(192), conv(288, 3)))


def block_a(average: Pool, pooled: int) -> Fork:
    """35x35 block with `pooled` filters after its average pooling."""
    return fork(conv(64), (conv(48), conv(64, 5)), (conv(64), conv(96, 3), conv(96, 3)), (average, conv(pooled)))


def block_b(average: Pool, inner: int) -> Fork:
    """17x17 block whose factorised branches are `inner` filters wide until their last convolution."""
    wide, tall = (1, 7), (7, 1)
    return fork(
        conv(192),
        (conv(inner), conv(inner, wide), conv(192, tall)),
        (conv(inner), conv(inner, tall), conv(inner, wide), conv(inner, tall), conv(192, wide)),
        (average, conv(192)),
    )


def block_c(average: Pool) -> Fork:
    """8x8 block, two of whose branches end in a fork."""
    split = fork(conv(384, (1, 3)), conv(384, (3, 1)))
    return fork(conv(320), (conv(384), split), (conv(448), conv(384, 3), split), (average, conv(192)))


A_PAPER = fork((conv(64), conv(96, 3), conv(96, 3)), (conv(48), conv(64, 3)), (AVG, conv(64)), conv(64))


def block_b_paper(inner: int) -> Fork:
    """Figure 6 with n = 7, which starts every pair with its 1x7."""
    wide, tall = (1, 7), (7, 1)
    return fork(
        (conv(inner), conv(inner, wide), conv(inner, tall), conv(inner, wide), conv(192, tall)),
        (conv(inner), conv(inner, wide), conv(192, tall)),
        (AVG, conv(192)),
        conv(192),
    )


_SPLIT = fork(conv(384, (1, 3)), conv(384, (3, 1)))
C_PAPER = fork((conv(448), conv(384, 3), _SPLIT), (conv(384), _SPLIT), (AVG, conv(192)), conv(320))
REDUCTION_A = fork(down(384), (conv(64), conv(96, 3), down(96)), MAX)
REDUCTION_B = fork(
    (conv(192), down(320)),
    (conv(192), conv(192, (1, 7)), conv(192, (7, 1)), down(192)),
    MAX,
)


def _blocks(average: Pool) -> Iterator[tuple[str, Node, Part]]:
    """Every block after the stem: its name in TF-slim, its node and its part."""
    for letter, pooled in zip("bcd", (32, 64, 64), strict=True):
        yield f"mixed_5{letter}", block_a(average, pooled), "a"
    yield "mixed_6a", REDUCTION_A, "reduction_a"
    for letter, inner in zip("bcde", (128, 160, 160, 192), strict=True):
        yield f"mixed_6{letter}", block_b(average, inner), "b"
    yield "mixed_7a", REDUCTION_B, "reduction_b"
    for letter in "bc":
        yield f"mixed_7{letter}", block_c(average), "c"


@dataclass(frozen=True, kw_only=True, slots=True)
class InceptionV3(Recipe):
    """The released network; its blocks differ one by one, so each is a stage under its released name."""

    average: Pool = AVG

    def _stages(self) -> Iterator[Stage]:
        """From the input to the pooling."""
        yield self._stage("stem", STEM, "Stem", "stem")
        for name, node, part in _blocks(self.average):
            repeat = self.depth if part in ("a", "b", "c") else 1
            source = Source(f"{self.source('network').ref}, {name.capitalize()}")
            yield Stage(name, node, repeat, name.capitalize().replace("_", " "), part, source)


@dataclass(frozen=True, kw_only=True, slots=True)
class InceptionV3Paper(Recipe):
    """Table 1, with the filters of the releases, as the paper prints none."""

    a: int = knob(3, 0, 20, "Blocks of Figure 5")
    b: int = knob(5, 0, 40, "Blocks of Figure 6")
    c: int = knob(2, 0, 20, "Blocks of Figure 7")

    def _stages(self) -> Iterator[Stage]:
        """From the input to the pooling; the first B blocks are narrower inside, as released."""
        b = self.b * self.depth
        narrower = tuple((i, block_b_paper(inner)) for i, inner in enumerate((128, 160, 160)[:b]))
        yield self._stage("stem", STEM_PAPER, "Stem", "stem")
        yield self._stage("inception_a", A_PAPER, "Inception-A", "a", self.a * self.depth)
        yield self._stage("reduction_a", REDUCTION_A, "Reduction-A", "reduction_a")
        yield replace(self._stage("inception_b", block_b_paper(192), "Inception-B", "b", b), others=narrower)
        yield self._stage("reduction_b", REDUCTION_B, "Reduction-B", "reduction_b")
        yield self._stage("inception_c", C_PAPER, "Inception-C", "c", self.c * self.depth)


_PAPER = "of arXiv 1512.00567"
_REDUCED = "No filters are printed; the released block, which leaves out a 1x1 of Fig. 10."
PAPER = InceptionV3Paper(
    sides=(side("inception_b", f"Fig. 8 {_PAPER}", Pool("avg", 5, 3, "valid"), conv(128), conv(1024, 5, 1, "valid")),),
    sources={
        "network": Source(
            f"Table 1 {_PAPER}",
            "No filters of blocks are printed; those of the release, its last B block twice.",
        ),
        "stem": Source(f"Table 1 {_PAPER}"),
        "inception_a": Source(f"Fig. 5 {_PAPER}"),
        "reduction_a": Source(f"Fig. 10 {_PAPER}", _REDUCED),
        "inception_b": Source(f"Fig. 6 {_PAPER}", "n = 7, as the text says for 17x17.", errata("E23")),
        "reduction_b": Source(f"Fig. 10 {_PAPER}", _REDUCED),
        "inception_c": Source(f"Fig. 7 {_PAPER}"),
        "head": Source(f"Table 1 {_PAPER}", "Dropout is not printed; 0.2 as TF-slim."),
    },
)

_SLIM, _TORCHVISION = "TF-slim inception_v3.py", "TorchVision inception.py"

TF_SLIM = InceptionV3(
    sides=(side_slim("mixed_6e", f"{_SLIM}, AuxLogits"),),
    sources={
        "network": Source(
            _SLIM,
            "As Keras's; the auxiliary head is there on request. Averages leave padding out; TorchVision counts it.",
        ),
        "stem": Source(f"{_SLIM}, Conv2d_1a_3x3 to MaxPool_5a_3x3"),
        "head": Source(f"{_SLIM}, Logits", errata=errata("E10")),
    },
)
TORCHVISION = replace(
    TF_SLIM,
    average=replace(AVG, counts_padding=True),
    dropout=0.5,
    sides=(side_slim("mixed_6e", f"{_TORCHVISION}, InceptionAux"),),
    sources={
        "network": Source(
            _TORCHVISION,
            "As timm's and Cadene's; the auxiliary head is there on request. Averages count padding, TF-slim's do not.",
        ),
        "stem": Source(f"{_TORCHVISION}, Conv2d_1a_3x3 to maxpool2"),
        "head": Source(f"{_TORCHVISION}, avgpool to fc", "Dropout 0.5 as TorchVision; timm's default is 0."),
    },
)
