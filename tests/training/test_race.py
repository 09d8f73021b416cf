"""Who is first, by how much and with what spread: held to curves whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from irnet.models import title as called
from irnet.provenance.published import TABLE_2, curves
from irnet.training.charts import race_chart
from irnet.training.race import (
    PAIRS,
    Against,
    Duel,
    Standing,
    best_goal,
    curve,
    curve_records,
    duel,
    headline,
    race,
    records,
    sentence,
    standing,
)
from irnet.training.results import History
from tests.training.small import TINY, racer

FAST, SLOW, OTHER = "inception_resnet_v1.paper", "inception_v3.tf_slim", "inception_v4.paper"
RUNS = [
    racer(FAST, 0, [0.2, 0.6, 0.9, 0.9]),
    racer(SLOW, 0, [0.1, 0.2, 0.3, 0.8]),
    racer(FAST, 1, [0.2, 0.2, 0.7, 0.9]),
    racer(SLOW, 1, [0.1, 0.2, 0.7, 0.8]),
]


def seldom(name: str, places: list[float], seed: int = 0, every: int = 5, ended: bool = True) -> History:
    """A run whose accuracy is measured every few steps: 0.9 from the first place in `places` on, 0.1 before."""
    accuracies = [None if step % every else 0.9 if step >= places[seed] else 0.1 for step in range(1, 41)]
    run = racer(name, seed, accuracies)
    return run if ended else replace(run, ended=None)


def raced(
    against: Against = "steps", every: int = 5, unfinished: str = "", **places: list[float]
) -> tuple[str, str, Standing]:
    """Headline, sentence and standing at 50 % of networks that get there at these steps, a number a seed."""
    names = {"fast": FAST, "slow": SLOW, "other": OTHER}
    runs = [
        seldom(names[word], steps, seed, every, ended=word != unfinished)
        for word, steps in places.items()
        for seed in range(len(steps))
    ]
    found = standing(runs, 0.5, against)
    return headline(found), sentence(found), found


def test_one_seed_has_a_first_and_says_that_it_is_one_seed() -> None:
    title, words, found = raced(fast=[20], slow=[30])
    assert title == f"{called(FAST)} is first at 50 %: 20 steps (1 seed)"
    assert words == (
        f"{called(FAST)} reaches 50 % held-out accuracy first, after 20 steps; {called(SLOW)} takes 10 steps more. "
        "One seed: another may order them otherwise."
    )
    assert [(finish.missed, finish.reached) for finish in found.finishes] == [((15.0,), (20.0,)), ((25.0,), (30.0,))]


def test_a_race_that_goes_on_has_curves_that_only_grow() -> None:
    whole, begun, waiting = (seldom(FAST, [20, 20, 20], seed) for seed in range(3))
    begun, waiting = replace(begun, ended=None, lines=begun.lines[:15]), replace(waiting, ended=None, lines=())
    last = curve([whole], "loss")[-1].x
    points = curve([whole, begun, waiting], "loss")
    assert points[-1].x == last
    assert [point.low < point.high for point in points] == [True] * 15 + [False] * 25
    assert (
        headline(standing([whole, begun, waiting], 0.5)) == f"{called(FAST)} is first at 50 % so far: 20 steps (1 seed)"
    )


def test_the_same_step_is_a_tie_and_nobody_is_first() -> None:
    title, words, _ = raced(fast=[20], slow=[18], other=[30])  # measured at 20, both
    assert title == f"A tie at 50 %: {called(FAST)} and {called(SLOW)} (1 seed)"
    assert words == (
        f"{called(FAST)} and {called(SLOW)} reach 50 % held-out accuracy after 20 steps: a tie. "
        "One seed: another may order them otherwise."
    )
    assert "first" not in title + words
    assert (
        raced(fast=[20], slow=[20], other=[20])[0]
        == f"A tie at 50 %: {called(FAST)}, {called(SLOW)} and {called(OTHER)} (1 seed)"
    )
    spec = race_chart([seldom(FAST, [20]), seldom(SLOW, [20])], "accuracy")
    assert f"A tie at 90 %: {called(FAST)} and {called(SLOW)} (1 seed)" in " ".join(str(spec).split())


def test_a_near_tie_is_one_where_the_accuracy_was_measured_too_seldom() -> None:
    near = {"fast": [20.0], "slow": [20.0]}
    runs = [seldom(name, steps) for name, steps in zip((FAST, SLOW), near.values(), strict=True)]
    slower = replace(runs[1], lines=tuple(replace(line, seconds=line.seconds * 1.1) for line in runs[1].lines))
    found = standing([runs[0], slower], 0.5, "seconds")  # 30 to 40 s against 33 to 44 s
    assert headline(found) == f"A tie at 50 %: {called(FAST)} and {called(SLOW)} (1 seed)"
    assert sentence(found).startswith(
        f"{called(FAST)} and {called(SLOW)} reach 50 % held-out accuracy after 40 s and 44 s: a tie, because "
        "accuracy is measured too seldom to tell them apart."
    )
    slow = replace(slower, lines=tuple(replace(line, seconds=line.seconds * 1.5) for line in slower.lines))
    assert headline(standing([runs[0], slow], 0.5, "seconds")) == f"{called(FAST)} is first at 50 %: 40 s (1 seed)"


def test_several_seeds_give_median_spread_and_in_how_many_the_first_was_ahead() -> None:
    title, words, found = raced(fast=[10, 15, 20], slow=[20, 25, 20])
    assert title == f"{called(FAST)} is first at 50 %: 15 steps (2 of 3 seeds)"
    assert words == (
        f"{called(FAST)} reaches 50 % held-out accuracy first in 2 of 3 seeds, level in 1, after 15 steps "
        f"(median of 3 seeds, 10 steps to 20 steps); {called(SLOW)} takes 10 steps more in the median, "
        "seed by seed +0 steps to +10 steps."
    )
    assert duel(*found.finishes) == Duel(ahead=2, level=1, behind=0)


def test_who_is_first_in_all_seeds_is_said_to_be() -> None:
    title, words, _ = raced(fast=[10, 15], slow=[20, 25])
    assert title.endswith("(2 seeds)")
    assert "first in all 2 seeds, after 12.5 steps" in words


@pytest.mark.parametrize(
    ("fast", "slow"),
    [
        ([10, 30], [20, 20]),  # each ahead in one seed, with the same median
        ([10, 20, 20], [20, 20, 20]),  # ahead in one of three, level in two
        ([10, 10, 40, 40], [15, 15, 35, 30]),
    ],
)
def test_seeds_that_disagree_are_a_tie_whatever_the_medians_say(fast: list[float], slow: list[float]) -> None:
    title, words, _ = raced(fast=fast, slow=slow)
    assert title.startswith("A tie at 50 %: ")
    assert words.endswith(
        f"in the median of {len(fast)} seeds: a tie, because none is ahead in more than half of them."
    )
    assert "0 steps more" not in words


def test_who_never_got_there_is_not_so_many_steps_behind() -> None:
    assert raced(fast=[20], slow=[99])[1].startswith(
        f"{called(FAST)} reaches 50 % held-out accuracy first, after 20 steps; no other has reached it."
    )
    words = raced(fast=[20, 20, 20], slow=[25, 99, 99])[1]
    assert words.endswith("; no other has reached it in half of its seeds.")


def test_a_race_that_still_runs_has_a_first_so_far() -> None:
    title, words, _ = raced(fast=[20], slow=[99], unfinished="slow")
    assert title == f"{called(FAST)} is first at 50 % so far: 20 steps (1 seed)"
    assert words.startswith(f"So far, {called(FAST)} reaches")
    assert raced(fast=[99], slow=[99], unfinished="slow")[0] == "Nobody has reached 50 % yet"


def test_epochs_seconds_and_macs_follow_from_steps() -> None:
    firsts = {against: standing(RUNS, 0.5, against).finishes[0].reached[0] for against in ("epochs", "seconds", "macs")}
    assert firsts == {"epochs": 2 * 4 / 8, "seconds": 4.0, "macs": 2000.0}


def test_a_goal_is_the_best_that_every_run_has_had_and_one_that_nobody_reached_has_no_winner() -> None:
    found = standing(RUNS, 0.95)
    assert sentence(found) == "No network has reached 95 % held-out accuracy in half of its seeds."
    assert headline(found) == "Nobody reached 95 %"
    runs = [racer(FAST, seed, [0.9 if seed == 0 else 0.1]) for seed in range(3)]
    assert standing(runs, 0.5).finishes[0].middle is None
    assert best_goal(RUNS) == pytest.approx(0.8)
    assert best_goal([*RUNS, racer(SLOW, 2, [])]) == 0


def test_a_band_holds_all_seeds_and_tables_every_network_and_step() -> None:
    points = curve([RUNS[0], RUNS[2]], "accuracy")
    assert [(point.low, point.median, point.high) for point in points][1] == pytest.approx((0.2, 0.4, 0.6))
    smoothed = curve([RUNS[0]], "accuracy", smooth=2)  # the mean of a step and those before
    assert smoothed[2].median == pytest.approx((0.6 + 0.9) / 2)
    assert [record["network"] for record in records(RUNS, 0.5)] == [FAST, SLOW]
    assert len(curve_records(RUNS)) == 2 * 2 * 4


def test_a_race_of_one_gets_one_sentence_and_the_pairs_are_those_of_the_papers_curves() -> None:
    with pytest.raises(ValueError, match="a race has 2 to 4 networks, not 1"):
        race(TINY, [FAST], [0])
    drawn = {curve.figure: curve.presets for curve in curves()}
    assert (drawn["Fig. 21"], drawn["Fig. 23"]) == PAIRS
    assert {name for pair in PAIRS for name in pair} == {result.preset for result in TABLE_2 if result.preset}
