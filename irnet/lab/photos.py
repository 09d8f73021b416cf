"""Photographs as network input: scikit-image's bundled ones, and a visitor's own upload."""

from __future__ import annotations

import warnings
from io import BytesIO
from math import floor
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from skimage import data
from torch import Tensor

from irnet.spec import Shape

PHOTOS = ("astronaut", "coffee", "chelsea", "rocket", "hubble_deep_field", "retina")
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601, as Pillow's "L"
ORIENTATION = 0x0112  # the tag of EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FORMATS = ("JPEG", "PNG", "WEBP")


def photo(name: str) -> Image.Image:
    """One of scikit-image's bundled photographs, in RGB.

    Raises
    ------
    ValueError
        Naming the unknown photograph and the known ones.

    Examples
    --------
    >>> photo("astronaut").size
    (512, 512)
    """
    if name not in PHOTOS:
        raise ValueError(f"no photograph or file is called {name!r}; the photographs are {', '.join(PHOTOS)}")
    return Image.fromarray(getattr(data, name)()).convert("RGB")


def photo_or_file(name: str) -> Image.Image:
    """A bundled photograph, or else the picture in the file of that name.

    Raises
    ------
    ValueError
        If there is neither, or the file is not such a picture.
    """
    file = Path(name)
    if name in PHOTOS or not file.is_file():
        return photo(name)
    with file.open("rb") as opened:
        return decode(opened.read(MAX_BYTES + 1), name)


def decode(file: bytes, name: str = "the file") -> Image.Image:
    """The picture in an uploaded JPEG, PNG or WebP file, upright and in RGB.

    Raises
    ------
    ValueError
        In one sentence, if the file is too large, has too many pixels, is broken or is no such picture.
    """
    if len(file) > MAX_BYTES:
        raise ValueError(f"{name} has more than the {MAX_BYTES:,} bytes that are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the next lines count the pixels
            image = Image.open(BytesIO(file), formats=_FORMATS)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ValueError(f"{name} is not a JPEG, PNG or WebP picture that can be read") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(f"{name} has {width} x {height} pixels, more than the {MAX_PIXELS:,} that are read")
    try:
        return _upright(image)
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError):
        raise ValueError(f"{name} is a broken {image.format} picture: its pixels can't be read") from None


def _upright(image: Image.Image) -> Image.Image:
    """The picture in RGB, turned as its EXIF says; what else the EXIF holds, broken or not, is not looked at."""
    turn = _TURNS.get(image.getexif().get(ORIENTATION, 1))
    if image.mode.startswith("I"):  # sixteen bits, of which the upper eight are kept
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    coloured = image.convert("RGB")
    return coloured.transpose(turn) if turn is not None else coloured


def middle(image: Image.Image, size: tuple[int, int], fraction: float) -> Image.Image:
    """The middle `fraction` of a picture's shorter side as (height, width) pixels, bicubic.

    As timm evaluates: the picture is first made 1 / fraction times as large as wanted, then cut.

    Examples
    --------
    >>> middle(photo("coffee"), (299, 299), 0.875).size
    (299, 299)
    """
    height, width = size
    sides = (floor(height / fraction), image.height), (floor(width / fraction), image.width)
    wanted, had = max(sides, key=lambda side: side[0] / side[1])
    across, down = image.width * wanted // had, image.height * wanted // had
    left, top = round((across - width) / 2), round((down - height) / 2)
    resized = image.resize((across, down), Image.Resampling.BICUBIC)
    return resized.crop((left, top, left + width, top + height))


def fit(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture as it is run: filling (height, width) from its middle, bicubic.

    Examples
    --------
    >>> fit(photo("coffee"), (224, 299)).size
    (299, 224)
    """
    height, width = size
    return ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)


def to_input(image: Image.Image, shape: Shape) -> Tensor:
    """An image as the released networks take it: filling (height, width) from its middle, bicubic, in [-1, 1].

    Returns a tensor (1, C, H, W) on the CPU. Source: timm's configuration of these networks, mean = std = 0.5.

    Examples
    --------
    >>> to_input(photo("coffee"), (3, 299, 299)).shape
    torch.Size([1, 3, 299, 299])
    """
    channels, *size = shape
    pixels = torch.from_numpy(np.asarray(fit(image, (size[0], size[1])), dtype=np.float32) / 127.5 - 1)
    return with_channels(pixels.permute(2, 0, 1).unsqueeze(0).contiguous(), channels)


def with_channels(images: Tensor, channels: int) -> Tensor:
    """RGB images (N, 3, H, W) as (N, channels, H, W): one is their luminance, others are red, green, blue in turn.

    Examples
    --------
    >>> with_channels(torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1), 4).flatten().tolist()
    [1.0, 2.0, 3.0, 1.0]
    """
    if channels == 3:
        return images
    if channels == 1:
        return (images * images.new_tensor(LUMINANCE).view(3, 1, 1)).sum(1, keepdim=True)
    return images[:, torch.arange(channels) % 3]


def channels_sentence(channels: int) -> str:
    """What a network with so many input channels is given of a photograph; "" for the usual three.

    Examples
    --------
    >>> channels_sentence(5)
    'A photograph has 3 channels; the 5 of the network are red, green, blue, red, green.'
    """
    if channels == 3:
        return ""
    if channels == 1:
        return "The network has 1 input channel and is given the luminance of the photograph."
    names = ", ".join(("red", "green", "blue")[i % 3] for i in range(channels))
    return f"A photograph has 3 channels; the {channels} of the network are {names}."
