"""D13 to D24: what no diagram shows, such as batch norm, dropout, classes and preprocessing."""

from __future__ import annotations

from irnet.models.deviation import RESIDUAL, V1_RELEASES, V2_RELEASES, Deviation, alike

_EVERYWHERE = dict.fromkeys(
    ("inception_v4", "inception_resnet_v1", "inception_resnet_v2", "inception_v3"),
    ("network",),
)
_V3_AVERAGED = tuple(f"mixed_{block}" for block in ("5b", "5c", "5d", "6b", "6c", "6d", "6e", "7b", "7c"))
_HEADS = dict.fromkeys(_EVERYWHERE, ("head",))

SETTINGS = (
    Deviation(
        id="D13",
        what="Classes",
        values={
            "paper": "{v4.classes}",
            "TF-slim": "1001: 0 is background",
            "Keras": "{v2_slim.classes}",
            "timm": "{v4_slim.classes}",
            "Cadene": "1001 in the file; its loader drops row 0",
            "facenet": "identities of the training set",
            "facenet-pytorch": "{v1_face.classes} (VGGFace2), 10575 (CASIA-WebFace), or none: an embedding",
        },
        why="Labels are off by one where the background row stays.",
        touches=_HEADS,
    ),
    Deviation(
        id="D14",
        what="What follows the pooling",
        values={
            "paper": "dropout, softmax; the linear layer is not drawn (E11)",
            "TF-slim": "dropout, linear; logits and softmax",
            "Keras": "linear with softmax",
            "timm": "dropout, linear; logits",
            "Cadene": "linear; logits",
            "facenet": "dropout, linear to 128 (function's default; 512 in the 2018 checkpoints) without bias but with "
            "batch norm, then unit length or a linear classifier",
            "facenet-pytorch": "dropout, linear to {v1_face.embedding} without bias, batch norm, no ReLU, then unit "
            "length or a linear classifier",
        },
        why="The batch norm after the embedding comes from an arg scope that also covers fully connected layers.",
        touches=_HEADS,
    ),
    Deviation(
        id="D15",
        what="Dropout",
        values={
            "paper": "keep {v4.keep:g} (E10)",
            "TF-slim": "keep {v4_slim.keep:g}",
            "Keras": "none",
            "timm": "drop 0 by default",
            "Cadene": "none",
            "facenet": "keep 0.8 in the function, 1.0 in the trainer",
            "facenet-pytorch": "drop {v1_face.dropout:g}",
        },
        why="Keep 0.8 is drop 0.2. Several ports drop 0.8.",
        touches=_HEADS,
    ),
    Deviation(
        id="D16",
        what="Batch norm: gamma",
        values={"paper": "not said"}
        | alike("none, beta only (scale=False)", "TF-slim", "Keras", "facenet")
        | alike("there; all ones in ported weights", "timm", "Cadene", "facenet-pytorch"),
        why="The parameter counts differ by one a channel (see the ledger). A gamma that is not one says that a "
        "file is no plain port.",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D17",
        what="Batch norm: eps",
        values={"paper": "not said; {v4.eps:g} is used here"}
        | alike("{v2_slim.eps:g}", *V2_RELEASES)
        | alike("{v1_face.eps:g}", *V1_RELEASES),
        why="PyTorch's default is 1e-5, and a checkpoint does not say. The difference shows in the logits.",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D18",
        what="Batch norm: decay of the running statistics",
        values={
            "paper": "not said",
            "TF-slim": "0.9997",
            "Keras": "0.99",
            "timm": "{v2_slim.decay:g}, that is momentum {v2_slim.momentum:g}",
            "Cadene": "{v2_slim.decay:g}, that is momentum {v2_slim.momentum:g}",
            "facenet": "0.995, with the moving averages among the trainable variables",
            "facenet-pytorch": "{v1_face.decay:g}, that is momentum {v1_face.momentum:g}",
        },
        why="PyTorch's momentum is one minus the decay: 0.0003 trains as TF-slim does, 0.005 as facenet.",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D19",
        what="Border of average pools",
        values={"paper": "not said (E14)"}
        | alike("padding does not count (SAME)", "TF-slim", "Keras")
        | alike("count_include_pad=False", "timm", "Cadene"),
        why="TorchVision's Inception-v3 counts the padding. With ported weights that moves the logits by a third of "
        "their deviation in v4, without any error.",
        touches={
            "inception_v4": ("inception_a", "inception_b", "inception_c"),
            "inception_resnet_v2": ("mixed_5b",),
            "inception_v3": _V3_AVERAGED,
        },
    ),
    Deviation(
        id="D20",
        what="Final pooling",
        values={
            "paper": "average",
            "TF-slim": "average over the map as built, or a mean where its size is unknown",
            "Keras": "global average",
            "timm": "adaptive average",
            "Cadene": "a square window as high as the map",
            "facenet": "average over the map as built",
            "facenet-pytorch": "adaptive average",
        },
        why="Cadene's is wrong on inputs that are not square; a fixed 8x8 window fails on other sizes.",
        touches=_HEADS,
    ),
    Deviation(
        id="D21",
        what="Initialiser and weight decay",
        values={
            "paper": "not said",
            "TF-slim": "v4: variance scaling; Inception-ResNet-v2: none set, so Xavier. Weight decay 0.00004",
            "Keras": "Glorot uniform, Keras's default; no weight decay",
            "facenet": "truncated normal of 0.1, Xavier in later versions; weight decay by argument",
        }
        | alike("PyTorch's defaults", "timm", "Cadene", "facenet-pytorch"),
        why="Only for training from scratch; it is where two trainings of one network first part.",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D22",
        what="Input and preprocessing",
        values={
            "paper": "{v4.side} px; the rest is not said",
            "TF-slim": "{v4_slim.side} px, RGB to -1 to 1, central crop 0.875",
            "Keras": "{v2_slim.side} px, -1 to 1; at least {v2_slim.least} px",
            "timm": "{v4_slim.side} px, mean and std 0.5, bicubic, crop 0.875 (v4) or 0.8975 (v2)",
            "Cadene": "{v2_slim.side} px, mean and std 0.5",
            "facenet": "{v1_face.side} px faces; (x - 127.5) / 128 for the 2018 checkpoints, before them whitened",
            "facenet-pytorch": "{v1_face.side} px faces, (x - 127.5) / 128",
        },
        why="With ImageNet's usual mean and std the same weights score lower.",
        touches=_EVERYWHERE,
    ),
    Deviation(
        id="D23",
        what="How the scaling is written",
        values={
            "paper": "a box of its own, Fig. 20",
            "Keras": "a Lambda layer, in Keras 3 a CustomScaleLayer",
        }
        | alike("a product in the code", "TF-slim", "timm", "Cadene", *V1_RELEASES),
        why="It is in no checkpoint and in no module list, and fvcore does not count it.",
        touches={"inception_resnet_v1": RESIDUAL, "inception_resnet_v2": RESIDUAL},
    ),
    Deviation(
        id="D24",
        what="Options of the code",
        values={
            "paper": "none",
            "TF-slim": "v2: output_stride 8 (dilated) or 16; align_feature_maps pads every window, to grids of "
            "150, 75, 38 and 19",
        }
        | alike("none of these", "Keras", "timm", "Cadene", *V1_RELEASES),
        why="Under one name, other grids and other features, as in detection models.",
        touches={"inception_resnet_v2": ("network",)},
    ),
)
