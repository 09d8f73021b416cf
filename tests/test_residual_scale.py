"""The residual scale experiment against captured tensors, and what it must leave as it was."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import nn

from irnet.lab.activations import Curve, curves, residual_scale
from irnet.lab.scale_tables import finding, lines, records
from irnet.lab.statistics import Stats
from irnet.models import network
from irnet.runtime.build import Model, Scale, build, channels_last
from irnet.runtime.capture import capture
from tests.conftest import Small
from tests.test_statistics import defined, values

V1, V2, V4 = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_v4.paper"
IMAGE = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(2)) * 2 - 1
WHAT = {"residual": "{}.project", "scaled": "{}.scale", "output": "{}"}
Found = dict[str, Stats]


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


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("scale", [None, 1.0, 0.0, 0.35])
@pytest.mark.parametrize("name", [V1, V2, "inception_resnet_v1.facenet"])
def test_statistics_are_those_of_the_captured_tensors(name: str, scale: float | None, what: str, small: Small) -> None:
    model = small(name)
    found, blocks = ran(model, scale), only(model, scale).blocks
    assert [b.path for b in blocks if not close(getattr(b, what), found[WHAT[what].format(b.path)])] == []


@pytest.mark.parametrize("name", [V1, V2, "inception_resnet_v1.facenet"])
def test_the_shortcut_is_what_came_out_before_the_block(name: str, small: Small) -> None:
    model = small(name)
    names, found = list(model.stage_names), ran(model)
    assert [b.path for b in only(model).blocks if not close(b.shortcut, shortcut(names, b.path, found))] == []


def test_every_residual_block_is_there_once_and_in_order(small: Small) -> None:
    expected = [f"block_{part}.{i}" for part, n in zip("abc", (5, 10, 5), strict=True) for i in range(n)]
    assert [block.path for block in only(small(V1)).blocks] == expected


def test_the_last_c_block_of_facenet_is_there_with_its_own_scale(small: Small) -> None:
    last = only(small("inception_resnet_v1.facenet")).blocks[-1]
    assert (last.path, last.stage, last.scale) == ("block8.0", "block8", 1.0)


def test_the_published_scales_are_named(small: Small) -> None:
    scales = {block.stage: block.scale for block in only(small("inception_resnet_v2.tf_slim")).blocks}
    assert scales == {"block_a": 0.17, "block_b": 0.1, "block_c": 0.2, "block8": 1.0}


def test_the_ratio_is_that_of_the_mean_magnitudes(small: Small) -> None:
    model = small(V1)
    names, found, blocks = list(model.stage_names), ran(model), only(model).blocks
    expected = [found[f"{b.path}.scale"].mean_abs / shortcut(names, b.path, found).mean_abs for b in blocks]
    assert [b.ratio for b in blocks] == pytest.approx(expected, rel=1e-4)


def test_a_scale_of_zero_hands_every_shortcut_on(small: Small) -> None:
    kept = {block.path: (block.shortcut, block.output) for block in only(small(V1), 0.0).blocks}
    off = [p for p, (x, y) in kept.items() if x is None or values(x) != pytest.approx(values(y), rel=1e-5)]
    assert off == []


def test_growth_is_from_before_the_first_block_to_after_the_last(small: Small) -> None:
    found = ran(small(V1), 1.0)
    expected = found["block_c.4"].mean_abs / found["stem"].mean_abs
    assert only(small(V1), 1.0).growth == pytest.approx(expected, rel=1e-4)


def test_a_network_without_residuals_gives_one_curve_of_its_block_outputs(small: Small) -> None:
    (curve,) = curves(small(V4), IMAGE, (None, 1.0, 0.5))
    found = ran(small(V4))
    expected = [f"inception_{part}.{i}" for part, n in zip("abc", (4, 7, 3), strict=True) for i in range(n)]
    assert [block.path for block in curve.blocks if close(block.output, found[block.path])] == expected


def test_a_network_without_residuals_has_no_scale_and_no_ratio(small: Small) -> None:
    (curve,) = curves(small(V4), IMAGE, (0.5,))
    nothing = {(curve.scale, b.scale, b.shortcut, b.residual, b.scaled, b.ratio) for b in curve.blocks}
    assert nothing == {(None,) * 6}


@pytest.mark.parametrize(("changes", "once"), [({}, ["stem"]), ({"a": 0}, ["stem", "reduction_a"])])
def test_what_comes_before_the_first_residual_block_is_computed_once(changes: dict[str, int], once: list[str]) -> None:
    model = build(network(V1, input_size=96, **changes))
    calls = dict.fromkeys(("stem", "reduction_a", "reduction_b"), 0)

    def count(stage: str) -> Callable[[nn.Module, object, object], None]:
        return lambda *_: calls.update({stage: calls[stage] + 1})

    for stage in calls:
        model.get_submodule(f"{stage}.0").register_forward_hook(count(stage))
    list(curves(model, IMAGE, (None, 1.0, 0.5)))
    assert calls == {stage: 1 if stage in once else 2 for stage in calls}  # of the three, two run together


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
