"""Feature maps against torch itself: what hooks of the test's own see in a whole forward pass."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from irnet.lab.forward import BatchNormMode, begin, unit_at, units
from irnet.lab.maps import Maps, channels, feature_maps, glance, taps
from irnet.models import PRESETS, network
from irnet.runtime.build import Model, build
from irnet.runtime.capture import capture
from irnet.spec import Network
from irnet.tree import TooSmall, resolve
from tests.conftest import Small
from tests.walks import networks

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


def fits(spec: Network) -> bool:
    try:
        resolve(spec)
    except (ValueError, TooSmall):
        return False
    return True


@settings(max_examples=40)
@given(networks().filter(fits), st.data())
def test_every_tensor_of_a_random_box_is_the_one_of_a_whole_forward_pass(spec: Network, data: st.DataObject) -> None:
    model = build(spec, init="he")
    image = torch.randn(1, *spec.input_shape, generator=torch.Generator().manual_seed(1))
    path = data.draw(st.sampled_from(list(resolve(spec))))
    truth = everything(model, image)
    found = feature_maps(model, image, path).tensors
    pairs = zip(found, taps(spec, path), strict=True)
    assert [maps.name for maps, tap in pairs if not same(maps, truth[tap.module, tap.given])] == []


@settings(max_examples=25)
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


def test_a_concatenation_is_its_branches_stacked(small: Small) -> None:
    *branches, concat = feature_maps(small(V1), IMAGE, "block_a.1.body").tensors
    stacked = torch.cat([torch.from_numpy(maps.values.copy()) for maps in branches])
    assert same(concat, stacked)


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


def test_an_unknown_box_is_refused_with_near_ones(small: Small) -> None:
    with pytest.raises(KeyError, match=r"has no box 'block_q\.1'; near ones: block_"):
        feature_maps(small(V1), IMAGE, "block_q.1")


def test_an_unknown_tensor_is_refused_with_those_that_are_there(small: Small) -> None:
    found = feature_maps(small(V1), IMAGE, "block_a.0.body")
    with pytest.raises(KeyError, match=r"block_a\.0\.body has no tensor 'b7'; it has b0, b1, b2, concat"):
        found.tensor("b7")


def test_an_image_of_another_size_is_refused(small: Small) -> None:
    with pytest.raises(ValueError, match=r"^the image is \(1, 3, 96, 90\), .* takes \(1, 3, 96, 96\)$"):
        feature_maps(small(V1), IMAGE[..., :90], "stem")


def test_several_images_at_once_are_refused(small: Small) -> None:
    with pytest.raises(ValueError, match=r"^the image is \(2, 3, 96, 96\)"):
        glance(small(V1), torch.cat([IMAGE, IMAGE]))


def test_batch_statistics_of_one_pixel_are_refused_where_there_is_one(small: Small) -> None:
    with pytest.raises(ValueError, match=r"batch statistics of one image need more than one pixel"):
        glance(small(V1), IMAGE, "batch")


def test_a_device_without_numbers_is_refused() -> None:
    model = build(network(V1, input_size=96), device="meta")
    with pytest.raises(ValueError, match=r"^on meta there are shapes and no numbers"):
        feature_maps(model, IMAGE, "stem")
