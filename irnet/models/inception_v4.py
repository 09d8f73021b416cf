"""Inception-v4, top to bottom: as the paper's figures print it and as it was released."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from irnet.models.errata import errata
from irnet.models.fragments import AVG, MAX, conv, down, fork, pool_last, reduction_a, side_slim
from irnet.models.recipe import Recipe, knob
from irnet.spec import Chain, Fork, Source, Stage


def stem(*pair_order: tuple[int, int]) -> Chain:
    """Figure 3; the two kernels are those of its factorised pair, in order."""
    first, second = pair_order
    return Chain(
        (
            conv(32, 3, 2, "valid"),
            conv(32, 3, 1, "valid"),
            conv(64, 3),
            fork(MAX, down(96)),
            fork(
                (conv(64), conv(96, 3, 1, "valid")),
                (conv(64), conv(64, first), conv(64, second), conv(96, 3, 1, "valid")),
            ),
            fork(down(192), MAX),
        )
    )


STEM_PAPER = stem((7, 1), (1, 7))
STEM_RELEASED = stem((1, 7), (7, 1))

A_PAPER = fork((AVG, conv(96)), conv(96), (conv(64), conv(96, 3)), (conv(64), conv(96, 3), conv(96, 3)))

B_PAPER = fork(
    (AVG, conv(128)),
    conv(384),
    (conv(192), conv(224, (1, 7)), conv(256, (1, 7))),
    (conv(192), conv(192, (1, 7)), conv(224, (7, 1)), conv(224, (1, 7)), conv(256, (7, 1))),
)
B_RELEASED = fork(
    conv(384),
    (conv(192), conv(224, (1, 7)), conv(256, (7, 1))),
    (conv(192), conv(192, (7, 1)), conv(224, (1, 7)), conv(224, (7, 1)), conv(256, (1, 7))),
    (AVG, conv(128)),
)

REDUCTION_B = fork(
    MAX,
    (conv(192), down(192)),
    (conv(256), conv(256, (1, 7)), conv(320, (7, 1)), down(320)),
)

WIDE_TALL = fork(conv(256, (1, 3)), conv(256, (3, 1)))
TALL_WIDE = fork(conv(256, (3, 1)), conv(256, (1, 3)))

C_PAPER = fork(
    (AVG, conv(256)),
    conv(256),
    (conv(384), WIDE_TALL),
    (conv(384), conv(448, (1, 3)), conv(512, (3, 1)), TALL_WIDE),
)
C_RELEASED = fork(
    conv(256),
    (conv(384), WIDE_TALL),
    (conv(384), conv(448, (3, 1)), conv(512, (1, 3)), WIDE_TALL),
    (AVG, conv(256)),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class InceptionV4(Recipe):
    """The network of Figure 9."""

    stem: Chain = STEM_PAPER
    block_a: Fork = A_PAPER
    block_b: Fork = B_PAPER
    block_c: Fork = C_PAPER
    pool_first: bool = True
    a: int = knob(4, 0, 20, "Inception-A blocks")
    b: int = knob(7, 0, 40, "Inception-B blocks")
    c: int = knob(3, 0, 20, "Inception-C blocks")
    k: int = knob(192, 8, 1024, "Reduction-A k: first 1x1", 8)
    l: int = knob(224, 8, 1024, "Reduction-A l: middle 3x3", 8)
    m: int = knob(256, 8, 1024, "Reduction-A m: last 3x3", 8)
    n: int = knob(384, 8, 1024, "Reduction-A n: lone 3x3", 8)

    def _stages(self) -> Iterator[Stage]:
        """Figure 9 from the input to the pooling."""
        reductions = reduction_a(self.k, self.l, self.m, self.n), REDUCTION_B
        reduce_a, reduce_b = reductions if self.pool_first else map(pool_last, reductions)
        yield self._stage("stem", self.stem, "Stem", "stem")
        yield self._stage("inception_a", self.block_a, "Inception-A", "a", self.a * self.depth)
        yield self._stage("reduction_a", reduce_a, "Reduction-A", "reduction_a")
        yield self._stage("inception_b", self.block_b, "Inception-B", "b", self.b * self.depth)
        yield self._stage("reduction_b", reduce_b, "Reduction-B", "reduction_b")
        yield self._stage("inception_c", self.block_c, "Inception-C", "c", self.c * self.depth)


PAPER = InceptionV4(
    sources={
        "network": Source("Fig. 9", "Batch norm settings are not printed; eps 0.001 as TF-slim.", errata("E17")),
        "stem": Source("Fig. 3", errata=errata("E1", "E3")),
        "inception_a": Source("Fig. 4", errata=errata("E14")),
        "reduction_a": Source("Fig. 7, Table 1"),
        "inception_b": Source("Fig. 5", errata=errata("E2", "E3", "E14")),
        "reduction_b": Source("Fig. 8"),
        "inception_c": Source("Fig. 6", errata=errata("E3", "E14")),
        "head": Source("Fig. 9", errata=errata("E10", "E11")),
    }
)

_SLIM = "TF-slim inception_v4.py"
TF_SLIM = replace(
    PAPER,
    stem=STEM_RELEASED,
    block_a=pool_last(A_PAPER),
    block_b=B_RELEASED,
    block_c=C_RELEASED,
    pool_first=False,
    sides=(side_slim("inception_b", f"{_SLIM}, AuxLogits"),),
    sources={
        "network": Source(_SLIM, "As timm's inception_v4; TF-slim's auxiliary head is there on request."),
        "stem": Source(f"{_SLIM}, Conv2d_1a_3x3 to Mixed_5a", errata=errata("E1", "E3")),
        "inception_a": Source(f"{_SLIM}, Mixed_5b to Mixed_5e", errata=errata("E14")),
        "reduction_a": Source(f"{_SLIM}, Mixed_6a"),
        "inception_b": Source(f"{_SLIM}, Mixed_6b to Mixed_6h", errata=errata("E2", "E3", "E14")),
        "reduction_b": Source(f"{_SLIM}, Mixed_7a"),
        "inception_c": Source(f"{_SLIM}, Mixed_7b to Mixed_7d", errata=errata("E3", "E14")),
        "head": Source(f"{_SLIM}, Logits", "TF-slim counts 1001 classes (0 is background), timm 1000.", errata("E10")),
    },
)
