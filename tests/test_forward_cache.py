"""A walk that is resumed where a scale changes, against arithmetic and against walking anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from irnet.lab.activations import (
    REMEMBERED,
    Activations,
    BlockStats,
    Curve,
    check,
    curves,
    gradient_norms,
    residual_scale,
    scale_text,
)
from irnet.lab.forward import ForwardCache, Progress, Scaling
from irnet.lab.scale_tables import check_plot, finding, lines, overflows, read_scaling, records
from irnet.models import network
from irnet.runtime.build import Model, ResidualUnit, build
from irnet.runtime.capture import rescale
from irnet.spec import Chain, Conv, Fork, Head, Network, Node, Part, Pool, Residual, Stage
from tests.test_statistics import values
from tests.walks import FEWER

V1 = network("inception_resnet_v1", input_size=96, a=2, b=2, c=2)
IMAGE = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(5)) * 2 - 1
SCALES = st.none() | st.sampled_from([0.0, 0.1, 0.5, 1.0]) | st.just((("block_b", 0.7),))


@pytest.fixture(scope="module")
def model() -> Model:
    """A short Inception-ResNet-v1."""
    return build(V1, init="he")


def curve_of(passed: Activations, model: Model, scaling: Scaling = None, progress: Progress | None = None) -> Curve:
    """The curve at one scaling."""
    (curve,) = passed.curves(model, (scaling,), progress=progress)
    return curve


def runs(model: Model, *paths: str) -> dict[str, int]:
    """How often each of these units has run, counted from now on."""
    calls = dict.fromkeys(paths, 0)
    for path in paths:
        unit = model.get_submodule(path)
        unit.register_forward_hook(lambda *_, path=path: calls.update({path: calls[path] + 1}))
    return calls


@FEWER
@given(asked=st.lists(SCALES, min_size=1, max_size=5))
def test_a_resumed_walk_is_bit_equal_to_a_new_one(model: Model, asked: list[Scaling]) -> None:
    trail = Activations(V1, IMAGE)
    resumed = [curve_of(trail, model, scale) for scale in asked]
    assert resumed == [curve_of(Activations(V1, IMAGE), model, scale) for scale in asked]


def test_only_what_a_changed_scale_touches_is_run_again() -> None:
    model = build(V1)
    calls = runs(model, "stem.0", "block_a.0", "reduction_a.0", "block_b.0", "block_c.1")
    trail = Activations(V1, IMAGE)
    for scaling in (None, (("block_b", 0.5),), (("block_b", 0.5), ("block_c", 0.9))):
        curve_of(trail, model, scaling)
    assert calls == {"stem.0": 1, "block_a.0": 1, "reduction_a.0": 1, "block_b.0": 2, "block_c.1": 3}


def test_a_curve_that_was_asked_before_runs_nothing_and_the_oldest_is_forgotten() -> None:
    model = build(V1)
    trail = Activations(V1, IMAGE)
    published = curve_of(trail, model)
    for i in range(REMEMBERED - 1):
        curve_of(trail, model, i / REMEMBERED)
    calls = runs(model, "block_a.0")
    assert (curve_of(trail, model), calls) == (published, {"block_a.0": 0})
    curve_of(trail, model, 0.999)  # one more than is remembered: scale 0 goes
    curve_of(trail, model, 1 / REMEMBERED)
    assert calls == {"block_a.0": 1}
    curve_of(trail, model, 0.0)
    assert calls == {"block_a.0": 2}


@FEWER
@given(asked=st.lists(SCALES, min_size=2, max_size=4, unique=True), later=SCALES)
def test_scalings_that_run_together_are_those_of_one_after_another(
    model: Model, asked: list[Scaling], later: Scaling
) -> None:
    together = Activations(V1, IMAGE)
    found = [*together.curves(model, asked), curve_of(together, model, later)]
    for curve, scaling in zip(found, (*asked, later), strict=True):
        alone = curve_of(Activations(V1, IMAGE), model, scaling)
        assert curve.scale == alone.scale
        for one, other in zip(curve.blocks, alone.blocks, strict=True):
            assert (one.path, one.scale) == (other.path, other.scale)
            assert numbers(one) == pytest.approx(numbers(other), rel=1e-4, abs=1e-6)


def numbers(block: BlockStats) -> list[float]:
    """All statistics of a block."""
    found = (block.shortcut, block.residual, block.scaled, block.output)
    return [value for stats in found if stats for value in values(stats)]


def test_scalings_that_run_together_share_what_comes_before_the_first_that_differs() -> None:
    model = build(V1)
    calls = runs(model, "stem.0", "block_a.0", "block_b.0", "block_c.0")
    list(Activations(V1, IMAGE).curves(model, ((("block_b", 0.5),), (("block_c", 0.9),))))
    assert calls == dict.fromkeys(calls, 1)


def test_scalings_that_are_stopped_together_go_on_together(model: Model) -> None:
    def stops(done: int, _todo: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    passed, scalings = Activations(V1, IMAGE), (None, 1.0)
    with pytest.raises(KeyboardInterrupt):
        list(passed.curves(model, scalings, progress=stops))
    left: list[int] = []
    found = list(passed.curves(model, scalings, progress=lambda _done, todo: left.append(todo)))
    assert found == list(Activations(V1, IMAGE).curves(model, scalings))
    assert left[0] == len(passed.cache.blocks) - 4


def test_progress_counts_the_units_that_have_to_be_run(model: Model) -> None:
    told_: list[tuple[int, int]] = []
    trail = Activations(V1, IMAGE)
    curve_of(trail, model, None, lambda done, todo: told_.append((done, todo)))
    assert told_ == [(i, len(trail.cache.blocks)) for i in range(len(trail.cache.blocks))]


def grid(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, 2, 2)


def test_two_blocks_by_hand() -> None:
    """x = [1, 2, 3, 4]; F(x) = 2 x - 6, so 0.5 F(x) = x - 3; then again, on what came out."""
    spec = Network("two", (Stage("block", Residual(Pool("max", 1), 0.5), 2, part="a"),), Head(0), input_shape=(1, 2, 2))
    made = build(spec)
    with torch.no_grad():
        for path in ("block.0.project", "block.1.project"):
            conv = made.get_submodule(path)
            assert isinstance(conv, nn.Conv2d)
            assert conv.bias is not None
            conv.weight.fill_(2)
            conv.bias.fill_(-6)
    blocks = curve_of(Activations(spec, grid(1, 2, 3, 4)), made).blocks
    # block 0: sum [-1, 1, 3, 5], ReLU [0, 1, 3, 5]; block 1: half the residual [-3, -2, 0, 2], ReLU [0, 0, 3, 7]
    found = [(b.shortcut, b.residual, b.scaled, b.output) for b in blocks]
    means = [[stats.mean_abs if stats else None for stats in block] for block in found]
    assert means == [[2.5, 2.0, 1.0, 2.25], [2.25, 3.5, 1.75, 2.5]]
    assert [(b.output.maximum, b.output.zero_share) for b in blocks] == [(5, 0.25), (7, 0.5)]


def nodes(filters: st.SearchStrategy[int]) -> st.SearchStrategy[Node]:
    """Small bodies of residual blocks, all on the grid of their input."""
    convs = st.builds(Conv, filters, st.sampled_from([1, 3, (1, 3)]))
    chains = st.lists(convs, min_size=1, max_size=3).map(lambda parts: Chain(tuple(parts)))
    return convs | chains | st.lists(convs | chains, min_size=1, max_size=3).map(lambda parts: Fork(tuple(parts)))


@st.composite
def nets(draw: st.DrawFn) -> Network:
    """Small random networks with residual blocks in one or two stages."""
    stages = [Stage("stem", Conv(draw(st.integers(1, 4)), 3), part="stem")]
    parts: tuple[Part, ...] = draw(st.sampled_from([("a",), ("a", "b")]))
    for part in parts:
        residual = Residual(
            draw(nodes(st.integers(1, 4))), draw(st.floats(0, 1)), relu=draw(st.booleans()), norm=draw(st.booleans())
        )
        stages.append(Stage(f"block_{part}", residual, draw(st.integers(1, 2)), part=part))
    return Network("random", tuple(stages), Head(3), input_shape=(3, 6, 6))


@given(nets(), st.sampled_from([None, 0.0, 0.3, 1.0]))
def test_a_walk_ends_where_the_module_does(spec: Network, scale: float | None) -> None:
    made = build(spec, init="he")
    image = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(1))
    with rescale(made, scale), torch.no_grad():
        end = made.through(image, made.stage_names)
    output = curve_of(Activations(spec, image), made, scale).blocks[-1].output
    assert output.mean_abs == pytest.approx(end.abs().mean().item(), rel=1e-4, abs=1e-7)
    assert output.maximum == pytest.approx(end.abs().max().item(), rel=1e-4, abs=1e-7)


@FEWER
@given(nets(), st.sampled_from([None, 0.0, 0.3, 1.0]), st.integers(0, 2))
def test_gradient_norms_are_those_of_a_whole_backward_pass(spec: Network, scale: float | None, label: int) -> None:
    made = build(spec, init="he")
    image = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(1))
    given_: dict[str, Tensor] = {}

    def keep(path: str, x: Tensor) -> None:
        x.retain_grad()
        given_[path] = x

    units = [path for path, unit in made.named_modules() if isinstance(unit, ResidualUnit)]
    hooks = [
        made.get_submodule(path).register_forward_pre_hook(lambda _m, x, path=path: keep(path, x[0])) for path in units
    ]
    with rescale(made, scale):
        loss = nn.functional.cross_entropy(made(image), torch.tensor([label]))
        torch.autograd.backward(loss)
    for hook in hooks:
        hook.remove()
    expected = {path: x.grad.norm().item() for path, x in given_.items() if x.grad is not None}
    made.zero_grad()
    assert gradient_norms(ForwardCache(spec, image), made, scale, label) == pytest.approx(expected, rel=1e-4, abs=1e-7)
    assert all(parameter.requires_grad and parameter.grad is None for parameter in made.parameters())


def test_the_paths_of_a_scaling_are_those_of_its_stages(model: Model) -> None:
    (curve,) = curves(model, IMAGE, ((("block_a", 0.5), ("block_c", 0.25)),))
    assert {block.stage: block.scale for block in curve.blocks} == {"block_a": 0.5, "block_b": 0.1, "block_c": 0.25}


@pytest.mark.parametrize("scaling", [None, 0.1, 1.0, (("block_a", 0.2), ("block_b", 0.1))])
def test_a_scaling_is_read_as_it_is_told(scaling: Scaling) -> None:
    assert read_scaling(scale_text(scaling)) == scaling


def test_several_seeds_give_a_median_between_the_edges_of_a_band() -> None:
    result = residual_scale(V1, IMAGE, scales=(1.0,), seeds=range(4), init="he")
    assert result.weights == "untrained, init he, seed 0, 1, 2, 3"
    (line,) = lines([result], "output", "mean_abs")
    singles = [[b.output.mean_abs for b in curve.blocks] for curve in result.curves]
    assert line.low == tuple(map(min, zip(*singles, strict=True)))
    assert line.high == tuple(map(max, zip(*singles, strict=True)))
    assert list(line.y) == [sum(sorted(four)[1:3]) / 2 for four in zip(*singles, strict=True)]


def overflowing() -> tuple[Network, Curve]:
    spec = replace(V1, stages=tuple(replace(s, repeat=40 if s.part == "a" else s.repeat) for s in V1.stages))
    made = build(spec, init="he")
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if name.startswith("block_a") and name.endswith("project.weight"):
                parameter.mul_(40)
    return spec, curve_of(Activations(spec, IMAGE), made, 1.0)


def test_a_curve_that_leaves_the_numbers_says_where_and_is_drawn_as_a_gap() -> None:
    spec, curve = overflowing()
    result = replace(residual_scale(V1, IMAGE, scales=(1.0,)), curves=(curve,))
    finite = [block.output.finite for block in curve.blocks]
    first = curve.blocks[finite.index(False)].path
    assert overflows(result) == (
        f"At scale 1, {first} is the first block that puts out an infinite value or none at all: "
        "float32 ends at 3.4e38",
    )
    (line,) = lines([result], "output", "mean_abs")
    assert [value is not None for value in line.y] == finite
    assert [record["finite"] for record in records(result)] == finite
    assert "past all numbers" in finding([result], "output", "mean_abs")
    assert spec.stages[1].repeat == 40
    large = [block.output for block in curve.blocks if block.output.finite and block.output.maximum > 1e25]
    assert large  # whose squares no float32 holds
    assert all(0 < stats.std < float("inf") for stats in large)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (
            lambda: check(V1, IMAGE, ((("stem", 0.5),),), "running"),
            "has no residual stage 'stem'; it has block_a, .*c$",
        ),
        (lambda: check(V1, IMAGE, (None,), "running", label=1000), r"^label=1000 is none of the 1000 classes of \S+$"),
        *(
            (partial(read_scaling, text), "is no scale; write 0.1, own, or ")
            for text in ("", "x", "block_a=", "=0.1=2")
        ),
        (lambda: check_plot("output", "median", None), "^no statistic is called 'median'; they are mean_abs, "),
        (lambda: check_plot("input", "std", None), "^no tensor of a block is called 'input'; they are shortcut, "),
        (
            lambda: check_plot("output", "gradient", None),
            "^a gradient belongs to a loss: name the class that it is for",
        ),
    ],
)
def test_what_can_not_be_asked_for_is_refused(ask: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ask()
