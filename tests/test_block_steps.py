"""A residual block as an equation, against arithmetic."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from irnet.lab.block import BlockSteps, Step, block_steps, own_scale, records, residual_blocks
from irnet.lab.maps import feature_maps
from irnet.models import PRESETS, network
from irnet.runtime.build import Model, ResidualUnit, build
from irnet.runtime.capture import rescale
from irnet.spec import Conv, Fork, Network, Residual, Stage
from tests.conftest import Meta, Small
from tests.test_feature_maps import IMAGE, V1
from tests.test_statistics import defined, values
from tests.walks import fits, networks

# One pixel, two channels, two branches of one filter each, so that the block can be calculated on paper.
TINY = Network("tiny", (Stage("block", Residual(Fork((Conv(1), Conv(1))), 0.5)),), input_shape=(2, 1, 1))


def of(result: BlockSteps, name: str) -> Step:
    return next(step for step in result.steps if step.name == name)


def kept(result: BlockSteps, name: str) -> list[float]:
    """The values of a step's channels, in the order of the channels."""
    step = of(result, name)
    return [float(step.maps.values[step.numbers.index(i)].item()) for i in sorted(step.numbers)]


@pytest.fixture
def by_hand() -> Model:
    """The tiny block with b0 = relu(2 x0 - x1), b1 = relu(x0 + x1), F = (b0 - 3 b1 + 1, 4 b0)."""
    model = build(TINY)
    unit = model.get_submodule("block.0")
    assert isinstance(unit, ResidualUnit)
    with torch.no_grad():
        for name, weights in (("b0", [2.0, -1.0]), ("b1", [1.0, 1.0])):
            conv, bn = (unit.get_submodule(f"body.{name}.{part}") for part in ("conv", "bn"))
            assert isinstance(conv, nn.Conv2d)
            assert isinstance(bn, nn.BatchNorm2d)
            conv.weight.copy_(torch.tensor(weights).reshape(1, 2, 1, 1))
            bn.eps = 0.0
        unit.project.weight.copy_(torch.tensor([[1.0, -3.0], [4.0, 0.0]]).reshape(2, 2, 1, 1))
        assert unit.project.bias is not None
        unit.project.bias.copy_(torch.tensor([1.0, 0.0]))
    return model


def test_a_block_is_what_it_is_on_paper_and_its_steps_say_so_in_numbers(by_hand: Model) -> None:
    x = torch.tensor([3.0, 1.0]).reshape(1, 2, 1, 1)
    found = block_steps(by_hand, x, "block.0")
    told = {step.name: kept(found, step.name) for step in found.steps}
    residual = {"x": [3, 1], "b0": [5], "b1": [4], "concat": [5, 4], "project": [-6, 20]}
    assert told == residual | {"scale": [-3, 10], "add": [0, 11], "output": [0, 11]}
    found = block_steps(by_hand, x, "block.0", scale=1.0)
    assert [kept(found, name) for name in ("scale", "add", "output")] == [[-6, 20], [-3, 21], [0, 21]]
    assert "turns 2 channels into 2: x has 2" in of(found, "project").words
    assert "by 1, and nothing else" in of(found, "scale").words
    assert "650.0 % of that of x" in of(found, "scale").words  # (6 + 20) / (3 + 1)
    assert "50.0 % of all values are zero" in of(found, "output").words


@pytest.mark.parametrize("path", ["block_a.0", "block_c.2"])
def test_a_scale_of_zero_makes_the_output_the_relu_of_x(path: str, small: Small) -> None:
    found = block_steps(small(V1), IMAGE, path, scale=0.0)
    x, output = of(found, "x").maps.values, of(found, "output").maps.values
    assert np.array_equal(output, np.maximum(x, 0))


@pytest.mark.parametrize("scale", [0.17, 0.5])
def test_twice_the_scale_is_twice_the_scaled_residual_exactly(scale: float, small: Small) -> None:
    one, two = (block_steps(small(V1), IMAGE, "block_b.1", scale=s) for s in (scale, 2 * scale))
    assert np.array_equal(of(two, "scale").maps.values, 2 * of(one, "scale").maps.values)
    assert np.array_equal(of(two, "project").maps.values, of(one, "project").maps.values)


@given(networks().filter(fits).filter(residual_blocks), st.floats(0, 1), st.data())
def test_every_random_block_keeps_to_its_equation(spec: Network, scale: float, data: st.DataObject) -> None:
    model = build(spec, init="he")
    image = torch.randn(1, *spec.input_shape, generator=torch.Generator().manual_seed(1))
    path = data.draw(st.sampled_from(residual_blocks(spec)))
    found = block_steps(model, image, path, scale=scale)
    x, residual, total, output = (of(found, name).maps.values for name in ("x", "project", "add", "output"))
    assert of(found, "x").numbers == of(found, "output").numbers
    assert np.allclose(total, x + scale * residual, rtol=1e-5, atol=1e-5)
    norm = model.get_submodule(path).bn  # fresh: mean 0, variance 1
    after = total if norm is None else total / np.sqrt(1 + spec.norm.eps)
    relu = of(found, "output").term.startswith("ReLU")
    assert np.allclose(output, np.maximum(after, 0) if relu else after, rtol=1e-5)


def test_statistics_and_histograms_are_those_of_the_whole_tensor(small: Small) -> None:
    found = block_steps(small(V1), IMAGE, "block_b.1")
    tensors = feature_maps(small(V1), IMAGE, "block_b.1").tensors
    maps = {one.name: torch.from_numpy(one.values.copy()) for one in tensors}
    for step in found.steps:
        assert values(step.stats) == pytest.approx(values(defined(maps[step.name])), rel=1e-3), step.name
        assert sum(step.histogram.counts) == np.prod(step.shape), step.name
    assert len({step.histogram.edges for step in found.steps}) == 1
    wide = [step.numbers for step in found.steps if step.name in ("x", "project", "scale", "add", "output")]
    assert [len(numbers) for numbers in {*wide}] == [16]


def test_only_this_block_has_the_scale_and_it_gives_it_back(small: Small) -> None:
    model = small(V1)
    with rescale(model.get_submodule("block_a.2.scale"), 1.0):
        expected = feature_maps(model, IMAGE, "block_a.3").tensor("x")
    before = feature_maps(model, IMAGE, "block_a.3").tensor("x")
    found = block_steps(model, IMAGE, "block_a.2", scale=1.0)
    numbers = list(of(found, "output").numbers)
    assert np.array_equal(of(found, "output").maps.values, expected.values[numbers])
    assert np.array_equal(feature_maps(model, IMAGE, "block_a.3").tensor("x").values, before.values)


def test_a_block_without_a_relu_hands_the_sum_on() -> None:
    model = build(network("inception_resnet_v2.tf_slim", input_size=96, a=1, b=1, c=1, width=0.25))
    found = block_steps(model, IMAGE, "block8.0")
    assert found.scale == found.own == 1.0
    assert np.array_equal(of(found, "output").maps.values, of(found, "add").maps.values)
    assert "no ReLU" in of(found, "output").words


@pytest.mark.parametrize("preset", [name for name in PRESETS if "resnet" in name])
def test_the_networks_own_scale_is_that_of_the_module(preset: str, meta: Meta) -> None:
    spec = network(preset)
    modules = {path: meta(spec).get_submodule(f"{path}.scale").scale for path in residual_blocks(spec)}
    assert {path: own_scale(spec, path) for path in residual_blocks(spec)} == modules


def test_what_overflows_is_said_and_left_out_of_the_bars() -> None:
    model = build(network(V1, input_size=96, a=1, b=1, c=1))
    project = model.get_submodule("block_b.0.project")
    assert isinstance(project, nn.Conv2d)
    assert project.bias is not None
    with torch.no_grad():
        project.bias[3], project.bias[4] = torch.inf, torch.nan
    found = block_steps(model, IMAGE, "block_b.0", scale=1.0)
    pixels = of(found, "add").shape[1] * of(found, "add").shape[2]
    assert of(found, "x").troubles == ""
    assert of(found, "add").troubles.endswith("infinite, first in channel 3")
    assert sum(of(found, "add").histogram.counts) == np.prod(of(found, "add").shape) - 2 * pixels
    json.dumps(records(found), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "path", "scale", "told"),
    [
        (V1, "stem.0", 0.1, r"^stem\.0 of .* is no residual block; they are block_a\.0 to block_c\.4$"),
        ("inception_v4.paper", "inception_a.0", 0.1, "is no residual block; the network has none$"),
        (V1, "block_a.0", 1.1, "^scale=1.1 is outside 0 to 1$"),
        (V1, "block_a.0", float("nan"), "^scale=nan is outside 0 to 1$"),
    ],
)
def test_what_can_not_be_is_refused(name: str, path: str, scale: float, told: str, small: Small) -> None:
    with pytest.raises(ValueError, match=told):
        block_steps(small(name), IMAGE, path, scale=scale)
