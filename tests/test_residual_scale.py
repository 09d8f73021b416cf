"""The residual scale experiment against captured tensors, and what it must leave as it was."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cache

import pytest
import torch
from irnet.lab.forward import Curve
from torch import nn

from irnet.experiments.residual_scale import curves, residual_scale
from irnet.experiments.scale_tables import finding, lines, records
from irnet.experiments.statistics import Stats
from irnet.models import network
from irnet.runtime.build import Model, Scale, build, channels_last
from irnet.runtime.capture import capture
from tests.test_statistics import defined, values

V1, V2, V4 = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_v4.paper"
IMAGE = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(2)) * 2 - 1
WHAT = {"residual": "{}.project", "scaled": "{}.scale", "output": "{}"}
Found = dict[str, Stats]


@cache
def shallow(name: str, a: int = 1, b: int = 1, c: int = 1) -> Model:
    """A short, narrow network; whoever borrows it leaves it as it was."""
    return build(network(name, input_size=96, width=0.5, a=a, b=b, c=c))


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


@pytest.mark.parametrize("scale", [None, 1.0, 0.0, 0.35])
@pytest.mark.parametrize("name", [V1, "inception_resnet_v1.facenet"])
def test_statistics_are_those_of_the_captured_tensors(name: str, scale: float | None) -> None:
    """And the shortcut is what came out before the block."""
    model = shallow(name)
    names, found = list(model.stage_names), ran(model, scale)
    for block in only(model, scale).blocks:
        off = [what for what, path in WHAT.items() if not close(getattr(block, what), found[path.format(block.path)])]
        assert off == [], block.path
        assert close(block.shortcut, shortcut(names, block.path, found)), block.path


def test_every_residual_block_is_there_in_order_with_its_own_scale_and_ratio() -> None:
    model = shallow(V1, a=2, b=3, c=2)
    names, found, curve = list(model.stage_names), ran(model), only(model)
    expected = [f"block_{part}.{i}" for part, n in zip("abc", (2, 3, 2), strict=True) for i in range(n)]
    assert [block.path for block in curve.blocks] == expected
    ratios = [found[f"{p}.scale"].mean_abs / shortcut(names, p, found).mean_abs for p in expected]
    assert [block.ratio for block in curve.blocks] == pytest.approx(ratios, rel=1e-4)
    scales = {block.stage: block.scale for block in only(shallow("inception_resnet_v2.tf_slim")).blocks}
    assert scales == {"block_a": 0.17, "block_b": 0.1, "block_c": 0.2, "block8": 1.0}


def test_growth_is_from_before_the_first_block_to_after_the_last() -> None:
    found = ran(shallow(V1), 1.0)
    expected = found["block_c.0"].mean_abs / found["stem"].mean_abs
    assert only(shallow(V1), 1.0).growth == pytest.approx(expected, rel=1e-4)


def test_a_network_without_residuals_gives_one_curve_of_its_block_outputs_without_scale_or_ratio() -> None:
    model = shallow(V4, a=2, b=1, c=1)
    (curve,) = curves(model, IMAGE, (None, 1.0, 0.5))
    expected = ["inception_a.0", "inception_a.1", "inception_b.0", "inception_c.0"]
    assert [block.path for block in curve.blocks if close(block.output, ran(model)[block.path])] == expected
    nothing = {(curve.scale, b.scale, b.shortcut, b.residual, b.scaled, b.ratio) for b in curve.blocks}
    assert nothing == {(None,) * 6}


@pytest.mark.parametrize(("changes", "once"), [({}, ["stem"]), ({"a": 0}, ["stem", "reduction_a"])])
def test_what_comes_before_the_first_residual_block_is_computed_once(changes: dict[str, int], once: list[str]) -> None:
    model = build(network(V1, input_size=96, width=0.25, **changes))
    calls = dict.fromkeys(("stem", "reduction_a", "reduction_b"), 0)

    def count(stage: str) -> Callable[[nn.Module, object, object], None]:
        return lambda *_: calls.update({stage: calls[stage] + 1})

    for stage in calls:
        model.get_submodule(f"{stage}.0").register_forward_hook(count(stage))
    list(curves(model, IMAGE, (None, 1.0, 0.5)))
    assert calls == {stage: 1 if stage in once else 3 for stage in calls}


def test_a_network_without_any_block_gives_a_curve_without_points() -> None:
    (curve,) = curves(build(network(V1, input_size=96, a=0, b=0, c=0)), IMAGE, (None, 1.0))
    assert (curve.blocks, curve.growth) == ((), None)


def test_a_result_names_network_weights_and_curves_and_a_record_the_scale_that_was_asked_for() -> None:
    spec = network(V1, input_size=96, a=1, b=0, c=0)
    found = residual_scale(spec, IMAGE, scales=(None, 0.25), seeds=(4,), init="he")
    assert (found.network, found.weights, [curve.scale for curve in found.curves]) == (
        "inception_resnet_v1.paper (input_size=96, a=1, b=0, c=0)",
        "untrained, init he, seed 4",
        [None, 0.25],
    )
    told = [(r["scaling"], r["block"], r["scale"]) for r in records(found)]
    assert told == [("own", "block_a.0", 0.1), ("0.25", "block_a.0", 0.25)]


def test_a_borrowed_model_gives_what_a_fresh_one_gives() -> None:
    spec = network(V1, input_size=96, a=1, b=1, c=1)
    fresh = residual_scale(spec, IMAGE)
    curves_ = tuple(replace(curve, seed=None) for curve in fresh.curves)  # its weights are whatever they are
    assert residual_scale(spec, IMAGE, model=channels_last(build(spec))) == replace(fresh, curves=curves_)


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
