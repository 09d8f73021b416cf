"""The death map: which settings let a network die in training, what that means, and what a run went through.

Death is read from what the runs wrote down, so its definition can be changed afterwards. No torch here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from statistics import median
from types import MappingProxyType
from typing import Any, Literal, get_args

from irnet.models import title
from irnet.spec import Residual
from irnet.training.cost import CLASSES
from irnet.training.fields import check_fields, form_field
from irnet.training.results import History, Line
from irnet.training.settings import PAPER_RATE, WARM_UP_RATE, Data, Run, Sweep, read_setting, types_of, value_of
from irnet.tree.totals import stages
from irnet.units import exact, share
from irnet.units import setting as written

AXIS_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "scale": "residual scale",
        "width": "width",
        "rate": "learning rate",
        "depth": "depth",
        "init": "initial weights",
        "sum_norm": "batch norm on the sums",
        "warm_up": "steps of warm-up",
        "network": "network",
    }
)
MOST_AXES = 3  # across, up, and a panel for every value of the third
# The short map: within a minute on two cores, one network dies and the other learns.
BASE = Run(
    network="inception_resnet_v2.paper",
    width=0.25,
    rate=1.2,
    steps=160,
    batch=16,
    evaluate_every=10,
    data=Data(held_out=64),
)
AXIS = ("scale", (0.1, 1.0))
LAST = 3  # measurements at the end, whose median tells how a run stands

Fate = Literal["dead", "diverged", "at chance", "sparse", "slow", "living", "not measured"]
FATES: tuple[Fate, ...] = get_args(Fate)  # the worst first
MEANING: Mapping[Fate, str] = MappingProxyType(
    {
        "dead": "all zeros, no gradient and chance accuracy, for as many further steps as it took to get there",
        "diverged": "its loss is no number any more",
        "at chance": "accuracy at chance at the end, but not (or not for long enough) dead",
        "sparse": "nearly all outputs are zero, and it learns",
        "slow": "it learns, and is well below the same run with a smaller scale",
        "living": "it learns",
        "not measured": "the run wrote down nothing about held-out images",
    }
)
PAPER_FILTERS = 1000  # section 3.3
PAPER_CLAIM = (
    f"The paper (section 3.3, ImageNet, rate {PAPER_RATE:g}): with more than {exact(PAPER_FILTERS)} filters the "
    "residual variants became unstable and died early in training, so that after some tens of thousands of steps the "
    "last layer before the average pooling put out only zeros. Scaling the residuals by 0.1 to 0.3 seemed to "
    "stabilise it."
)
REMEDIES: Mapping[str, str] = MappingProxyType(  # axis -> what was said of it, and where
    {
        "rate": "In the paper a lower learning rate did not prevent death (section 3.3).",
        "sum_norm": "One more batch norm on the last layer did not prevent it (section 3.3); here it is on every sum.",
        "warm_up": (
            f"He et al. (arXiv 1512.03385, section 4.2) began a very deep ResNet at a rate of {WARM_UP_RATE:g}, on "
            "CIFAR-10. This paper found that a first phase at 0.00001 was not enough for very many filters, and that "
            "a high rate afterwards could destroy what had been learnt."
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """When a run counts as dead, at chance, sparse or slow; the first four are what being dead asks for.

    Examples
    --------
    >>> Criteria().sentence.partition(";")[0]
    'dead: on held-out images 100 % zeros after the last block, a gradient of 0 at its input, and accuracy at chance'
    """

    zeros: float = form_field(
        1.0, "Zeros, at least", "Run", "Dead: share of zeros after the last block on held-out images.", (0, 1, 0.01)
    )
    gradient: float = form_field(
        0.0, "Gradient, at most", "Run", "Dead: norm of the loss's gradient at the last block's input.", (0, 1000, 1e-6)
    )
    above_chance: float = form_field(
        0.0,
        "Accuracy above chance, at most",
        "Run",
        "Dead: held-out accuracy less that of one and the same answer to every image.",
        (0, 1, 0.01),
    )
    again: float = form_field(
        1.0,
        "Further steps, times",
        "Run",
        "Dead: the signs hold for so many times the steps that it took to get there.",
        (0, 10, 0.1),
    )
    learning: float = form_field(
        0.1,
        "Learning: accuracy above chance, at least",
        "Run",
        "Less at the end is at chance: a few images more or less are luck.",
        (0, 1, 0.01),
    )
    sparse: float = form_field(
        0.95, "Sparse: zeros, at least", "Run", "Of a run that learns; the median at its end.", (0, 1, 0.01)
    )
    slow: float = form_field(
        0.1,
        "Slow: accuracy behind, at least",
        "Run",
        "Behind the run of the same seed with the smallest scale; the medians at their ends.",
        (0, 1, 0.05),
    )

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def sentence(self) -> str:
        """The definition in words."""
        chance = f"at most {100 * self.above_chance:g} points above chance" if self.above_chance else "at chance"
        zeros = f"{'at least ' if self.zeros < 1 else ''}{100 * self.zeros:g} %"
        gradient = f"a gradient of {'at most ' if self.gradient else ''}{self.gradient:g}"
        return (
            f"dead: on held-out images {zeros} zeros after the last block, {gradient} at its input, and accuracy "
            f"{chance}; all of it for {self.again:g} times the steps that it took to get there, or longer. "
            f"Learning: {100 * self.learning:g} points above chance at the end. "
            f"Sparse: learning, with at least {100 * self.sparse:g} % zeros. "
            f"Slow: learning, {100 * self.slow:g} points or more behind the smallest scale"
        )

    def silent(self, line: Line, chance: float) -> bool:
        """Whether a measurement has every sign of death."""
        return (
            line.held_out_zeros is not None
            and line.held_out_zeros >= self.zeros
            and line.gradient is not None
            and line.gradient <= self.gradient
            and line.accuracy is not None
            and line.accuracy <= chance + self.above_chance
        )


def criteria(texts: Iterable[str]) -> Criteria:
    """When a run counts as dead, sparse or slow, from "name=value"; what is not named is as by default.

    Examples
    --------
    >>> criteria(["sparse=0.9"]).sparse
    0.9
    """
    types = types_of(Criteria)
    found: dict[str, Any] = {}
    for text in texts:
        refusal = f"{text!r} is no criterion; one is written as in 'sparse=0.9', of {', '.join(types)}"
        name, value = read_setting(text, types, refusal)
        found[name] = value_of(name, types[name], value)
    return Criteria(**found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a run ended."""

    fate: Fate
    since: int | None  # the step from which it has shown every sign of death until its end; None: it does not
    accuracy: float | None  # medians over the last measurements
    zeros: float | None


def verdict(history: History, twin: History | None = None, criteria: Criteria | None = None) -> Verdict:
    """How an ended run fared; `twin` is the same run with the smallest scale, if there is one.

    Raises
    ------
    ValueError
        For a run that has not ended.
    """
    if not history.ended:
        raise ValueError(f"run {history.number} has not ended yet")
    meant, measured, chance = criteria or Criteria(), history.measured, history.chance
    if not measured or chance is None:
        fate: Fate = "diverged" if history.ended == "diverged" else "not measured"
        return Verdict(fate=fate, since=None, accuracy=None, zeros=None)
    silent = list(takewhile(lambda line: meant.silent(line, chance), reversed(measured)))
    since = silent[-1].step if silent else None
    accuracy, zeros = _at_the_end(measured)
    ahead = _at_the_end(twin.measured)[0] if twin and twin.ended == "finished" and twin.measured else 0.0
    if history.ended == "diverged":
        fate = "diverged"
    elif since is not None and measured[-1].step >= since * (1 + meant.again):
        fate = "dead"
    elif accuracy < chance + meant.learning:
        fate = "at chance"
    elif zeros >= meant.sparse:
        fate = "sparse"
    else:
        fate = "slow" if accuracy <= ahead - meant.slow else "living"
    return Verdict(fate=fate, since=since, accuracy=accuracy, zeros=zeros)


def _at_the_end(measured: Sequence[Line]) -> tuple[float, float]:
    """Median accuracy and share of zeros of the last measurements."""
    last = measured[-LAST:]
    return median(line.accuracy or 0.0 for line in last), median(line.held_out_zeros or 0.0 for line in last)


Place = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Runs that differ in their seed alone."""

    place: Place  # (axis, value), in the order of the axes
    runs: tuple[History, ...]
    verdicts: tuple[Verdict, ...]  # of those that have ended

    @property
    def ended(self) -> int:
        """How many runs have ended."""
        return len(self.verdicts)

    @property
    def judged(self) -> tuple[tuple[History, Verdict], ...]:
        """Every run that has ended, with how it fared."""
        return tuple(zip((run for run in self.runs if run.ended), self.verdicts, strict=True))

    def count(self, fate: Fate) -> int:
        """How many runs ended so."""
        return sum(verdict.fate == fate for verdict in self.verdicts)

    @property
    def fate(self) -> Fate | None:
        """What most of its runs came to, the worse where two are as frequent; None before one has ended."""
        counts = Counter(verdict.fate for verdict in self.verdicts)
        frequent = sorted(counts, key=lambda fate: (-counts[fate], FATES.index(fate)))
        return frequent[0] if frequent else None

    @property
    def sentence(self) -> str:
        """Its runs in words: "dead", or "2 of 3 dead, 1 at chance"."""
        if self.ended == 1:
            return self.verdicts[0].fate
        first, *others = [(fate, self.count(fate)) for fate in FATES if self.count(fate)]
        return ", ".join((f"{first[1]} of {self.ended} {first[0]}", *(f"{count} {fate}" for fate, count in others)))


def stability(base: Run, axes: Sequence[tuple[str, Sequence[Any]]], seeds: Sequence[int], threads: int = 1) -> Sweep:
    """A death map over one to three axes, each cell with every seed.

    Raises
    ------
    ValueError
        For an axis that is none, more than three, a value that a run refuses, or a single held-out image.
    """
    for name, _ in axes:
        if name not in AXIS_NAMES:
            raise ValueError(f"{name!r} is not an axis of the death map; the axes are {', '.join(AXIS_NAMES)}")
    if not 1 <= len(axes) <= MOST_AXES:
        raise ValueError(f"the death map has 1 to {MOST_AXES} axes, not {len(axes)}")
    if base.data.held_out < 2:
        raise ValueError(f"held_out={base.data.held_out}: a death map is read from at least 2 held-out images")
    if not base.evaluate_every:
        raise ValueError(
            "evaluate_every=0: a death map is read from measurements during training, such as every 10 steps"
        )
    grid = tuple((name, tuple(values)) for name, values in axes)
    return Sweep(kind="stability", base=base, axes=(("seed", tuple(seeds)), *grid), threads=threads)


def cells(sweep: Sweep, found: Sequence[History], criteria: Criteria | None = None) -> tuple[Cell, ...]:
    """The map's cells, in the order of the settings; the criteria may be given afterwards."""
    axes = [name for name, _ in sweep.axes if name != "seed"]
    places: dict[Place, list[History]] = {}
    for history in found:
        places.setdefault(tuple((axis, getattr(history.run, axis)) for axis in axes), []).append(history)
    scaled = sorted((h for h in found if h.run.scale is not None), key=lambda h: h.run.scale or 0.0, reverse=True)
    twins = {_without_scale(history.run): history for history in scaled}  # the smallest scale stays
    return tuple(
        Cell(
            place=place,
            runs=tuple(runs),
            verdicts=tuple(verdict(run, twins.get(_without_scale(run.run)), criteria) for run in runs if run.ended),
        )
        for place, runs in places.items()
    )


def _without_scale(run: Run) -> Run:
    return replace(run, scale=None)


def records(made: Sequence[Cell]) -> list[dict[str, Any]]:
    """One record a cell: where it lies, how many of its runs came to what, and a value a run behind it."""
    return [
        dict(cell.place)
        | {"runs": len(cell.runs), "ended": cell.ended}
        | {fate.replace(" ", "_"): cell.count(fate) for fate in FATES}
        | {
            "dead_since": [verdict.since if verdict.fate == "dead" else None for verdict in cell.verdicts],
            "zeros": [_round(verdict.zeros) for verdict in cell.verdicts],
            "accuracy": [_round(verdict.accuracy) for verdict in cell.verdicts],
        }
        for cell in made
    ]


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def outcome(made: Sequence[Cell]) -> str:
    """What a map found, in one line.

    Examples
    --------
    >>> outcome([])
    'No run has ended yet'
    """
    ended = sum(cell.ended for cell in made)
    if not ended:
        return "No run has ended yet"
    counts = [(fate, sum(cell.count(fate) for cell in made)) for fate in FATES]
    return f"Of {ended} runs: {', '.join(f'{count} {fate}' for fate, count in counts if count)}"


def finding(made: Sequence[Cell]) -> str:
    """What a map found, in a sentence or two: where most networks died, what they showed then, and what saved them.

    Examples
    --------
    >>> from irnet.training.finished import finished
    >>> finding(cells(*finished("stability"))).partition(":")[0]
    'At residual scale 1, learning rate 1.2, width 0.25, 3 of 3 networks died'
    """
    ended, dead = sum(cell.ended for cell in made), [cell for cell in made if cell.count("dead")]
    if not ended:
        return "No run has ended yet."
    if not dead:
        return f"None of the {ended} networks died." if ended > 1 else "The network did not die."
    worst = max(dead, key=lambda cell: cell.count("dead"))
    run, last = next((run, verdict) for run, verdict in worst.judged if verdict.fate == "dead")
    signs = f"from step {last.since} on the last block put out {share(last.zeros or 0, 1)} zeros"
    signs += f", the gradient there was {run.measured[-1].gradient or 0:.3g}"
    signs += f" and accuracy {share(last.accuracy or 0, 1)}, where chance is {share(run.chance or 0, 1)}"
    found = f"At {_in_words(worst.place)}, {_counted(worst, 'dead')} died: {signs}."
    saved = [cell for cell in made if cell.fate == "living" and differ_in_scale(run.run, cell.runs[0].run)]
    if saved:
        twin = saved[0]
        scale = written(twin.runs[0].run.scale)
        found += f" At scale {scale} and all else the same, {_counted(twin, 'living')} learnt."
    return found


def _in_words(place: Place) -> str:
    return ", ".join(f"{AXIS_NAMES[axis]} {written(value)}" for axis, value in place)


def _counted(cell: Cell, fate: Fate) -> str:
    return f"{cell.count(fate)} of {cell.ended} networks" if cell.ended > 1 else "the network"


def setting(sweep: Sweep) -> str:
    """What a map was made with, as far as no axis says it: what stands under its title.

    Examples
    --------
    >>> print(setting(stability(BASE, [AXIS], [0])))
    Inception-ResNet-v2 (paper); width 0.25, up to 536 filters; rate 1.2; rmsprop; init he; 160 steps of 16 images; \
8 classes of gratings, 75 px
    """
    base, axes = sweep.base, dict(sweep.axes)
    said = {
        "network": title(base.network),
        "width": f"width {base.width or 1:g}, up to {exact(filters(base))} filters",
        "rate": f"rate {base.rate:g}",
        "optimiser": base.optimiser,
        "init": f"init {base.init}",
        "scale": "" if base.scale is None else f"scale {base.scale:g}",
        "depth": "" if base.depth is None else f"depth {base.depth}",
        "warm_up": f"warm-up of {base.warm_up} steps at {base.warm_up_rate:g}" if base.warm_up else "",
    }
    left = {name: "" if name in axes else text for name, text in said.items()}
    data, steps = base.data, f"{exact(base.steps)} steps of {base.batch} images"
    classes = data.classes or (CLASSES if data.kind == "gratings" else "all")
    images = f"{classes} classes of {data.kind}, {data.size} px"
    return "; ".join(filter(None, (*left.values(), steps, images)))


def filters(run: Run) -> int:
    """The most channels of a residual block's sum: what the paper calls the number of filters.

    Examples
    --------
    >>> filters(BASE), filters(replace(BASE, width=1.0))
    (536, 2144)
    """
    network = run.spec(run.data.classes or CLASSES)
    residual = {stage.name for stage in network.stages if isinstance(stage.node, Residual)}
    return max((stage.out_shape[0] for stage in stages(network) if stage.name in residual), default=0)


def claims_reproduced(made: Sequence[Cell]) -> list[str]:
    """What a map says to the paper's claim, a sentence each: what it reproduces, and what not."""
    said = []
    ended = [(history.run, verdict.fate) for cell in made for history, verdict in cell.judged]
    dead = [run for run, fate in ended if fate == "dead"]
    alive = [run for run, fate in ended if fate in ("living", "sparse", "slow")]
    saved = sum(any(differ_in_scale(run, other) for other in alive) for run in dead)
    if saved:
        said.append(f"Reproduced: {saved} of {len(dead)} dead runs learn with a smaller scale, all else the same.")
    elif dead:
        said.append("Not reproduced: no dead run has a twin that learns with a smaller scale.")
    else:
        said.append("Not reproduced: no run died.")
    if few := [filters(run) for run in dead if filters(run) <= PAPER_FILTERS]:
        most = exact(max(few))
        said.append(f"Unlike the paper: networks of no more than {most} filters die here too, at a high enough rate.")
    low = sum(run.rate <= PAPER_RATE for run in dead)
    tried = [run for run, _ in ended if run.rate <= PAPER_RATE]
    if low:
        said.append(f"At the paper's rate of {PAPER_RATE:g} or below, {low} of {len(tried)} runs died.")
    elif tried:
        steps = exact(max(run.steps for run in tried))
        said.append(f"Not reproduced: at the paper's rate of {PAPER_RATE:g} no run died within {steps} steps.")
    elif dead:
        rate = min(run.rate for run in dead)
        said.append(f"Not tried here: the paper's rate of {PAPER_RATE:g}; death came at {rate:g} and above.")
    return said


def differ_in_scale(one: Run, other: Run) -> bool:
    """Whether the second run is the first with a smaller scale, and all else the same."""
    if one.scale is None or other.scale is None:
        return False
    return other.scale < one.scale and _without_scale(one) == _without_scale(other)


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
                "accuracy": line.accuracy,
                "held_out_zeros": line.held_out_zeros,
                "gradient": line.gradient,
            }
