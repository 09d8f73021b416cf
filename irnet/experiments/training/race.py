"""The race: networks on the same data with the same optimiser and seeds; who gets where first. No torch here.

What the paper found stands in `irnet.analysis.published` and is never mixed with what is measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from statistics import median
from typing import Any, Literal, get_args

from irnet.experiments.training.results import History, Line, clock
from irnet.experiments.training.settings import Run, Sweep
from irnet.units import short

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
    """One network's curve: median, lowest and highest over its seeds, at every step that all of them have.

    Parameters
    ----------
    runs
        Of one network.
    quantity
        "loss" of the batch, or "accuracy" on held-out images where it was measured.
    against
        The horizontal axis; seconds are the median over the seeds.
    smooth
        Steps whose mean is taken, each and those before it.
    """
    lines = [{line.step: line for line in history.lines} for history in runs]
    steps = sorted(set.intersection(*(set(line) for line in lines))) if lines else []
    if quantity == "accuracy":
        steps = [step for step in steps if all(line[step].accuracy is not None for line in lines)]
    points = []
    for i, step in enumerate(steps):
        window = steps[max(0, i + 1 - smooth) : i + 1]
        values = [_mean([getattr(line[s], quantity) for s in window]) for line in lines]
        whole = [value for value in values if value is not None]
        if len(whole) == len(values):
            x = median(at(history, line[step], against) for history, line in zip(runs, lines, strict=True))
            points.append(Point(x, median(whole), min(whole), max(whole)))
    return points


def _mean(values: Sequence[float | None]) -> float | None:
    whole = [value for value in values if value is not None]
    return sum(whole) / len(whole) if len(whole) == len(values) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """When one network first had an accuracy: a number a seed, None for a seed that never had it."""

    network: str
    reached: tuple[float | None, ...]

    @property
    def middle(self) -> float | None:
        """The median over all seeds; None where fewer than half of them got there."""
        values = sorted(float("inf") if value is None else value for value in self.reached)
        found = median(values) if values else float("inf")
        return found if found < float("inf") else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """Lowest and highest over the seeds that got there."""
        whole = [value for value in self.reached if value is not None]
        return (min(whole), max(whole)) if whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who reached an accuracy when, the earliest first; `lead` is the second's time less the first's, a seed each."""

    goal: float
    against: Against
    finishes: tuple[Finish, ...]
    lead: tuple[float, ...]  # of seeds in which both got there


def best_goal(found: Sequence[History]) -> float:
    """The highest accuracy, in steps of 5 %, that every network has had in every seed; 0 before there is one."""
    best = [max((line.accuracy or 0.0 for line in history.lines), default=0.0) for history in found]
    return floor(min(best, default=0.0) / GOAL_STEP + 1e-9) * GOAL_STEP


def standing(found: Sequence[History], goal: float, against: Against = "steps") -> Standing:
    """Who reached held-out accuracy `goal` first, and by how much."""
    finishes = [
        Finish(network=name, reached=tuple(_reached(history, goal, against) for history in runs))
        for name, runs in networks_of(found).items()
    ]
    order = sorted(finishes, key=lambda finish: float("inf") if finish.middle is None else finish.middle)
    pairs = zip(order[0].reached, order[1].reached, strict=False) if len(order) > 1 else ()
    lead = tuple(second - first for first, second in pairs if first is not None and second is not None)
    return Standing(goal=goal, against=against, finishes=tuple(order), lead=lead)


def _reached(history: History, goal: float, against: Against) -> float | None:
    lines = (line for line in history.lines if line.accuracy is not None and line.accuracy >= goal)
    first = next(lines, None)
    return None if first is None else at(history, first, against)


def sentence(found: Standing) -> str:
    """Who won, by how much and with what spread, in words; that nobody did, where nobody did."""
    goal = f"{100 * found.goal:.0f} % held-out accuracy"
    first = found.finishes[0]
    if first.middle is None or first.spread is None:
        return f"No network has reached {goal} in half of its seeds."
    seeds = len(first.reached)
    text = f"{first.network} reaches {goal} first, after {amount(first.middle, found.against)}"
    if seeds > 1:
        text += f" (median of {seeds} seeds, {amount(first.spread[0], found.against)} to "
        text += f"{amount(first.spread[1], found.against)})"
    if not found.lead:
        return f"{text}; the next has not reached it."
    ahead, second = median(found.lead), found.finishes[1].network
    text += f"; {second} takes {amount(abs(ahead), found.against)} {'more' if ahead >= 0 else 'less'} in the median"
    if len(found.lead) > 1:
        low, high = min(found.lead), max(found.lead)
        text += f", seed by seed {_signed(low, found.against)} to {_signed(high, found.against)}"
    return f"{text}."


def headline(found: Standing) -> str:
    """The same in one short line."""
    first, goal = found.finishes[0], f"{100 * found.goal:.0f} %"
    if first.middle is None:
        return f"Nobody has reached {goal} yet"
    return f"{first.network} is first at {goal}: {amount(first.middle, found.against)}"


def amount(value: float, against: Against) -> str:
    """A place on the horizontal axis with its unit.

    Examples
    --------
    >>> amount(40, "steps"), amount(0.62, "epochs"), amount(95, "seconds"), amount(2.1e12, "macs")
    ('40 steps', '0.62 epochs', '1 min 35 s', '2.10 TMAC')
    """
    if against == "seconds":
        return clock(value)
    return (
        short(value, "MAC") if against == "macs" else f"{value:.3g} {against}" if value < 1e3 else short(value, against)
    )


def _signed(value: float, against: Against) -> str:
    return f"{'-' if value < 0 else '+'}{amount(abs(value), against)}"


def records(found: Sequence[History], goal: float) -> list[dict[str, Any]]:
    """One record a network: size, what it reached, and when it reached the goal against every axis."""
    made = []
    for name, runs in networks_of(found).items():
        last = [line for history in runs if (line := _last(history))]
        record: dict[str, Any] = {
            "network": name,
            "parameters": runs[0].parameters,
            "macs_per_step": runs[0].macs_per_step,
            "seeds": len(runs),
            "final_accuracy": median(line.accuracy for line in last if line.accuracy is not None) if last else None,
        }
        for against in AGAINST:
            finish = Finish(network=name, reached=tuple(_reached(history, goal, against) for history in runs))
            record[f"{against}_to_goal"] = finish.middle
            record[f"{against}_spread"] = list(finish.spread) if finish.spread else None
        made.append(record)
    return made


def _last(history: History) -> Line | None:
    return next((line for line in reversed(history.lines) if line.accuracy is not None), None)


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
