"""Feature maps against torch itself: what hooks of the test's own see in a whole forward pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from irnet.lab.forward import BatchNormMode
from irnet.tree import resolve
from torch import Tensor, nn

from irnet.experiments.channels import Maps, channels
from irnet.experiments.feature_maps import feature_maps, taps
from irnet.experiments.passes import begin, last_unit, units
from irnet.experiments.strip import look_through
from irnet.models import PRESETS, network
from irnet.runtime.build import Model, build
from irnet.runtime.capture import capture
from irnet.spec import Network
from tests.conftest import Small
from tests.walks import fits, networks

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
    """Also in a look from the middle."""
    model = build(spec, init="he")
    image = torch.randn(1, *spec.input_shape, generator=torch.Generator().manual_seed(1))
    path = data.draw(st.sampled_from(list(resolve(spec))))
    truth, start = everything(model, image), look_through(model, image).start(path)
    whole, part = (feature_maps(model, image, path, start=begun).tensors for begun in (None, start))
    for maps, resumed, tap in zip(whole, part, taps(spec, path), strict=True):
        assert same(maps, truth[tap.module, tap.given]), maps.name
        assert (resumed.name, same(resumed, truth[tap.module, tap.given])) == (maps.name, True)


@pytest.mark.parametrize("mode", ["running", "batch"])
def test_a_block_begins_with_what_came_out_before_it(mode: BatchNormMode) -> None:
    model = build(network(V1, input_size=139, width=0.25))
    image = torch.rand(1, 3, 139, 139, generator=torch.Generator().manual_seed(3))
    first = look_through(model, image, mode).start("block_b")
    before = feature_maps(model, image, "block_b.3", batch_norm=mode)
    start = begin(model, first, "block_b.4", mode)
    assert start.path == "block_b.4"
    assert same(before.tensor(), torch.from_numpy(start.values.copy()))


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


def test_every_box_of_every_preset_has_tensors() -> None:
    for spec in map(network, PRESETS):
        there = units(spec)
        assert [path for path in resolve(spec) if not taps(spec, path) or last_unit(spec, path) not in there] == []


def test_the_strip_has_every_unit_with_the_mean_of_its_channels(small: Small) -> None:
    model = small(V1)
    look = look_through(model, IMAGE)
    with capture(model, *(thumb.path for thumb in look.strip)) as found, torch.no_grad():
        model(IMAGE)
    paths = [thumb.path for thumb in look.strip]
    assert [path for path in paths if path.startswith("block_c")] == [f"block_c.{i}" for i in range(5)]
    off = [t.path for t in look.strip if t.mean_abs != pytest.approx(found[t.path].abs().mean().item(), rel=1e-5)]
    assert off == []
    tiny = {thumb.path: thumb.picture for thumb in look.strip}["block_c.4"]
    assert torch.allclose(torch.from_numpy(tiny.copy()), found["block_c.4"][0].abs().mean(0), rtol=1e-5)
    names = ["stem", "block_a", "reduction_a", "block_b", "reduction_b", "block_c"]  # starts are kept of stages alone
    kept = [*(f"{name}.0" for name in names), "pool", "dropout", "classifier"]
    assert [start.path for start in look.starts] == kept


def test_the_strip_counts_dead_channels() -> None:
    model = build(network(V1, input_size=96, a=1, b=1, c=1), init="he")
    dead = model.get_submodule("reduction_a.0.b1.bn")
    assert isinstance(dead, nn.BatchNorm2d)
    with torch.no_grad():
        dead.weight[:7], dead.bias[:7] = 0, -1
    counted = {thumb.path: thumb.dead for thumb in look_through(model, IMAGE).strip}
    each = channels(feature_maps(model, IMAGE, "reduction_a.0").tensor("b1"))
    assert [channel.index for channel in each if channel.dead][:7] == list(range(7))
    assert counted["reduction_a.0"] >= 7


def test_a_look_runs_no_further_than_its_box(small: Small) -> None:
    model, ran = small(V1), []
    hooks = [
        model.get_submodule(path).register_forward_hook(lambda *_, path=path: ran.append(path))
        for path in ("stem", "block_a.1", "block_a.2", "block_b.0")
    ]
    start = look_through(model, IMAGE).start("block_a")
    ran.clear()
    feature_maps(model, IMAGE, "block_a.1.body", start=start)
    for hook in hooks:
        hook.remove()
    assert ran == ["block_a.1"]


@pytest.mark.parametrize(
    ("path", "image", "mode", "told"),
    [
        ("block_q.1", IMAGE, "running", r"has no box 'block_q\.1'; near ones: block_"),
        ("stem", IMAGE[..., :90], "running", r"the image is \(1, 3, 96, 90\), .* takes \(1, 3, 96, 96\)$"),
        ("stem", torch.cat([IMAGE, IMAGE]), "running", r"the image is \(2, 3, 96, 96\)"),
        ("block_c", IMAGE, "batch", r"batch statistics of one image need more than one pixel"),
    ],
)
def test_what_can_not_be_looked_at_is_refused(
    path: str, image: Tensor, mode: BatchNormMode, told: str, small: Small
) -> None:
    with pytest.raises((KeyError, ValueError), match=told):
        feature_maps(small(V1), image, path, batch_norm=mode)


def test_an_unknown_tensor_and_a_device_without_numbers_are_refused(small: Small) -> None:
    found = feature_maps(small(V1), IMAGE, "block_a.0.body")
    with pytest.raises(KeyError, match=r"block_a\.0\.body has no tensor 'b7'; it has b0, b1, b2, concat"):
        found.tensor("b7")
    with pytest.raises(ValueError, match=r"^on meta there are shapes and no numbers"):
        feature_maps(build(network(V1, input_size=96), device="meta"), IMAGE, "stem")
