"""Counts of these networks that others published or that a tool reported, each with its source and what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from irnet.analysis.ledger import Counter

What = Literal["parameters", "MACs", "FLOPs", "activations"]
Unit = Literal["", "M", "G"]
Otherwise = Literal["no gamma", "moving statistics", "auxiliary head"]


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
    otherwise: tuple[Otherwise, ...] = ()  # how its parameters are not a module's weights and biases
    source: str

    @property
    def title(self) -> str:
        """Who printed what."""
        size = "" if self.what == "parameters" else f", {self.size} px"
        return f"{self.by}: {self.printed}{f' {self.unit}' if self.unit else ''} {self.what}{size}"


V4, V2, V1, V3 = (
    "inception_v4.tf_slim",
    "inception_resnet_v2.tf_slim",
    "inception_resnet_v1.facenet",
    "inception_v3.tf_slim",
)


def _parameters(
    preset: str, by: str, printed: str, source: str, *otherwise: Otherwise, classes: int = 1000, unit: Unit = ""
) -> Count:
    return Count(
        preset=preset,
        by=by,
        what="parameters",
        printed=printed,
        unit=unit,
        classes=classes,
        otherwise=otherwise,
        source=source,
    )


def _timm(preset: str, parameters: str, macs: str, activations: str) -> tuple[Count, ...]:
    source = "timm, results/benchmark-*.csv and results-imagenet.csv; the MACs are fvcore's"
    return (
        _parameters(preset, "timm", parameters, source, unit="M"),
        Count(preset=preset, by="timm", what="MACs", printed=macs, unit="G", counter="fvcore", source=source),
        Count(preset=preset, by="timm", what="activations", printed=activations, unit="M", source=source),
    )


def _slim(preset: str, bare: str, full: str) -> tuple[Count, ...]:
    source = "derived by arithmetic from TF-slim's trainable variables; TF-slim itself prints no total"
    return (
        _parameters(preset, "TF-slim, no auxiliary head", bare, source, "no gamma", classes=1001),
        _parameters(preset, "TF-slim", full, source, "no gamma", "auxiliary head", classes=1001),
    )


def _tools(
    preset: str, size: int, classes: int, *, fvcore: str, torch: str, of: str, torchinfo: str = ""
) -> tuple[Count, ...]:
    reported: tuple[tuple[Counter, What, str], ...] = (
        ("fvcore", "MACs", fvcore),
        ("torchinfo", "MACs", torchinfo),
        ("torch", "FLOPs", torch),
    )
    return tuple(
        Count(
            preset=preset,
            by=tool,
            what=what,
            printed=printed,
            size=size,
            classes=classes,
            counter=tool,
            source=f"{tool} run on {of}",
        )
        for tool, what, printed in reported
        if printed
    )


def _google(preset: str, point: str, at_224: str, at_321: str) -> tuple[Count, ...]:
    source = (
        f"google-research/receptive_field, RECEPTIVE_FIELD_TABLE.md, up to {point}. Its rf_benchmark.py builds the "
        "network without batch norm, so every convolution has a bias; TensorFlow's profiler counts each pooling "
        "window in full. That it leaves the residual sums out is concluded, not read: only so does every end point "
        "of three networks come out as printed"
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
        )
        for size, printed in ((224, at_224), (321, at_321))
    )


_CADENE = "Cadene/pretrained-models.pytorch, parameters of {} with its 1001 classes"
_KERAS = "model.summary() of keras.applications.InceptionResNetV2"
_FACENET = "parameters of facenet-pytorch 2.6.0 InceptionResnetV1, {}"
_V3 = "parameters of timm's and TorchVision's inception_v3, {} auxiliary head"

COUNTS: tuple[Count, ...] = (
    *_timm(V4, "42.68", "12.28", "15.09"),
    *_slim(V4, "42,649,769", "46,009,106"),
    _parameters(V4, "Cadene", "42,681,353", _CADENE.format("inceptionv4"), classes=1001),
    *_tools(V4, 299, 1000, fvcore="12,284,251,296", torch="24,507,949,248", of="timm's inception_v4"),
    *_tools(V4, 224, 1000, fvcore="6,137,468,832", torch="12,243,789,504", of="timm's inception_v4"),
    *_google(V4, "Mixed_7d", "12.271", "27.390"),
    *_timm(V2, "55.84", "13.18", "25.06"),
    *_slim(V2, "55,814,729", "59,182,258"),
    _parameters(V2, "Keras, total", "55,873,736", _KERAS, "no gamma", "moving statistics"),
    _parameters(V2, "Keras, trainable", "55,813,192", _KERAS, "no gamma"),
    _parameters(
        V2,
        "Keras, without top",
        "54,336,736",
        f"{_KERAS}, include_top=False",
        "no gamma",
        "moving statistics",
        classes=0,
    ),
    _parameters(V2, "Cadene", "55,845,001", _CADENE.format("inceptionresnetv2"), classes=1001),
    *_tools(
        V2,
        299,
        1000,
        fvcore="13,182,930,592",
        torch="26,311,588,032",
        torchinfo="13,167,395,400",
        of="timm's inception_resnet_v2",
    ),
    *_tools(V2, 224, 1000, fvcore="6,482,828,544", torch="12,937,922,240", of="timm's inception_resnet_v2"),
    *_google(V2, "Conv2d_7b_1x1", "12.958", "29.203"),
    _parameters(V1, "facenet-pytorch, embedding", "23,482,624", _FACENET.format("classify=False"), classes=0),
    _parameters(V1, "facenet-pytorch, VGGFace2", "27,910,327", _FACENET.format("8631 identities"), classes=8631),
    _parameters(V1, "facenet-pytorch, CASIA", "28,907,599", _FACENET.format("10575 identities"), classes=10_575),
    *_tools(
        V1,
        160,
        0,
        fvcore="1,421,838,176",
        torch="2,835,324,608",
        of="facenet-pytorch's InceptionResnetV1, embedding",
    ),
    *_tools(
        V1,
        160,
        8631,
        fvcore="1,426,257,248",
        torch="2,844,162,752",
        of="facenet-pytorch's InceptionResnetV1, 8631 identities",
    ),
    _parameters(V3, "timm, TorchVision", "23,834,568", _V3.format("without the")),
    _parameters(V3, "TorchVision", "27,161,264", _V3.format("with the"), "auxiliary head"),
    Count(
        preset=V3,
        by="hooks",
        what="MACs",
        printed="5,713,216,096",
        source="convolutions and linear layers of timm's inception_v3, counted by hooks",
    ),
    *_google(V3, "Mixed_7c", "5.689", "12.727"),
)
