"""The time that is said before a sweep begins: all that it takes is in it, and what earlier runs took is gone by."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest

from irnet.training.cost import BEGIN, BUILD, Expected, evaluation_seconds, expected_seconds, training_seconds
from irnet.training.race import BASE, PAIRS, race
from irnet.training.results import History
from irnet.training.settings import Run, Sweep
from tests.training.small import TINY, history

DEFAULT = race(BASE, [name for pair in PAIRS for name in pair], (0,))


def alone(run: Run) -> Sweep:
    return Sweep(kind="race", base=run, axes=(("seed", (0,)),))


def taken(run: Run, factor: float) -> History:
    """A run whose steps took so many times as long as on an idle core."""
    one = history(replace(run, seed=0), losses=[1.0] * run.steps)
    each = factor * training_seconds(run, 1)
    return replace(one, lines=tuple(replace(line, seconds=line.step * each) for line in one.lines))


def test_the_default_race_on_two_cores_takes_what_it_was_seen_to_take() -> None:
    """Two shared cores were seen to take 60 to 80 seconds: one middle is at most half as much away."""
    found = expected_seconds(DEFAULT, 2)
    assert 1 < sqrt(found.high / found.low) <= 1.5
    assert found.low / 1.1 <= 60
    assert found.high * 1.1 >= 80


def test_what_earlier_runs_took_is_gone_by() -> None:
    run = replace(TINY, evaluate_every=0)
    once, thrice = (expected_seconds(alone(run), 1, [taken(TINY, factor)]) for factor in (1, 3))
    assert once.low == once.high
    assert (thrice.low - 2 * BEGIN - BUILD) == pytest.approx(3 * (once.low - BEGIN - BUILD))


def test_a_busy_machine_is_slower_before_anything_has_run_there() -> None:
    """A race of two networks over 20 steps beside some fourteen other processes on two cores took 52 seconds."""
    small = race(replace(BASE, steps=20), PAIRS[0], (0,))
    idle, busy = (expected_seconds(small, 2, load=load) for load in (0.0, 14.4))
    assert idle.high < 52
    assert busy.low < 52 < busy.high
    assert sqrt(busy.high / busy.low) <= 1.5
    assert expected_seconds(small, 2, [taken(TINY, 1)], load=14.4) == expected_seconds(small, 2, [taken(TINY, 1)])


def test_a_slow_machine_is_told_to_within_a_tenth() -> None:
    """A race of the default settings beside other work: its steps took 5.7, 4.8, 6.3 and 6.8 times as long as on an
    idle core, and all of it 167 seconds."""
    runs = list(DEFAULT.runs())
    found = [taken(run, factor) for run, factor in zip(runs, (5.75, 4.77, 6.26, 6.80), strict=True)]
    assert expected_seconds(DEFAULT, 2, found).low == pytest.approx(167, rel=0.1)


def test_accuracies_are_in_the_time() -> None:
    seldom, often = (replace(TINY, steps=40, evaluate_every=every) for every in (40, 4))
    assert evaluation_seconds(often) == pytest.approx(10 * evaluation_seconds(seldom))
    known = [taken(TINY, 1)]
    more = expected_seconds(alone(often), 1, known).low - expected_seconds(alone(seldom), 1, known).low
    assert more == pytest.approx(9 * evaluation_seconds(seldom))


def test_three_runs_on_two_cores_take_two_rounds() -> None:
    known = [taken(TINY, 1)]
    one, three, four = (
        expected_seconds(replace(alone(TINY), axes=(("seed", tuple(range(count))),)), 2, known).low - BEGIN
        for count in (1, 3, 4)
    )
    assert three == four == pytest.approx(2 * one)


@pytest.mark.parametrize(
    ("low", "high", "words"), [(3, 3, "about 5 s"), (41, 77, "40 s to 1 min 15 s"), (4000, 4010, "about 1 h 7 min")]
)
def test_no_time_is_said_finer_than_it_is_known(low: float, high: float, words: str) -> None:
    assert Expected(low, high).words == words
