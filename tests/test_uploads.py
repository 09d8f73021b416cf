"""Photographs and uploads: which pictures are read, and one sentence for what is not, however large it claims to be."""

from __future__ import annotations

import re
import struct
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from irnet.edit.document import load
from irnet.lab.photos import MAX_BYTES, PHOTOS, decode, photo, photo_or_file, to_input
from irnet.lessons.form import read_lesson
from irnet.runtime.checkpoint_files import open_checkpoint
from tests.apps import ROOT
from tests.hostile import bounded, refused_or_done

RAMP = (255 * np.linspace(0, 1, 48 * 64) ** 2).reshape(48, 64).astype(np.uint8)  # more dark than light
COLOUR = Image.fromarray(np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=2))


def encoded(image: Image.Image, form: str, **settings: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **settings)
    return file.getvalue()


def turned(form: str, orientation: int = 6, image: Image.Image = COLOUR) -> bytes:
    """A picture with a note of how the camera was held; 6 is on its side."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a camera"
    return encoded(image, form, exif=exif)


def with_broken_exif(tag: int, kind: int) -> bytes:
    """A good JPEG, on its side, whose EXIF gives one entry a type that it can't have."""
    entries = sorted([(0x0112, 3, struct.pack(">H", 6)), (tag, kind, b"ab")])
    table = b"".join(struct.pack(">HHL", t, k, 1) + value.ljust(4, b"\0") for t, k, value in entries)
    exif = b"Exif\0\0" + struct.pack(">2sHLH", b"MM", 42, 8, len(entries)) + table + bytes(4)
    return encoded(COLOUR, "JPEG", exif=exif)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


VALID = {
    "JPEG": encoded(COLOUR, "JPEG"),
    "progressive JPEG": encoded(COLOUR, "JPEG", progressive=True),
    "PNG": encoded(COLOUR, "PNG"),
    "WebP": encoded(COLOUR, "WEBP"),
    "CMYK": encoded(COLOUR.convert("CMYK"), "JPEG"),
    "grey": encoded(COLOUR.convert("L"), "JPEG"),
    "alpha": encoded(COLOUR.convert("RGBA"), "PNG"),
    "grey with alpha": encoded(COLOUR.convert("LA"), "PNG"),
    "palette": encoded(COLOUR.convert("P"), "PNG", transparency=3),
    "black and white": encoded(COLOUR.convert("1"), "PNG"),
    "animation": encoded(COLOUR, "WEBP", save_all=True, append_images=[COLOUR.rotate(180)]),
}
TURNED = {form: turned(form) for form in ("JPEG", "PNG", "WEBP")}
BROKEN = {
    "nothing": b"",
    "text": b"Dear sir or madam, please find attached no picture at all.\n" * 20,
    "a GIF": encoded(COLOUR, "GIF"),
    "a BMP": encoded(COLOUR, "BMP"),
    "a TIFF": encoded(COLOUR, "TIFF"),
    "a PDF": encoded(COLOUR, "PDF"),
}


@pytest.mark.parametrize("file", VALID.values(), ids=VALID)
def test_pictures_of_all_kinds_are_read_in_colour_and_keep_their_brightness(file: bytes) -> None:
    image = decode(file)
    assert (image.mode, image.size) == ("RGB", (64, 48))
    assert np.asarray(image.convert("L")).mean() == pytest.approx(np.asarray(COLOUR.convert("L")).mean(), abs=6)


def test_a_picture_of_sixteen_bits_keeps_its_brightness() -> None:
    deep = Image.fromarray((RAMP.astype(np.uint16) << 8) | RAMP)
    found = np.asarray(decode(encoded(deep, "PNG")), dtype=float)
    assert np.abs(found - RAMP[..., np.newaxis]).max() <= 1


def test_a_picture_taken_on_its_side_is_put_upright_as_pillow_does_it() -> None:
    """By Pillow's own `exif_transpose`; 1 is upright, 0 and 9 mean nothing."""
    for file in (*TURNED.values(), *(turned("PNG", orientation) for orientation in range(10))):
        with Image.open(BytesIO(file)) as image:
            expected = ImageOps.exif_transpose(image)
        assert np.array_equal(np.asarray(decode(file)), np.asarray(expected.convert("RGB")))


def refused(file: bytes, told: str, name: str = "the file") -> None:
    with pytest.raises(ValueError, match=rf"^{name} {told}$"):
        decode(file, *([] if name == "the file" else [name]))


@pytest.mark.parametrize("file", BROKEN.values(), ids=BROKEN)
def test_what_is_no_picture_is_refused_in_one_sentence(file: bytes) -> None:
    refused(file, "is not a JPEG, PNG or WebP picture that can be read")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WebP"])
def test_a_truncated_picture_is_refused_in_one_sentence(form: str) -> None:
    refused(VALID[form][: len(VALID[form]) * 2 // 3], "is (a broken|not a) .*picture.*", "mine.jpg")


def test_as_many_bytes_as_allowed_are_read_and_no_more() -> None:
    assert decode(VALID["PNG"] + bytes(MAX_BYTES - len(VALID["PNG"]))).size == (64, 48)
    refused(VALID["PNG"] + bytes(MAX_BYTES), "has more than the 10,485,760 bytes that are read")


def test_as_many_pixels_as_allowed_are_decoded() -> None:
    """There are fewer pixels in the file than it claims, and that is what is said: it got past the limit."""
    refused(huge_png(8000, 5000), "is a broken PNG picture: its pixels can't be read")
    refused(huge_png(8001, 5000), "has 8001 x 5000 pixels, more than the 40,000,000 that are read")


@pytest.mark.parametrize("side", [10_000, 20_000, 2_000_000])
@pytest.mark.filterwarnings("error")
def test_a_decompression_bomb_is_refused_without_a_warning_beside_the_sentence(side: int) -> None:
    refused(huge_png(side, side), ".*")


def harmless(file: bytes) -> bool:
    """Whether a file is read or refused, and nothing else; Pillow may warn about its EXIF."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return decode(file).mode == "RGB"
        except ValueError as error:
            return str(error).startswith("the file ")


def test_a_good_picture_with_broken_exif_is_read_or_refused() -> None:
    assert all(harmless(with_broken_exif(tag, kind)) for tag, kind in ((0x0100, 2), (0x010F, 11), (0x011A, 2)))


@given(st.sampled_from([*VALID.values(), *TURNED.values()]), st.data())
def test_damaged_pictures_are_read_or_refused(file: bytes, data: st.DataObject) -> None:
    damaged = bytearray(file)
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(file) - 1), st.integers(0, 255)), max_size=12)):
        damaged[at] = byte
    assert harmless(bytes(damaged[: data.draw(st.integers(0, len(file)))]))


def with_comment(size: int) -> bytes:
    """A PNG with a compressed comment of so many bytes before its pixels."""
    comment = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(size), 9))
    return VALID["PNG"][:33] + comment + VALID["PNG"][33:]


def allowed() -> bytes:
    """A PNG of as many pixels as are read, on its side, in as few bytes as that takes."""
    return turned("PNG", image=Image.new("1", (8000, 5000)))


def animated(frames: int) -> bytes:
    """A WebP of many frames, of which one is looked at."""
    return encoded(COLOUR, "WEBP", save_all=True, append_images=[COLOUR] * frames)


DEEP = (
    "[" * 30_000,
    "[" * 15_000 + "]" * 15_000,
    '{"edits":' * 7_000,
    '{"format": "irnet.edits.1", "network": "inception_v4", "edits": ' + "[" * 20_000 + "]" * 20_000 + "}",
    '{"format": "irnet.lesson.1", "id": "a", "title": "b", "steps": ' + "[" * 20_000 + "]" * 20_000 + "}",
    '{"format": "irnet.lesson.1", "id": ' + "9" * 60_000 + "}",
    '{"' + "k" * 60_000 + '": 1}',
)
HEADERS = {
    "deep": b'{"a":' * 90_000,
    "huge": b"{"
    + b",".join(b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % i for i in range(40_000))
    + b"}",
    "a shape of exabytes": b'{"a":{"dtype":"F32","shape":[2305843009213693951],"data_offsets":[0,4]}}',
}


@pytest.mark.parametrize("read", [load, read_lesson], ids=["edits", "lesson"])
def test_json_that_is_deep_or_long_is_refused_in_one_sentence(read: Callable[[str | bytes], object]) -> None:
    for text in DEEP:
        refused_or_done(read, text)
        with pytest.raises(ValueError, match=r"."):
            read(text)
    with (
        bounded(seconds=0.5, megabytes=16),
        pytest.raises(ValueError, match=r"^the document is larger than \d+ bytes$"),
    ):
        read(b"[" * 1_000_000)


@pytest.mark.parametrize("head", HEADERS.values(), ids=HEADERS)
def test_a_checkpoint_whose_list_is_deep_or_huge_is_read_or_refused(head: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    file.write_bytes(struct.pack("<Q", len(head)) + head + bytes(4))

    def read(path: Path) -> None:
        with open_checkpoint(path) as found:
            dict(found.shapes)

    refused_or_done(read, file)


@pytest.mark.parametrize(
    "file",
    [allowed(), huge_png(2_000_000, 2_000_000), with_comment(500_000_000), animated(300)],
    ids=["as many pixels as allowed", "many more", "a comment of half a gigabyte", "an animation"],
)
def test_a_picture_that_unfolds_stays_within_time_and_memory(file: bytes) -> None:
    """40 million pixels take 120 MB, and turning them takes as many again."""
    with bounded(seconds=20, megabytes=512):
        assert harmless(file)


def test_arrays_are_read_in_one_place_and_pickles_in_them_nowhere() -> None:
    read = re.compile(r"\b(?:np|numpy)\.load\(|fromfile|memmap|read_array\(.*")
    files = [file for folder in ("irnet", "app") for file in (ROOT / folder).rglob("*.py")]
    found = {file.name: places for file in files if (places := read.findall(file.read_text(encoding="utf-8")))}
    command = found.pop("recognize.py")  # in a sentence, for those who trust a file
    assert (found, command) == ({"npz.py": ["read_array(member, allow_pickle=False)"]}, ["np.load("])


@pytest.mark.parametrize("name", PHOTOS)
def test_a_bundled_photograph_becomes_one_image_that_fills_the_range_of_the_networks(name: str) -> None:
    image = photo(name)
    assert (image.mode, min(image.size) >= 299) == ("RGB", True)
    made = to_input(image, (3, 224, 299))
    assert (tuple(made.shape), made.dtype, made.is_contiguous()) == ((1, 3, 224, 299), torch.float32, True)
    assert made.min() >= -1
    assert made.max() <= 1
    assert made.max() - made.min() > 1.5


def test_levels_become_minus_one_to_one_and_channels_stay_red_green_blue() -> None:
    made = to_input(Image.new("RGB", (40, 30), (255, 128, 0)), (3, 75, 75))
    for channel, value in enumerate((1.0, 128 / 127.5 - 1, -1.0)):
        assert [made[0, channel].min().item(), made[0, channel].max().item()] == pytest.approx([value] * 2, abs=1e-6)


def test_a_size_is_height_then_width_and_a_wide_picture_is_cut_at_both_sides() -> None:
    """The upper half is white, and so is the upper half of the tensor."""
    pixels = np.zeros((60, 80, 3), dtype=np.uint8)
    pixels[:30] = 255
    made = to_input(Image.fromarray(pixels), (3, 30, 40))
    assert (tuple(made.shape[2:]), made[..., :13, :].min().item(), made[..., 17:, :].max().item()) == ((30, 40), 1, -1)
    pixels = np.zeros((10, 30, 3), dtype=np.uint8)
    pixels[:, 10:20] = 255
    assert to_input(Image.fromarray(pixels), (3, 10, 10)).min() == 1


def test_a_picture_of_the_right_size_is_taken_pixel_by_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 9, 3), dtype=np.uint8)
    made = to_input(Image.fromarray(pixels), (3, 12, 9))
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
