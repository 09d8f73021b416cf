"""Feature maps against torch itself and against values typed by hand: tensors, channels, pictures."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn

from irnet.diagrams.theme import DIVERGING, NOT_FINITE, SEQUENTIAL, rgb
from irnet.lab.forward import BatchNormMode, begin, unit_at, units
from irnet.lab.maps import FeatureMaps, Maps, channels, extent, feature_maps, glance, page, taps, troubles
from irnet.lab.mosaic import arrays, mosaic, paint, sheet, thumbnail, tiles
from irnet.models import PRESETS, network
from irnet.runtime.build import Model, build
from irnet.runtime.capture import capture
from irnet.spec import Network
from irnet.tree import resolve
from tests.conftest import Small
from tests.walks import FEWER, fits, networks

V1 = "inception_resnet_v1.paper"
IMAGE = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(3)) * 2 - 1
Hook = Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]


def everything(model: Model, image: Tensor) -> dict[tuple[str, bool], Tensor]:
    """What every module was given (True) and put out (False) in a whole forward pass."""
    found: dict[tuple[str, bool], Tensor] = {}

    def at(path: str) -> Hook:
        def save(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            found[path, True], found[path, False] = inputs[0], output

        return save

    hooks = [module.register_forward_hook(at(path)) for path, module in model.named_modules()]
    with torch.no_grad():
        model(image)
    for hook in hooks:
        hook.remove()
    return found


def same(maps: Maps, tensor: Tensor) -> bool:
    return torch.equal(torch.from_numpy(maps.values.copy()).flatten(), tensor.flatten())


@given(networks().filter(fits), st.data())
def test_every_tensor_of_a_random_box_is_the_one_of_a_whole_forward_pass(spec: Network, data: st.DataObject) -> None:
    model = build(spec, init="he")
    image = torch.randn(1, *spec.input_shape, generator=torch.Generator().manual_seed(1))
    path = data.draw(st.sampled_from(list(resolve(spec))))
    truth = everything(model, image)
    found = feature_maps(model, image, path).tensors
    pairs = zip(found, taps(spec, path), strict=True)
    assert [maps.name for maps, tap in pairs if not same(maps, truth[tap.module, tap.given])] == []


@FEWER
@given(networks().filter(fits), st.data())
def test_a_look_from_the_middle_is_the_look_from_the_start(spec: Network, data: st.DataObject) -> None:
    model = build(spec, init="he")
    image = torch.randn(1, *spec.input_shape, generator=torch.Generator().manual_seed(2))
    path = data.draw(st.sampled_from(list(resolve(spec))))
    cache = glance(model, image)[1]
    whole, part = feature_maps(model, image, path), feature_maps(model, image, path, cache=cache)
    pairs = zip(whole.tensors, part.tensors, strict=True)
    assert all(a.name == b.name and same(a, torch.from_numpy(b.values.copy())) for a, b in pairs)


@pytest.mark.parametrize("mode", ["running", "batch"])
def test_a_block_begins_with_what_came_out_before_it(mode: str) -> None:
    model = build(network(V1, input_size=139))
    image = torch.rand(1, 3, 139, 139, generator=torch.Generator().manual_seed(3))
    known: BatchNormMode = "batch" if mode == "batch" else "running"
    before = feature_maps(model, image, "block_b.3", batch_norm=known)
    start = begin(model, image, known).run(model, unit_at(model.network, "block_b.4"))
    assert same(before.tensor(), start)


@pytest.mark.parametrize(
    ("preset", "path", "names"),
    [
        ("inception_resnet_v2.paper", "block_a.3", "x b0 b1 b2 concat project scale add output"),
        ("inception_resnet_v2.paper", "block_a.3.body", "b0 b1 b2 concat"),
        ("inception_resnet_v2.paper", "block_a.3.body.concat", "b0 b1 b2 concat"),
        ("inception_resnet_v2.paper", "block_a.3.add", "x project scale add output"),
        ("inception_resnet_v2.paper", "block_a.3.body.b1", "0 1"),
        ("inception_resnet_v2.paper", "block_a.3.body.b1.1", "conv bn relu"),
        ("inception_resnet_v2.paper", "block_a", "output"),
        ("inception_v4.paper", "inception_b.2", "b0 b1 b2 b3 concat"),
        ("inception_v4.paper", "pool", "output"),
    ],
)
def test_a_box_has_the_tensors_that_are_drawn_in_it(preset: str, path: str, names: str) -> None:
    assert " ".join(tap.name for tap in taps(network(preset), path)) == names


def test_batch_norm_of_the_sum_is_a_tensor_between_the_sum_and_the_output() -> None:
    names = [tap.name for tap in taps(network(V1, sum_norm=True), "block_a.0")]
    assert names[-3:] == ["add", "bn", "output"]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_box_of_every_preset_has_tensors(preset: str) -> None:
    spec = network(preset)
    assert [path for path in resolve(spec) if not taps(spec, path) or unit_at(spec, path) >= len(units(spec))] == []


def test_the_strip_has_every_unit_with_the_mean_of_its_channels(small: Small) -> None:
    model = small(V1)
    strip = glance(model, IMAGE)[0].strip
    with capture(model, *(thumb.path for thumb in strip)) as found, torch.no_grad():
        model(IMAGE)
    assert [thumb.path for thumb in strip if thumb.path.startswith("block_c")] == [f"block_c.{i}" for i in range(5)]
    off = [t.path for t in strip if t.mean_abs != pytest.approx(found[t.path].abs().mean().item(), rel=1e-5)]
    assert off == []
    tiny = {thumb.path: thumb.picture for thumb in strip}["block_c.4"]
    assert torch.allclose(torch.from_numpy(tiny.copy()), found["block_c.4"][0].abs().mean(0), rtol=1e-5)


def test_the_strip_counts_dead_channels() -> None:
    model = build(network(V1, input_size=96, a=1, b=1, c=1), init="he")
    dead = model.get_submodule("reduction_a.0.b1.bn")
    assert isinstance(dead, nn.BatchNorm2d)
    with torch.no_grad():
        dead.weight[:7], dead.bias[:7] = 0, -1
    counted = {thumb.path: thumb.dead for thumb in glance(model, IMAGE)[0].strip}
    each = channels(feature_maps(model, IMAGE, "reduction_a.0").tensor("b1"))
    assert [channel.index for channel in each if channel.dead][:7] == list(range(7))
    assert counted["reduction_a.0"] >= 7


def test_a_look_keeps_the_input_of_every_stage_and_not_of_every_block(small: Small) -> None:
    cache = glance(small(V1), IMAGE)[1]
    ends = {row.path.partition(".")[0]: row.out_shape for row in resolve(small(V1).network).rows}
    assert cache.held_bytes == 4 * sum(map(prod, ends.values()))


def test_looks_at_one_block_after_another_keep_the_input_of_the_last(small: Small) -> None:
    model = small(V1)
    cache = glance(model, IMAGE)[1]
    held = cache.held_bytes
    for path in ("block_b.3", "block_a.2", "block_b.1"):
        feature_maps(model, IMAGE, path, cache=cache)
        assert cache.held_bytes == held + 4 * prod(resolve(model.network)[path].in_shape)


def test_a_look_runs_no_further_than_its_box(small: Small) -> None:
    model, ran = small(V1), []
    hooks = [
        model.get_submodule(path).register_forward_hook(lambda *_, path=path: ran.append(path))
        for path in ("stem", "block_a.1", "block_a.2", "block_b.0")
    ]
    cache = glance(model, IMAGE)[1]
    ran.clear()
    feature_maps(model, IMAGE, "block_a.1.body", cache=cache)
    for hook in hooks:
        hook.remove()
    assert ran == ["block_a.1"]


@pytest.mark.parametrize(
    ("look", "told"),
    [
        (lambda model: feature_maps(model, IMAGE, "block_q.1"), r"has no box 'block_q\.1'; near ones: block_"),
        (
            lambda model: feature_maps(model, IMAGE, "block_a.0.body").tensor("b7"),
            r"block_a\.0\.body has no tensor 'b7'; it has b0, b1, b2, concat",
        ),
        (lambda model: feature_maps(model, IMAGE[..., :90], "stem"), r"the image is \(1, 3, 96, 90\), .* takes \(1, 3"),
        (lambda model: glance(model, torch.cat([IMAGE, IMAGE])), r"^the image is \(2, 3, 96, 96\)"),
        (lambda model: glance(model, IMAGE, "batch"), "batch statistics of one image need more than one pixel"),
        (
            lambda model: feature_maps(build(model.network, device="meta"), IMAGE, "stem"),
            "^on meta there are shapes and no numbers",
        ),
    ],
)
def test_what_can_not_be_looked_at_is_refused(look: Callable[[Model], object], told: str, small: Small) -> None:
    with pytest.raises((KeyError, ValueError), match=told):
        look(small(V1))


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
