"""The residual scale experiment against captured tensors; what it refuses, and that its model stays as it was."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from irnet.lab.activations import Curve, curves, residual_scale
from irnet.lab.forward import BatchNormMode, batch_statistics
from irnet.lab.scale_tables import finding, lines, records
from irnet.lab.statistics import Stats
from irnet.models import network
from irnet.runtime.build import Model, Scale, build, channels_last
from irnet.runtime.capture import capture, intervene
from tests.conftest import Small
from tests.test_statistics import defined, values

V1, V2, V4 = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_v4.paper"
FACENET, SLIM = "inception_resnet_v1.facenet", "inception_resnet_v2.tf_slim"
IMAGE = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(2)) * 2 - 1
WHAT = {"residual": "{}.project", "scaled": "{}.scale", "output": "{}"}
WIDER = network("inception_resnet_v1", input_size=128, a=2, b=2, c=2)  # whose last blocks have more than one pixel
PICTURE = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(2)) * 2 - 1
Found = dict[str, Stats]


@pytest.fixture(scope="module")
def model() -> Model:
    """A short Inception-ResNet-v1 for larger pictures."""
    return build(WIDER, init="he")


@cache
def ran(model: Model, scale: float | None = None) -> Found:
    """Statistics of every activation of a copy of `model`, whose scales are set by hand."""
    copy = deepcopy(model)
    for module in copy.modules():
        if isinstance(module, Scale) and scale is not None:
            module.scale = scale
    with capture(copy, "*", keep=defined) as found, torch.no_grad():
        copy(IMAGE)
    return found


def shortcut(paths: list[str], path: str, found: Found) -> Stats:
    """What a block adds its residual to: what the stage or block before it put out."""
    stage, _, index = path.partition(".")
    return found[f"{stage}.{int(index) - 1}"] if int(index) else found[paths[paths.index(stage) - 1]]


def only(model: Model, scale: float | None = None) -> Curve:
    (curve,) = curves(model, IMAGE, (scale,))
    return curve


def close(ours: Stats | None, theirs: Stats) -> bool:
    return ours is not None and values(ours) == pytest.approx(values(theirs), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("scale", [None, 1.0, 0.35])
@pytest.mark.parametrize("name", [V1, V2, FACENET])
def test_statistics_ratio_and_growth_are_those_of_the_captured_tensors(
    name: str, scale: float | None, small: Small
) -> None:
    stages, found, curve = list(small(name).stage_names), ran(small(name), scale), only(small(name), scale)
    for block in curve.blocks:
        given = shortcut(stages, block.path, found)
        off = [what for what, path in WHAT.items() if not close(getattr(block, what), found[path.format(block.path)])]
        assert off == [], block.path
        assert close(block.shortcut, given), block.path
        assert block.ratio == pytest.approx(found[f"{block.path}.scale"].mean_abs / given.mean_abs, rel=1e-4)
    before, after = (found[path].mean_abs for path in ("stem", curve.blocks[-1].path))
    assert curve.growth == pytest.approx(after / before, rel=1e-4)


def test_every_residual_block_is_there_once_and_in_order_with_its_published_scale(small: Small) -> None:
    expected = [f"block_{part}.{i}" for part, n in zip("abc", (5, 10, 5), strict=True) for i in range(n)]
    assert [block.path for block in only(small(V1)).blocks] == expected
    blocks = only(small(SLIM)).blocks
    assert {block.stage: block.scale for block in blocks} == {
        "block_a": 0.17,
        "block_b": 0.1,
        "block_c": 0.2,
        "block8": 1.0,
    }
    assert blocks[-1].path == "block8.0"


def test_a_network_without_residuals_gives_one_curve_of_its_block_outputs_without_scale_and_ratio(small: Small) -> None:
    (curve,) = curves(small(V4), IMAGE, (None, 1.0, 0.5))
    found = ran(small(V4))
    expected = [f"inception_{part}.{i}" for part, n in zip("abc", (4, 7, 3), strict=True) for i in range(n)]
    assert [block.path for block in curve.blocks if close(block.output, found[block.path])] == expected
    nothing = {(curve.scale, b.scale, b.shortcut, b.residual, b.scaled, b.ratio) for b in curve.blocks}
    assert nothing == {(None,) * 6}


def test_a_network_without_any_block_gives_a_curve_without_points() -> None:
    (curve,) = curves(build(network(V1, input_size=96, a=0, b=0, c=0)), IMAGE, (None, 1.0))
    assert (curve.blocks, curve.growth) == ((), None)


def test_a_result_names_network_weights_and_curves() -> None:
    spec = network(V1, input_size=96, a=1, b=1, c=1)
    found = residual_scale(spec, IMAGE, scales=(None, 0.5), seeds=(4,), init="he")
    assert (found.network, found.weights, [curve.scale for curve in found.curves]) == (
        "inception_resnet_v1.paper (input_size=96, a=1, b=1, c=1)",
        "untrained, init he, seed 4",
        [None, 0.5],
    )


def test_a_borrowed_model_gives_what_a_fresh_one_gives() -> None:
    spec = network(V1, input_size=96)
    fresh = residual_scale(spec, IMAGE)
    curves_ = tuple(replace(curve, seed=None) for curve in fresh.curves)  # its weights are whatever they are
    assert residual_scale(spec, IMAGE, model=channels_last(build(spec))) == replace(fresh, curves=curves_)


def test_a_record_says_which_scale_was_asked_for() -> None:
    found = residual_scale(network(V1, input_size=96, a=1, b=0, c=0), IMAGE, scales=(None, 0.25))
    assert [(r["scaling"], r["block"], r["scale"]) for r in records(found)] == [
        ("own", "block_a.0", 0.1),
        ("0.25", "block_a.0", 0.25),
    ]


def test_running_statistics_of_untrained_weights_normalise_nothing() -> None:
    """What the page says of them, by asking every batch norm: it passes on what it is given, but for epsilon."""
    model = build(network(V1, input_size=96, a=1, b=1, c=1), init="tf").eval()
    seen: list[tuple[torch.Tensor, torch.Tensor, float]] = []
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(lambda norm, given, out: seen.append((given[0], out, norm.eps)))
    with torch.no_grad():
        model(IMAGE)
    assert len(seen) == sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    assert all(torch.allclose(out, given / (1 + eps) ** 0.5, atol=1e-6) for given, out, eps in seen)


def test_growth_without_scaling_depends_on_the_statistics() -> None:
    spec, image = network(V1, input_size=139), torch.rand(1, 3, 139, 139, generator=torch.Generator().manual_seed(3))
    batch, running = (
        residual_scale(spec, image * 2 - 1, init="tf", scales=(None, 1.0), batch_norm=mode)
        for mode in ("batch", "running")
    )
    grown = [curve.growth or 0.0 for result in (batch, running) for curve in result.curves]
    assert grown[1] < 10 * grown[0]  # several times as much, with the statistics of the picture
    assert grown[3] > 20 * grown[2]
    names = [line.name for line in lines([batch, running], "output", "mean_abs")]
    assert [name.rpartition(", ")[2] for name in names] == ["batch statistics"] * 2 + ["running statistics"] * 2
    assert all("statistics" not in line.name for line in lines([batch], "output", "mean_abs"))
    assert "running statistics" in finding([batch, running], "output", "mean_abs")


def condition(model: Model) -> list[object]:
    """Everything of a model that the experiment might change."""
    modules = list(model.named_modules())
    return [
        {name: hash(tensor.numpy().tobytes()) for name, tensor in model.state_dict().items()},
        {path: len(m._forward_hooks) + len(m._forward_pre_hooks) for path, m in modules},
        {path: m.training for path, m in modules},
        {path: m.scale for path, m in modules if isinstance(m, Scale)},
        {path: (m.track_running_stats, m.momentum) for path, m in modules if isinstance(m, nn.BatchNorm2d)},
    ]


def fails(_: Tensor) -> Tensor:
    raise ArithmeticError("on purpose")


@pytest.mark.parametrize("mode", ["running", "batch"])
def test_the_model_is_as_before_after_a_run_one_that_is_stopped_and_one_that_fails(
    model: Model, mode: BatchNormMode
) -> None:
    before = condition(model)
    assert len(list(curves(model, PICTURE, (None, 1.0), mode))) == 2
    assert condition(model) == before
    with closing(cast("Generator[Curve, None, None]", curves(model, PICTURE, (0.5, 1.0), mode))) as running:
        assert next(running).scale == 0.5
    assert condition(model) == before
    with intervene(model, {"block_b.1": fails}), pytest.raises(ArithmeticError, match="on purpose"):
        list(curves(model, PICTURE, (0.5, 1.0), mode))
    assert condition(model) == before


def test_batch_statistics_are_those_of_training_mode_and_run_one_after_another(model: Model) -> None:
    trained = build(WIDER, init="he").train()
    with capture(trained, "block_?.?") as tensors, torch.no_grad():
        trained.through(PICTURE, trained.stage_names)
    (curve,) = curves(model, PICTURE, (None,), "batch")
    pairs = [(values(block.output), values(defined(tensors[block.path]))) for block in curve.blocks]
    assert [ours for ours, theirs in pairs if ours != pytest.approx(theirs, rel=1e-3)] == []
    alone = [next(curves(model, PICTURE, (scaling,), "batch")) for scaling in (0.2, 1.0)]
    assert list(curves(model, PICTURE, (0.2, 1.0), "batch")) == alone
    (running,) = curves(model, PICTURE, (None,), "running")
    assert running.blocks[-1].output != curve.blocks[-1].output
    with batch_statistics(model, wanted=False):
        assert not any(module.training for module in model.modules())


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        *(({"scales": (None, s)}, f"^scale={s} is outside 0 to 1$") for s in (-0.01, 1.01, float("nan"))),
        ({"image": PICTURE[:, :, :96]}, r"^the image is \(1, 3, 96, 128\), \S+paper takes \(1, 3, 128, 128\)$"),
        ({"batch_norm": "frozen"}, "^batch_norm='frozen' is not one of running, batch$"),
        ({"device": "meta"}, "^on meta there are shapes and no numbers"),
        (
            {"network": network("inception_resnet_v1", input_size=106), "image": PICTURE[:, :, :106, :106]},
            r"^reduction_b\.0\.b1\.1: batch statistics of one image need more than one pixel, .* 1x1; take a larger",
        ),
    ],
)
def test_what_can_not_be_run_is_refused(asked: dict[str, Any], told: str) -> None:
    usual: dict[str, Any] = {"network": WIDER, "image": PICTURE, "batch_norm": "batch"}
    with pytest.raises(ValueError, match=told):
        residual_scale(**usual | asked)


def test_batch_statistics_over_more_than_one_pixel_are_computed() -> None:
    spec = network("inception_resnet_v1", input_size=(107, 75), a=1, b=1, c=1)
    found = residual_scale(spec, torch.zeros(1, 3, 107, 75), batch_norm="batch", scales=(1.0,))
    assert len(found.curves[0].blocks) == 3
