"""Reading and replacing activations, and that nothing of it stays behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch
from torch import Tensor, nn

from irnet.runtime.build import Model, Scale, build
from irnet.runtime.capture import capture, intervene, paths, rescale
from irnet.spec import Conv, Fork, Head, Network, Residual, Stage

BLOCK = Residual(Fork((Conv(4), Conv(4, 3))), 0.3)
SPEC = Network("tiny", (Stage("stem", Conv(6, 3)), Stage("block", BLOCK, 3)), Head(5), input_shape=(3, 9, 7))
IMAGE = torch.rand(2, 3, 9, 7, generator=torch.Generator().manual_seed(1))

Lend = Callable[[Model], AbstractContextManager[object]]


def fails(_: Tensor) -> Tensor:
    raise ArithmeticError("on purpose")


LOANS: dict[str, Lend] = {
    "capture": lambda model: capture(model, "*"),
    "intervene": lambda model: intervene(model, {"block.*": torch.relu, "classifier": torch.neg}),
}
FAILING: dict[str, Lend] = {
    "capture": lambda model: capture(model, "stem*", "block.1", keep=fails),
    "intervene": lambda model: intervene(model, {"block.1": fails}),
}
UNKNOWN: dict[str, Lend] = {
    "capture": lambda model: capture(model, "stem.0", "blok.0"),
    "capture by pattern": lambda model: capture(model, "stem.*", "blok.0"),
    "a pattern without a match": lambda model: capture(model, "tower.*"),
    "intervene": lambda model: intervene(model, {"stem.0": torch.relu, "blok.0": torch.relu}),
}


@pytest.fixture
def model() -> Model:
    """A tiny network with three residual blocks."""
    return build(SPEC)


def hooks(model: nn.Module) -> int:
    """How many hooks hang on any module."""
    every = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in every)


def scales(model: nn.Module) -> list[object]:
    return [module.scale for module in model.modules() if isinstance(module, Scale)]


@pytest.mark.parametrize("lend", LOANS.values(), ids=LOANS)
def test_there_are_hooks_while_it_runs_and_none_afterwards_even_after_an_exception(lend: Lend, model: Model) -> None:
    with lend(model):
        inside = hooks(model)
    assert (inside > 0, hooks(model)) == (True, 0)
    with pytest.raises(ArithmeticError, match="on purpose"), lend(model):
        raise ArithmeticError("on purpose")
    assert hooks(model) == 0


@pytest.mark.parametrize("lend", FAILING.values(), ids=FAILING)
def test_what_fails_within_leaves_no_hook_behind(lend: Lend, model: Model) -> None:
    with pytest.raises(ArithmeticError, match="on purpose"), lend(model):
        model(IMAGE)
    assert hooks(model) == 0


@pytest.mark.parametrize("lend", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_path_is_refused_with_near_ones_and_leaves_no_hook_behind(lend: Lend, model: Model) -> None:
    near = r"no module's path matches '(blok\.0'; near ones: .*\bblock\.0\b|tower\.\*'; near ones: \w)"
    with pytest.raises(KeyError, match=near), lend(model):
        pass
    assert hooks(model) == 0


def test_what_is_captured_is_what_the_module_puts_out(model: Model) -> None:
    with capture(model, "stem.0", "block.0") as found:
        model(IMAGE)
    stem = model.get_submodule("stem.0")(IMAGE)
    assert torch.equal(found["stem.0"], stem)
    assert torch.equal(found["block.0"], model.get_submodule("block.0")(stem))


def test_a_captured_tensor_is_a_copy_without_gradient_and_capturing_changes_no_output(model: Model) -> None:
    before = model(IMAGE)
    with capture(model, "*") as found:
        out = model(IMAGE)
    found["classifier"].zero_()
    assert (out.requires_grad, found["classifier"].requires_grad, bool(out.any())) == (True, False, True)
    assert torch.equal(before, out)


def test_keep_decides_what_is_kept(model: Model) -> None:
    with capture(model, "block.*.project", keep=lambda made: made.shape[1]) as found:
        model(IMAGE)
    assert found == {f"block.{i}.project": 6 for i in range(3)}


def test_a_wildcard_gives_paths_in_the_order_of_the_modules_and_plain_names_keep_their_own(model: Model) -> None:
    every = [f"block.{i}.scale" for i in range(3)]
    assert paths(model, "block.2.add", "block.?.scale") == [*every, "block.2.add"]
    assert paths(model, "block.2", "stem", "block.0") == ["block.2", "stem", "block.0"]


def test_edits_replace_the_output_in_the_order_given_and_are_over_afterwards(model: Model) -> None:
    before = model(IMAGE)
    with intervene(model, {"classifier": lambda made: made + 1, "class*": lambda made: made * 2}):
        during = model(IMAGE)
    assert torch.equal(during, (before + 1) * 2)
    assert torch.equal(model(IMAGE), before)


def test_a_block_without_its_residual_hands_on_its_input(model: Model) -> None:
    with intervene(model, {"block.*.scale": torch.zeros_like}), capture(model, "stem.0", "block.2") as found:
        model(IMAGE)
    assert torch.equal(found["stem.0"], found["block.2"])


def test_rescaled_gives_every_block_the_scale_and_takes_it_back_one_at_a_time(model: Model) -> None:
    with rescale(model, 0.7):
        with rescale(model, 0.0):
            inner = scales(model)
        outer = scales(model)
    assert (inner, outer, scales(model)) == ([0.0] * 3, [0.7] * 3, [0.3] * 3)
    with pytest.raises(ArithmeticError, match="on purpose"), rescale(model, 1.0):
        raise ArithmeticError("on purpose")
    assert scales(model) == [0.3] * 3
    with rescale(model, None):
        assert scales(model) == [0.3] * 3
