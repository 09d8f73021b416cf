"""Who is first, by how much and with what spread: held to curves whose answers are known."""

from __future__ import annotations

import pytest

from irnet.analysis.published import CURVES, TABLE_2
from irnet.experiments.training.race import (
    PAIRS,
    best_goal,
    curve,
    curve_records,
    headline,
    race,
    records,
    sentence,
    standing,
)
from tests.training.invented import racer
from tests.training.small import TINY

FAST, SLOW = "inception_resnet_v1.paper", "inception_v3.tf_slim"
RUNS = [
    racer(FAST, 0, [0.2, 0.6, 0.9, 0.9]),
    racer(SLOW, 0, [0.1, 0.2, 0.3, 0.8]),
    racer(FAST, 1, [0.2, 0.2, 0.7, 0.9]),
    racer(SLOW, 1, [0.1, 0.2, 0.7, 0.8]),
]


def test_the_first_at_a_goal_is_found_with_its_lead_and_spread() -> None:
    found = standing(RUNS, 0.5)
    assert [finish.network for finish in found.finishes] == [FAST, SLOW]
    assert [finish.reached for finish in found.finishes] == [(2.0, 3.0), (4.0, 3.0)]
    assert found.lead == (2.0, 0.0)
    assert sentence(found) == (
        f"{FAST} reaches 50 % held-out accuracy first, after 2.5 steps (median of 2 seeds, 2 steps to 3 steps); "
        f"{SLOW} takes 1 steps more in the median, seed by seed +0 steps to +2 steps."
    )


def test_epochs_seconds_and_macs_follow_from_steps() -> None:
    firsts = {against: standing(RUNS, 0.5, against).finishes[0].reached[0] for against in ("epochs", "seconds", "macs")}
    assert firsts == {"epochs": 2 * 4 / 8, "seconds": 4.0, "macs": 2000.0}


def test_a_goal_that_nobody_reached_has_no_winner() -> None:
    found = standing(RUNS, 0.95)
    assert sentence(found) == "No network has reached 95 % held-out accuracy in half of its seeds."
    assert headline(found) == "Nobody has reached 95 % yet"


def test_a_network_that_half_of_its_seeds_left_behind_has_no_median() -> None:
    runs = [racer(FAST, seed, [0.9 if seed == 0 else 0.1]) for seed in range(3)]
    assert standing(runs, 0.5).finishes[0].middle is None


def test_the_goal_is_the_best_that_every_run_has_had() -> None:
    assert best_goal(RUNS) == pytest.approx(0.8)
    assert best_goal([*RUNS, racer(SLOW, 2, [])]) == 0


def test_a_band_holds_all_seeds() -> None:
    points = curve([RUNS[0], RUNS[2]], "accuracy")
    assert [(point.low, point.median, point.high) for point in points][1] == pytest.approx((0.2, 0.4, 0.6))


def test_smoothing_takes_the_mean_of_a_step_and_those_before() -> None:
    assert curve([RUNS[0]], "accuracy", smooth=2)[2].median == pytest.approx((0.6 + 0.9) / 2)


def test_tables_have_every_network_and_step() -> None:
    assert [record["network"] for record in records(RUNS, 0.5)] == [FAST, SLOW]
    assert len(curve_records(RUNS)) == 2 * 2 * 4


def test_a_race_of_one_gets_one_sentence() -> None:
    with pytest.raises(ValueError, match="a race has 2 to 4 networks, not 1"):
        race(TINY, [FAST], [0])


def test_the_pairs_are_those_of_the_papers_curves() -> None:
    drawn = {curve.figure: curve.presets for curve in CURVES}
    assert (drawn["Fig. 21"], drawn["Fig. 23"]) == PAIRS
    assert {name for pair in PAIRS for name in pair} == {result.preset for result in TABLE_2 if result.preset}
