"""Counts of these networks that others printed, each with what it counts, where it stands and in which version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from irnet.provenance.ledger import Counter
from irnet.spec import Basis

What = Literal["parameters", "MACs", "FLOPs", "activations"]
Unit = Literal["", "M", "G"]
Otherwise = Literal["no gamma", "moving statistics", "auxiliary head", "no parameters of batch norm", "no average"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One count, and by which rules it was made."""

    preset: str
    by: str
    what: What
    printed: str  # the digits of the source: "12.28", "55,873,736"
    unit: Unit = ""
    size: int = 299  # pixels a side
    classes: int = 1000  # 0: without a classifier
    counter: Counter = "ours"  # whose rules of counting work were followed
    otherwise: tuple[Otherwise, ...] = ()  # how it departs from these rules, or its parameters from a module's
    source: str  # where it is printed
    version: str  # of what printed it
    basis: Basis = "read"  # or "run": a named tool printed it, run here on a named release

    @property
    def title(self) -> str:
        """Who printed what."""
        size = "" if self.what == "parameters" else f", {self.size} px"
        return f"{self.by}: {self.printed}{f' {self.unit}' if self.unit else ''} {self.what}{size}"

    @property
    def printed_in(self) -> str:
        """Where it is printed, and in which version."""
        return f"{self.source} ({self.version})"


V4, V2, V1, V3, V3_TORCH = (
    "inception_v4.tf_slim",
    "inception_resnet_v2.tf_slim",
    "inception_resnet_v1.facenet",
    "inception_v3.tf_slim",
    "inception_v3.torchvision",
)
_TIMM, _CADENE, _FACENET, _TORCHVISION = (
    "timm 1.0.31",
    "pretrainedmodels 0.7.4",
    "facenet-pytorch 2.6.0",
    "TorchVision 0.28.0",
)
TOOLS = {"fvcore": "fvcore 0.1.5.post20221221", "torchinfo": "torchinfo 1.8.0", "torch": "torch 2.13.0"}


def _timm(preset: str, parameters: str, macs: str, activations: str) -> tuple[Count, ...]:
    printed: tuple[tuple[What, str, Unit, Counter], ...] = (
        ("parameters", parameters, "M", "ours"),
        ("MACs", macs, "G", "fvcore"),
        ("activations", activations, "M", "ours"),
    )
    return tuple(
        Count(
            preset=preset,
            by="timm",
            what=what,
            printed=digits,
            unit=unit,
            counter=counter,
            source="huggingface/pytorch-image-models, results/benchmark-infer-amp-nchw-pt291-cu128-4090.csv",
            version="commit aa4b585, August 2026",
        )
        for what, digits, unit, counter in printed
    )


def _keras(preset: str, name: str, *, total: str, trainable: str, without_top: str) -> tuple[Count, ...]:
    printed: tuple[tuple[str, str, tuple[Otherwise, ...], int], ...] = (
        ("Keras, total", total, ("no gamma", "moving statistics"), 1000),
        ("Keras, trainable", trainable, ("no gamma",), 1000),
        ("Keras, without top", without_top, ("no gamma", "moving statistics"), 0),
    )
    return tuple(
        Count(
            preset=preset,
            by=by,
            what="parameters",
            printed=digits,
            classes=classes,
            otherwise=otherwise,
            source=f"summary() of keras.applications.{name}{'' if classes else ', include_top=False'}",
            version="Keras 3.15.1",
            basis="run",
        )
        for by, digits, otherwise, classes in printed
    )


def _tools(
    preset: str,
    of: str,
    release: str,
    size: int = 299,
    classes: int = 1000,
    *,
    parameters: str = "",
    fvcore: str = "",
    torchinfo: str = "",
    torch: str = "",
    otherwise: tuple[Otherwise, ...] = (),
    fvcore_otherwise: tuple[Otherwise, ...] = (),
) -> tuple[Count, ...]:
    """What the three tools print of one module; torchinfo prints its parameters too."""
    reported: tuple[tuple[str, What, str, Counter, tuple[Otherwise, ...]], ...] = (
        ("torchinfo", "parameters", parameters, "ours", ()),
        ("fvcore", "MACs", fvcore, "fvcore", fvcore_otherwise),
        ("torchinfo", "MACs", torchinfo, "torchinfo", otherwise),
        ("torch", "FLOPs", torch, "torch", ()),
    )
    return tuple(
        Count(
            preset=preset,
            by=f"{tool} on {release.partition(' ')[0]}",
            what=what,
            printed=printed,
            size=size,
            classes=classes,
            counter=counter,
            otherwise=found,
            source=f"{tool}, run on {of}",
            version=f"{TOOLS[tool]}, {release}",
            basis="run",
        )
        for tool, what, printed, counter, found in reported
        if printed
    )


def _google(preset: str, point: str, at_224: str, at_321: str) -> tuple[Count, ...]:
    source = (
        f"google-research/receptive_field, receptive_field/RECEPTIVE_FIELD_TABLE.md, up to {point}. Its "
        "rf_benchmark.py builds the network without batch norm, so every convolution has a bias; TensorFlow's profiler "
        "counts each pooling window in full. That it leaves the residual sums out is concluded, not read: only so does "
        "every end point of three networks come out as printed"
    )
    return tuple(
        Count(
            preset=preset,
            by="Google",
            what="FLOPs",
            printed=printed,
            unit="G",
            size=size,
            classes=0,
            counter="tensorflow",
            source=source,
            version="commit f12ae8e, March 2021",
        )
        for size, printed in ((224, at_224), (321, at_321))
    )


_FUSED: tuple[Otherwise, ...] = ("no parameters of batch norm",)  # timm's norm holds its activation, so it is no leaf
_WINDOW: tuple[Otherwise, ...] = ("no average",)  # fvcore counts adaptive averages, not those over a window

COUNTS: tuple[Count, ...] = (
    *_timm(V4, "42.68", "12.28", "15.09"),
    *_tools(
        V4,
        "timm's inception_v4",
        _TIMM,
        fvcore="12,284,251,296",
        torchinfo="12,253,975,624",
        torch="24,507,949,248",
        otherwise=_FUSED,
    ),
    *_tools(V4, "timm's inception_v4", _TIMM, 224, fvcore="6,137,468,832", torch="12,243,789,504"),
    *_tools(
        V4,
        "InceptionV4(1001)",
        _CADENE,
        classes=1001,
        parameters="42,681,353",
        fvcore="12,284,154,528",
        torchinfo="12,254,040,329",
        fvcore_otherwise=_WINDOW,
    ),
    *_google(V4, "Mixed_7d", "12.271", "27.390"),
    *_timm(V2, "55.84", "13.18", "25.06"),
    *_keras(V2, "InceptionResNetV2", total="55,873,736", trainable="55,813,192", without_top="54,336,736"),
    *_tools(
        V2,
        "timm's inception_resnet_v2",
        _TIMM,
        fvcore="13,182,930,592",
        torchinfo="13,167,334,856",
        torch="26,311,588,032",
        otherwise=_FUSED,
    ),
    *_tools(V2, "timm's inception_resnet_v2", _TIMM, 224, fvcore="6,482,828,544", torch="12,937,922,240"),
    *_tools(
        V2,
        "InceptionResNetV2(1001)",
        _CADENE,
        classes=1001,
        parameters="55,845,001",
        fvcore="13,182,833,824",
        torchinfo="13,167,396,937",
        fvcore_otherwise=_WINDOW,
    ),
    *_google(V2, "Conv2d_7b_1x1", "12.958", "29.203"),
    *_tools(
        V1,
        "InceptionResnetV1, embedding",
        _FACENET,
        160,
        0,
        parameters="23,482,624",
        fvcore="1,421,838,176",
        torch="2,835,324,608",
    ),
    *_tools(
        V1,
        "InceptionResnetV1, 8631 identities of VGGFace2",
        _FACENET,
        160,
        8631,
        parameters="27,910,327",
        fvcore="1,426,257,248",
        torch="2,844,162,752",
    ),
    *_tools(V1, "InceptionResnetV1, 10575 identities of CASIA-WebFace", _FACENET, 160, 10_575, parameters="28,907,599"),
    *_timm(V3_TORCH, "23.83", "5.73", "8.97"),
    Count(
        preset=V3_TORCH,
        by="TorchVision",
        what="parameters",
        printed="27,161,264",
        otherwise=("auxiliary head",),
        source='torchvision/models/inception.py, Inception_V3_Weights, "num_params"',
        version=_TORCHVISION,
    ),
    Count(
        preset=V3_TORCH,
        by="TorchVision",
        what="MACs",
        printed="5.713",
        unit="G",
        source='torchvision/models/inception.py, Inception_V3_Weights, "_ops"',
        version=_TORCHVISION,
    ),
    *_tools(
        V3_TORCH,
        "timm's inception_v3",
        _TIMM,
        parameters="23,834,568",
        fvcore="5,731,282,144",
        torchinfo="5,713,217,096",
        torch="11,426,432,192",
        otherwise=_FUSED,
    ),
    Count(
        preset=V3,
        by="TF-slim, without head",
        what="parameters",
        printed="21,802,784",
        classes=0,
        otherwise=("no gamma", "moving statistics"),
        source="tensorflow/models research/slim/nets/inception_v3_test.py, line 135, "
        "testModelHasExpectedNumberOfParameters",
        version="commit 09ff47d",
    ),
    *_keras(V3, "InceptionV3", total="23,851,784", trainable="23,817,352", without_top="21,802,784"),
    *_google(V3, "Mixed_7c", "5.689", "12.727"),
)
