"""What a worker process does with one run of a sweep: train, write down every step, and listen.

Whatever goes wrong comes back as an outcome with a sentence, so that the other runs of the sweep are not lost.
"""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from io import FileIO
from itertools import islice
from math import isfinite
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Literal

from irnet.training.directory import (
    Ended,
    ask,
    checkpoint_file,
    command,
    end_of,
    is_orphaned,
    last_word,
    lines,
    run_file,
    settings,
    write,
)
from irnet.training.settings import Sweep

if TYPE_CHECKING:
    from irnet.training.loop import Step, Trainer

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PAUSE = 0.1  # seconds between two looks at the control file while paused


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a worker left a run."""

    number: int
    how: Ended | Literal["stopped", "failed", "full"]
    sentence: str = ""  # why, where it failed


def work(directory: str, number: int, token: str) -> Outcome:
    """Train run `number` of a sweep, from its checkpoint if it has one, until it ends or the sweep is stopped."""
    folder = Path(directory)
    try:
        if how := end_of(run_file(folder, number)):
            return Outcome(number, how)
        if last_word(folder) == "stop" or is_orphaned(folder, token):
            return Outcome(number, "stopped")
        left = _Job(folder, settings(folder), number, token).done()
        return Outcome(number, left or "stopped")
    except OSError as error:
        full = error.errno in FULL
        found = Outcome(number, "full" if full else "failed", _full(folder) if full else str(error))
    except (ValueError, RuntimeError, MemoryError) as error:
        found = Outcome(number, "failed", str(error).partition("\n")[0])
    with suppress(OSError, ValueError):  # on a full disk the others find out by themselves
        ask(folder, "stop")
    return found


def _full(folder: Path) -> str:
    return (
        f"no space is left for {folder}: the sweep stopped and every finished run is kept; "
        f"make room, then: {command('resume', folder)}"
    )


class _Job:
    """A run, its files, and the start of the sweep that it belongs to."""

    def __init__(self, folder: Path, sweep: Sweep, number: int, token: str) -> None:
        import_module("torch").set_num_threads(sweep.threads)
        training = import_module("irnet.training.loop")
        self.folder, self.sweep, self.token = folder, sweep, token
        self.trainer: Trainer = training.Trainer(
            next(islice(sweep.runs(), number, None)), signs=sweep.kind == "stability"
        )
        self.file, self.checkpoint = run_file(folder, number), checkpoint_file(folder, number)
        self.header = training.header(self.trainer) | {"run": number}

    def done(self) -> Ended | None:
        """How the run ended, or None if it was told to stop."""
        self._begin()
        with self.file.open("ab", buffering=0) as opened:
            how: Ended = "finished"
            for step in self.trainer.steps():
                if is_orphaned(self.folder, self.token):
                    return None
                append(opened, line_of(step))
                if step.diverged:
                    how = "diverged"
                elif step.step < self.trainer.run.steps and not self._goes_on():
                    return None
            if self.sweep.keep_weights:
                self.trainer.save(self.checkpoint)
            append(opened, {"end": how, "steps": self.trainer.step})
            os.fsync(opened.fileno())
        if not self.sweep.keep_weights:
            self.checkpoint.unlink(missing_ok=True)
        return how

    def _begin(self) -> None:
        """Go on from the checkpoint; keep the lines up to it, or a first line on the run."""
        kept = lines(self.file)
        if self.checkpoint.exists():
            self.trainer.restore(self.checkpoint)
        kept = [self.header, *kept[1 : self.trainer.step + 1]]
        if len(kept) <= self.trainer.step:
            raise ValueError(
                f"{self.file} has fewer steps than {self.checkpoint}; delete both, and the run starts anew"
            )
        write(self.file, "".join(map(_text, kept)))
        self.saved = monotonic()

    def _goes_on(self) -> bool:
        """Checkpoint where it is due, wait while the sweep is paused, and say whether to take the next step."""
        word = last_word(self.folder)
        if word != "run" or monotonic() - self.saved > self.sweep.checkpoint_seconds:
            self.trainer.save(self.checkpoint)
            self.saved = monotonic()
        while word == "pause" and not is_orphaned(self.folder, self.token):
            sleep(PAUSE)
            word = last_word(self.folder)
        return word == "run"


def line_of(step: Step) -> dict[str, Any]:
    """A step as plain values, block by block, with what held-out images showed; None for what is no number."""
    stats = step.outputs.values()
    line: dict[str, Any] = {
        "step": step.step,
        "loss": step.loss if isfinite(step.loss) else None,
        "seconds": round(step.seconds, 4),
        "zeros": [round(stat.zero_share, 6) for stat in stats],
        "magnitudes": [float(f"{stat.mean_abs:.6g}") if isfinite(stat.mean_abs) else None for stat in stats],
    }
    if step.accuracy is not None:
        line["accuracy"] = step.accuracy
    if step.last_block is not None:
        line |= {"held_out_zeros": step.last_block.zeros, "gradient": step.last_block.gradient}
    return line


def append(opened: FileIO, line: dict[str, Any]) -> None:
    """Write one line at the end of a file, whole or with the error that says why not."""
    data = _text(line).encode()
    written = opened.write(data)
    if written is not None and written < len(data):  # the disk took a part, and says why with the rest
        opened.write(data[written:])


def _text(line: dict[str, Any]) -> str:
    return json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n"
