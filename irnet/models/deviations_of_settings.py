"""D13 to D24: what no diagram shows, such as batch norm, dropout, classes and preprocessing."""

from __future__ import annotations

from irnet.models.deviation import (
    PAPER,
    PORTS,
    RESIDUAL,
    V1,
    V1_RELEASES,
    V2,
    V2_RELEASES,
    V3,
    V3_RELEASES,
    V4,
    V4_RELEASES,
    Deviation,
    value,
)

_EVERYWHERE = dict.fromkeys((V4, V1, V2, V3), ("network",))
_V3_AVERAGED = tuple(f"mixed_{block}" for block in ("5b", "5c", "5d", "6b", "6c", "6d", "6e", "7b", "7c"))
_HEADS = dict.fromkeys(_EVERYWHERE, ("head",))
_MOMENTUM = "{v2_slim.decay:g}, that is momentum {v2_slim.momentum:g}"

SETTINGS = (
    Deviation(
        id="D13",
        what="Classes",
        values=(
            value("{v4.classes}", PAPER),
            value("1001: 0 is background", "TF-slim", of=(V4, V2)),
            value("1000 by the function's default; 1001 in the checkpoint", "TF-slim", of=V3),
            value("{v2_slim.classes}", "Keras", "timm", "TorchVision"),
            value("1001 in the file; its loader drops row 0", "Cadene", of=(V4, V2)),
            value("{v3_torch.classes}, TorchVision's file", "Cadene", of=V3),
            value("identities of the training set", "facenet"),
            value("{v1_face.classes} (VGGFace2), 10575 (CASIA-WebFace), or none: an embedding", "facenet-pytorch"),
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
                "dropout, linear to {v1_face.embedding} without bias, batch norm, no ReLU, then unit "
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
            value("keep {v4.keep:g} (E10)", PAPER),
            value("keep {v4_slim.keep:g}", "TF-slim"),
            value("none", "Keras"),
            value("drop 0 by default", "timm"),
            value("drop {v3_torch.dropout:g}", "TorchVision"),
            value("none", "Cadene", of=(V4, V2)),
            value("drop {v3_torch.dropout:g}", "Cadene", of=V3),
            value("keep 0.8 in the function, 1.0 in the trainer", "facenet"),
            value("drop {v1_face.dropout:g}", "facenet-pytorch"),
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
            value("not said; {v4.eps:g} is used here", PAPER),
            value("{v4_slim.eps:g}", *V4_RELEASES, of=V4),
            value("{v2_slim.eps:g}", *V2_RELEASES, of=V2),
            value("{v1_face.eps:g}", *V1_RELEASES, of=V1),
            value("{v3_slim.eps:g}", *V3_RELEASES, of=V3),
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
            value("{v4.side} px; the rest is not said", PAPER),
            value("{v4_slim.side} px, RGB to -1 to 1, central crop 0.875", "TF-slim"),
            value("{v2_slim.side} px, -1 to 1; at least {v2_slim.least} px", "Keras"),
            value("{v4_slim.side} px, mean and std 0.5, bicubic, crop 0.875", "timm", of=(V4, V3)),
            value("{v2_slim.side} px, mean and std 0.5, bicubic, crop 0.8975", "timm", of=V2),
            value(
                "{v3_torch.side} px from 342, ImageNet's mean and std, which the network turns into 0.5 each "
                "(transform_input) with its published weights",
                "TorchVision",
            ),
            value("{v2_slim.side} px, mean and std 0.5", "Cadene"),
            value(
                "{v1_face.side} px faces; (x - 127.5) / 128 for the 2018 checkpoints, before them whitened", "facenet"
            ),
            value("{v1_face.side} px faces, (x - 127.5) / 128", "facenet-pytorch"),
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
