"""From the settings of data to images."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor

from irnet.lab.photos import decode
from irnet.training.images import (
    Batch,
    Gratings,
    Images,
    bundled_crops,
    flip_half,
    generator,
    integer,
    pixels_of,
    resize,
)
from irnet.training.settings import Data

MAX_BYTES = 4 * 1024**3  # of pixels that a process keeps
EVERY = 5  # one of so many files is held out
ROOM = 8 / 7  # a picture's side over that of a random crop from it


@dataclass(frozen=True, slots=True)
class Folder:
    """A visitor's pictures: a folder a class. Every fifth file of a class, and at least one, is held out."""

    settings: Data
    classes: tuple[str, ...]
    seen: Batch  # (N, 3, side, side) of bytes, and labels
    unseen: Batch

    @property
    def epoch(self) -> int:
        """Every picture that is not held out, once."""
        return len(self.seen[1])

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
        slack = pixels.shape[-1] - size
        crops = []
        for picture in pixels:
            top, left = integer(slack, drawn), integer(slack, drawn)
            crops.append(picture[:, top : top + size, left : left + size])
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
        raise ValueError(f"{root} is no folder on this machine")
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
            (unseen if held_out else seen).append((_square(file, side), label))
    step = -(-len(unseen) // settings.held_out)  # spread over the classes
    return Folder(settings, tuple(names), _stack(seen), _stack(unseen[::step]))


def _check_classes(root: Path, names: list[str], settings: Data) -> None:
    if not names:
        raise ValueError(f"{root} has no folder in it; pictures belong in one folder a class, such as {root}/cat")
    if len(names) == 1:
        raise ValueError(f"{root} has one class only, {names[0]}; there is nothing to tell apart")
    if settings.classes not in (None, len(names)):
        raise ValueError(f"classes={settings.classes}, and {root} has {len(names)}: {', '.join(names[:10])}")


def _files(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    if not files:
        raise ValueError(f"{folder} has no picture in it")
    if len(files) == 1:
        raise ValueError(f"{folder} has one picture; a class needs two, of which one is held out")
    return files


def _square(file: Path, side: int) -> Tensor:
    image = decode(file.read_bytes(), str(file))
    return pixels_of(ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC))


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
        return Gratings(settings)
    if settings.kind == "crops":
        return bundled_crops(settings)
    return folder_of(settings)
