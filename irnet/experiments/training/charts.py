"""Race and death map as charts for files; the data behind them as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from irnet.diagrams.chart import Line, Spec, chart, heat_map, line_chart
from irnet.diagrams.files import write
from irnet.diagrams.tabular import comma_separated
from irnet.experiments.training.race import (
    Against,
    Quantity,
    best_goal,
    curve,
    curve_records,
    headline,
    networks_of,
    standing,
)
from irnet.experiments.training.results import History
from irnet.experiments.training.settings import Sweep
from irnet.experiments.training.stability import Death, cells, story
from irnet.experiments.training.stability import records as cell_records

PlotFormat = Literal["svg", "png", "html", "csv"]
PLOT_FORMATS: tuple[PlotFormat, ...] = get_args(PlotFormat)
AXES: Mapping[Against, tuple[str, float]] = {
    "steps": ("steps", 1.0),
    "epochs": ("epochs", 1.0),
    "seconds": ("seconds of training", 1.0),
    "macs": ("training, TMAC (forward once, backward twice)", 1e12),
}
ONES = {"loss": "loss of the batch, cross entropy", "accuracy": "held-out accuracy"}
SMOOTH = 5  # steps


def race_lines(found: Sequence[History], quantity: Quantity, against: Against = "steps") -> list[Line]:
    """Curves of a race, in the units of `AXES`, with a band where there are several seeds."""
    unit, smooth = AXES[against][1], SMOOTH if quantity == "loss" else 1
    lines = []
    for name, runs in networks_of(found).items():
        points, banded = curve(runs, quantity, against, smooth), len(runs) > 1
        lines.append(
            Line(
                name=name,
                x=[point.x / unit for point in points],
                y=[point.median for point in points],
                low=[point.low for point in points] if banded else (),
                high=[point.high for point in points] if banded else (),
            )
        )
    return [line for line in lines if line.x]


def means(quantity: Quantity) -> str:
    """What is on the vertical axis of a race."""
    return f"{ONES[quantity]}, mean of {SMOOTH} steps" if quantity == "loss" else ONES[quantity]


def race_chart(found: Sequence[History], quantity: Quantity, against: Against = "steps", theme: str = "light") -> Spec:
    """Curves of a race with their bands, under a title that says who was first."""
    goal = best_goal(found)
    title = headline(standing(found, goal, against)) if goal else f"A race: {ONES[quantity]}"
    lines, log = race_lines(found, quantity, against), quantity == "loss"
    return line_chart(lines, title=title, x=AXES[against][0], y=means(quantity), log=log, theme=theme)


def death_chart(sweep: Sweep, found: Sequence[History], death: Death | None = None, theme: str = "light") -> Spec:
    """The death map: the share of runs that died, cell by cell."""
    meant = death or Death()
    made = cells(sweep, found, meant)
    (across, _), *others = made[0].place
    up = others[0][0] if others else "all"
    places = [(str(dict(cell.place)[across]), str(dict(cell.place).get(up, "")), cell.share) for cell in made]
    died, ended = sum(cell.died for cell in made), sum(cell.ended for cell in made)
    title = f"{died} of {ended} runs died"
    return heat_map(
        places, title=title, x=across, y=up, value="share of runs that died", limits=(0.0, 1.0), theme=theme
    )


def story_chart(found: Sequence[History], theme: str = "light") -> Spec:
    """The share of zeros after the last block over the steps of several runs."""
    lines = [
        Line(
            name=_named(history),
            x=[line.step for line in history.lines],
            y=[line.zeros[-1] for line in history.lines],
        )
        for history in found
        if history.lines
    ]
    return line_chart(lines, title="Zeros after the last block", x="steps", y="share of zeros", theme=theme)


def _named(history: History) -> str:
    return f"run {history.number}: {history.network}, seed {history.run.seed}"


def plots(
    sweep: Sweep, found: Sequence[History], form: PlotFormat, folder: Path, death: Death | None = None
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
    content = _tables(sweep, found, death) if form == "csv" else _pictures(sweep, found, form, death)
    files = []
    for name, data in content.items():
        file = folder / f"{name}.{form}"
        write(file, data)
        files.append(file)
    return files


def _pictures(
    sweep: Sweep, found: Sequence[History], form: Literal["svg", "png", "html"], death: Death | None
) -> dict[str, bytes]:
    if sweep.kind == "stability":
        specs = {"death": death_chart(sweep, found, death), "zeros": story_chart(found)}
    else:
        accuracy = any(line.accuracy is not None for history in found for line in history.lines)
        measured: tuple[Quantity, ...] = ("loss", "accuracy") if accuracy else ("loss",)
        specs = {f"{quantity}.{axis}": race_chart(found, quantity, axis) for quantity in measured for axis in AXES}
    return {name: chart(spec, form) for name, spec in specs.items()}


def _tables(sweep: Sweep, found: Sequence[History], death: Death | None) -> dict[str, bytes]:
    if sweep.kind == "race":
        return {"curves": comma_separated(curve_records(found)).encode()}
    steps = [record for history in found for record in story(history)]
    tables = {"death": cell_records(cells(sweep, found, death)), "steps": steps}
    return {name: comma_separated(records).encode() for name, records in tables.items()}
