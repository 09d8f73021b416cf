"""What counts as dead follows its definition, whenever that is given."""

from __future__ import annotations

from dataclasses import replace
from math import log

import pytest

from irnet.experiments.training.stability import Death, cells, records, stability, story
from tests.training.invented import history
from tests.training.small import TINY, sweep

CHANCE = log(8)
DEAD = history(zeros=[0.5] + [0.99] * 10, losses=[CHANCE] * 11)
SILENT = history(zeros=[0.99] * 10, losses=[0.1] * 10)
LOST = history(zeros=[0.1] * 10, losses=[CHANCE] * 10)


def test_the_dead_have_both_signs() -> None:
    assert [Death().of(run) for run in (DEAD, SILENT, LOST)] == [True, False, False]


def test_either_sign_will_do_where_that_is_meant() -> None:
    assert [Death(way="either").of(run) for run in (DEAD, SILENT, LOST)] == [True, True, True]


def test_a_sign_can_be_left_out() -> None:
    assert [Death(chance=None).of(run) for run in (DEAD, SILENT, LOST)] == [True, True, False]


def test_only_the_last_steps_count() -> None:
    revived = history(zeros=[0.99] * 20 + [0.2] * 5, losses=[CHANCE] * 25)
    assert [Death(last=last, chance=None, zeros=0.9).of(revived) for last in (5, 25)] == [False, False]
    assert Death(last=25, chance=None, zeros=0.8).of(revived)


def test_one_bad_batch_does_not_raise_the_dead() -> None:
    spiked = history(zeros=[0.99] * 10, losses=[CHANCE] * 9 + [60.0])
    assert Death().of(spiked)


def test_death_without_a_sign_gets_one_sentence() -> None:
    with pytest.raises(ValueError, match="death needs a sign"):
        Death(zeros=None, chance=None)


def test_a_cell_counts_its_seeds_and_keeps_diverged_runs_apart() -> None:
    wanted = sweep(seeds=3)
    runs = [replace(DEAD, run=run) if run.scale == 1 else replace(LOST, run=run) for run in wanted.runs()]
    runs[-1] = history(run=runs[-1].run, losses=[1.0, None])
    living, dead = cells(wanted, runs)
    assert (living.place, living.died, living.share) == ((("scale", 0.1),), 0, 0.0)
    assert (dead.died, dead.diverged, dead.ended, dead.share) == (2, 1, 3, 2 / 3)
    assert records([dead])[0]["share_died"] == 2 / 3


def test_a_story_tells_every_block_at_every_step() -> None:
    told = list(story(DEAD))
    assert [record["step"] for record in told] == [*range(1, 12)]
    assert told[3] == {
        "run": 0,
        "step": 4,
        "block": "block_c.0",
        "zeros": 0.99,
        "magnitude": 1.0,
        "loss": pytest.approx(CHANCE),
    }


def test_an_axis_that_is_none_gets_one_sentence() -> None:
    with pytest.raises(ValueError, match="'colour' is no axis of the death map"):
        stability(TINY, [("colour", ("red",))], [0])


def test_a_scale_without_residuals_gets_one_sentence() -> None:
    base = replace(TINY, network="inception_v4", width=0.125)
    with pytest.raises(
        ValueError, match=r"inception_v4.paper has no residual blocks, so scale=1 has nothing to act on"
    ):
        stability(base, [("scale", (1.0, 0.1))], [0])
