"""What the runs of a sweep have written so far, read again and again without reading any line twice; no torch here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from irnet.training.directory import Ended, read_lines, run_file, settings
from irnet.training.settings import Run, Sweep


@dataclass(frozen=True, slots=True)
class Line:
    """What one step of a run showed."""

    step: int  # from 1
    loss: float | None  # cross entropy of the batch, natural logarithm, before the step; None: no number
    seconds: float  # of training up to here, evaluation not counted
    zeros: tuple[float, ...]  # share of zeros in the output of every block, in the forward pass of this step
    magnitudes: tuple[float | None, ...]  # mean magnitude there
    accuracy: float | None = None  # on held-out images after this step, where it was due
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

    @property
    def measured(self) -> tuple[Line, ...]:
        """The steps at which the last block was looked at on held-out images."""
        return tuple(line for line in self.lines if line.held_out_zeros is not None)

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
        self._read[known.number] = (stat.st_ino, start + text.rfind(b"\n") + 1)
        return _extend(known, read_lines(text))


def _extend(known: History, found: Sequence[Mapping[str, Any]]) -> History:
    changes: dict[str, Any] = {}
    lines: list[Line] = []
    for line in found:
        if "step" in line:
            lines.append(Line(**{**line, "zeros": tuple(line["zeros"]), "magnitudes": tuple(line["magnitudes"])}))
        elif "end" in line:
            changes["ended"] = line["end"]
        else:
            changes |= {name: line.get(name) for name in _FIRST}
            changes |= {name: tuple(line[name]) for name in ("blocks", "classes")}
    return replace(known, lines=(*known.lines, *lines), **changes) if found else known


_FIRST = ("network", "parameters", "macs_per_step", "images_per_epoch", "chance")


def histories(directory: Path) -> tuple[History, ...]:
    """Every run of a sweep, read once.

    Raises
    ------
    ValueError
        If the directory holds no sweep.
    """
    return Follower(directory).look()
