"""Inception-ResNet-v1 and v2: one recipe; every other network of the family is told as a change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from irnet.models.errata import errata
from irnet.models.fragments import AVG, MAX, STEM_V3, conv, down, fork, pool_last, reduction_a, side_slim
from irnet.models.inception_v4 import STEM_PAPER as STEM_V4
from irnet.models.recipe import Recipe, knob
from irnet.spec import Chain, Fork, Head, Residual, Source, Stage

STEM_V1 = Chain((*STEM_V3, down(256)))
STEM_SLIM = Chain((*STEM_V3, MAX))
MIXED_5B = fork(conv(96), (conv(48), conv(64, 5)), (conv(64), conv(96, 3), conv(96, 3)), (AVG, conv(64)))


def reduction_b(first: int, middle: int, last: int) -> Fork:
    """Figures 12 and 18, 17x17 to 8x8: filters of the lone 3x3, of the 3x3 pair's first and of its last."""
    return fork(
        MAX,
        (conv(256), down(384)),
        (conv(256), down(first)),
        (conv(256), conv(middle, 3), down(last)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class InceptionResNet(Recipe):
    """The schema of Figure 15. Structure comes first, then the knobs.

    `mixed_5b`, `block8` and `conv2d_7b` are stages that only released networks have; they go by their released names.
    """

    stem: Chain
    body_a: Fork
    body_b: Fork
    body_c: Fork
    mixed_5b: Fork | None = None
    block8: bool = False
    pool_first: bool = True
    a: int = knob(5, 0, 20, "Inception-ResNet-A blocks")
    b: int = knob(10, 0, 40, "Inception-ResNet-B blocks")
    c: int = knob(5, 0, 20, "Inception-ResNet-C blocks")
    scale_a: float = knob(0.1, 0.0, 1.0, "Scale of the residual in A blocks", 0.01)
    scale_b: float = knob(0.1, 0.0, 1.0, "Scale of the residual in B blocks", 0.01)
    scale_c: float = knob(0.1, 0.0, 1.0, "Scale of the residual in C blocks", 0.01)
    sum_norm: bool = knob(False, 0, 1, "Batch norm after every addition")
    k: int = knob(192, 8, 1024, "Reduction-A k: first 1x1", 8)
    l: int = knob(192, 8, 1024, "Reduction-A l: middle 3x3", 8)
    m: int = knob(256, 8, 1024, "Reduction-A m: last 3x3", 8)
    n: int = knob(384, 8, 1024, "Reduction-A n: lone 3x3", 8)
    reduction_b: tuple[int, int, int] = (256, 256, 256)
    conv2d_7b: int | None = None
    embedding: int | None = None

    def _stages(self) -> Iterator[Stage]:
        """Figure 15 from the input to the pooling, with the stages that a release adds."""
        reductions = reduction_a(self.k, self.l, self.m, self.n), reduction_b(*self.reduction_b)
        reduce_a, reduce_b = reductions if self.pool_first else map(pool_last, reductions)
        block_a = Residual(self.body_a, self.scale_a, norm=self.sum_norm)
        block_b = Residual(self.body_b, self.scale_b, norm=self.sum_norm)
        block_c = Residual(self.body_c, self.scale_c, norm=self.sum_norm)
        yield self._stage("stem", self.stem, "Stem", "stem")
        if self.mixed_5b:
            yield self._stage("mixed_5b", self.mixed_5b, "Mixed 5b", "stem")
        yield self._stage("block_a", block_a, "Inception-ResNet-A", "a", self.a * self.depth)
        yield self._stage("reduction_a", reduce_a, "Reduction-A", "reduction_a")
        yield self._stage("block_b", block_b, "Inception-ResNet-B", "b", self.b * self.depth)
        yield self._stage("reduction_b", reduce_b, "Reduction-B", "reduction_b")
        yield self._stage("block_c", block_c, "Inception-ResNet-C", "c", self.c * self.depth)
        if self.block8:
            last = Residual(self.body_c, scale=1.0, relu=False, norm=self.sum_norm)
            yield self._stage("block8", last, "Inception-ResNet-C, last", "c")
        if self.conv2d_7b:
            yield self._stage("conv2d_7b", conv(self.conv2d_7b), "Conv 7b", "tail")

    def _head(self) -> Head:
        return Head(self.classes, self.dropout, self.embedding, self.source("head"))


_SCALE = (
    "Section 3.3 gives 0.1 to 0.3 for the scale and the caption of Fig. 20 'typically around 0.1'; "
    "no value per block type is printed. 0.1 is used."
)
_RESIDUAL = errata("E15", "E18")
_HEAD = Source("Fig. 15", errata=errata("E10", "E11"))

V1_PAPER = InceptionResNet(
    stem=STEM_V1,
    body_a=fork(conv(32), (conv(32), conv(32, 3)), (conv(32), conv(32, 3), conv(32, 3))),
    body_b=fork(conv(128), (conv(128), conv(128, (1, 7)), conv(128, (7, 1)))),
    body_c=fork(conv(192), (conv(192), conv(192, (1, 3)), conv(192, (3, 1)))),
    sources={
        "network": Source("Fig. 15", "Batch norm settings are not printed; eps 0.001 as TF-slim."),
        "stem": Source("Fig. 14"),
        "block_a": Source("Fig. 10", _SCALE, _RESIDUAL),
        "reduction_a": Source("Fig. 7, Table 1"),
        "block_b": Source("Fig. 11", _SCALE, _RESIDUAL),
        "reduction_b": Source("Fig. 12"),
        "block_c": Source("Fig. 13", _SCALE, _RESIDUAL),
        "head": _HEAD,
    },
)

_FACENET = "davidsandberg/facenet inception_resnet_v1.py"
_FACENET_SOURCES = {
    "network": Source(_FACENET, "As facenet-pytorch's InceptionResnetV1; 8631 classes are those of VGGFace2."),
    "stem": Source(f"{_FACENET}, Conv2d_1a_3x3 to Conv2d_4b_3x3"),
    "block_a": Source(f"{_FACENET}, block35", "Scale 0.17.", _RESIDUAL),
    "reduction_a": Source(f"{_FACENET}, reduction_a"),
    "block_b": Source(f"{_FACENET}, block17", "Scale 0.10.", _RESIDUAL),
    "reduction_b": Source(f"{_FACENET}, reduction_b"),
    "block_c": Source(f"{_FACENET}, block8", "Scale 0.20.", _RESIDUAL),
    "block8": Source(f"{_FACENET}, last block8", "Not in the paper: scale 1.0 and no ReLU, copied from TF-slim's v2."),
    "head": Source(
        "facenet-pytorch inception_resnet_v1.py",
        "A linear layer to 512 without bias, then batch norm; the embedding, at unit length, is what is compared. "
        "Dropout 0.6 as facenet-pytorch; the TensorFlow code keeps 0.8.",
        errata("E10"),
    ),
}
V1_FACENET = replace(
    V1_PAPER,
    block8=True,
    pool_first=False,
    scale_a=0.17,
    scale_c=0.20,
    embedding=512,
    classes=8631,
    dropout=0.6,
    input_size=160,
    sources=_FACENET_SOURCES,
)

V2_PAPER = replace(
    V1_PAPER,
    stem=STEM_V4,
    body_a=fork(conv(32), (conv(32), conv(32, 3)), (conv(32), conv(48, 3), conv(64, 3))),
    body_b=fork(conv(192), (conv(128), conv(160, (1, 7)), conv(192, (7, 1)))),
    body_c=fork(conv(192), (conv(192), conv(224, (1, 3)), conv(256, (3, 1)))),
    k=256,
    l=256,
    m=384,
    reduction_b=(288, 288, 320),
    sources={
        "network": Source(
            "Fig. 15", "Batch norm settings are not printed; eps 0.001 as TF-slim.", errata("E7", "E8", "E9")
        ),
        "stem": Source("Fig. 3", errata=errata("E1", "E3")),
        "block_a": Source("Fig. 16", _SCALE, _RESIDUAL),
        "reduction_a": Source("Fig. 7, Table 1"),
        "block_b": Source("Fig. 17", _SCALE, (*errata("E4"), *_RESIDUAL)),
        "reduction_b": Source("Fig. 18", errata=errata("E6")),
        "block_c": Source("Fig. 19", _SCALE, (*errata("E5"), *_RESIDUAL)),
        "head": _HEAD,
    },
)

_SLIM = "TF-slim inception_resnet_v2.py"
V2_SLIM = replace(
    V2_PAPER,
    stem=STEM_SLIM,
    mixed_5b=MIXED_5B,
    block8=True,
    pool_first=False,
    a=10,
    b=20,
    c=9,
    scale_a=0.17,
    scale_c=0.20,
    conv2d_7b=1536,
    sides=(side_slim("block_b", f"{_SLIM}, AuxLogits"),),
    sources={
        "network": Source(
            _SLIM, "As timm's, Keras's and Cadene's; TF-slim's auxiliary head is there on request.", errata("E8", "E9")
        ),
        "stem": Source(f"{_SLIM}, Conv2d_1a_3x3 to MaxPool_5a_3x3", "Not Fig. 3: the chain of Inception-v3."),
        "mixed_5b": Source(f"{_SLIM}, Mixed_5b", "Not in the paper: an Inception block between stem and A blocks."),
        "block_a": Source(f"{_SLIM}, block35", "10 blocks where Fig. 15 has 5; scale 0.17.", _RESIDUAL),
        "reduction_a": Source(
            f"{_SLIM}, Mixed_6a", "1088 channels where the paper has 1152: the A blocks are narrower."
        ),
        "block_b": Source(
            f"{_SLIM}, block17", "20 blocks where Fig. 15 has 10; scale 0.10.", (*errata("E4"), *_RESIDUAL)
        ),
        "reduction_b": Source(f"{_SLIM}, Mixed_7a"),
        "block_c": Source(
            f"{_SLIM}, block8", "9 blocks and block8 where Fig. 15 has 5; scale 0.20.", (*errata("E5"), *_RESIDUAL)
        ),
        "block8": Source(f"{_SLIM}, last block8", "Not in the paper: scale 1.0 and no ReLU."),
        "conv2d_7b": Source(f"{_SLIM}, Conv2d_7b_1x1", "Not in the paper: narrows the features before pooling."),
        "head": Source(f"{_SLIM}, Logits", "TF-slim counts 1001 classes (0 is background), timm 1000.", errata("E10")),
    },
)
