"""Channels in numbers and as pictures, against values typed by hand."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from irnet.diagrams.theme import DIVERGING, NOT_FINITE, SEQUENTIAL, rgb
from irnet.lab.maps import FeatureMaps, Maps, channels, extent, page, troubles
from irnet.lab.mosaic import arrays, mosaic, paint, sheet, thumbnail, tiles

NAN, INF = float("nan"), float("inf")


def of(values: object) -> Maps:
    return Maps(name="made", what="by hand", values=np.array(values, np.float32))


BY_HAND = of([[[1, -3], [0, 0]], [[0, 0], [0, 0]], [[5, 5], [5, 5]]])


def lightness(colour: str) -> float:
    """CIE lightness, 0 to 100, of a colour in sRGB."""
    parts = np.array(rgb(colour)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16)


def test_a_channel_has_its_numbers_and_is_sorted_by_strength_or_left_by_index() -> None:
    found = [(c.mean_abs, c.maximum, c.zero_share, c.dead) for c in channels(BY_HAND)]
    assert found == [(1.0, 3.0, 0.5, False), (0.0, 0.0, 1.0, True), (5.0, 5.0, 0.0, False)]
    assert [c.index for c in channels(BY_HAND, "strength")] == [2, 0, 1]
    assert [c.index for c in channels(BY_HAND, "index")] == [0, 1, 2]


def test_a_channel_without_finite_numbers_comes_first_and_is_not_dead() -> None:
    first, *_ = channels(of([[[9.0, 9]], [[NAN, 0]], [[0, 0]]]), "strength")
    assert (first.index, first.not_finite, first.mean_abs, first.dead) == (1, 1, 0.0, False)


@given(st.lists(st.lists(st.floats(-1e3, 1e3, width=32), min_size=4, max_size=4), min_size=1, max_size=9))
def test_pages_together_are_all_channels_once(rows: list[list[float]]) -> None:
    every = channels(of([[row] for row in rows]), "strength")
    paged = [c.index for number in range(1, -(-len(rows) // 2) + 1) for c in page(every, number, 2)]
    assert sorted(paged) == list(range(len(rows)))
    assert [every[i].mean_abs for i in range(len(rows))] == sorted((c.mean_abs for c in every), reverse=True)


def test_a_page_that_is_not_there_and_a_picture_without_channels_are_refused() -> None:
    for number in (0, 3, -1):
        with pytest.raises(ValueError, match=rf"^there are pages 1 to 2 of 2 channels, and no page {number}$"):
            page(channels(BY_HAND), number, 2)
    with pytest.raises(ValueError, match=r"^a picture of feature maps needs at least one channel$"):
        mosaic(BY_HAND, (), "nothing")


@pytest.mark.parametrize(
    ("values", "ends"),
    [([0, 2], (0, 2)), ([-1, 2], (-2, 2)), ([0, 0], (0, 1)), ([NAN, 3], (0, 3)), ([-INF, INF], (0, 1))],
)
def test_a_colour_scale_starts_at_zero_or_has_zero_in_its_middle(
    values: list[float], ends: tuple[float, float]
) -> None:
    assert extent(np.array([[values]], np.float32)) == ends


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([[0, 1]], ""),
        ([[0, 1], [NAN, NAN]], "2 values are NaN, first in channel 1"),
        ([[-INF, 1], [NAN, INF]], "1 value is NaN and 2 infinite, first in channel 0"),
        ([[INF, 1]], "1 value is infinite, first in channel 0"),
    ],
)
def test_what_is_no_finite_number_is_said_in_a_sentence(values: list[list[float]], told: str) -> None:
    assert troubles(np.array(values, np.float32)[:, None]) == told


@pytest.mark.parametrize("colours", [SEQUENTIAL, DIVERGING[:5], DIVERGING[:3:-1]])
def test_equal_steps_of_a_scale_are_equal_steps_of_lightness(colours: tuple[str, ...]) -> None:
    steps = np.diff([lightness(colour) for colour in colours])
    assert steps.min() > 0
    assert steps.max() - steps.min() < 1
    assert lightness(DIVERGING[0]) == pytest.approx(lightness(DIVERGING[-1]), abs=1)


def test_zero_is_the_lightest_among_negative_values_and_no_finite_number_has_a_colour_of_its_own() -> None:
    painted_ = paint(np.array([0.0, NAN, INF, -INF], np.float32), (-2, 2))
    assert [tuple(colour) for colour in painted_] == [rgb(DIVERGING[4]), *[rgb(NOT_FINITE)] * 3]


def test_a_small_picture_has_a_pixel_a_value() -> None:
    made = Image.open(BytesIO(thumbnail(np.array([[0, 1, 2]], np.float32))))
    assert made.size == (3, 1)
    assert [made.getpixel((x, 0)) for x in (0, 2)] == [rgb(SEQUENTIAL[0]), rgb(SEQUENTIAL[-1])]


def test_a_sheet_says_where_every_value_is_from_and_marks_what_is_not_finite_or_dead() -> None:
    values = np.arange(24, dtype=np.float32).reshape(3, 2, 4)
    made = sheet(values, (5, 0, 2))
    filled = np.argwhere(np.isfinite(made.values))
    told = {tuple(made.where[y, x].tolist()): float(made.values[y, x]) for y, x in filled}
    assert told == {
        (number, y, x): float(values[i, y, x]) for i, number in enumerate((5, 0, 2)) for y in range(2) for x in range(4)
    }
    marked = sheet(np.array([[[NAN, 0]], [[0, 0]]], np.float32), (0, 1))
    assert marked.dead == (False, True)
    assert np.argwhere(marked.wrong == 1).tolist() == [list(marked.corners[0])]


@given(st.integers(1, 600), st.integers(1, 600))
def test_a_page_has_a_bearable_number_of_values(height: int, width: int) -> None:
    count = tiles(height, width)
    assert count == 1 or count * height * width <= 100_000


def test_a_picture_shows_a_tile_a_channel_in_the_colours_of_one_scale() -> None:
    made = Image.open(BytesIO(mosaic(BY_HAND, channels(BY_HAND), "three channels"))).convert("RGB")
    colours = {colour for _, colour in made.getcolors(1 << 20) or []}
    assert {rgb(DIVERGING[-1]), tuple(paint(np.array(-3, np.float32), (-5, 5)))} <= colours


def test_an_archive_holds_every_tensor_and_what_it_comes_from() -> None:
    found = FeatureMaps(network="n", path="p", weights="untrained", batch_norm="batch", tensors=(BY_HAND,))
    with np.load(BytesIO(arrays(found))) as read:
        assert np.array_equal(read["made"], BY_HAND.values)
        assert (str(read["path"]), str(read["weights"]), str(read["batch_norm"])) == ("p", "untrained", "batch")
