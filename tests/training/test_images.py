"""Batches follow from seed and step alone, labels are true, and what is held out is never shown."""

from __future__ import annotations

import re
from dataclasses import replace
from math import atan2, degrees
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from irnet.training.images import Crops, border, bundled_crops, folder_of, generator, images_of
from irnet.training.settings import Data

CROPS = Data(kind="crops", size=48, held_out=24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of six one-coloured pictures; the colour says which file it is."""
    root = tmp_path_factory.mktemp("pictures")
    for label, name in enumerate(("ant", "bee", "cat")):
        (root / name).mkdir()
        for i in range(6):
            colour = (label * 80, i * 40, 128)
            Image.new("RGB", (60, 50), colour).save(root / name / f"{i}.png")
    return root


@pytest.mark.parametrize("settings", [Data(), CROPS])
def test_a_seed_and_a_step_give_one_batch(settings: Data) -> None:
    one, other = images_of(settings), images_of(settings)
    assert torch.equal(one.batch(3, 7, 6)[0], other.batch(3, 7, 6)[0])
    assert not torch.equal(one.batch(3, 7, 6)[0], one.batch(4, 7, 6)[0])
    assert not torch.equal(one.batch(3, 7, 6)[0], one.batch(3, 8, 6)[0])


def test_a_batch_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    images_of(Data()).batch(0, 0, 4)
    assert torch.equal(torch.get_rng_state(), before)
    assert generator(1, 2).initial_seed() != generator(2, 1).initial_seed()


def test_a_grating_runs_the_way_that_its_label_says() -> None:
    settings = Data(noise=0.1, size=64)
    images, labels = images_of(settings).batch(0, 0, 24)
    for image, label in zip(images, labels.tolist(), strict=True):
        assert spectrum_angle(image[0]) == pytest.approx(180 * label / 8, abs=8) or label == 0


def spectrum_angle(image: Tensor) -> float:
    """Degrees, from 0 to 180, of the strongest wave in a picture: an independent reading of its orientation."""
    power = torch.fft.fft2(image - image.mean()).abs()
    down, across = divmod(int(power.argmax()), 64)
    signed = [n - 64 if n > 32 else n for n in (down, across)]
    return degrees(atan2(*signed)) % 180


def test_held_out_crops_share_no_pixel_with_those_that_are_trained_on() -> None:
    width = 510  # a picture whose every pixel is half the number of its column
    columns = (torch.arange(width) // 2).to(torch.uint8).expand(3, 120, width)
    images = Crops(replace(CROPS, size=96, augment=False), ("one", "two"), CROPS.epoch, (columns, columns))
    seen = torch.cat([images.batch(seed, step, 16)[0] for seed in range(3) for step in range(3)])
    unseen = images.held_out()[0]
    assert column(seen.max()) < border(width) / 2 - 0.5 < column(unseen.min())


def column(pixel: Tensor) -> float:
    return float((pixel + 1) * 127.5)


def test_every_bundled_picture_is_there_without_a_network_and_no_more_are_asked_for() -> None:
    assert set(bundled_crops(CROPS).held_out()[1].tolist()) == {*range(12)}
    with pytest.raises(ValueError, match="classes=13 is more than the 12 bundled pictures"):
        bundled_crops(replace(CROPS, classes=13))


def colour(image: Tensor) -> tuple[int, ...]:
    return tuple(((image[:, 9, 9] + 1) * 127.5).round().int().tolist())


def test_a_folder_holds_back_files_and_an_epoch_shows_every_other_once_under_its_folders_name(folder: Path) -> None:
    images = folder_of(Data(kind="folder", folder=str(folder), size=32))
    shown = {colour(image) for step in range(20) for image in images.batch(0, step, 8)[0]}
    held = {colour(image) for image in images.held_out()[0]}
    assert (len(shown), len(held), shown & held) == (15, 3, set())
    epoch = [colour(image) for step in range(3) for image in images.batch(0, step, 5)[0]]
    assert len(epoch) == len(set(epoch)) == images.epoch == 15
    pixels, labels = images.batch(0, 0, 15)
    assert images.classes == ("ant", "bee", "cat")
    assert [colour(image)[0] // 80 for image in pixels] == labels.tolist()


def two_each(folder: Path, root: Path) -> Path:
    """Two classes of two pictures."""
    for name in ("ant", "bee"):
        (root / name).mkdir()
        for i in range(2):
            (root / name / f"{i}.png").write_bytes((folder / name / f"{i}.png").read_bytes())
    return root


def test_of_two_pictures_a_class_holds_one_back_and_a_broken_one_gets_one_sentence_with_its_place(
    folder: Path, tmp_path: Path
) -> None:
    images = folder_of(Data(kind="folder", folder=str(two_each(folder, tmp_path)), size=32))
    assert (images.epoch, sorted(images.held_out()[1].tolist())) == (2, [0, 1])
    whole = (tmp_path / "bee" / "1.png").read_bytes()
    (tmp_path / "bee" / "1.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"bee/1.png is a broken PNG picture: its pixels can't be read$"):
        folder_of(Data(kind="folder", folder=str(tmp_path), size=32))


@pytest.mark.parametrize(
    ("folders", "told"),
    [
        ((".", "ant"), "{} has only one class, ant; training needs two or more"),
        ((".",), "{} has no folder in it"),
        ((".", "ant", "bee"), "{}/ant contains no picture"),
        ((), "{} is not a folder on this machine"),
    ],
)
def test_a_folder_without_classes_gets_one_sentence(folders: tuple[str, ...], told: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in folders:
        (root / name).mkdir(parents=True, exist_ok=True)
    with pytest.raises(ValueError, match=re.escape(told.format(root))):
        folder_of(Data(kind="folder", folder=str(root), size=32))
