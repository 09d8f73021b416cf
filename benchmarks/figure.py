"""A measured number beside the goal that the project set itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Direction = Literal["at most", "at least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a benchmark hands over, one for each number.

    Examples
    --------
    >>> late = Figure(name="a click", value=61.0, unit="ms", counts="until the box is marked", goal=50)
    >>> late.met, late.shown, late.aim
    (False, '61.0 ms', 'at most 50 ms')
    """

    name: str
    value: float | None  # None: could not be measured here, and `remark` says why
    unit: str  # "" for a ratio
    counts: str  # what is counted, and how
    goal: float | None = None  # None: stands beside the others, as a measure of them
    direction: Direction = "at most"
    remark: str = ""  # what keeps it from its goal, or from being measured, with the numbers that show it

    def __post_init__(self) -> None:
        if self.value is None and not self.remark:
            raise ValueError(f"{self.name}: no value, and no remark that says why")

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal or a value."""
        if self.value is None or self.goal is None:
            return None
        return self.value <= self.goal if self.direction == "at most" else self.value >= self.goal

    @property
    def shown(self) -> str:
        """The value as a reader sees it."""
        return "left out" if self.value is None else _number(self.value, self.unit)

    @property
    def aim(self) -> str:
        """The goal as a reader sees it."""
        return "" if self.goal is None else f"{self.direction} {f'{self.goal:,g} {self.unit}'.rstrip()}"

    @property
    def line(self) -> str:
        """All on a line, for a terminal."""
        return f"{self.name:52} {self.shown:>14}   {self.aim}{'   missed' if self.met is False else ''}"


def _number(value: float, unit: str) -> str:
    """Three significant digits, all of the integer ones.

    Examples
    --------
    >>> _number(1234.5, "ms"), _number(0.9876, ""), _number(0.00421, ""), _number(0, "errors")
    ('1,234 ms', '0.988', '0.00421', '0 errors')
    """
    text = f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:#.3g}"
    return f"{text} {unit}".rstrip()


def told(figures: Iterable[Figure]) -> int:
    """Print every figure as it comes, beside its goal; returns the exit status, 1 if one is missed."""
    missed = 0
    for figure in figures:
        missed += figure.met is False
        print(figure.line, flush=True)
    return int(missed > 0)


def by_rounds(figures: Callable[[int], Iterable[Figure]], about: str | None, rounds: int) -> int:
    """A benchmark run by itself: its figures of so many rounds, or of as many as `--rounds` says; the exit status."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rounds", type=int, default=rounds)
    return told(figures(parser.parse_args().rounds))
