"""The gradient of an output lies inside the field that arithmetic gives it, and reaches its edges."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from torch import Tensor

from irnet.lab.fields import effective_field, smallest_box
from irnet.models import PRESETS, network
from irnet.runtime.build import Model, build
from irnet.runtime.capture import capture
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual, Stage
from irnet.tree import Sides, resolve
from irnet.tree.receptive_field import Rectangle, receptive_field
from tests.conftest import Small, presets
from tests.walks import networks

V1, V2, V4 = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_v4.paper"
# So long that no stage's field covers them from every position, and as narrow as can be; lying and standing in turn.
STRIPS = {name: ((75, 1700), (1700, 75))[i % 2] for i, name in enumerate(PRESETS)}
SPEC = network(V1, input_size=96)
IMAGE = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(2)) * 2 - 1


def touched(gradient: Tensor) -> Rectangle:
    """The smallest rectangle round what is not zero of a gradient (1, C, H, W)."""
    rows, columns = (gradient[0].abs().sum(dim=(0, axis)).nonzero() for axis in (2, 1))
    ends = (int(found.item()) for found in (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1))
    return Rectangle(*ends)


def short_sighted(spec: Network, path: str, random: Random) -> Sides:
    """A random position from which the picture is not seen in its full length."""
    height, width = receptive_field(spec, path).grid
    every = (receptive_field(spec, path, (row, column)) for row in range(height) for column in range(width))
    return random.choice([s.position for s in every if max(s.rectangle.on(s.picture).size) < max(s.picture)])


@pytest.mark.parametrize("name", presets("inception_v4.paper", "inception_resnet_v1.facenet"))
def test_the_gradient_of_every_stage_lies_inside_its_field(name: str) -> None:
    spec, random = network(name, input_size=STRIPS[name]), Random(name)
    model, image = build(spec, seed=3), torch.rand(1, *spec.input_shape, generator=torch.Generator().manual_seed(4))
    image.requires_grad_()
    stages = [stage.name for stage in spec.stages]
    with capture(model, *stages, keep=lambda made: made) as made:
        model.through(image, stages)
    for path in stages:
        at = short_sighted(spec, path, random)
        (gradient,) = torch.autograd.grad(made[path][0, :, at[0], at[1]].mean(), image, retain_graph=True)
        assert touched(gradient).within(receptive_field(spec, path, at).rectangle), (path, at)


def parts_of(seen_from: Small, name: str, path: str) -> dict[str, Rectangle]:
    """What the gradient of every part of a box touches, by the name of the part."""
    seen = receptive_field(seen_from(name).network, path)
    modules = {"shortcut": f"{path.rpartition('.')[0]}.0", "body": f"{path}.project"}
    return {
        part.name: touching(seen_from(name), modules.get(part.name, f"{path}.{part.name}"), seen.position)
        for part in seen.parts
    }


def touching(model: Model, module: str, at: Sides) -> Rectangle:
    image = IMAGE.clone().requires_grad_()
    with capture(model, module, keep=lambda made: made) as made:
        model.through(image, model.stage_names)
    return touched(torch.autograd.grad(made[module][0, :, at[0], at[1]].sum(), image)[0])


@pytest.mark.parametrize(
    ("name", "path"),
    [(V4, "stem.0.4"), (V4, "inception_a.0"), (V1, "block_a.1"), (V1, "reduction_a.0")],
)
def test_the_gradient_of_every_part_lies_inside_the_field_of_that_part(name: str, path: str, small: Small) -> None:
    seen = receptive_field(small(name).network, path)
    found = parts_of(small, name, path)
    assert len(found) > 1
    assert [part.name for part in seen.parts if not found[part.name].within(part.rectangle)] == []
    assert receptive_field(network(V4), "stem.0.3").parts == ()  # branches that see the same are not told apart


def smooth(node: Node) -> Node:
    """A node whose every path counts: no max pooling, which hands one pixel on, and no residual at a scale near 0."""
    match node:
        case Pool():
            return replace(node, op="avg")
        case Chain(nodes):
            return Chain(tuple(map(smooth, nodes)))
        case Fork(branches):
            return Fork(tuple(map(smooth, branches)))
        case Residual(body):
            return Residual(smooth(body), 0.5)
        case _:
            return node


def open_model(spec: Network) -> Model:
    """A model whose weights are all positive, so that no ReLU is shut and no two paths cancel."""
    model = build(spec).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.abs_().add_(0.1)
    return model


def edges(spec: Network, path: str, at: Sides) -> Rectangle:
    """What the gradient of an output touches where every path counts."""
    image = torch.ones(1, *spec.input_shape, dtype=torch.float64, requires_grad=True)
    model = open_model(spec)
    out = model.through(image, model.stage_names[: 1 + model.stage_names.index(path)])
    return touched(torch.autograd.grad(out[0, :, at[0], at[1]].sum(), image)[0])


@given(networks(low=9, high=25), st.randoms(use_true_random=False))
def test_the_gradient_touches_every_edge_of_the_field_where_every_path_counts(spec: Network, random: Random) -> None:
    spec = replace(spec, stages=tuple(replace(stage, node=smooth(stage.node)) for stage in spec.stages))
    try:
        resolve(spec)
    except ValueError:
        assume(False)
    path = random.choice([stage.name for stage in spec.stages])
    height, width = receptive_field(spec, path).grid
    seen = receptive_field(spec, path, (random.randrange(height), random.randrange(width)))
    assume(seen.rectangle.within(Rectangle(0, 0, *seen.picture)))
    assert edges(spec, path, seen.position) == seen.rectangle


def test_branches_that_start_and_end_elsewhere_are_seen_together() -> None:
    left = Chain((Conv(1, 3), Conv(1, 1, 4, "valid")))
    right = Conv(1, 4, 4, "valid")
    spec = Network("skewed", (Stage("s", Fork((left, right))),), input_shape=(1, 12, 12))
    seen = receptive_field(spec, "s", (1, 1))
    assert seen.rectangle == Rectangle(3, 3, 8, 8) == edges(spec, "s", (1, 1))


def test_the_picture_and_the_box_are_what_a_gradient_by_hand_gives() -> None:
    spec = Network("one", (Stage("s", Conv(1, 3, 1, "valid")),), input_shape=(1, 5, 5))
    model = build(spec)
    weight = torch.tensor([[1.0, 0, 0], [0, 28, 0], [0, 0, 1]])
    with torch.no_grad():
        model.get_parameter("s.0.conv.weight").copy_(weight)
    found = effective_field(spec, torch.ones(1, 1, 5, 5), "s", (2, 1), models=[model])
    expected = np.zeros((5, 5))
    expected[2:5, 1:4] = weight.numpy() / 30
    assert found.magnitude == pytest.approx(expected)
    assert found.box == Rectangle(2, 1, 4, 3)  # 28 + 1 of 30, the first of two that have it
    assert (found.filled, found.filled_on_picture) == pytest.approx((4 / 9, 4 / 9))


@given(
    arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(0, 4)), st.floats(0.1, 1)
)
def test_no_smaller_box_has_the_mass(values: NDArray[np.float64], mass: float) -> None:
    found, (height, width) = smallest_box(values, mass), values.shape
    every = [
        ((bottom - top) * (right - left), values[top:bottom, left:right].sum())
        for top in range(height)
        for bottom in range(top + 1, height + 1)
        for left in range(width)
        for right in range(left + 1, width + 1)
    ]
    needed = mass * values.sum() - 1e-9
    if found is None:
        assert values.sum() == 0
    else:
        top, left, bottom, right = found
        assert values[top:bottom, left:right].sum() >= needed
        assert (bottom - top) * (right - left) == min(area for area, held in every if held >= needed)


def test_several_seeds_are_averaged_with_equal_weight() -> None:
    one, two, both = (effective_field(SPEC, IMAGE, "block_a.1", seeds=seeds) for seeds in ((5,), (6,), (5, 6)))
    assert both.magnitude == pytest.approx((one.magnitude + two.magnitude) / 2)
    assert both.weights == "untrained, init torch, mean of 2 seeds from 5"


def test_a_channel_has_a_map_of_its_own() -> None:
    maps = [effective_field(SPEC, IMAGE, "stem", channel=channel).magnitude for channel in (None, 0, 1)]
    assert not any(np.allclose(a, b) for a, b in ((maps[0], maps[1]), (maps[1], maps[2])))


def test_the_network_is_run_up_to_the_box_and_no_further() -> None:
    model, ran = build(SPEC), []
    for path in ("block_a.0", "block_a.1", "reduction_a"):
        model.get_submodule(path).register_forward_hook(lambda *_, path=path: ran.append(path))
    effective_field(SPEC, IMAGE, "block_a.0", models=[model])
    assert ran == ["block_a.0"]


def test_a_borrowed_model_is_left_as_it_was(small: Small) -> None:
    model = small(V1)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    effective_field(SPEC, IMAGE, "block_a.1", batch_norm="batch", models=[model])
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks or module.training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_batch_statistics_reach_beyond_the_field() -> None:
    found = effective_field(SPEC, IMAGE, "stem.0.0", (1, 1), batch_norm="batch")
    assert found.magnitude[40:, 40:].any()


@pytest.mark.parametrize(
    "path", ["reduction_a.0.concat", "block_b.9.add", "block_c.4.scale", "stem.0.2.relu", "classifier"]
)
def test_every_kind_of_box_has_an_effective_field(path: str) -> None:
    assert effective_field(SPEC, IMAGE, path).box is not None


def test_shut_relus_are_told() -> None:
    found = effective_field(SPEC, torch.zeros_like(IMAGE), "stem")
    assert (found.box, found.filled) == (None, 0.0)
    assert found.sentences == (
        "No pixel moves the mean of its channels here: every ReLU on the way is shut, and the gradient is zero.",
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"position": (3, 9)}, "block_a.1: there is no position 3,9; its grid has rows 0 to 8 and columns 0 to 8"),
        ({"position": (-1, 0)}, "block_a.1: there is no position -1,0; its grid has rows 0 to 8 and columns 0 to 8"),
        ({"channel": 256}, "block_a.1: there is no channel 256; it puts out channels 0 to 255"),
        ({"seeds": ()}, "untrained weights need at least 1 seed"),
        ({"device": "meta"}, "on meta there are shapes and no numbers; a gradient needs one of the other devices"),
    ],
)
def test_what_is_not_there_gets_one_sentence(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}$"):
        effective_field(SPEC, IMAGE, "block_a.1", **asked)


def test_a_gradient_that_overflows_gets_one_sentence() -> None:
    model = build(SPEC)
    with torch.no_grad():
        model.get_parameter("stem.0.1.conv.weight").fill_(torch.inf)
    with pytest.raises(ValueError, match=r"^stem: the gradient is no longer a finite number"):
        effective_field(SPEC, IMAGE, "stem", models=[model])
