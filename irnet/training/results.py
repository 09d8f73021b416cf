"""What the runs of a sweep have written so far, read again and again without reading any line twice; no torch here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from irnet.training.directory import Ended, last_word, run_file, settings
from irnet.training.lock import is_locked
from irnet.training.settings import Run, Sweep
from irnet.training.work import evaluation_seconds, training_macs, training_seconds


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a run, as `irnet.training.worker.line_of` writes it."""

    step: int  # from 1
    loss: float | None  # None: no number
    seconds: float
    zeros: tuple[float, ...]  # share of zeros in the output of every block
    magnitudes: tuple[float | None, ...]  # mean magnitude there
    accuracy: float | None = None  # on held-out images, where it was due
    held_out_zeros: float | None = None  # share of zeros that the last block puts out over all of them
    gradient: float | None = None  # norm of the gradient of their mean loss at that block's input; None: no number too


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A run and its steps so far."""

    number: int
    run: Run
    network: str = ""  # its label; empty, like all below, until the run has begun
    parameters: int = 0
    blocks: tuple[str, ...] = ()
    macs_per_step: int = 0
    images_per_epoch: int = 0
    classes: tuple[str, ...] = ()
    chance: float | None = None  # held-out accuracy of one and the same answer; None in runs of older versions
    lines: tuple[Line, ...] = ()
    ended: Ended | None = None

    @property
    def done(self) -> float:
        """The share of its work that is behind it, 0 to 1."""
        return 1.0 if self.ended else len(self.lines) / self.run.steps

    def epochs(self, step: int) -> float:
        """Epochs after that many steps."""
        return step * self.run.batch / self.images_per_epoch


class Follower:
    """Reads a sweep's directory; each look reads only what was added since the last.

    A run that was resumed has fewer lines than before, and is then read anew.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.sweep: Sweep = settings(directory)
        self._histories = [History(number=i, run=run) for i, run in enumerate(self.sweep.runs())]
        self._read: dict[int, tuple[int, int]] = {}  # number -> the file's identity, bytes read

    def look(self) -> tuple[History, ...]:
        """Every run as it stands now."""
        for number, known in enumerate(self._histories):
            if not (known.ended and known.lines):
                self._histories[number] = self._updated(known)
        return tuple(self._histories)

    def _updated(self, known: History) -> History:
        try:
            with run_file(self.directory, known.number).open("rb") as opened:
                stat = os.fstat(opened.fileno())
                inode, start = self._read.get(known.number, (stat.st_ino, 0))
                if inode != stat.st_ino or stat.st_size < start:  # a resumed run's file is a new one
                    known, start = History(number=known.number, run=known.run), 0
                opened.seek(start)
                text = opened.read()
        except FileNotFoundError:
            return known
        whole = text[: text.rfind(b"\n") + 1]
        self._read[known.number] = (stat.st_ino, start + len(whole))
        return _extend(known, [json.loads(line) for line in whole.splitlines()])


def _extend(known: History, found: Sequence[Mapping[str, Any]]) -> History:
    first: Mapping[str, Any] = {}
    lines: list[Line] = []
    end = known.ended
    for line in found:
        if "step" in line:
            tuples = {"zeros": tuple(line["zeros"]), "magnitudes": tuple(line["magnitudes"])}
            lines.append(Line(**{**line, **tuples}))
        elif "end" in line:
            end = line["end"]
        else:
            first = line
    if not first and not lines and end == known.ended:
        return known
    kept: dict[str, Any] = {name: first.get(name) if first else getattr(known, name) for name in _FIRST}
    texts: dict[str, Any] = {name: tuple(kept[name]) for name in ("blocks", "classes")}
    return History(number=known.number, run=known.run, lines=(*known.lines, *lines), ended=end, **{**kept, **texts})


_FIRST = ("network", "parameters", "blocks", "macs_per_step", "images_per_epoch", "classes", "chance")


def histories(directory: Path) -> tuple[History, ...]:
    """Every run of a sweep, read once.

    Raises
    ------
    ValueError
        If the directory holds no sweep.
    """
    return Follower(directory).look()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a sweep is."""

    state: str  # "running", "paused", "stopping", "finished", or "stopped": begun, or not yet begun, by no process
    runs: int
    ended: int
    done: float  # share of the MACs, 0 to 1
    seconds_left: float | None  # with as many workers as are at it; None before there is anything to go by

    @property
    def sentence(self) -> str:
        """The same for people."""
        left = "" if self.seconds_left is None or self.state != "running" else f", {clock(self.seconds_left)} left"
        return f"{self.state}: {self.ended} of {self.runs} runs ended, {100 * self.done:.0f} % of the work{left}"


def clock(seconds: float) -> str:
    """Seconds as people say them.

    Examples
    --------
    >>> clock(7.6), clock(95), clock(7300)
    ('8 s', '1 min 35 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _seconds_left(found: Sequence[History], workers: int) -> float | None:
    """With steps and accuracies as slow as those behind were; at least what the longest run has left."""
    begun = [history for history in found if history.lines]
    spent = sum(history.lines[-1].seconds for history in begun)
    expected = sum(training_seconds(history.run, len(history.lines)) for history in begun)
    if not expected:
        return None
    left = [
        (1 - history.done) * (training_seconds(history.run, history.run.steps) + evaluation_seconds(history.run))
        for history in found
        if not history.ended
    ]
    return max(sum(left) / max(1, min(workers, len(left))), max(left, default=0.0)) * spent / expected


def progress(directory: Path, found: Sequence[History], workers: int = 1) -> Progress:
    """How far a sweep is, from what its runs have written.

    Parameters
    ----------
    directory
        Of the sweep.
    found
        Its runs, as a `Follower` just read them.
    workers
        How many run at a time.
    """
    todo = [history for history in found if not history.ended]
    word, running = last_word(directory), is_locked(directory / "lock")
    state = (
        ("finished" if not todo else "stopped")
        if not running
        else {"run": "running", "pause": "paused", "stop": "stopping"}[word]
    )
    cost = {history.number: training_macs(history.run) for history in found}
    total = sum(cost.values())
    behind = sum(cost[history.number] * history.done for history in found)
    return Progress(
        state=state,
        runs=len(found),
        ended=len(found) - len(todo),
        done=behind / total if total else 1.0,
        seconds_left=_seconds_left(found, workers),
    )
