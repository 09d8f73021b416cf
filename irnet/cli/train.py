"""The verbs about training: a race, a death map, going on with either, and their pictures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from irnet.cli.terminal import Form, show, table
from irnet.provenance.published import CURVES_SOURCE, TABLE_2, TABLE_2_SOURCE, curves
from irnet.training import charts, cost, queue
from irnet.training import race as racing
from irnet.training import stability as mapping
from irnet.training.directory import Word, ask, command, is_running, last_word, settings
from irnet.training.results import histories
from irnet.training.settings import SETTINGS, Run, Sweep, axis, with_texts

if TYPE_CHECKING:
    from irnet.training.backends import Backend

INTERRUPTED = 130  # the exit status of what Ctrl-C ended

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Directory of a race or a death map.")]
Seeds = Annotated[int, typer.Option(min=1, help="How many seeds, from 0.")]
DataOption = Annotated[
    str, typer.Option("--data", help="gratings, crops (of scikit-image's pictures), or a folder with one a class.")
]
Device = Annotated[str, typer.Option(help="cpu, cuda or mps, where the workers are.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="The same settings as words: optimiser=adamw, held_out=64; also network=NAME, seed=3."),
]
Workers = Annotated[int | None, typer.Option(help="Runs at a time; without, one a core.")]
BackendName = Annotated[str, typer.Option("--backend", help="local, dask or ray.")]
Address = Annotated[
    str | None, typer.Option("--address", "--scheduler", help="Of the Ray cluster, or of the Dask scheduler.")
]
Goal = Annotated[float | None, typer.Option(help="Held-out accuracy to be first at; without, the best that all had.")]
Criterion = Annotated[
    list[str] | None,
    typer.Option(
        "--criterion",
        help="What counts as dead (zeros=1, gradient=0, above_chance=0, again=1), "
        "learning (learning=0.1), sparse (sparse=0.95) or slow (slow=0.1).",
    ),
]


def _part(name: str) -> Any:
    """A module that needs joblib, which takes its time to import."""
    return import_module(f"irnet.training.{name}")


def with_settings(verb: Callable[..., int]) -> Callable[..., int]:
    """A verb with an option for every setting of a training run; it gets what was typed as `typed`, "name=value" each.

    Examples
    --------
    >>> verb = with_settings(lambda typed: len(typed))
    >>> verb(batch="8", rate=None), list(inspect.signature(verb).parameters)[:2]
    (1, ['steps', 'batch'])
    """

    @wraps(verb)
    def made(**given: Any) -> int:
        asked = {name: given.pop(name, None) for name in SETTINGS}
        return verb(typed=[f"{name}={value}" for name, value in asked.items() if value is not None], **given)

    own = [p for p in inspect.signature(verb, eval_str=True).parameters.values() if p.name != "typed"]
    keyword = inspect.Parameter.KEYWORD_ONLY
    options = [
        inspect.Parameter(name, keyword, default=None, annotation=Annotated[str | None, _option(name)])
        for name in SETTINGS
    ]
    parameters = [*(p.replace(kind=keyword) for p in own), *options]
    made.__dict__["__signature__"] = inspect.Signature(parameters, return_annotation=int)
    made.__annotations__ = {p.name: p.annotation for p in parameters}
    return made


def _option(name: str) -> Any:
    """The option of one setting: its words and limits are those of a form."""
    about = SETTINGS[name]
    text = f"{about.about.label} ({about.allowed}). {about.about.help}"
    panel = f"Settings of every run: {about.about.group.lower()}"
    return typer.Option(f"--{name.replace('_', '-')}", metavar=about.kind.upper(), help=text, rich_help_panel=panel)


@with_settings
def race(
    typed: list[str],
    networks: Annotated[list[str] | None, typer.Argument(help="Two to four; without, the paper's two pairs.")] = None,
    out: Annotated[Path, typer.Option(help="Directory to write to.")] = Path("irnet-race"),
    seeds: Seeds = 1,
    data: DataOption = "gratings",
    device: Device = "cpu",
    changes: Set = None,
    workers: Workers = None,
    backend: BackendName = "local",
    address: Address = None,
    goal: Goal = None,
    form: Form = "text",
) -> int:
    """Train networks on the same images with the same seeds, and see which is first; small unless told otherwise."""
    where = _backend(backend, address, workers)
    base = _base(racing.BASE, data, device, [*typed, *(changes or ())])
    threads = _part("sweep").threads_for(where)
    sweep = racing.race(base, networks or [name for pair in racing.PAIRS for name in pair], range(seeds), threads)
    return _run(out, sweep, where, form, goal, None)


@with_settings
def stability(
    typed: list[str],
    out: Annotated[Path, typer.Option(help="Directory to write to.")] = Path("irnet-stability"),
    axes: Annotated[
        list[str] | None, typer.Option("--axis", help="One to three of the map's axes, as scale=0.1,1 or width=0.25,1.")
    ] = None,
    seeds: Seeds = 1,
    data: DataOption = "gratings",
    device: Device = "cpu",
    changes: Set = None,
    workers: Workers = None,
    backend: BackendName = "local",
    address: Address = None,
    criteria: Criterion = None,
    form: Form = "text",
) -> int:
    """Train a network at several residual scales (or widths, rates, depths, inits) and see which runs die."""
    where = _backend(backend, address, workers)
    base = _base(mapping.BASE, data, device, [*typed, *(changes or ())])
    grid = [axis(text) for text in axes or ()] or [mapping.AXIS]
    sweep = mapping.stability(base, grid, range(seeds), _part("sweep").threads_for(where))
    return _run(out, sweep, where, form, None, criteria)


def resume(
    directory: Directory,
    workers: Workers = None,
    backend: BackendName = "local",
    address: Address = None,
    goal: Goal = None,
    folder: Annotated[Path | None, typer.Option("--queue", help="A folder whose sweeps take turns.")] = None,
    at_most: Annotated[int, typer.Option(min=1, help="Sweeps of the queue that run at once.")] = 1,
    while_watched: Annotated[bool, typer.Option(help="Stop when nobody looks any more.")] = False,
    criteria: Criterion = None,
    form: Form = "text",
) -> int:
    """Go on with a stopped, killed or paused race or death map; what has ended is never computed again."""
    if is_running(directory) and last_word(directory) == "pause":
        ask(directory, "run")
        typer.echo(f"{directory} goes on where it runs", err=True)
        return 0
    sweep, where = settings(directory), _backend(backend, address, workers)
    with ExitStack() as stack:
        if folder and not stack.enter_context(queue.turn(directory, folder, at_most, _tell_place)):
            return _stop_report(directory)
        return _run(directory, sweep, where, form, goal, criteria, while_watched=while_watched)


def stop(directory: Directory) -> None:
    """Stop a running race or death map within two seconds; `irnet resume` goes on with it."""
    _ask(directory, "stop")


def pause(directory: Directory) -> None:
    """Let a running race or death map wait, its processes with it; `irnet resume` goes on with it."""
    _ask(directory, "pause")


def _ask(directory: Path, word: Word) -> None:
    ask(directory, word)
    if not is_running(directory):
        typer.echo(f"{directory} is not running", err=True)


def progress(directory: Directory, form: Form = "text") -> None:
    """How far a race or a death map is, running or not."""
    found = cost.progress(directory, histories(directory))
    show(asdict(found) | {"sentence": found.sentence}, form, lambda data: typer.echo(data["sentence"]))


def plot(
    directory: Directory,
    form: Annotated[Literal["svg", "png", "html", "csv"], typer.Option("--format", help="What to write.")] = "svg",
    out: Annotated[Path | None, typer.Option(help="Folder to write to; without, DIR/plots.")] = None,
    criteria: Criterion = None,
) -> None:
    """Write the curves of a race or a death map, finished or running, as pictures or tables."""
    sweep, found = settings(directory), histories(directory)
    meant = mapping.criteria(criteria or ())
    for file in charts.plots(sweep, found, form, out or directory / "plots", meant):
        typer.echo(file)


def _base(base: Run, data: str, device: str, changes: list[str]) -> Run:
    kind = [f"kind={data}"] if data in ("gratings", "crops") else ["kind=folder", f"folder={data}"]
    return with_texts(base, [*kind, f"device={device}", *changes])


def _backend(name: str, address: str | None, workers: int | None) -> Backend:
    made: Backend = _part("backends").Backend(name=name, address=address, workers=workers)
    return made


def _run(
    directory: Path,
    sweep: Sweep,
    backend: Backend,
    form: str,
    goal: float | None,
    criteria: list[str] | None,
    *,
    while_watched: bool = False,
) -> int:
    """Run a sweep, say how far it is, and print what it found."""
    running, meant = _part("sweep"), mapping.criteria(criteria or ())
    report = _Report(directory, while_watched=while_watched)
    with running.interruptible(directory):
        found = running.start(directory, sweep, backend, report)
    if found.state != "finished":
        return _stop_report(directory)
    if report.ended == -1:
        typer.echo(f"{directory} had all its runs already; another --out begins anew", err=True)
    show(_findings(directory, goal, meant), form, _findings_text)
    return 0


class _Report:
    """Says how far a sweep is, once a run has ended; stops it when nobody looks any more, if that is wanted."""

    def __init__(self, directory: Path, *, while_watched: bool) -> None:
        self.directory, self.while_watched, self.ended = directory, while_watched, -1

    def __call__(self, now: cost.Progress) -> None:
        if now.ended != self.ended:
            typer.echo(now.sentence, err=True)
            self.ended = now.ended
        if self.while_watched and queue.left_alone(self.directory):
            ask(self.directory, "stop")


def _stop_report(directory: Path) -> int:
    _part("backends").end_workers()  # they have nothing left to do, and take their time to go by themselves
    typer.echo(f"irnet: stopped; it goes on with: {command('resume', directory)}", err=True)
    return INTERRUPTED


def _tell_place(place: queue.Place) -> None:
    typer.echo(f"waiting: {place.before} before it, {place.at_most} at once", err=True)


def _findings(directory: Path, goal: float | None, criteria: mapping.Criteria) -> dict[str, Any]:
    """What a sweep found, as plain values."""
    sweep, found = settings(directory), histories(directory)
    record: dict[str, Any] = {"directory": str(directory), "kind": sweep.kind, "runs": len(found)}
    if sweep.kind == "stability":
        cells = mapping.cells(sweep, found, criteria)
        return record | {
            "found": mapping.outcome(cells),
            "setting": mapping.setting(sweep),
            "definition": criteria.sentence,
            "cells": mapping.records(cells),
            "paper": mapping.PAPER_CLAIM,
            "reproduced": mapping.claims_reproduced(cells),
            "remedies": {axis: said for axis, said in mapping.REMEDIES.items() if axis in dict(sweep.axes)},
        }
    reached = racing.best_goal(found) if goal is None else goal
    standings = [racing.standing(found, reached, against) for against in racing.AGAINST]
    return record | {
        "goal": reached,
        "networks": racing.records(found, reached),
        "first": {standing.against: racing.sentence(standing) for standing in standings},
        "paper": _paper({str(history.run.network).partition(" ")[0] for history in found}),
    }


def _paper(presets: set[str]) -> dict[str, Any]:
    """What the paper has on these networks; nothing of it was measured here."""
    return {
        "table_2": [
            {"model": one.model, "preset": one.preset, "top1": one.top1, "top5": one.top5}
            for one in TABLE_2
            if one.preset in presets
        ],
        "table_2_source": TABLE_2_SOURCE,
        "curves": [asdict(one) | {"shows": one.shows} for one in curves() if set(one.presets) <= presets],
        "curves_source": CURVES_SOURCE,
    }


def _findings_text(data: dict[str, Any]) -> None:
    if data["kind"] == "stability":
        nothing = {"not_measured", "diverged"} - {fate for cell in data["cells"] for fate in cell if cell[fate]}
        shown_cells = [{key: value for key, value in cell.items() if key not in nothing} for cell in data["cells"]]
        table(shown_cells, f"{data['found']}. {data['setting']}")
        said = [f"{data['definition']}.", data["paper"], *data["reproduced"], *data["remedies"].values()]
        typer.echo("".join(f"{sentence[:1].upper()}{sentence[1:]}\n" for sentence in said))
        return
    shown: Sequence[dict[str, Any]] = [
        {key: value for key, value in record.items() if not key.endswith("_spread")} for record in data["networks"]
    ]
    table(shown, f"Measured here, to {100 * data['goal']:.0f} % held-out accuracy")
    typer.echo("".join(f"{sentence}\n" for sentence in data["first"].values()))
    if paper := data["paper"]["table_2"]:
        table(paper, "The paper, on ImageNet, after full training: errors in percent (nothing here was measured by us)")
        typer.echo("".join(f"{curve['figure']}: {curve['shows']}\n" for curve in data["paper"]["curves"]))
