"""Race and death map as charts for files; the data behind them as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from irnet.diagrams.chart import Line, Spec, Tile, chart, line_chart, tile_grid
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
from irnet.experiments.training.settings import PUBLISHED, Sweep
from irnet.experiments.training.stability import (
    AXIS_NAMES,
    MOST_AXES,
    Cell,
    Criteria,
    cells,
    filters,
    outcome,
    setting,
    story,
)
from irnet.experiments.training.stability import records as cell_records
from irnet.units import exact, share

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


def tiles(made: Sequence[Cell]) -> list[Tile]:
    """The cells of a death map as tiles: the first axis across, the second up, a panel for every value of the third."""
    return [_tile(cell) for cell in made]


def _tile(cell: Cell) -> Tile:
    words = [_value_text(value) for _, value in cell.place]
    across, up, panel = (*words, "", "")[:3]
    if len(cell.place) == MOST_AXES:
        name, _ = cell.place[-1]
        panel = f"{AXIS_NAMES[name]} {panel}"
        if name == "width":
            panel += f" ({exact(filters(cell.runs[0].run))} filters)"
    return Tile(x=across, y=up, panel=panel, kind=cell.fate, lines=_lines(cell))


def _value_text(value: object) -> str:
    return PUBLISHED if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _lines(cell: Cell) -> list[str]:
    if not cell.ended:
        begun = any(history.lines for history in cell.runs)
        return [f"{share(sum(h.done for h in cell.runs), len(cell.runs))} done" if begun else "waits"]
    return cell.sentence.split(", ")


def axis_titles(sweep: Sweep) -> tuple[str, str]:
    """What runs across and what up, in words."""
    names = [AXIS_NAMES[name] for name, _ in sweep.axes if name != "seed"]
    return names[0], names[1] if len(names) > 1 else ""


def death_chart(sweep: Sweep, found: Sequence[History], criteria: Criteria | None = None, theme: str = "light") -> Spec:
    """The death map: what became of the runs of every cell, under a title that says it with its settings."""
    made = cells(sweep, found, criteria)
    x, y = axis_titles(sweep)
    return tile_grid(tiles(made), title=outcome(made), note=setting(sweep), x=x, y=y, fills=FILLS, theme=theme)


def story_chart(found: Sequence[History], theme: str = "light") -> Spec:
    """The share of zeros after the last block over the steps of several runs."""
    lines = [
        Line(
            name=_label(history),
            x=[line.step for line in history.lines],
            y=[line.zeros[-1] for line in history.lines],
        )
        for history in found
        if history.lines
    ]
    return line_chart(lines, title="Zeros after the last block", x="steps", y="share of zeros", theme=theme)


def _label(history: History) -> str:
    return f"run {history.number}: {history.network}, seed {history.run.seed}"


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
    content = _tables(sweep, found, criteria) if form == "csv" else _pictures(sweep, found, form, criteria)
    files = []
    for name, data in content.items():
        file = folder / f"{name}.{form}"
        write(file, data)
        files.append(file)
    return files


def _pictures(
    sweep: Sweep, found: Sequence[History], form: Literal["svg", "png", "html"], criteria: Criteria | None
) -> dict[str, bytes]:
    if sweep.kind == "stability":
        specs = {"death": death_chart(sweep, found, criteria), "zeros": story_chart(found)}
    else:
        accuracy = any(line.accuracy is not None for history in found for line in history.lines)
        measured: tuple[Quantity, ...] = ("loss", "accuracy") if accuracy else ("loss",)
        specs = {f"{quantity}.{axis}": race_chart(found, quantity, axis) for quantity in measured for axis in AXES}
    return {name: chart(spec, form) for name, spec in specs.items()}


def _tables(sweep: Sweep, found: Sequence[History], criteria: Criteria | None) -> dict[str, bytes]:
    if sweep.kind == "race":
        return {"curves": comma_separated(curve_records(found)).encode()}
    steps = [record for history in found for record in story(history)]
    tables = {"death": cell_records(cells(sweep, found, criteria)), "steps": steps}
    return {name: comma_separated(records).encode() for name, records in tables.items()}
