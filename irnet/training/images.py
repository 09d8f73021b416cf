"""Images to train on: labelled batches that a seed and a step determine, and a held-out part that no batch shows.

They are generated, cut out of scikit-image's pictures, or read from a folder.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import ceil, floor, pi
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from skimage import data
from torch import Tensor

from irnet.lab.photos import decode
from irnet.training.settings import Data

Batch = tuple[Tensor, Tensor]  # images (N, 3, H, W) in about [-1, 1], and labels (N,)

PICTURES = (
    *("brick", "grass", "gravel", "coffee", "astronaut", "chelsea"),
    *("hubble_deep_field", "rocket", "immunohistochemistry", "moon", "retina", "camera"),
)
CROP = 96  # pixels of a bundled picture that are made one image
STRIP = 0.25  # of a picture's width, at its right, that is held out
MAX_BYTES = 4 * 1024**3  # of pixels of a folder that a process keeps
EVERY = 5  # one of so many files is held out
ROOM = 8 / 7  # a picture's side over that of a random crop from it


@dataclass(frozen=True, slots=True)
class Images(ABC):
    """Labelled images without end, and some that are held out."""

    settings: Data
    classes: tuple[str, ...]  # in the order of the labels
    epoch: int  # how many images count as one

    @abstractmethod
    def batch(self, seed: int, step: int, size: int) -> Batch:
        """The batch that a run of this seed sees at a step; asking again gives the same."""

    @abstractmethod
    def held_out(self) -> Batch:
        """Images that no batch shows, the same for every seed."""


def generator(*numbers: int) -> torch.Generator:
    """A generator of its own for a few whole numbers, the same on every machine."""
    words = np.random.SeedSequence(numbers).generate_state(2, np.uint32)
    return torch.Generator().manual_seed(int(words[0]) << 31 ^ int(words[1]))


class Gratings(Images):
    """Sine gratings in noise: the class is the orientation; phase, wavelength and noise are drawn anew each time."""

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
class Crops(Images):
    """Crops of pictures: the class is the picture, and its right quarter is held out."""

    pictures: tuple[Tensor, ...]  # (3, H, W), uint8

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
        crops = []
        for label in labels.tolist():
            width = self.pictures[label].shape[2]
            columns = (border(width), width) if held_out else (0, border(width))
            crops.append(_crop(self.pictures[label], CROP, drawn, columns))
        images = resize(torch.stack(crops), self.settings.size)
        return flip_half(images, drawn) if flip else images, labels


def border(width: int) -> int:
    """The first column of a picture's held-out part."""
    return width - ceil(width * STRIP)


def _crop(picture: Tensor, side: int, drawn: torch.Generator, columns: tuple[int, int]) -> Tensor:
    """A square at a random place between two columns of a picture."""
    first, last = columns
    top = int(torch.randint(picture.shape[1] - side + 1, (1,), generator=drawn))
    left = first + int(torch.randint(last - first - side + 1, (1,), generator=drawn))
    return picture[:, top : top + side, left : left + side]


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
        raise ValueError(f"classes={count} is more than the {len(PICTURES)} bundled pictures")
    names = PICTURES[:count]
    pictures = tuple(pixels_of(Image.fromarray(getattr(data, name)())) for name in names)
    return Crops(settings, names, settings.epoch, pictures)


@dataclass(frozen=True, slots=True)
class Folder(Images):
    """A visitor's pictures: a folder a class. Every fifth file of a class, and at least one, is held out.

    An epoch is every picture that is not held out, once.
    """

    seen: Batch  # (N, 3, side, side) of bytes, and labels
    unseen: Batch

    def batch(self, seed: int, step: int, size: int) -> Batch:
        """The next ones of each epoch's own order; random crops and flips where the settings augment."""
        places = torch.arange(step * size, (step + 1) * size)
        epochs = range(step * size // self.epoch, ((step + 1) * size - 1) // self.epoch + 1)
        orders = [torch.randperm(self.epoch, generator=generator(5, seed, epoch)) for epoch in epochs]
        rows = torch.cat(orders)[places - epochs[0] * self.epoch]
        pixels, labels = self.seen[0][rows], self.seen[1][rows]
        if not self.settings.augment:
            return _middle(pixels, self.settings.size), labels
        drawn, size = generator(6, seed, step), self.settings.size
        crops = [_crop(picture, size, drawn, (0, pixels.shape[-1])) for picture in pixels]
        return flip_half(resize(torch.stack(crops), size), drawn), labels

    def held_out(self) -> Batch:
        """The middle of every picture that is held out, up to the settings' number."""
        pixels, labels = self.unseen
        return _middle(pixels, self.settings.size), labels


def _middle(pixels: Tensor, size: int) -> Tensor:
    at = (pixels.shape[-1] - size) // 2
    return resize(pixels[:, :, at : at + size, at : at + size], size)


def folder_of(settings: Data) -> Folder:
    """The pictures of a folder that has a folder for every class; hidden files and folders don't count.

    Raises
    ------
    ValueError
        In one sentence with the place: no such folder, no or one class, a class without two pictures, a file that
        is broken or no picture, more pixels than are kept, another number of classes than was asked for.
    """
    root = Path(settings.folder)
    if not root.is_dir():
        raise ValueError(f"{root} is not a folder on this machine")
    names = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    _check_classes(root, names, settings)
    side = max(settings.size, floor(settings.size * ROOM))
    files = {name: _files(root / name) for name in names}
    total = sum(map(len, files.values())) * 3 * side * side
    if total > MAX_BYTES:
        raise ValueError(f"{root}: its pictures take {total:,} bytes at {side} pixels, more than {MAX_BYTES:,}")
    seen: list[tuple[Tensor, int]] = []
    unseen: list[tuple[Tensor, int]] = []
    for label, name in enumerate(names):
        for i, file in enumerate(files[name]):
            last = i == len(files[name]) - 1
            held_out = i % EVERY == EVERY - 1 or (last and i < EVERY)
            image = ImageOps.fit(decode(file.read_bytes(), str(file)), (side, side), Image.Resampling.BICUBIC)
            (unseen if held_out else seen).append((pixels_of(image), label))
    step = -(-len(unseen) // settings.held_out)  # spread over the classes
    return Folder(settings, tuple(names), len(seen), _stack(seen), _stack(unseen[::step]))


def _check_classes(root: Path, names: list[str], settings: Data) -> None:
    if not names:
        raise ValueError(f"{root} has no folder in it; pictures belong in one folder per class, such as {root}/cat")
    if len(names) == 1:
        raise ValueError(f"{root} has only one class, {names[0]}; training needs two or more")
    if settings.classes not in (None, len(names)):
        raise ValueError(f"classes={settings.classes}, and {root} has {len(names)}: {', '.join(names[:10])}")


def _files(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    if not files:
        raise ValueError(f"{folder} contains no picture")
    if len(files) == 1:
        raise ValueError(f"{folder} has one picture; a class needs two, of which one is held out")
    return files


def _stack(pictures: list[tuple[Tensor, int]]) -> Batch:
    return torch.stack([pixels for pixels, _ in pictures]), torch.tensor([label for _, label in pictures])


def images_of(settings: Data) -> Images:
    """The images that settings ask for.

    Raises
    ------
    ValueError
        If there are too few pictures or classes, or a file is broken; the sentence names the place.

    Examples
    --------
    >>> images, labels = images_of(Data(size=75)).batch(seed=0, step=0, size=4)
    >>> images.shape, labels.shape
    (torch.Size([4, 3, 75, 75]), torch.Size([4]))
    """
    if settings.kind == "gratings":
        count = settings.classes or 8
        degrees = tuple(f"{180 * i / count:.3g} degrees" for i in range(count))  # evenly over half a turn
        return Gratings(settings, degrees, settings.epoch)
    if settings.kind == "crops":
        return bundled_crops(settings)
    return folder_of(settings)
