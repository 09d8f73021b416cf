"""Race and death map as charts, on pages and in files; the data behind them as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import log10
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from irnet.charts import Chart, Heat, Line, Mark, Rule, Tile, Tiles, to_file, to_vega
from irnet.diagrams.files import write
from irnet.models import title as title_of
from irnet.tables import from_records, to_csv
from irnet.training import race, stability
from irnet.training.race import Against, Quantity
from irnet.training.results import History
from irnet.training.results import Line as Step
from irnet.training.settings import PUBLISHED, Sweep
from irnet.training.stability import Cell, Criteria
from irnet.units import exact, setting, share

PlotFormat = Literal["svg", "png", "html", "csv"]
PLOT_FORMATS: tuple[PlotFormat, ...] = get_args(PlotFormat)
AXES: Mapping[Against, tuple[str, float]] = {
    "steps": ("steps", 1.0),
    "epochs": ("epochs", 1.0),
    "seconds": ("seconds of training", 1.0),
    "macs": ("training, TMAC (forward once, backward twice)", 1e12),
}
ONES: Mapping[Quantity, str] = {"loss": "cross entropy of the batch", "accuracy": "held-out accuracy"}
SMOOTH = 5  # steps


def race_chart(
    found: Sequence[History], quantity: Quantity, against: Against = "steps", goal: float | None = None
) -> Chart:
    """Curves of a race, with a band where there are several seeds; those of accuracy say who was first at a goal.

    Without a goal, it is the best held-out accuracy that all have had.
    """
    unit, smooth = AXES[against][1], SMOOTH if quantity == "loss" else 1
    lines = []
    for name, runs in race.networks_of(found).items():
        points, banded = race.curve(runs, quantity, against, smooth), len(runs) > 1
        lines.append(
            Line(
                name=title_of(name),
                x=[point.x / unit for point in points],
                y=[point.median for point in points],
                low=[point.low for point in points] if banded else (),
                high=[point.high for point in points] if banded else (),
            )
        )
    seeds = len({history.run.seed for history in found if history.lines})
    note = f"median and range of {seeds} seeds" if seeds > 1 else "1 seed"
    marks: tuple[Mark, ...] = tuple(line for line in lines if line.x)
    title, goal = "Training loss", race.best_goal(found) if goal is None else goal
    if quantity == "loss":
        note += f"; means of {SMOOTH} steps"
    else:
        title = race.headline(race.standing(found, goal, against)) if goal else "Held-out accuracy"
        marks += (Rule(goal),) if goal and marks else ()
    return Chart(title=title, note=note, x=AXES[against][0], y=ONES[quantity], log=quantity == "loss", marks=marks)


# Living is coloured, dead is grey, and what lies between is between; the words in a tile say it too.
FILLS: Mapping[str, str] = MappingProxyType(
    {
        "living": "#0a6aa8",
        "slow": "#5fa8d3",
        "sparse": "#bcdcee",
        "at chance": "#d9d9d9",
        "dead": "#6f6f6f",
        "diverged": "#2b2b2b",
        "not measured": "#ffffff",
    }
)


def death_chart(sweep: Sweep, made: Sequence[Cell]) -> Chart:
    """What became of the runs of every cell, under a title that says it with its settings.

    The first axis of the map runs across, the second up, and there is a panel for every value of the third.
    """
    across, up, *_ = [*(stability.AXIS_NAMES[name] for name, _ in sweep.axes if name != "seed"), ""]
    marks = (Tiles(tuple(map(_tile, made)), FILLS),)
    return Chart(title=stability.outcome(made), note=stability.setting(sweep), x=across, y=up, marks=marks)


def _tile(cell: Cell) -> Tile:
    words = [PUBLISHED if value is None else setting(value) for _, value in cell.place]
    across, up, panel = (*words, "", "")[:3]
    if len(cell.place) == stability.MOST_AXES:
        name, _ = cell.place[-1]
        panel = f"{stability.AXIS_NAMES[name]} {panel}"
        if name == "width":
            panel += f" ({exact(stability.filters(cell.runs[0].run))} filters)"
    return Tile(x=across, y=up, panel=panel, kind=cell.fate, lines=_lines(cell))


def _lines(cell: Cell) -> list[str]:
    if not cell.ended:
        begun = [history for history in cell.runs if history.lines]
        done = f"{share(sum(run.done for run in cell.runs), len(cell.runs))} done"
        return [done, f"{share(begun[-1].lines[-1].zeros[-1], 1)} zeros"] if begun else ["waits"]
    return cell.sentence.split(", ")


def place_name(place: Iterable[tuple[str, Any]]) -> str:
    """Settings with their values, as a cell's place on a map.

    Examples
    --------
    >>> place_name([("scale", 1.0), ("rate", 1.2), ("width", None)])
    'scale 1, rate 1.2'
    """
    return ", ".join(f"{name} {setting(value)}" for name, value in place if value is not None)


def described(history: History) -> str:
    """What a run of a death map was made with, and its seed."""
    return place_name((name, getattr(history.run, name)) for name in ("scale", "width", "rate", "init", "seed"))


def _curve(name: str, steps: Sequence[Step], value: Callable[[Step], float | None]) -> Line:
    return Line(name=name, x=[step.step for step in steps], y=[value(step) for step in steps])


def measured_chart(history: History, fate: str = "") -> Chart | None:
    """What held-out images showed on the way of a run; None if they were never measured."""
    found = history.measured
    if not found:
        return None
    last = found[-1]
    title = f"{fate or 'Held-out images'}: {share(last.held_out_zeros or 0, 1)} zeros, "
    title += f"{share(last.accuracy or 0, 1)} right at step {last.step}"
    lines = (
        _curve("zeros after the last block", found, lambda step: step.held_out_zeros),
        _curve("accuracy", found, lambda step: step.accuracy),
        _curve("chance", found, lambda _: history.chance),
    )
    return Chart(title=title, note=described(history), x="steps", y="share of held-out", marks=lines)


def zeros_chart(history: History, fate: str = "") -> Chart | None:
    """The share of zeros after every block over the steps of a run; None for a run of which one block is known."""
    last = history.lines[-1]
    title = f"{f'{fate}: ' if fate else ''}{share(last.zeros[-1], 1)} zeros after the last block at step {last.step}"
    return _story(history, title, "share of zeros", lambda line: line.zeros, (0.0, 1.0))


def magnitudes_chart(history: History) -> Chart | None:
    """The mean magnitude of every block's output over the steps of a run; None for a run of which one is known."""
    title = "Mean magnitude of every block's output, powers of ten"
    return _story(history, title, "log10", lambda line: [log10(v) if v else None for v in line.magnitudes])


def _story(
    history: History,
    title: str,
    unit: str,
    values: Callable[[Step], Sequence[float | None]],
    limits: tuple[float, float] | None = None,
) -> Chart | None:
    if len(history.blocks) < 2:  # a map that comes with the library has no more than its last block
        return None
    rows = list(zip(*map(values, history.lines), strict=True))
    steps = [line.step for line in history.lines]
    heat = Heat(x=steps, y=history.blocks, values=rows, unit=unit, limits=limits)
    return Chart(title=title, x="steps", marks=(heat,))


def loss_chart(found: Mapping[str, History]) -> Chart:
    """The loss of every step of several runs, by what they are called."""
    lines = tuple(_curve(name, history.lines, lambda step: step.loss) for name, history in found.items())
    return Chart(title="Loss of every step", x="steps", y=ONES["loss"], log=True, marks=lines)


def story_chart(found: Sequence[History]) -> Chart:
    """The share of zeros after the last block over the steps of several runs, by the settings in which they differ."""
    axes = [axis for axis in (*stability.AXIS_NAMES, "seed") if len({getattr(one.run, axis) for one in found}) > 1]
    lines = tuple(
        _curve(place_name([(axis, getattr(one.run, axis)) for axis in axes]), one.lines, lambda step: step.zeros[-1])
        for one in found
        if one.lines
    )
    return Chart(title="Zeros after the last block", x="steps", y="share of zeros", marks=lines)


def plots(
    sweep: Sweep, found: Sequence[History], form: PlotFormat, folder: Path, criteria: Criteria | None = None
) -> list[Path]:
    """Write what there is to see of a sweep into a folder; the files.

    Raises
    ------
    ValueError
        For an unknown format, or a sweep in which nothing has begun.
    """
    if form not in PLOT_FORMATS:
        raise ValueError(f"no plot has the format {form!r}; they are {', '.join(PLOT_FORMATS)}")
    if not any(history.lines for history in found):
        raise ValueError("no run has begun yet, so there is nothing to plot")
    folder.mkdir(parents=True, exist_ok=True)
    if form == "csv":
        content = _tables(sweep, found, criteria)
    else:
        content = {name: to_file(to_vega(chart), form) for name, chart in _charts(sweep, found, criteria).items()}
    files = []
    for name, data in content.items():
        file = folder / f"{name}.{form}"
        write(file, data)
        files.append(file)
    return files


def _charts(sweep: Sweep, found: Sequence[History], criteria: Criteria | None) -> dict[str, Chart]:
    if sweep.kind == "stability":
        return {"death": death_chart(sweep, stability.cells(sweep, found, criteria)), "zeros": story_chart(found)}
    accuracy = any(line.accuracy is not None for history in found for line in history.lines)
    measured: tuple[Quantity, ...] = ("loss", "accuracy") if accuracy else ("loss",)
    return {f"{quantity}.{axis}": race_chart(found, quantity, axis) for quantity in measured for axis in AXES}


def _tables(sweep: Sweep, found: Sequence[History], criteria: Criteria | None) -> dict[str, bytes]:
    if sweep.kind == "race":
        tables = {"curves": race.curve_records(found)}
    else:
        steps = [record for history in found for record in stability.story(history)]
        tables = {"death": stability.records(stability.cells(sweep, found, criteria)), "steps": steps}
    return {name: to_csv(from_records(records)).encode() for name, records in tables.items()}
