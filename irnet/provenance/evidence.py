"""What released code does where the paper errs, and whose diagram shows the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from irnet.spec import Basis


@dataclass(frozen=True, slots=True)
class Evidence:
    """The releases' way out of an erratum, and where to look; no preset where no network is concerned."""

    released: str
    preset: str = ""
    stage: str = ""  # whose block is drawn; "" is the whole network
    box: str = ""  # path of the box to look at
    basis: Basis = "read"  # how it is known: in the files and versions of `irnet.provenance.names`, or those named here


_NOT_CODE = "Concerns the text alone: no code follows from it."
_V4, _V1, _V2 = "inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper"

EVIDENCE: Mapping[str, Evidence] = {
    "E1": Evidence("TF-slim, timm and Cadene: 3x3 192 /2 V beside a 3x3 max pool /2 V.", _V4, "stem", "stem.0.5.b0"),
    "E2": Evidence("TF-slim, timm and Cadene: 1x7 224, then 7x1 256.", _V4, "inception_b", "inception_b.0.b2.2"),
    "E3": Evidence(
        "TF-slim, timm and Cadene run each of these pairs the other way round.",
        _V4,
        "inception_b",
        "inception_b.0.b3.1",
    ),
    "E4": Evidence(
        "TF-slim, Keras, timm and Cadene take the width of the block's input from its tensor (there 1088, as their A "
        "blocks are narrower). weiaicunzai/pytorch-cifar100 (models/inceptionv4.py, commit 0d41819) keeps 1154 and "
        "adds a projection to the shortcut; titu1994/Inception-v4 (inception_resnet_v2.py, commit 17559e9) uses 1152.",
        _V2,
        "block_b",
        "block_b.0.project",
    ),
    "E5": Evidence(
        "TF-slim, Keras, timm and Cadene have the filters of Fig. 18 and take the width of the block's input from "
        "its tensor (there 2080). weiaicunzai/pytorch-cifar100 (models/inceptionv4.py, commit 0d41819) keeps 2048 "
        "and adds a projection to the shortcut; titu1994/Inception-v4 (inception_resnet_v2.py, commit 17559e9) uses "
        "2144. That an early port takes the filters of Fig. 12 could not be verified.",
        _V2,
        "block_c",
        "block_c.0.project",
    ),
    "E6": Evidence("TF-slim's v2 has these filters, facenet's v1 those of Fig. 12.", _V2, "reduction_b", ""),
    "E7": Evidence("TF-slim's code has sizes of v2 as comments; they are those of its own narrower network.", _V2),
    "E8": Evidence(
        "TF-slim, Keras, timm and Cadene: 10, 20 and 10 blocks. A maintainer of TF-slim wrote that this is what the "
        "authors meant (tensorflow/models issue 1553).",
        _V2,
    ),
    "E9": Evidence(
        "The same released network: it has more convolutions and a longer chain than v4, against the paper's reason.",
        _V2,
        basis="computed",
    ),
    "E10": Evidence(
        "TF-slim: dropout_keep_prob=0.8. timm's and PyTorch's p is the probability of dropping. The PyPI package "
        "torch-inception-resnet-v2 0.0.33 (model.py, line 19) and titu1994/Inception-v4 (inception_resnet_v2.py, "
        "commit 17559e9) drop 0.8.",
        _V4,
        box="dropout",
    ),
    "E11": Evidence(
        "All: a linear layer to the classes. TF-slim Logits; Keras predictions; timm last_linear in v4, classif in v2; "
        "Cadene last_linear.",
        _V4,
        box="classifier",
    ),
    "E12": Evidence(_NOT_CODE),
    "E13": Evidence(_NOT_CODE),
    "E14": Evidence(
        "TF-slim: 3x3, stride 1, SAME. timm and Cadene: count_include_pad=False. weiaicunzai/pytorch-cifar100 "
        "(models/inceptionv4.py, commit 0d41819) counts the padding, as timm, TorchVision and Cadene do in "
        "Inception-v3.",
        _V4,
        "inception_a",
        "inception_a.0.b0.0",
    ),
    "E15": Evidence(
        "All concatenate first: TF-slim's mixed, Keras's block35_1_mixed, timm's torch.cat.",
        _V2,
        "block_a",
        "block_a.0.body",
    ),
    "E16": Evidence(_NOT_CODE),
    "E17": Evidence(_NOT_CODE),
    "E18": Evidence(
        "TF-slim: normalizer_fn=None, activation_fn=None, so with a bias; all ports do the same.",
        _V1,
        "block_a",
        "block_a.0.project",
    ),
}
