"""Photographs as network input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from irnet.lab.photos import MAX_BYTES, PHOTOS, photo, photo_or_file, to_input

GREY = {"black": (0, -1.0), "middle": (128, 128 / 127.5 - 1), "white": (255, 1.0)}


@pytest.mark.parametrize("name", PHOTOS)
def test_every_bundled_photograph_opens_in_colour(name: str) -> None:
    image = photo(name)
    assert (image.mode, min(image.size) >= 299) == ("RGB", True)


@pytest.mark.parametrize("name", PHOTOS)
def test_every_photograph_becomes_one_image_of_the_asked_size(name: str) -> None:
    made = to_input(photo(name), (224, 299))
    assert (tuple(made.shape), made.dtype, made.is_contiguous()) == ((1, 3, 224, 299), torch.float32, True)


@pytest.mark.parametrize("name", PHOTOS)
def test_every_photograph_fills_the_range_of_the_networks(name: str) -> None:
    made = to_input(photo(name), (299, 299))
    assert made.min() >= -1
    assert made.max() <= 1
    assert made.max() - made.min() > 1.5


@pytest.mark.parametrize(("level", "value"), GREY.values(), ids=GREY)
def test_levels_become_minus_one_to_one(level: int, value: float) -> None:
    made = to_input(Image.new("RGB", (40, 30), (level, level, level)), (75, 75))
    assert [made.min().item(), made.max().item()] == pytest.approx([value, value], abs=1e-6)


def test_channels_stay_red_green_blue() -> None:
    made = to_input(Image.new("RGB", (8, 8), (255, 128, 0)), (4, 4))
    assert made[0, :, 0, 0].tolist() == pytest.approx([1.0, 128 / 127.5 - 1, -1.0], abs=1e-6)


def test_a_size_is_height_then_width() -> None:
    """The upper half is white, and so is the upper half of the tensor."""
    pixels = np.zeros((60, 80, 3), dtype=np.uint8)
    pixels[:30] = 255
    made = to_input(Image.fromarray(pixels), (30, 40))
    assert (tuple(made.shape[2:]), made[..., :13, :].min().item(), made[..., 17:, :].max().item()) == ((30, 40), 1, -1)


def test_a_wide_picture_is_cut_at_both_sides() -> None:
    pixels = np.zeros((10, 30, 3), dtype=np.uint8)
    pixels[:, 10:20] = 255
    assert to_input(Image.fromarray(pixels), (10, 10)).min() == 1


def test_a_picture_of_the_right_size_is_taken_pixel_by_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 9, 3), dtype=np.uint8)
    made = to_input(Image.fromarray(pixels), (12, 9))
    assert np.allclose(made[0].permute(1, 2, 0).numpy(), pixels / 127.5 - 1, atol=1e-6)


def test_an_unknown_photograph_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"is called 'moon'; .* astronaut, coffee, chelsea, rocket, .*, retina$"):
        photo("moon")


def test_a_file_can_stand_in_for_a_photograph(tmp_path: Path) -> None:
    file = tmp_path / "mine.png"
    Image.new("RGB", (5, 4), (9, 8, 7)).save(file)
    image = photo_or_file(str(file))
    assert (image.size, image.getpixel((0, 0))) == ((5, 4), (9, 8, 7))


def test_a_photograph_goes_before_a_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (5, 4)).save(tmp_path / "coffee", "PNG")
    monkeypatch.chdir(tmp_path)
    assert photo_or_file("coffee").size == (600, 400)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no photograph or file is called '.*nothing\.png'"):
        photo_or_file(str(tmp_path / "nothing.png"))


def test_a_file_that_is_too_large_is_refused_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    file.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(ValueError, match=r"large\.png has more than the 10,485,760 bytes that are read$"):
        photo_or_file(str(file))
