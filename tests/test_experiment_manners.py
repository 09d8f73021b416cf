"""The residual scale experiment refuses bad settings in a sentence and leaves its model as it was."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from irnet.lab.activations import Curve, curves, residual_scale
from irnet.lab.forward import BatchNormMode, batch_statistics
from irnet.models import network
from irnet.runtime.build import Model, Scale, build
from irnet.runtime.capture import capture, intervene
from tests.test_statistics import defined, values

SPEC = network("inception_resnet_v1", input_size=128, a=2, b=2, c=2)
IMAGE = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(2)) * 2 - 1


@pytest.fixture(scope="module")
def model() -> Model:
    """A short Inception-ResNet-v1."""
    return build(SPEC, init="he")


@pytest.fixture
def untouched(model: Model) -> Iterator[None]:
    """Fails the test if it leaves anything of the model changed."""
    before, state = condition(model), {name: tensor.clone() for name, tensor in model.state_dict().items()}
    yield
    assert condition(model) == before
    assert [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, state[name])] == []


def condition(model: Model) -> list[object]:
    """Everything of a model beside its tensors that the experiment might change."""
    modules = list(model.named_modules())
    return [
        {path: len(m._forward_hooks) + len(m._forward_pre_hooks) for path, m in modules},
        {path: m.training for path, m in modules},
        {path: m.scale for path, m in modules if isinstance(m, Scale)},
        {path: (m.track_running_stats, m.momentum) for path, m in modules if isinstance(m, nn.BatchNorm2d)},
    ]


def fails(_: Tensor) -> Tensor:
    raise ArithmeticError("on purpose")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("mode", ["running", "batch"])
def test_the_model_is_as_before_afterwards(model: Model, mode: BatchNormMode) -> None:
    assert len(list(curves(model, IMAGE, (None, 1.0), mode))) == 2


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("mode", ["running", "batch"])
def test_the_model_is_as_before_when_it_is_stopped_halfway(model: Model, mode: BatchNormMode) -> None:
    running = cast("Generator[Curve, None, None]", curves(model, IMAGE, (0.5, 1.0), mode))
    with closing(running):
        assert next(running).scale == 0.5


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("mode", ["running", "batch"])
def test_the_model_is_as_before_after_an_exception(model: Model, mode: BatchNormMode) -> None:
    with intervene(model, {"block_b.1": fails}), pytest.raises(ArithmeticError, match="on purpose"):
        list(curves(model, IMAGE, (0.5, 1.0), mode))


def test_batch_statistics_are_those_of_training_mode(model: Model) -> None:
    trained = build(SPEC, init="he").train()
    with capture(trained, "block_?.?") as tensors, torch.no_grad():
        trained.through(IMAGE, trained.stage_names)
    (curve,) = curves(model, IMAGE, (None,), "batch")
    off = [
        b.path for b in curve.blocks if values(b.output) != pytest.approx(values(defined(tensors[b.path])), rel=1e-3)
    ]
    assert off == []


def test_batch_statistics_give_other_magnitudes_than_running_ones(model: Model) -> None:
    (running,), (batch,) = (tuple(curves(model, IMAGE, (None,), mode)) for mode in ("running", "batch"))
    assert running.blocks[-1].output != batch.blocks[-1].output


def test_scalings_with_batch_statistics_run_one_after_another(model: Model) -> None:
    alone = [next(curves(model, IMAGE, (scaling,), "batch")) for scaling in (0.2, 1.0)]
    assert list(curves(model, IMAGE, (0.2, 1.0), "batch")) == alone


def test_batch_statistics_that_are_not_wanted_change_nothing(model: Model) -> None:
    with batch_statistics(model, wanted=False):
        assert not any(module.training for module in model.modules())


@pytest.mark.parametrize("scale", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_scale_outside_zero_to_one_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match=f"^scale={scale} is outside 0 to 1$"):
        residual_scale(SPEC, IMAGE, scales=(None, scale))


def test_an_image_of_another_size_is_refused() -> None:
    expected = r"^the image is \(1, 3, 96, 128\), inception_resnet_v1\.paper takes \(1, 3, 128, 128\)$"
    with pytest.raises(ValueError, match=expected):
        residual_scale(SPEC, IMAGE[:, :, :96])


def test_an_unknown_batch_norm_mode_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^batch_norm='frozen' is not one of running, batch$"):
        residual_scale(SPEC, IMAGE, batch_norm=cast("BatchNormMode", "frozen"))


def test_batch_statistics_over_one_pixel_are_refused_at_the_first_convolution_that_has_one() -> None:
    spec = network("inception_resnet_v1", input_size=106)
    expected = r"^reduction_b\.0\.b1\.1: batch statistics of one image need more than one pixel, .* 1x1; take a larger"
    with pytest.raises(ValueError, match=expected):
        residual_scale(spec, torch.zeros(1, 3, 106, 106), batch_norm="batch")


def test_batch_statistics_over_more_than_one_pixel_are_computed() -> None:
    spec = network("inception_resnet_v1", input_size=(107, 75), a=1, b=1, c=1)
    found = residual_scale(spec, torch.zeros(1, 3, 107, 75), batch_norm="batch", scales=(1.0,))
    assert len(found.curves[0].blocks) == 3


def test_a_device_without_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^on meta there are shapes and no numbers"):
        residual_scale(SPEC, IMAGE, device="meta")
