"""Images to train on: labelled batches that a seed and a step determine, and a held-out part that no batch shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, pi
from types import MappingProxyType
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from skimage import data
from torch import Tensor

from irnet.training.settings import Data

Batch = tuple[Tensor, Tensor]  # images (N, 3, H, W) in about [-1, 1], and labels (N,)

PICTURES = (
    *("brick", "grass", "gravel", "coffee", "astronaut", "chelsea"),
    *("hubble_deep_field", "rocket", "immunohistochemistry", "moon", "retina", "camera"),
)
CROP = 96  # pixels of a bundled picture that are made one image
STRIP = 0.25  # of a picture's width, at its right, that is held out


class Images(Protocol):
    """Labelled images without end, and some that are held out."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names, in the order of the labels."""

    @property
    def epoch(self) -> int:
        """How many images count as one epoch."""

    def batch(self, seed: int, step: int, size: int) -> Batch:
        """The batch that a run of this seed sees at a step; asking again gives the same."""

    def held_out(self) -> Batch:
        """Images that no batch shows, the same for every seed."""


def generator(*numbers: int) -> torch.Generator:
    """A generator of its own for a few whole numbers, the same on every machine."""
    words = np.random.SeedSequence(numbers).generate_state(2, np.uint32)
    return torch.Generator().manual_seed(int(words[0]) << 31 ^ int(words[1]))


@dataclass(frozen=True, slots=True)
class Gratings:
    """Sine gratings in noise: the class is the orientation; phase, wavelength and noise are drawn anew each time."""

    settings: Data

    @property
    def classes(self) -> tuple[str, ...]:
        """Orientations in degrees, evenly over half a turn."""
        count = self.settings.classes or 8
        return tuple(f"{180 * i / count:.3g} degrees" for i in range(count))

    @property
    def epoch(self) -> int:
        """As the settings say: there is no end to them."""
        return self.settings.epoch

    def batch(self, seed: int, step: int, size: int) -> Batch:
        """Labels at random."""
        drawn = generator(1, seed, step)
        return self._drawn(torch.randint(len(self.classes), (size,), generator=drawn), drawn)

    def held_out(self) -> Batch:
        """Every class about equally often."""
        return self._drawn(torch.arange(self.settings.held_out) % len(self.classes), generator(2))

    def _drawn(self, labels: Tensor, drawn: torch.Generator) -> Batch:
        size, count = self.settings.size, len(labels)
        angle = (labels / len(self.classes) * pi).view(-1, 1, 1)
        waves = torch.empty(count, 1, 1).uniform_(8, 12, generator=drawn)  # over the width of an image
        phase = torch.empty(count, 1, 1).uniform_(0, 2 * pi, generator=drawn)
        across = torch.linspace(0, 1, size).view(1, 1, -1)
        down = torch.linspace(0, 1, size).view(1, -1, 1)
        grating = torch.sin(2 * pi * waves * (across * angle.cos() + down * angle.sin()) + phase)
        noise = torch.randn(count, 3, size, size, generator=drawn) * self.settings.noise
        return noise + grating.unsqueeze(1), labels


@dataclass(frozen=True, slots=True)
class Crops:
    """Crops of scikit-image's bundled pictures: the class is the picture, and its right quarter is held out."""

    settings: Data
    pictures: Mapping[str, Tensor]  # (3, H, W), uint8

    @property
    def classes(self) -> tuple[str, ...]:
        """The pictures' names."""
        return tuple(self.pictures)

    @property
    def epoch(self) -> int:
        """As the settings say."""
        return self.settings.epoch

    def batch(self, seed: int, step: int, size: int) -> Batch:
        """Places at random in the left three quarters; flips where the settings augment."""
        drawn = generator(3, seed, step)
        labels = torch.randint(len(self.classes), (size,), generator=drawn)
        return self._cut(labels, drawn, held_out=False, flip=self.settings.augment)

    def held_out(self) -> Batch:
        """Places at random in the right quarter, every picture about equally often, unflipped."""
        labels = torch.arange(self.settings.held_out) % len(self.classes)
        return self._cut(labels, generator(4), held_out=True, flip=False)

    def _cut(self, labels: Tensor, drawn: torch.Generator, *, held_out: bool, flip: bool) -> Batch:
        pictures = tuple(self.pictures.values())
        crops = torch.stack([_crop(pictures[label], drawn, held_out=held_out) for label in labels.tolist()])
        images = resize(crops, self.settings.size)
        return flip_half(images, drawn) if flip else images, labels


def border(width: int) -> int:
    """The first column of a picture's held-out part."""
    return width - ceil(width * STRIP)


def _crop(picture: Tensor, drawn: torch.Generator, *, held_out: bool) -> Tensor:
    _, height, width = picture.shape
    first, last = (border(width), width) if held_out else (0, border(width))
    top, left = integer(height - CROP, drawn), first + integer(last - first - CROP, drawn)
    return picture[:, top : top + CROP, left : left + CROP]


def integer(highest: int, drawn: torch.Generator) -> int:
    """A whole number from 0 to `highest`."""
    return int(torch.randint(highest + 1, (1,), generator=drawn))


def resize(pixels: Tensor, size: int) -> Tensor:
    """(N, 3, H, W) of bytes as (N, 3, size, size) in [-1, 1], bilinear."""
    images = pixels.float() / 127.5 - 1
    if images.shape[-1] == size:
        return images
    return torch.nn.functional.interpolate(images, (size, size), mode="bilinear", align_corners=False, antialias=True)


def flip_half(images: Tensor, drawn: torch.Generator) -> Tensor:
    """About half of the images as in a mirror."""
    turn = torch.rand(len(images), generator=drawn) < 0.5
    return torch.where(turn.view(-1, 1, 1, 1), images.flip(3), images)


def pixels_of(image: Image.Image) -> Tensor:
    """A picture as bytes (3, H, W)."""
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).contiguous()


def bundled_crops(settings: Data) -> Crops:
    """The first pictures that scikit-image ships, as many as classes are asked for.

    Raises
    ------
    ValueError
        If more are asked for than there are.
    """
    count = settings.classes or len(PICTURES)
    if count > len(PICTURES):
        raise ValueError(f"classes={count}, and there are {len(PICTURES)} bundled pictures")
    found = {name: pixels_of(Image.fromarray(getattr(data, name)())) for name in PICTURES[:count]}
    return Crops(replace(settings, classes=count), MappingProxyType(found))
