"""D1 to D12: other stages, other numbers of blocks, other order."""

from __future__ import annotations

from irnet.models.deviation import (
    PAPER,
    RESIDUAL,
    V1,
    V1_RELEASES,
    V2,
    V2_RELEASES,
    V3,
    V4,
    V4_RELEASES,
    Deviation,
    value,
)

STRUCTURE = (
    Deviation(
        id="D1",
        what="Stem of Inception-ResNet-v2",
        values=(
            value("Fig. 3, the branched stem of Inception-v4, {v2.channels[stem]} channels", PAPER),
            value("a chain as Inception-v3's, {v2_slim.channels[stem]} channels", *V2_RELEASES),
        ),
        why="The network called v2 everywhere never had the stem of its figure; features of the stem differ in "
        "number and kind.",
        touches={V2: ("stem",)},
    ),
    Deviation(
        id="D2",
        what="Mixed 5b",
        values=(
            value("none", PAPER),
            value(
                "an Inception block (one branch is 5x5) from {v2_slim.channels[stem]} to "
                "{v2_slim.channels[mixed_5b]} channels",
                *V2_RELEASES,
            ),
        ),
        why="Inception-v3's A block with a wider first branch; in no figure of this paper.",
        touches={V2: ("mixed_5b",)},
    ),
    Deviation(
        id="D3",
        what="Number of A, B and C blocks",
        values=(
            value("{v2.a}, {v2.b}, {v2.c} for v1 and v2 alike", PAPER),
            value("{v2_slim.a}, {v2_slim.b}, {v2_slim.c} and one more C (D4)", *V2_RELEASES, of=V2),
            value("{v1_face.a}, {v1_face.b}, {v1_face.c} and one more C (D4)", *V1_RELEASES, of=V1),
        ),
        why="The released v2 costs nearly half as much again as the drawn one; only the released one matches v4 (E8).",
        why_basis="computed",
        touches={
            V1: ("block_a", "block_b", "block_c"),
            V2: ("block_a", "block_b", "block_c"),
        },
    ),
    Deviation(
        id="D4",
        what="One more C block, not scaled and without ReLU",
        values=(
            value("none", PAPER),
            value("scale 1 (the block's default), no ReLU", *V2_RELEASES, of=V2),
            value("the same as TF-slim's v2", *V1_RELEASES, of=V1),
        ),
        why="A checkpoint does not say it, and a ReLU there gives other outputs.",
        why_basis="run",
        moves={V2: 0.84, V1: 1.20},
        touches={V1: ("block_c", "block8"), V2: ("block_c", "block8")},
    ),
    Deviation(
        id="D5",
        what="Convolution before the pooling",
        values=(
            value("none: {v2.channels[block_c]} channels are pooled", PAPER),
            value("1x1 to {v2_slim.channels[conv2d_7b]}, batch norm, ReLU", *V2_RELEASES),
        ),
        why="Explains the often asked 1536 features where Fig. 19 lets one expect 2048 (E5).",
        touches={V2: ("conv2d_7b", "head")},
    ),
    Deviation(
        id="D6",
        what="Channels after A, Reduction-A and Reduction-B of v2",
        values=(
            value("{v2.channels[block_a]}, {v2.channels[reduction_a]}, {v2.channels[reduction_b]}", PAPER),
            value(
                "{v2_slim.channels[block_a]}, {v2_slim.channels[reduction_a]}, {v2_slim.channels[reduction_b]}",
                *V2_RELEASES,
            ),
        ),
        basis="computed",
        why="Branches are the same; what flows past them is narrower, since mixed 5b puts out less than Fig. 3. "
        "An old comment in TF-slim said 1024.",
        touches={V2: ("block_a", "reduction_a", "block_b", "reduction_b", "block_c")},
    ),
    Deviation(
        id="D7",
        what="Scale of the residuals in A, B, C",
        values=(
            value(
                "0.1 to 0.3, none given a block; {v2.scale_a:g} is used here. The AAAI-17 version: lower constants for "
                "deeper networks",
                PAPER,
            ),
            value("{v2_slim.scale_a:g}, {v2_slim.scale_b:g}, {v2_slim.scale_c:g}", *V2_RELEASES, of=V2),
            value("{v1_face.scale_a:g}, {v1_face.scale_b:g}, {v1_face.scale_c:g}", *V1_RELEASES, of=V1),
        ),
        why="Constants of the code, not of a checkpoint: one off by 0.01 already shows in the logits.",
        why_basis="run",
        touches={V1: RESIDUAL, V2: RESIDUAL},
    ),
    Deviation(
        id="D8",
        what="The 1x1 linear convolution of a residual block",
        values=(
            value("linear; batch norm not mentioned (E18)", PAPER, of=V1),
            value(
                "linear; 1154 and 2048 filters in Figs. 17 and 19 (E4, E5), batch norm not mentioned (E18)",
                PAPER,
                of=V2,
            ),
            value(
                "as wide as its block's input, bias, no batch norm, no activation",
                *V2_RELEASES,
                *V1_RELEASES,
                of=(V2, V1),
            ),
        ),
        why="Other widths can't be added; with a ReLU or a batch norm there, ported weights give wrong results.",
        touches={V1: RESIDUAL, V2: RESIDUAL},
    ),
    Deviation(
        id="D9",
        what="Order of 1x7 and 7x1, 1x3 and 3x1 in Inception-v4",
        values=(
            value("as drawn in Figs. 3, 5 and 6 (E2, E3)", PAPER),
            value("each pair the other way round; 1x7 and 7x1 in Fig. 5's third branch", *V4_RELEASES),
        ),
        why="Counts are equal, weights are not: a checkpoint does not fit a network built from the figures.",
        why_basis="computed",
        touches={V4: ("stem", "inception_b", "inception_c")},
    ),
    Deviation(
        id="D10",
        what="Order of branches in a concatenation",
        values=(
            value(
                "the pooling branch is drawn first, but for the last fork of the stem (Fig. 3): convolution, pooling",
                PAPER,
                of=V4,
            ),
            value("the pooling branch is drawn first", PAPER, of=(V1, V2)),
            value(
                "the pooling branch comes last, but for the first fork of the stem (Mixed_3a): pooling, convolution",
                *V4_RELEASES,
                of=V4,
            ),
            value("the pooling branch comes last", *V2_RELEASES, *V1_RELEASES, of=(V2, V1)),
        ),
        why="Channels change places, so the next layer's weights no longer fit.",
        why_basis="computed",
        touches={
            V4: ("stem", "inception_a", "reduction_a", "inception_b", "reduction_b", "inception_c"),
            V1: ("reduction_a", "reduction_b"),
            V2: ("mixed_5b", "reduction_a", "reduction_b"),
        },
    ),
    Deviation(
        id="D11",
        what="Sides of the forks in Inception-C",
        values=(
            value("1x3 and 3x1 in the third branch, 3x1 and 1x3 in the fourth (Fig. 6)", PAPER),
            value("1x3 and 3x1 in both", *V4_RELEASES),
        ),
        why="Changes the order of channels, as D10 does.",
        touches={V4: ("inception_c",)},
    ),
    Deviation(
        id="D12",
        what="Auxiliary classifier",
        values=(
            value("none", PAPER),
            value(
                "by default, on the last 17x17 block: 5x5 average /3 V, 1x1 conv 128, 5x5 conv 768 V, linear", "TF-slim"
            ),
            value("none", "Keras"),
            value("none", "timm", "Cadene", of=(V4, V2)),
            value("an option, off by default; TorchVision's weights bring one", "timm", of=V3),
            value("by default, and run in training only", "TorchVision", "Cadene", of=V3),
        ),
        why="Counts and checkpoints with it are larger. It is trained and then left out.",
        touches={V4: ("inception_b",), V2: ("block_b",), V3: ("mixed_6e",)},
    ),
)
