"""A death map and a race that were trained before and come with the library, for a reader to see at once.

`python -m benchmarks.finished` trains them anew and writes the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from irnet.training.results import History, Line
from irnet.training.settings import Run, Sweep, SweepKind, from_json, to_json

FILES: Mapping[SweepKind, Path] = {
    "stability": Path(__file__).with_name("finished_map.json"),
    "race": Path(__file__).with_name("finished_race.json"),
}
_COLUMNS = ("step", "loss", "seconds", "zeros", "magnitudes", "accuracy", "held_out_zeros", "gradient")
_OF_RUN = ("network", "parameters", "macs_per_step", "images_per_epoch", "classes", "chance", "ended")


@lru_cache(maxsize=len(FILES))
def finished(kind: SweepKind) -> tuple[Sweep, tuple[History, ...]]:
    """The settings of the map ("stability") or the race, and its runs.

    Of every run there are the steps, of a map's the measured ones; of its blocks the last.

    Examples
    --------
    >>> sweep, found = finished("stability")
    >>> sweep.kind, all(history.ended for history in found)
    ('stability', True)
    """
    data = json.loads(FILES[kind].read_text(encoding="utf-8"))
    sweep = from_json(data["sweep"])
    runs = dict(enumerate(sweep.runs()))
    return sweep, tuple(_history(record, runs[record["number"]]) for record in data["runs"])


def _history(record: dict[str, Any], run: Run) -> History:
    lines = []
    for values in record["lines"]:
        line = dict(zip(_COLUMNS, values, strict=True))
        lines.append(Line(**{**line, "zeros": (line["zeros"],), "magnitudes": (line["magnitudes"],)}))
    of_run = {name: record[name] for name in _OF_RUN} | {"classes": tuple(record["classes"])}
    return History(number=record["number"], run=run, blocks=(record["block"],), lines=tuple(lines), **of_run)


def text_of(sweep: Sweep, found: Sequence[History], made_with: dict[str, Any]) -> str:
    """The file's text; runs that have not ended are left out."""
    head = {"made_by": "python -m benchmarks.finished", "made_with": made_with, "sweep": to_json(sweep)}
    ended = [history for history in found if history.ended]
    records = [_record(one, one.lines if sweep.kind == "race" else one.measured) for one in ended]
    body = ",\n".join(json.dumps(record, separators=(",", ":")) for record in records)
    return f'{json.dumps(head, indent=1)[:-2]},\n "runs": [\n{body}\n]\n}}\n'


def _record(history: History, kept: Sequence[Line]) -> dict[str, Any]:
    lines = []
    for line in kept:
        short = {name: _short(getattr(line, name)) for name in ("loss", "gradient")}
        last = {"zeros": line.zeros[-1], "magnitudes": _short(line.magnitudes[-1]), "seconds": round(line.seconds, 1)}
        values = {name: getattr(line, name) for name in _COLUMNS} | short | last
        lines.append(list(values.values()))
    of_run = {name: getattr(history, name) for name in _OF_RUN}
    return {"number": history.number, "block": history.blocks[-1], "lines": lines, **of_run}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
