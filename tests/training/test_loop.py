"""A run repeats bit for bit, watching it changes nothing, and what is written down is what happened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from irnet.runtime.build import build
from irnet.training.backends import Backend
from irnet.training.images import images_of
from irnet.training.loop import Dropout, Trainer
from irnet.training.results import Line, histories
from irnet.training.settings import OPTIMISERS, Data, OptimiserName
from irnet.training.stability import AXIS, BASE, cells, stability
from irnet.training.sweep import start
from tests.training.small import TINY


def shown(steps: list[Line]) -> list[object]:
    """Everything but the clock and the signs of death."""
    return [(step.step, step.loss, step.zeros, step.magnitudes, step.accuracy) for step in steps]


def test_a_seed_gives_one_curve_bit_for_bit_and_looking_for_death_changes_nothing() -> None:
    plain, watched = (list(Trainer(TINY, signs=signs).steps()) for signs in (False, True))
    assert shown(plain) == shown(watched) != shown(list(Trainer(replace(TINY, seed=1)).steps()))
    assert [step.held_out_zeros is not None for step in watched] == [step.accuracy is not None for step in watched]


def test_losses_are_those_of_a_bare_loop() -> None:
    run = replace(TINY, dropout=0.0, steps=4, evaluate_every=2, optimiser="rmsprop")
    model = build(run.spec(8), seed=run.seed, init="he").train()
    optimiser = torch.optim.RMSprop(model.parameters(), lr=run.rate, alpha=0.9, eps=1.0)
    losses = []
    for step in range(run.steps):
        images, labels = images_of(run.data).batch(run.seed, step, run.batch)
        optimiser.zero_grad()
        loss = cross_entropy(model(images), labels)
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(loss.item())
    assert [step.loss for step in Trainer(run).steps()] == losses


def test_zero_shares_are_those_of_what_the_average_pooling_sees() -> None:
    trainer = Trainer(TINY)
    seen: list[Tensor] = []
    trainer.model.get_submodule("pool").register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    step = next(iter(trainer.steps()))
    zeros, magnitude = float((seen[0] == 0).double().mean()), float(seen[0].double().abs().mean())
    assert (step.zeros[-1], step.magnitudes[-1]) == pytest.approx((zeros, magnitude), abs=1e-6)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_run_goes_on_from_a_checkpoint_as_if_nothing_had_been(tmp_path: Path, optimiser: OptimiserName) -> None:
    run = replace(TINY, optimiser=optimiser, rate=0.01, evaluate_every=0)
    whole = shown(list(Trainer(run).steps()))
    first = Trainer(run)
    steps = first.steps()
    before = [next(steps), next(steps)]
    first.save(tmp_path / "state.safetensors")
    second = Trainer(run)
    second.restore(tmp_path / "state.safetensors")
    assert shown(before) + shown(list(second.steps())) == whole


def test_a_loss_that_is_no_number_ends_the_run_as_a_result() -> None:
    steps = list(Trainer(replace(TINY, optimiser="sgd", rate=1000.0, steps=40, evaluate_every=0)).steps())
    assert steps[-1].loss is None
    assert len(steps) < 40


def test_dropout_is_deaf_to_the_global_generator() -> None:
    dropout, x = Dropout(0.5), torch.ones(4, 100)
    made = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        dropout.generator.manual_seed(7)
        made.append(dropout(x))
    assert torch.equal(*made)
    assert 0.3 < float((made[0] == 0).float().mean()) < 0.7
    assert set(made[0].unique().tolist()) == {0.0, 2.0}


def test_warm_up_comes_before_the_schedule() -> None:
    run = replace(TINY, warm_up=3, steps=5, evaluate_every=0)
    trainer = Trainer(run)
    rates = [trainer.optimiser.param_groups[0]["lr"] for _ in trainer.steps()]
    assert rates == [0.01, 0.01, 0.01, run.rate, run.rate]


def test_mixed_precision_and_channels_last_train_too() -> None:
    run = replace(TINY, precision="bfloat16", channels_last=True, steps=2, evaluate_every=0)
    plain = next(iter(Trainer(TINY).steps()))
    mixed = next(iter(Trainer(run).steps()))
    assert mixed.loss == pytest.approx(plain.loss, rel=0.1)
    assert mixed.loss != plain.loss


def test_the_signs_of_death_are_those_that_autograd_finds() -> None:
    trainer = Trainer(replace(TINY, dropout=0.0, batch=8), signs=True)
    step = next(step for step in trainer.steps() if step.held_out_zeros is not None)
    block, (images, labels) = trainer.model.get_submodule("block_c.0"), trainer.images.held_out()
    seen: dict[str, Tensor] = {}
    block.register_forward_hook(lambda _, given, output: seen.update(given=given[0], output=output))
    block.register_forward_hook(lambda _, given, __: given[0].retain_grad())
    trainer.model.train()  # the statistics of the batch
    torch.autograd.backward(cross_entropy(trainer.model(images), labels))
    assert step.held_out_zeros == pytest.approx(float((seen["output"] == 0).double().mean()))
    gradient = seen["given"].grad
    assert gradient is not None
    assert step.gradient == pytest.approx(float(gradient.norm()), rel=1e-4)


def test_a_block_that_is_silent_for_every_image_has_no_gradient() -> None:
    trainer = Trainer(TINY, signs=True)
    with torch.no_grad():
        for name, weight in trainer.model.named_parameters():
            if name.startswith("block_c.0.project"):
                weight.fill_(-1e6 if name.endswith("bias") else 0.0)
    assert trainer.last_block() == (1.0, 0.0)
    assert trainer.accuracy() == trainer.chance == 1 / 8


@pytest.mark.soak
def test_unscaled_residuals_kill_what_scaled_ones_keep_alive(tmp_path: Path) -> None:
    """The default demonstration, cut short: a statement about this code and seed, not about ImageNet."""
    wanted = stability(replace(BASE, steps=100, data=Data(held_out=32)), [AXIS], [0])
    start(tmp_path / "map", wanted, Backend(workers=2))
    assert [cell.fate for cell in cells(wanted, histories(tmp_path / "map"))] == ["living", "dead"]
