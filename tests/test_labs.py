"""The small labs: what they compute is found again by PyTorch's own means, and bad settings get a sentence."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import ImageDraw
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from app import text
from irnet.edit import network as preset
from irnet.lab import sizes
from irnet.lab.auxiliary_heads import LAYERS, Setting, gradients
from irnet.lab.auxiliary_heads import finding as told_of_heads
from irnet.lab.label_smoothing import CLASSES, EPSILON, Smoothing
from irnet.lab.photos import photo
from irnet.lab.rmsprop import charts as descent_charts
from irnet.lab.rmsprop import descend, finding
from irnet.runtime.build import Model, build
from irnet.runtime.capture import capture
from irnet.runtime.init import initialise
from irnet.spec import Conv, Head, Network, Stage
from irnet.tree.alternatives import BLOCK, SIDES, Alternative, compare_windows, factorisations, reductions
from irnet.tree.receptive_field import Rectangle, looking_at

PATCH = ("mission patch", "inception_v4.paper/inception_a.0")


def built(way: Alternative) -> Model:
    return build(way.network, init="he")


def kernels(model: nn.Module) -> list[nn.Conv2d]:
    return [module for module in model.modules() if isinstance(module, nn.Conv2d)]


@pytest.mark.parametrize(
    "ways", [factorisations(5, 8, 9), factorisations(7, 4, 8), reductions(6, 15), reductions(5, 8)]
)
def test_weights_and_macs_of_a_way_are_those_of_the_built_module(ways: tuple[Alternative, ...]) -> None:
    for way in ways:
        model = built(way)
        assert way.weights == sum(conv.weight.numel() for conv in kernels(model))
        assert way.block.params == sum(weight.numel() for weight in model.parameters())
        with FlopCounterMode(display=False) as counter:
            model(torch.zeros(1, *way.network.input_shape))
        assert 2 * way.block.macs == counter.get_total_flops()


@pytest.mark.parametrize("side", SIDES)
def test_every_factorisation_sees_the_pixels_of_the_one_window(side: int) -> None:
    """Where the gradient of the middle output is not zero, with weights that can't cancel."""
    for way in factorisations(side, 2, 25):
        model = built(way)
        for conv in kernels(model):
            nn.init.ones_(conv.weight)
        x = torch.ones(1, 2, 25, 25, requires_grad=True)
        torch.autograd.backward(model.get_submodule(BLOCK)(x)[0, 0, 12, 12])
        assert x.grad is not None
        rows, columns = (x.grad[0, 0].sum(axis).nonzero().flatten() for axis in (1, 0))
        assert (len(rows), len(columns)) == way.block.field.size == (side, side)
        assert int(rows[0]) == int(columns[0]) == 12 - side // 2


def test_what_factorising_saves_is_what_the_paper_says() -> None:
    assert [way.weights_per_pair for way in factorisations(5, 64, 17)] == [25, 9 + 9, 5 + 5]
    assert [way.weights_per_pair for way in factorisations(3, 64, 17)] == [9, 3 + 3]
    assert [way.weights_per_pair for way in factorisations(7, 3, 2)] == [49, 27, 14]
    assert "two 3x3 have 18 (28.0 % fewer)" in compare_windows(factorisations(5, 64, 17))  # section 3.1: 28 %
    assert "1x3 and 3x1 have 6 (33.3 % fewer)" in compare_windows(factorisations(3, 64, 17))  # section 3.2: 33 %
    for side in SIDES[1:]:
        whole, *others = factorisations(side, 16, 17)
        assert all(way.weights < whole.weights for way in others)


@pytest.mark.parametrize(("channels", "side"), [(320, 35), (5, 8), (1, 3), (64, 147)])
def test_pooling_first_alone_is_a_bottleneck_and_convolution_first_the_dearest(channels: int, side: int) -> None:
    pool, conv, both = reductions(channels, side)
    assert [way.is_bottleneck for way in (pool, conv, both)] == [True, False, False]
    assert conv.block.macs > pool.block.macs > both.block.macs
    assert pool.block.out_shape == conv.block.out_shape == both.block.out_shape
    assert 2 * pool.smallest.activation_elements == pool.block.rows[-1].activation_elements


def test_the_smallest_on_the_way_is_found_by_running_it() -> None:
    for way in reductions(6, 15):
        model = built(way)
        with capture(model, BLOCK, f"{BLOCK}.0", f"{BLOCK}.0.*", keep=lambda made: made.numel()) as found:
            model(torch.zeros(1, *way.network.input_shape))
        branches = [path for path in found if ".b" in path]  # what runs side by side is passed through by a part alone
        assert way.smallest.activation_elements == min(size for path, size in found.items() if path not in branches)


@pytest.mark.parametrize("side", [0, 4, 13])
def test_a_window_that_is_not_taken_apart_is_named_with_those_that_are(side: int) -> None:
    with pytest.raises(ValueError, match=f"a window of {side}x{side} .* can be 3, 5, 7, 9, 11"):
        factorisations(side, 64, 17)


def test_what_is_too_small_for_a_reduction_is_refused_with_what_is_needed() -> None:
    with pytest.raises(ValueError, match="each side needs at least 3 pixels"):
        reductions(8, 2)


@pytest.mark.parametrize("what", sizes.OBJECTS)
def test_the_spot_on_the_picture_is_where_the_object_came_to_lie(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object is painted over, and looked for by its colour."""
    source, place = sizes.OBJECTS[what]
    painted = photo(source).convert("L").convert("RGB")
    ImageDraw.Draw(painted).rectangle((place.left, place.top, place.right - 1, place.bottom - 1), "#ff00ff")
    monkeypatch.setattr("irnet.lab.sizes.photo", lambda _: painted)
    for look in sizes.looks(what, PATCH[1], 1.5):
        pixels = np.asarray(look.image).astype(int)
        rows, columns = np.nonzero(pixels[..., 0] - pixels[..., 1] > 127)
        found = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        spot = (look.spot.top, look.spot.left, look.spot.bottom, look.spot.right)
        assert np.abs(np.subtract(found, spot)).max() <= 1


def test_a_branch_sees_an_object_whole_if_no_pixel_of_it_is_outside_its_field() -> None:
    looks = sizes.looks(*PATCH, 1.3)
    for look in looks:
        for part in look.seen.parts:
            outside = _mask(look.spot) & ~_mask(part.rectangle)
            assert (part in look.whole) is not bool(outside.any())
    assert [len(look.whole) for look in looks] == [4, 3, 1]


def _mask(spot: Rectangle) -> NDArray[np.bool_]:
    mask = np.zeros((299, 299), dtype=bool)
    mask[max(spot.top, 0) : spot.bottom, max(spot.left, 0) : spot.right] = True
    return mask


@pytest.mark.parametrize("what", sizes.OBJECTS)
def test_the_module_after_one_that_is_too_small_sees_it_whole(what: str) -> None:
    for look in sizes.looks(what, PATCH[1], sizes.LARGEST_STEP):
        if not look.whole:
            assert look.first
            network = preset(PATCH[1].partition("/")[0])
            seen = looking_at(network, look.first, look.spot)
            assert look.spot.within(seen.rectangle)
            assert look.first in look.sentence


def test_every_module_that_can_be_chosen_has_branches_that_see_differently() -> None:
    assert len({module.partition("/")[0] for module in sizes.modules()}) > 5
    for module in sizes.modules():
        (look, *_) = sizes.looks("cat's eye", module, 1.0)
        assert len({part.field for part in look.seen.parts}) > 1


def test_an_object_a_module_or_a_step_that_is_not_there_is_named() -> None:
    for asked, told in (
        (("dog", PATCH[1], 1.3), "no object is called 'dog'; they are mission patch"),
        ((PATCH[0], "block_q", 1.3), "no module is called 'block_q'; one is called 'inception_v4.paper/inception_a.0'"),
        ((*PATCH, 3.0), "a step of 3 is outside 1 to 2"),
    ):
        with pytest.raises(ValueError, match=told):
            sizes.looks(*asked)


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_the_smoothed_loss_and_its_gradient_are_pytorchs(epsilon: float, classes: int) -> None:
    found = Smoothing(epsilon, classes)
    for lead in (-3.0, 0.0, 4.5, 12.0):
        logits = torch.zeros(1, classes, dtype=torch.float64)
        logits[0, 1] = lead
        logits.requires_grad_()
        loss = cross_entropy(logits, torch.tensor([1]), label_smoothing=epsilon)
        torch.autograd.backward(loss)
        assert logits.grad is not None
        assert found.loss(lead) == pytest.approx(loss.item(), abs=1e-12)
        assert found.gradient(lead) == pytest.approx(float(logits.grad[0, 1]), abs=1e-12)
    assert found.true + (classes - 1) * found.other == pytest.approx(1)


def test_the_best_lead_is_where_the_loss_is_least_and_there_is_none_without_smoothing() -> None:
    found = Smoothing()
    assert (found.epsilon, found.classes) == (EPSILON, CLASSES) == (0.1, 1000)
    assert found.best_lead == pytest.approx(log(9001))
    leads = np.linspace(0, 20, 20_001)
    assert leads[np.argmin([found.loss(lead) for lead in leads])] == pytest.approx(found.best_lead, abs=1e-3)
    plain = [Smoothing(0).loss(lead) for lead in range(30)]
    assert plain == sorted(plain, reverse=True)


@pytest.mark.parametrize(
    ("steepness", "rate", "decay", "epsilon"), [(100, 0.045, 0.9, 1.0), (10, 0.1, 0.5, 1e-8), (1, 0.01, 0.0, 0.1)]
)
def test_every_step_is_that_of_pytorchs_optimisers(steepness: float, rate: float, decay: float, epsilon: float) -> None:
    ours = descend(steepness, 60, rate, decay, epsilon)
    point = torch.ones(2, dtype=torch.float64, requires_grad=True)
    theirs = (
        torch.optim.RMSprop([point], rate, alpha=decay, eps=epsilon),
        torch.optim.SGD([point], rate),
        torch.optim.SGD([point], 2 / (1 + steepness)),
    )
    for descent, optimiser in zip(ours, theirs, strict=True):
        with torch.no_grad():
            point.fill_(1.0)
        for x, y in descent.points:
            assert torch.allclose(point, torch.tensor([x, y], dtype=torch.float64), rtol=1e-9, atol=1e-12)
            optimiser.zero_grad()
            loss = (point[0] ** 2 + steepness * point[1] ** 2) / 2
            torch.autograd.backward(loss)
            optimiser.step()


def test_with_the_papers_settings_rmsprop_arrives_first_and_swings_again_near_the_minimum() -> None:
    fast, same, best = descend(100, 200, 0.045, 0.9, 1.0)
    assert fast.arrived is not None
    assert best.arrived is not None
    assert fast.arrived < best.arrived
    assert same.is_far
    assert fast.losses[-1] > 100 * min(fast.losses)
    assert "RMSProp, rate 0.045: 23; gradient descent, rate 0.045: runs away" in finding((fast, same, best))


def test_a_loss_of_zero_and_a_path_that_runs_away_leave_the_charts_whole() -> None:
    losses, paths = descent_charts(descend(1, 20, 1.0, 0.9, 1e-8), 0.9, 1e-8)
    assert losses.is_log
    assert all(line.y for line in (*losses.lines, *paths.lines))
    _, still = descent_charts(descend(1000, 20, 1.0, 0.0, 10.0), 0.0, 10.0)
    assert [line.name.partition(",")[0] for line in still.lines] == ["RMSProp", "gradient descent"]


@pytest.mark.parametrize("asked", [(0.5, 5, 0.1, 0.9, 1), (9, 0, 0.1, 0.9, 1), (9, 5, 2, 0.9, 1), (9, 5, 0.1, 1, 1)])
def test_a_setting_of_the_descent_outside_its_limits_is_named(asked: tuple[float, int, float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"(steepness|steps|rate|decay)=\S+ is outside \S+ to \S+"):
        descend(*asked)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_gradients_with_an_auxiliary_head_are_those_of_backward_through_both_losses(batch_norm: bool) -> None:
    """Written out with nothing of ours but the weights."""
    setting = Setting(depth=5, after=2, batch_norm=batch_norm, seed=3)
    found = gradients(setting)
    model = build(Network("chain", (Stage(LAYERS, Conv(16, 3), 5),), Head(10), input_shape=(3, 32, 32)), seed=3).train()
    random = torch.Generator().manual_seed(3)
    x = torch.randn(16, 3, 32, 32, generator=random)
    labels = torch.randint(10, (16,), generator=random)
    head = nn.Linear(16, 10)
    initialise(head, "torch", 4)
    made: list[Tensor] = []
    for conv in kernels(model.get_submodule(LAYERS)):
        x = nn.functional.conv2d(x, conv.weight, padding=1)
        if batch_norm:
            x = (x - x.mean((0, 2, 3), keepdim=True)) / torch.sqrt(
                x.var((0, 2, 3), unbiased=False, keepdim=True) + 1e-3
            )
        x = torch.relu(x)
        x.retain_grad()
        made.append(x)
    classifier = model.get_submodule("classifier")
    main = cross_entropy(classifier(x.mean((2, 3))), labels)
    torch.autograd.backward(main, retain_graph=True)
    assert found.alone == pytest.approx([float(one.grad.norm()) for one in made if one.grad is not None], rel=1e-3)
    torch.autograd.backward(0.3 * cross_entropy(head(made[1].mean((2, 3))), labels))
    assert found.both == pytest.approx([float(one.grad.norm()) for one in made if one.grad is not None], rel=1e-3)


def test_an_auxiliary_head_helps_where_gradients_vanish_and_hardly_where_they_do_not() -> None:
    vanishing = gradients(Setting())
    assert vanishing.gain > 1000
    assert vanishing.both[Setting().after :] == vanishing.alone[Setting().after :]  # layers after it do not see it
    for setting in (Setting(batch_norm=True), Setting(init="he"), Setting(init="tf")):
        assert gradients(setting).gain < 1.2
    assert "hardly changes" in told_of_heads(gradients(Setting(weight=0.0)))


@pytest.mark.parametrize(
    ("asked", "told"),
    [((41, 7), "depth=41 is outside 2 to 40"), ((4, 4), "after=4 is outside 1 to 3")],
)
def test_a_setting_of_the_heads_outside_its_limits_is_named(asked: tuple[int, int], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Setting(depth=asked[0], after=asked[1])


def test_what_a_lab_says_of_itself_has_three_sentences_at_most_and_its_source() -> None:
    for told in (
        text.FACTORISE,
        text.REDUCE,
        text.THREE_SIZES,
        text.LABEL_SMOOTHING,
        text.RMSPROP,
        text.AUXILIARY_HEADS,
    ):
        assert told.count(". ") <= 2
        assert "section" in told
