"""Photographs as network input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from irnet.lab.photos import MAX_BYTES, PHOTOS, photo, photo_or_file, to_input


@pytest.mark.parametrize("name", PHOTOS)
def test_a_bundled_photograph_becomes_one_image_that_fills_the_range_of_the_networks(name: str) -> None:
    image = photo(name)
    assert (image.mode, min(image.size) >= 299) == ("RGB", True)
    made = to_input(image, (224, 299))
    assert (tuple(made.shape), made.dtype, made.is_contiguous()) == ((1, 3, 224, 299), torch.float32, True)
    assert made.min() >= -1
    assert made.max() <= 1
    assert made.max() - made.min() > 1.5


def test_levels_become_minus_one_to_one_and_channels_stay_red_green_blue() -> None:
    made = to_input(Image.new("RGB", (40, 30), (255, 128, 0)), (75, 75))
    for channel, value in enumerate((1.0, 128 / 127.5 - 1, -1.0)):
        assert [made[0, channel].min().item(), made[0, channel].max().item()] == pytest.approx([value] * 2, abs=1e-6)


def test_a_size_is_height_then_width_and_a_wide_picture_is_cut_at_both_sides() -> None:
    """The upper half is white, and so is the upper half of the tensor."""
    pixels = np.zeros((60, 80, 3), dtype=np.uint8)
    pixels[:30] = 255
    made = to_input(Image.fromarray(pixels), (30, 40))
    assert (tuple(made.shape[2:]), made[..., :13, :].min().item(), made[..., 17:, :].max().item()) == ((30, 40), 1, -1)
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


def test_a_file_can_stand_in_for_a_photograph_but_for_one_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mine.png", "coffee"):
        Image.new("RGB", (5, 4), (9, 8, 7)).save(tmp_path / name, "PNG")
    monkeypatch.chdir(tmp_path)
    image = photo_or_file("mine.png")
    assert (image.size, image.getpixel((0, 0))) == ((5, 4), (9, 8, 7))
    assert photo_or_file("coffee").size == (600, 400)


def test_a_missing_file_and_one_that_is_too_large_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no photograph or file is called '.*nothing\.png'"):
        photo_or_file(str(tmp_path / "nothing.png"))
    file = tmp_path / "large.png"
    file.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(ValueError, match=r"large\.png has more than the 10,485,760 bytes that are read$"):
        photo_or_file(str(file))
