"""What a deviation is: one aspect in which released implementations depart from the paper or from each other.

Formulas in braces (see `irnet.provenance.quantities`) are calculated from the preset of the column's network: that of
the paper or the release. Where a column has no value, it has no such network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from irnet.provenance.names import IMPLEMENTATIONS
from irnet.spec import Basis

PAPER = "paper"
COLUMNS = (PAPER, "TF-slim", "Keras", "timm", "TorchVision", "Cadene", "facenet", "facenet-pytorch")
RELEASES = COLUMNS[1:]
V4, V2, V1, V3 = "inception_v4", "inception_resnet_v2", "inception_resnet_v1", "inception_v3"
V4_RELEASES, V2_RELEASES, V1_RELEASES = (
    tuple(one.name for one in IMPLEMENTATIONS[architecture]) for architecture in (V4, V2, V1)
)
PORTS = ("timm", "TorchVision", "Cadene", "facenet-pytorch")  # to PyTorch
RESIDUAL = ("block_a", "block_b", "block_c", "block8")


@dataclass(frozen=True, slots=True)
class Value:
    """What one or several columns have, in all or some of the networks, in all or one of a release's versions."""

    text: str
    by: tuple[str, ...]  # columns
    of: tuple[str, ...] = ()  # architectures; () is every one that the column has and the deviation touches
    version: str = ""  # of the release, where its versions differ

    def holds_for(self, column: str, architecture: str) -> bool:
        """Whether this is what a column has for an architecture.

        Examples
        --------
        >>> said = value("none", "paper", "Keras")
        >>> said.holds_for("Keras", "inception_v3"), said.holds_for("Keras", "inception_v4")
        (True, False)
        """
        return column in self.by and has(column, architecture) and (not self.of or architecture in self.of)


def has(column: str, architecture: str) -> bool:
    """Whether the paper draws, or a release implements, an architecture.

    Examples
    --------
    >>> has("paper", "inception_v3"), has("TorchVision", "inception_v3")
    (False, True)
    """
    if column == PAPER:
        return architecture in (V4, V2, V1)
    return any(one.name == column for one in IMPLEMENTATIONS[architecture])


def value(text: str, *by: str, of: str | tuple[str, ...] = (), version: str = "") -> Value:
    """Shorthand, so that a table of values reads like one."""
    return Value(text, by, (of,) if isinstance(of, str) else of, version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One aspect, what each implementation has there, and why it matters."""

    id: str  # "D1" and on
    what: str
    values: tuple[Value, ...]
    why: str
    touches: Mapping[str, tuple[str, ...]]  # architecture -> its stages; "head" and "network" count as such
    basis: Basis = "read"  # how the values are known: in the files and versions of `irnet.provenance.names`
    why_basis: Basis = "read"  # how what `why` says is known
    moves: Mapping[str, float] = field(default_factory=dict)  # architecture -> by how much the other way moves logits

    def values_of(self, column: str, architecture: str) -> tuple[Value, ...]:
        """What a column has for one architecture: several where versions of a release differ."""
        return tuple(one for one in self.values if one.holds_for(column, architecture))


_EVERYWHERE = dict.fromkeys((V4, V1, V2, V3), ("network",))
_V3_AVERAGED = tuple(f"mixed_{block}" for block in ("5b", "5c", "5d", "6b", "6c", "6d", "6e", "7b", "7c"))
_HEADS = dict.fromkeys(_EVERYWHERE, ("head",))
_MOMENTUM = "{1 - momentum}, that is momentum {momentum}"

SETTINGS = (
    Deviation(
        id="D13",
        what="Classes",
        values=(
            value("{knob classes}", PAPER),
            value("1001: 0 is background", "TF-slim", of=(V4, V2)),
            value("1000 by the function's default; 1001 in the checkpoint", "TF-slim", of=V3),
            value("{knob classes}", "Keras", "timm", "TorchVision"),
            value("1001 in the file; its loader drops row 0", "Cadene", of=(V4, V2)),
            value("{knob classes}, TorchVision's file", "Cadene", of=V3),
            value("identities of the training set", "facenet"),
            value("{knob classes} (VGGFace2), 10575 (CASIA-WebFace), or none: an embedding", "facenet-pytorch"),
        ),
        why="Labels are off by one where the background row stays.",
        touches=_HEADS,
    ),
    Deviation(
        id="D14",
        what="What follows the pooling",
        values=(
            value("dropout, softmax; the linear layer is not drawn (E11)", PAPER),
            value("dropout, linear; logits and softmax", "TF-slim"),
            value("linear with softmax", "Keras"),
            value("dropout, linear; logits", "timm", "TorchVision"),
            value("linear; logits", "Cadene", of=(V4, V2)),
            value("dropout, linear; logits", "Cadene", of=V3),
            value(
                "dropout, linear to 128 (function's default; 512 in the 2018 checkpoints) without bias but with "
                "batch norm, from an arg scope that also covers fully connected layers, then unit length or a linear "
                "classifier",
                "facenet",
            ),
            value(
                "dropout, linear to {embedding} without bias, batch norm, no ReLU, then unit "
                "length or a linear classifier",
                "facenet-pytorch",
            ),
        ),
        why="Logits, probabilities and embeddings are compared in different ways.",
        touches=_HEADS,
    ),
    Deviation(
        id="D15",
        what="Dropout",
        values=(
            value("keep {1 - knob dropout} (E10)", PAPER),
            value("keep {1 - knob dropout}", "TF-slim"),
            value("none", "Keras"),
            value("drop 0 by default", "timm"),
            value("drop {knob dropout}", "TorchVision", "Cadene", of=V3),
            value("none", "Cadene", of=(V4, V2)),
            value("keep 0.8 in the function, 1.0 in the trainer", "facenet"),
            value("drop {knob dropout}", "facenet-pytorch"),
        ),
        why="Keep 0.8 is drop 0.2. Several ports drop 0.8.",
        touches=_HEADS,
    ),
    Deviation(
        id="D16",
        what="Batch norm: gamma",
        values=(
            value("not said", PAPER),
            value("none, beta only (scale=False)", "TF-slim", "Keras", "facenet"),
            value("there; all ones in ported weights", "timm", "Cadene", "facenet-pytorch", of=(V4, V2, V1)),
            value("there", "timm", "TorchVision", "Cadene", of=V3),
        ),
        why="The parameter counts differ by one a channel (see the ledger). A gamma that is not one says that a "
        "file is no plain port.",
        why_basis="computed",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D17",
        what="Batch norm: eps",
        values=(
            value("not said; {eps} is used here", PAPER),
            value("{eps}", *RELEASES),
        ),
        why="PyTorch's default is 1e-5, and a checkpoint does not say. The difference shows in the logits.",
        why_basis="run",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D18",
        what="Batch norm: decay of the running statistics",
        values=(
            value("not said", PAPER),
            value("0.9997", "TF-slim"),
            value("0.99", "Keras"),
            value(_MOMENTUM, *PORTS),
            value("0.995, with the moving averages among the trainable variables", "facenet"),
        ),
        why="PyTorch's momentum is one minus the decay: 0.0003 trains as TF-slim does, 0.005 as facenet.",
        why_basis="computed",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D19",
        what="Border of average pools",
        values=(
            value("not said (E14)", PAPER),
            value("padding does not count (SAME)", "TF-slim", "Keras"),
            value("padding does not count (count_include_pad=False)", "timm", "Cadene", of=(V4, V2)),
            value("padding counts (avg_pool2d as it comes)", "timm", "TorchVision", of=V3),
            value("padding counts: TorchVision's blocks", "Cadene", of=V3),
        ),
        why="Ported weights give other logits where the rule is another, without any error.",
        why_basis="run",
        moves={V4: 0.37, V2: 0.02, V3: 0.31},
        touches={
            V4: ("inception_a", "inception_b", "inception_c"),
            V2: ("mixed_5b",),
            V3: _V3_AVERAGED,
        },
    ),
    Deviation(
        id="D20",
        what="Final pooling",
        values=(
            value("average", PAPER),
            value("average over the map as built, or a mean where its size is unknown", "TF-slim", of=V4),
            value("average over the map as built", "TF-slim", of=V2),
            value("average over 8x8, or over the map where that is smaller", "TF-slim", of=V3),
            value("global average", "Keras"),
            value("adaptive average", "timm", "TorchVision", "facenet-pytorch"),
            value("average over 8x8", "Cadene", of=V4, version="0.7.4 on PyPI"),
            value(
                "average over a square as high as the map",
                "Cadene",
                of=V4,
                version="repository since 2019-01-20 (e07fb68)",
            ),
            value("average over 8x8", "Cadene", of=(V2, V3)),
            value("average over the map as built", "facenet"),
        ),
        why="A fixed 8x8 window fails on smaller maps and on larger ones averages a corner; a square one is wrong "
        "where a map is not square.",
        touches=_HEADS,
    ),
    Deviation(
        id="D21",
        what="Initialiser, weight decay, gradient clipping",
        values=(
            value("not said; the AAAI-17 version adds gradient clipping", PAPER),
            value("variance scaling; weight decay 0.00004", "TF-slim", of=V4),
            value("none set, so Xavier; weight decay 0.00004", "TF-slim", of=V2),
            value(
                "variance scaling, truncated normals of 0.01 and 0.001 in the auxiliary head; weight decay 0.00004",
                "TF-slim",
                of=V3,
            ),
            value("Glorot uniform, Keras's default; no weight decay", "Keras"),
            value("PyTorch's defaults", "timm", "Cadene", of=(V4, V2)),
            value("truncated normals of 0.1", "timm", of=V3),
            value("truncated normals of 0.1 unless init_weights=False", "TorchVision", of=V3),
            value("TorchVision's", "Cadene", of=V3),
            value(
                "truncated normal of 0.1; weight decay by argument", "facenet", version="before 2018-03-31 (2413277)"
            ),
            value("Xavier; weight decay by argument", "facenet", version="since 2018-03-31 (2413277)"),
            value("PyTorch's defaults", "facenet-pytorch"),
        ),
        why="Only for training from scratch; it is where two trainings of one network first part.",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D22",
        what="Input and preprocessing",
        values=(
            value("{input} px; the rest is not said", PAPER),
            value("{input} px, RGB to -1 to 1, central crop 0.875", "TF-slim"),
            value("{input} px, -1 to 1; at least {smallest} px", "Keras"),
            value("{input} px, mean and std 0.5, bicubic, crop 0.875", "timm", of=(V4, V3)),
            value("{input} px, mean and std 0.5, bicubic, crop 0.8975", "timm", of=V2),
            value(
                "{input} px from 342, ImageNet's mean and std, which the network turns into 0.5 each "
                "(transform_input) with its published weights",
                "TorchVision",
            ),
            value("{input} px, mean and std 0.5", "Cadene"),
            value("{input} px faces; (x - 127.5) / 128 for the 2018 checkpoints, before them whitened", "facenet"),
            value("{input} px faces, (x - 127.5) / 128", "facenet-pytorch"),
        ),
        why="With another mean and std the same weights are expected to score lower; not measured here.",
        why_basis="unverified",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D23",
        what="How the scaling is written",
        values=(
            value("a box of its own, Fig. 20", PAPER),
            value("a CustomScaleLayer, a Lambda layer before Keras 3", "Keras"),
            value("a product in the code", "TF-slim", "timm", "Cadene", *V1_RELEASES),
        ),
        why="It is in no checkpoint, and fvcore does not count it.",
        touches={V1: RESIDUAL, V2: RESIDUAL},
    ),
    Deviation(
        id="D24",
        what="Options of the code",
        values=(
            value("none", PAPER),
            value(
                "output_stride 8 (dilated) or 16; align_feature_maps pads every window, to grids of 150, 75, 38 and 19",
                "TF-slim",
            ),
            value("none of these", "Keras", "timm", "Cadene"),
        ),
        why="Under one name, other grids and other features, as in detection models. TF-slim's comment on "
        "output_stride has the two grids the wrong way round.",
        touches={V2: ("network",)},
    ),
)


STRUCTURE = (
    Deviation(
        id="D1",
        what="Stem of Inception-ResNet-v2",
        values=(
            value("Fig. 3, the branched stem of Inception-v4, {channels stem} channels", PAPER),
            value("a chain as Inception-v3's, {channels stem} channels", *V2_RELEASES),
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
                "an Inception block (one branch is 5x5) from {channels stem} to {channels mixed_5b} channels",
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
            value("{knob a}, {knob b}, {knob c} for v1 and v2 alike", PAPER),
            value("{knob a}, {knob b}, {knob c} and one more C (D4)", *V2_RELEASES, *V1_RELEASES),
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
            value("none: {channels block_c} channels are pooled", PAPER),
            value("1x1 to {channels conv2d_7b}, batch norm, ReLU", *V2_RELEASES),
        ),
        why="Explains the often asked 1536 features where Fig. 19 lets one expect 2048 (E5).",
        touches={V2: ("conv2d_7b", "head")},
    ),
    Deviation(
        id="D6",
        what="Channels after A, Reduction-A and Reduction-B of v2",
        values=(
            value("{channels block_a}, {channels reduction_a}, {channels reduction_b}", PAPER),
            value(
                "{channels block_a}, {channels reduction_a}, {channels reduction_b}",
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
                "0.1 to 0.3, none given a block; {knob scale_a} is used here. The AAAI-17 version: lower constants for "
                "deeper networks",
                PAPER,
            ),
            value("{knob scale_a}, {knob scale_b}, {knob scale_c}", *V2_RELEASES, *V1_RELEASES),
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
