"""The race: networks on the same data with the same optimiser and seeds; who gets where first. No torch here.

What the paper found stands in `irnet.provenance.published` and is never mixed with what is measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf
from statistics import median
from typing import Any, Literal, get_args

from irnet.models import title
from irnet.training.results import History, Line
from irnet.training.settings import Run, Sweep
from irnet.units import clock, short

PAIRS = (
    ("inception_v3.tf_slim", "inception_resnet_v1.paper"),
    ("inception_v4.paper", "inception_resnet_v2.paper"),
)
LEAST, MOST = 2, 4  # networks in one race
Against = Literal["steps", "epochs", "seconds", "macs"]
AGAINST: tuple[Against, ...] = get_args(Against)
Quantity = Literal["loss", "accuracy"]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
GOAL_STEP = 0.05
ONE_SEED = ". One seed: another may order them otherwise."
BASE = Run(width=0.25, init="tf", steps=60, batch=16, evaluate_every=5)  # four networks, a minute on two cores


def race(base: Run, networks: Sequence[str], seeds: Sequence[int], threads: int = 1) -> Sweep:
    """A race of two to four networks, each with every seed; `base` says all that they have in common.

    Seeds come first, so that an unfinished race has as many runs of each network.

    Raises
    ------
    ValueError
        For another number of networks, or one that can't be built.
    """
    if not LEAST <= len(networks) <= MOST:
        raise ValueError(f"a race has {LEAST} to {MOST} networks, not {len(networks)}")
    axes = (("seed", tuple(seeds)), ("network", tuple(networks)))
    return Sweep(kind="race", base=base, axes=axes, threads=threads)


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a curve over several seeds."""

    x: float
    median: float
    low: float  # of all seeds
    high: float


def networks_of(found: Sequence[History]) -> dict[str, tuple[History, ...]]:
    """The runs of each network, in the order of the settings."""
    names = dict.fromkeys(history.run.network for history in found)
    return {name: tuple(history for history in found if history.run.network == name) for name in names}


def at(history: History, line: Line, against: Against) -> float:
    """Where a step lies on the horizontal axis; MACs are those of training, forward once and backward twice."""
    return {
        "steps": float(line.step),
        "epochs": history.epochs(line.step),
        "seconds": line.seconds,
        "macs": float(line.step * history.macs_per_step),
    }[against]


def curve(runs: Sequence[History], quantity: Quantity, against: Against = "steps", smooth: int = 1) -> list[Point]:
    """One network's curve: median, lowest and highest over the seeds that have come to a step.

    The loss is that of the batch; accuracy is there where it was measured. Every point is the mean of so many steps, it
    and those before it. Seconds are the median over the seeds.
    """
    lines = [{line.step: line for line in history.lines} for history in runs]
    steps = sorted(set.union(*(set(line) for line in lines))) if lines else []
    if quantity == "accuracy":
        steps = [step for step in steps if any(step in line and line[step].accuracy is not None for line in lines)]
    points = []
    for i, step in enumerate(steps):
        window = steps[max(0, i + 1 - smooth) : i + 1]
        there = [(history, line) for history, line in zip(runs, lines, strict=True) if step in line]
        values = [[getattr(line[s], quantity) for s in window] for _, line in there]
        if all(None not in of_seed for of_seed in values):
            means = [sum(of_seed) / len(of_seed) for of_seed in values]
            x = median(at(history, line[step], against) for history, line in there)
            points.append(Point(x, median(means), min(means), max(means)))
    return points


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """When one network first had an accuracy: a number a seed, None for a seed that never had it.

    Accuracy is measured now and then, so what is known is an interval: after `missed`, the latest measurement below
    the goal (0 without one), and at `reached` at the latest.
    """

    network: str
    reached: tuple[float | None, ...]
    missed: tuple[float, ...]

    @property
    def middle(self) -> float | None:
        """The median over all seeds; None where fewer than half of them got there."""
        values = sorted(_never(value) for value in self.reached)
        found = median(values) if values else inf
        return found if found < inf else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """Lowest and highest over the seeds that got there."""
        whole = [value for value in self.reached if value is not None]
        return (min(whole), max(whole)) if whole else None


@dataclass(frozen=True, slots=True)
class Duel:
    """In how many seeds one network got there before another, after it, or within one measurement of it."""

    ahead: int
    level: int
    behind: int

    @property
    def won(self) -> bool:
        """Whether the one was ahead in more than half of the seeds in which anybody got there; all else is a tie."""
        return self.ahead > self.level + self.behind


def duel(one: Finish, other: Finish) -> Duel:
    """Seed by seed; where the intervals of two finishes overlap, their order is not known, and they are level.

    Examples
    --------
    >>> fast = Finish(network="a", reached=(20.0, 20.0), missed=(15.0, 15.0))
    >>> duel(fast, Finish(network="b", reached=(20.0, 30.0), missed=(15.0, 25.0)))
    Duel(ahead=1, level=1, behind=0)
    """
    counts = {"ahead": 0, "level": 0, "behind": 0}
    for mine, mine_missed, its, its_missed in zip(one.reached, one.missed, other.reached, other.missed, strict=False):
        if mine is not None and (its is None or mine <= its_missed):
            counts["ahead"] += 1
        elif its is not None:
            counts["behind" if mine is None or its <= mine_missed else "level"] += 1
    return Duel(**counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who reached an accuracy when, by the median over the seeds, the earliest first."""

    goal: float
    against: Against
    finishes: tuple[Finish, ...]
    open: bool  # whether somebody who is not there yet still trains

    @property
    def leaders(self) -> tuple[Finish, ...]:
        """The first, with all whom it has not beaten; none where nobody got there in half of its seeds."""
        first, *others = self.finishes
        if first.middle is None:
            return ()
        return (first, *(other for other in others if other.middle is not None and not duel(first, other).won))

    @property
    def lead(self) -> tuple[float, ...]:
        """The time of the next after the leaders less the first's, by seed; infinite where it never got there."""
        after = self.next
        pairs = zip(self.finishes[0].reached, after.reached, strict=False) if after else ()
        return tuple(_never(second) - _never(first) for first, second in pairs if (first, second) != (None, None))

    @property
    def next(self) -> Finish | None:
        """The first that is no leader; None where all are."""
        return next((finish for finish in self.finishes if finish not in self.leaders), None)


def telling(runs: Sequence[History]) -> tuple[History, ...]:
    """Of the runs of a network those that have ended; while none has, those that have begun."""
    return tuple(run for run in runs if run.ended) or tuple(run for run in runs if run.lines)


def best_goal(found: Sequence[History]) -> float:
    """The highest accuracy, in steps of 5 %, that every network has had in every seed; 0 before there is one."""
    runs = [run for of_network in networks_of(found).values() for run in telling(of_network) or of_network]
    best = [max((line.accuracy or 0.0 for line in run.lines), default=0.0) for run in runs]
    return floor(min(best, default=0.0) / GOAL_STEP + 1e-9) * GOAL_STEP


def standing(found: Sequence[History], goal: float, against: Against = "steps") -> Standing:
    """Who reached held-out accuracy `goal` first, and by how much."""
    finishes = [_finish(name, runs, goal, against) for name, runs in networks_of(found).items()]
    finishes.sort(key=lambda finish: _never(finish.middle))
    still = any(not history.ended and _goal_interval(history, goal, against)[1] is None for history in found)
    return Standing(goal=goal, against=against, finishes=tuple(finishes), open=still)


def _finish(name: str, runs: Sequence[History], goal: float, against: Against) -> Finish:
    places = [_goal_interval(history, goal, against) for history in telling(runs)]
    return Finish(network=name, reached=tuple(at for _, at in places), missed=tuple(before for before, _ in places))


def _goal_interval(history: History, goal: float, against: Against) -> tuple[float, float | None]:
    """The latest measurement below a goal before it was first reached, and where it was reached."""
    missed = 0.0
    for line in history.lines:
        if line.accuracy is not None:
            if line.accuracy >= goal:
                return missed, at(history, line, against)
            missed = at(history, line, against)
    return missed, None


def _never(value: float | None) -> float:
    return inf if value is None else value


def sentence(found: Standing) -> str:
    """Who won, by how much and in how many seeds, in words; a tie is a tie, and nobody is nobody."""
    goal = f"{100 * found.goal:.0f} % held-out accuracy"
    seeds, so_far = _most_seeds(found), "So far, " if found.open else ""
    if not found.leaders:
        return f"{so_far}{'no' if so_far else 'No'} network has reached {goal}{' in half of its seeds' * (seeds > 1)}."
    sentence = _tie(found, goal) if len(found.leaders) > 1 else _win(found, goal)
    return f"{so_far}{sentence}{'.' if seeds > 1 else ONE_SEED}"


def _win(found: Standing, goal: str) -> str:
    first, after = found.leaders[0], found.next
    assert first.middle is not None
    assert first.spread is not None
    seeds, place = len(first.reached), amount(first.middle, found.against)
    sentence = f"{title(first.network)} reaches {goal} first"
    if seeds > 1:
        low, high = (amount(value, found.against) for value in first.spread)
        sentence += _seeds_ahead(duel(first, after), seeds) if after else ""
        place += f" (median of {seeds} seeds, {low} to {high})"
    sentence += f", after {place}"
    if not after:
        return sentence
    if median(found.lead) == inf:
        return f"{sentence}; no other has reached it{' in half of its seeds' * (seeds > 1)}"
    sentence += f"; {title(after.network)} takes {amount(median(found.lead), found.against)} more"
    if seeds == 1:
        return sentence
    met = [lead for lead in found.lead if abs(lead) < inf]
    least, most = (_difference(pick(met), found.against) for pick in (min, max))
    return f"{sentence} in the median, seed by seed {least} to {most}"


def _seeds_ahead(score: Duel, seeds: int) -> str:
    """In how many seeds the first was ahead of the next."""
    if score.ahead == seeds:
        return f" in all {seeds} seeds"
    others = [f", {word} in {count}" for word, count in (("level", score.level), ("behind", score.behind)) if count]
    return f" in {score.ahead} of {seeds} seeds{''.join(others)}"


def _tie(found: Standing, goal: str) -> str:
    places = [amount(finish.middle, found.against) for finish in found.leaders if finish.middle is not None]
    seeds, same = len(found.finishes[0].reached), len(set(places)) == 1
    names = _and([title(finish.network) for finish in found.leaders])
    sentence = f"{names} reach {goal} after {places[0] if same else _and(places)}"
    if seeds > 1:
        return f"{sentence} in the median of {seeds} seeds: a tie, because none is ahead in more than half of them"
    return f"{sentence}: a tie{'' if same else ', because accuracy is measured too seldom to tell them apart'}"


def _and(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def headline(found: Standing) -> str:
    """The same in one short line."""
    goal, seeds = f"{100 * found.goal:.0f} %", _most_seeds(found)
    if not found.leaders:
        return f"Nobody has reached {goal} yet" if found.open else f"Nobody reached {goal}"
    so_far = " so far" if found.open else ""
    if len(found.leaders) > 1:
        names = _and([title(finish.network) for finish in found.leaders])
        return f"A tie at {goal}{so_far}: {names} ({_seeds(seeds)})"
    first = found.leaders[0]
    assert first.middle is not None
    won = duel(first, found.next).ahead if found.next else seeds
    of = _seeds(seeds) if won == seeds else f"{won} of {seeds} seeds"
    return f"{title(first.network)} is first at {goal}{so_far}: {amount(first.middle, found.against)} ({of})"


def _most_seeds(found: Standing) -> int:
    return max(len(finish.reached) for finish in found.finishes)


def _seeds(count: int) -> str:
    return f"{count} seed{'s' * (count > 1)}"


def amount(value: float, against: Against) -> str:
    """A place on the horizontal axis with its unit.

    Examples
    --------
    >>> amount(1, "steps"), amount(0.62, "epochs"), amount(95, "seconds"), amount(2.1e12, "macs")
    ('1 step', '0.62 epochs', '1 min 35 s', '2.10 TMAC')
    """
    if against == "seconds":
        return clock(value)
    if against == "macs":
        return short(value, "MAC")
    if value >= 1e3:
        return short(value, against)
    return f"{value:.3g} {against.removesuffix('s') if value == 1 else against}"


def _difference(value: float, against: Against) -> str:
    return f"{'-' if value < 0 else '+'}{amount(abs(value), against)}"


def records(found: Sequence[History], goal: float) -> list[dict[str, Any]]:
    """One record a network: size, what it reached, and when it reached the goal against every axis."""
    made = []
    for name, runs in networks_of(found).items():
        measured = [[line.accuracy for line in run.lines if line.accuracy is not None] for run in runs]
        last = [accuracies[-1] for accuracies in measured if accuracies]
        record: dict[str, Any] = {
            "network": name,
            "parameters": runs[0].parameters,
            "macs_per_step": runs[0].macs_per_step,
            "seeds": len(runs),
            "final_accuracy": median(last) if last else None,
        }
        for against in AGAINST:
            finish = _finish(name, runs, goal, against)
            record[f"{against}_to_goal"] = finish.middle
            record[f"{against}_spread"] = list(finish.spread) if finish.spread else None
        made.append(record)
    return made


def curve_records(found: Sequence[History]) -> list[dict[str, Any]]:
    """One record a network, quantity and step, against every axis: what a table of the curves holds."""
    made = []
    for name, runs in networks_of(found).items():
        for quantity in QUANTITIES:
            by_axis = [curve(runs, quantity, against) for against in AGAINST]
            for places in zip(*by_axis, strict=True):
                record: dict[str, Any] = {"network": name, "quantity": quantity}
                record |= {against: point.x for against, point in zip(AGAINST, places, strict=True)}
                point = places[0]
                made.append(record | {"median": point.median, "low": point.low, "high": point.high})
    return made
