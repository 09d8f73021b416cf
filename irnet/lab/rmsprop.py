"""RMSProp beside plain gradient descent on a valley that is much steeper one way than the other.

f(x, y) = (x^2 + k y^2) / 2 from (1, 1): the gradient is (x, k y). Source of the settings: section 4 of the paper (arXiv
1602.07261) and section 8 of arXiv 1512.00567: decay 0.9, epsilon 1.0, learning rate 0.045.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import sqrt

from irnet.charts import Chart, Line, Rule

RATE, DECAY, EPSILON = 0.045, 0.9, 1.0  # of the paper
STEEPNESS, STEPS = 100.0, 200
MOST_STEPS, STEEPEST = 1000, 1000.0
GOAL = 0.01  # of the first loss
FOLLOWED = 40  # steps of a path that are drawn
FAR = 10.0  # what is so far from the minimum is not followed further
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """Where an optimiser went, point by point, on a valley `steepness` times as steep along y."""

    name: str
    rate: float
    steepness: float
    points: tuple[Point, ...]  # the first is the start

    @property
    def losses(self) -> tuple[float, ...]:
        """The loss f at every point."""
        return tuple((x * x + self.steepness * y * y) / 2 for x, y in self.points)

    @property
    def label(self) -> str:
        """Its name and its learning rate."""
        return f"{self.name} {self.rate:.3g}"

    @property
    def end(self) -> str:
        """Steps until it arrives, or what becomes of it."""
        return (
            str(self.arrived) if self.arrived else "runs away" if self.is_far else f"more than {len(self.points) - 1}"
        )

    @property
    def is_far(self) -> bool:
        """Whether it ran away from the minimum."""
        return max(map(abs, self.points[-1])) >= FAR

    @property
    def arrived(self) -> int | None:
        """Steps after which the loss stays below a hundredth of the first; None if it does not."""
        above = [i for i, loss in enumerate(self.losses) if not loss < GOAL * self.losses[0]]
        return above[-1] + 1 if above[-1] + 1 < len(self.points) else None


def descend(steepness: float, steps: int, rate: float, decay: float, epsilon: float) -> tuple[Descent, ...]:
    """RMSProp, gradient descent at the same rate, and gradient descent at the best constant rate for this valley.

    That is 2 / (1 + steepness), at which both directions shrink alike. RMSProp divides each step by the root of a
    moving mean of squared gradients plus `epsilon`, as PyTorch does.

    Raises
    ------
    ValueError
        For a setting outside its limits, with its limits.

    Examples
    --------
    >>> [one.arrived for one in descend(100, 200, 0.045, 0.9, 1.0)]
    [23, None, 116]
    """
    limits: dict[str, tuple[float, float, float]] = {
        "steepness": (steepness, 1, STEEPEST),
        "steps": (steps, 1, MOST_STEPS),
        "rate": (rate, 0, 1),
        "decay": (decay, 0, 0.999),
        "epsilon": (epsilon, 1e-10, 10),
    }
    for name, (value, low, high) in limits.items():
        if not low <= value <= high:
            raise ValueError(f"{name}={value:g} is outside {low:g} to {high:g}")

    def go(name: str, speed: float, divisors: Callable[[], Callable[[int, float], float]]) -> Descent:
        points = tuple(islice(_points(steepness, speed, divisors()), steps + 1))
        return Descent(name=name, rate=speed, steepness=steepness, points=points)

    def moving_root() -> Callable[[int, float], float]:
        means = [0.0, 0.0]

        def divisor(axis: int, gradient: float) -> float:
            means[axis] = decay * means[axis] + (1 - decay) * gradient * gradient
            return sqrt(means[axis]) + epsilon

        return divisor

    return (
        go("RMSProp, rate", rate, moving_root),
        go("gradient descent, rate", rate, lambda: lambda _axis, _gradient: 1.0),
        go("gradient descent, best rate", 2 / (1 + steepness), lambda: lambda _axis, _gradient: 1.0),
    )


def _points(steepness: float, rate: float, divisor: Callable[[int, float], float]) -> Iterator[Point]:
    """The start and every point after it, the first that is far away being the last."""
    x = y = 1.0
    yield x, y
    while max(abs(x), abs(y)) < FAR:
        slopes = (x, steepness * y)
        x, y = (at - rate * slope / divisor(i, slope) for i, (at, slope) in enumerate(zip((x, y), slopes, strict=True)))
        yield x, y


def finding(found: Sequence[Descent]) -> str:
    """Who comes below a hundredth of the first loss, and when, in one sentence.

    Examples
    --------
    >>> print(finding(descend(100, 200, 0.045, 0.9, 1.0)))
    Steps to less than 1 % of the first loss: RMSProp, rate 0.045: 23; gradient descent, rate 0.045: runs away; \
gradient descent, best rate 0.0198: 116.
    """
    ends = "; ".join(f"{one.label}: {one.end}" for one in found)
    return f"Steps to less than {100 * GOAL:g} % of the first loss: {ends}."


def charts(found: Sequence[Descent], decay: float, epsilon: float) -> tuple[Chart, Chart]:
    """The loss step by step, and the paths in the valley of those that stay in it."""
    valley = f"(x^2 + {found[0].steepness:g} y^2) / 2 from (1, 1); decay {decay:g}, epsilon {epsilon:g}"
    first, _, best = found
    title = f"Steps needed: RMSProp {first.end}, gradient descent at its best rate {best.end}"
    losses = [Line(name=one.label, x=range(len(one.points)), y=[loss or None for loss in one.losses]) for one in found]
    paths = [
        Line(name=one.label, x=[x for x, _ in one.points[: FOLLOWED + 1]], y=[y for _, y in one.points[: FOLLOWED + 1]])
        for one in found
        if not one.is_far
    ]
    walked = min(FOLLOWED, len(first.points) - 1)
    goal = Rule(GOAL * found[0].losses[0])
    return (
        Chart(title=title, note=valley, x="step", y="loss", log=True, marks=(*losses, goal)),
        Chart(title=f"The first {walked} steps towards (0, 0)", note=valley, x="x", y="y", marks=tuple(paths)),
    )


def records(found: Sequence[Descent]) -> list[dict[str, object]]:
    """One record a step: the loss of each; None where it is not followed."""
    return [
        {"step": i} | {one.label: one.losses[i] if i < len(one.points) else None for one in found}
        for i in range(max(len(one.points) for one in found))
    ]
