"""The death map: which settings make a network die, what that means, and the story of each run. No torch here.

Death is read from what the runs wrote down, so its definition can be changed afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from statistics import median
from typing import Any, Literal, get_args

from irnet.experiments.training.results import History
from irnet.experiments.training.settings import Run, Sweep

AXES = ("scale", "width", "rate", "depth", "init", "sum_norm", "warm_up", "network")
Way = Literal["both", "either"]
WAYS: tuple[Way, ...] = get_args(Way)
MOST_AXES = 2
# The curated map: a minute on two cores shows a dead and a living network.
BASE = Run(network="inception_resnet_v2.paper", rate=0.2, steps=40, batch=16, evaluate_every=40)
AXIS = ("scale", (0.1, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """When a run counts as dead, looked at over its last steps; None leaves a sign out of account.

    Examples
    --------
    >>> Death().sentence
    'dead: over the last 10 steps, at least 95 % zeros after the last block, and a median loss within 0.5 of chance'
    """

    zeros: float | None = 0.95  # mean share of zeros in what the average pooling sees, at least
    chance: float | None = 0.5  # distance of the median loss from ln(classes), at most: single batches still send it up
    last: int = 10  # steps
    way: Way = "both"

    def __post_init__(self) -> None:
        if self.zeros is None and self.chance is None:
            raise ValueError("death needs a sign: a share of zeros, a loss at chance, or both")
        if self.zeros is not None and not 0 <= self.zeros <= 1:
            raise ValueError(f"zeros={self.zeros:g} is outside 0 to 1")
        if self.chance is not None and self.chance < 0:
            raise ValueError(f"chance={self.chance:g} is less than 0")
        if self.last < 1:
            raise ValueError(f"last={self.last} is less than 1 step")
        if self.way not in WAYS:
            raise ValueError(f"way={self.way!r} is not one of {', '.join(WAYS)}")

    @property
    def sentence(self) -> str:
        """The definition in words."""
        signs = []
        if self.zeros is not None:
            signs.append(f"at least {100 * self.zeros:g} % zeros after the last block")
        if self.chance is not None:
            signs.append(f"a median loss within {self.chance:g} of chance")
        return f"dead: over the last {self.last} steps, {(', and ' if self.way == 'both' else ', or ').join(signs)}"

    def of(self, history: History) -> bool:
        """Whether a run is dead where it stands; a loss that is no number is not at chance."""
        lines = history.lines[-self.last :]
        if not lines:
            return False
        signs = []
        if self.zeros is not None:
            signs.append(sum(line.zeros[-1] for line in lines) / len(lines) >= self.zeros)
        if self.chance is not None:
            loss = median(float("inf") if line.loss is None else line.loss for line in lines)
            signs.append(abs(loss - log(len(history.classes))) <= self.chance)
        return all(signs) if self.way == "both" else any(signs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Runs that differ in their seed alone."""

    place: tuple[tuple[str, Any], ...]  # (axis, value), in the order of the axes
    runs: tuple[History, ...]
    died: int
    diverged: int  # their loss is no number any more; they are not among the dead
    ended: int

    @property
    def share(self) -> float | None:
        """The share of ended runs that died; None before one has ended."""
        return self.died / self.ended if self.ended else None


def stability(base: Run, axes: Sequence[tuple[str, Sequence[Any]]], seeds: Sequence[int], threads: int = 1) -> Sweep:
    """A death map over one or two axes, each cell with every seed.

    Raises
    ------
    ValueError
        For an axis that is none, more than two, or a value that a run refuses.
    """
    for name, _ in axes:
        if name not in AXES:
            raise ValueError(f"{name!r} is no axis of the death map; the axes are {', '.join(AXES)}")
    if not 1 <= len(axes) <= MOST_AXES:
        raise ValueError(f"the death map has 1 or {MOST_AXES} axes, not {len(axes)}")
    grid = tuple((name, tuple(values)) for name, values in axes)
    return Sweep(kind="stability", base=base, axes=(("seed", tuple(seeds)), *grid), threads=threads)


def cells(sweep: Sweep, found: Sequence[History], death: Death | None = None) -> tuple[Cell, ...]:
    """The map's cells, in the order of the settings; a definition of death may be given afterwards."""
    meant, axes = death or Death(), [name for name, _ in sweep.axes if name != "seed"]
    places: dict[tuple[tuple[str, Any], ...], list[History]] = {}
    for history in found:
        places.setdefault(tuple((axis, getattr(history.run, axis)) for axis in axes), []).append(history)
    return tuple(_cell(place, runs, meant) for place, runs in places.items())


def _cell(place: tuple[tuple[str, Any], ...], runs: Sequence[History], death: Death) -> Cell:
    ended = [history for history in runs if history.ended]
    diverged = [history for history in ended if history.ended == "diverged"]
    return Cell(
        place=place,
        runs=tuple(runs),
        died=sum(death.of(history) for history in ended if history.ended != "diverged"),
        diverged=len(diverged),
        ended=len(ended),
    )


def records(made: Sequence[Cell]) -> list[dict[str, Any]]:
    """One record a cell: where it lies, and how its runs fared, with what death is read from, a value a run."""
    return [
        dict(cell.place)
        | {
            "runs": len(cell.runs),
            "ended": cell.ended,
            "died": cell.died,
            "diverged": cell.diverged,
            "share_died": cell.share,
            "zeros": [round(history.lines[-1].zeros[-1], 3) for history in cell.runs if history.lines],
            "median_loss": [_late_loss(history) for history in cell.runs if history.lines],
        }
        for cell in made
    ]


def _late_loss(history: History) -> float | None:
    """The median over the last steps that `Death` looks at by default; None where one is no number."""
    found = median(float("inf") if line.loss is None else line.loss for line in history.lines[-Death().last :])
    return round(found, 3) if found < float("inf") else None


def story(history: History) -> Iterator[dict[str, Any]]:
    """What happened in a run: one record a step and block, in order."""
    for line in history.lines:
        for block, zeros, magnitude in zip(history.blocks, line.zeros, line.magnitudes, strict=True):
            yield {
                "run": history.number,
                "step": line.step,
                "block": block,
                "zeros": zeros,
                "magnitude": magnitude,
                "loss": line.loss,
            }
