"""Compute what is missing of a sweep, many runs at a time, until it is finished or somebody says stop.

`resume` hands out runs to worker processes, each of which does `work`: train, write down every step, and listen.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import signal
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from io import FileIO
from itertools import islice
from multiprocessing import resource_tracker
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Literal

import joblib

from irnet.training.backends import Backend, end_workers, parallel
from irnet.training.cost import Progress, progress
from irnet.training.directory import (
    Ended,
    Owner,
    ask,
    checkpoint_file,
    command,
    create,
    end_of,
    is_orphaned,
    last_word,
    lines,
    lock_directory,
    run_file,
    settings,
    write,
)
from irnet.training.results import Follower, Line
from irnet.training.settings import Sweep

if TYPE_CHECKING:
    from irnet.training.loop import Trainer

GRACE = 1.3  # seconds that workers have to write their checkpoint after a stop, before they are ended
LOOK = 0.1  # seconds between two looks at the control file
REPORT = 1.0  # seconds between two reports
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PAUSE = 0.1  # seconds between two looks at the control file while paused
Report = Callable[[Progress], None]


def environment(backend: Backend) -> dict[str, Any]:
    """What a sweep runs with, for whoever wonders later why numbers differ."""
    packages = ("torch", "numpy", "pillow", "scikit-image", "joblib", "safetensors")
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": joblib.cpu_count(),
        "backend": backend.name,
        "packages": {name: version(name) for name in packages},
    }


def threads_for(backend: Backend) -> int:
    """Torch threads a run, so that all cores are used and none twice; 1 on a cluster, which knows its own cores."""
    return max(1, joblib.cpu_count() // backend.count) if backend.name == "local" else 1


def start(directory: Path, sweep: Sweep, backend: Backend | None = None, report: Report | None = None) -> Progress:
    """Make the directory of a sweep, unless it is there, and run it.

    Raises
    ------
    ValueError
        If the directory holds another sweep, or for what `resume` refuses.
    """
    create(directory, sweep, environment(backend or Backend()))
    return resume(directory, backend, report)


def resume(directory: Path, backend: Backend | None = None, report: Report | None = None) -> Progress:
    """Run what is missing of a sweep; no run that has ended is computed again, and one that has begun goes on.

    Without a backend, as many runs at a time as there are cores here. `report` is called about once a second, from
    another thread. The state of what is returned is "finished", or "stopped" if somebody said so.

    Raises
    ------
    ValueError
        If there is no sweep, another process runs it, or a run can't be done; what has ended stays.
    RuntimeError
        If a disk is full or a worker was killed; what has ended stays.
    """
    sweep, where = settings(directory), backend or Backend()
    follower = Follower(directory)
    with lock_directory(directory) as owner:
        ask(directory, "run")
        todo = [i for i, _ in enumerate(sweep.runs()) if not end_of(run_file(directory, i))]
        if todo:
            with _report_progress(directory, where, follower, report):
                _compute(directory, todo, owner, where, sweep.threads)
    return progress(directory, follower.look(), max(1, where.count))


def _compute(directory: Path, todo: list[int], owner: Owner, backend: Backend, threads: int) -> None:
    place = str(directory.resolve())
    try:
        with parallel(backend, threads):
            jobs = (joblib.delayed(work)(place, number, owner.token) for number in todo)
            outcomes: list[Outcome] = joblib.Parallel(batch_size=1, pre_dispatch=backend.at_once)(jobs)
    except BrokenProcessPool:
        if last_word(directory) != "stop":
            left = sum(not end_of(run_file(directory, number)) for number in todo)
            raise RuntimeError(
                f"a worker process was killed, by hand or because memory ran out; {left} runs are left: "
                f"{command('resume', directory)}"
            ) from None
        return
    for outcome in outcomes:
        if outcome.how == "full":
            raise RuntimeError(outcome.sentence)
        if outcome.how == "failed":
            raise ValueError(f"run {outcome.number}: {outcome.sentence}")


@contextmanager
def _report_progress(directory: Path, backend: Backend, follower: Follower, report: Report | None) -> Iterator[None]:
    """Report while the block runs, and end local workers that a stop has not reached in time."""
    over = Event()

    def attend() -> None:
        stopping: float | None = None
        reported = 0.0
        while not over.wait(LOOK):
            stopping = (stopping or monotonic()) if last_word(directory) == "stop" else None
            if stopping and monotonic() - stopping > GRACE and backend.name == "local":
                end_workers()
            if report and monotonic() - reported > REPORT:
                reported = monotonic()
                report(progress(directory, follower.look(), max(1, backend.count)))

    thread = Thread(target=attend, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def interruptible(directory: Path) -> Iterator[None]:
    """Let Ctrl-C and a polite kill stop the sweep instead of tearing it apart, while the block runs.

    Workers are started with Ctrl-C blocked: the terminal sends it to them too.
    """
    if current_thread() is not main_thread():
        yield
        return
    resource_tracker.ensure_running()  # workers need it, and starting it later would unblock what is blocked below
    over = Event()

    def listen() -> None:  # where every thread has the signal blocked
        while not over.is_set():
            if signal.sigtimedwait({signal.SIGINT}, LOOK):
                ask(directory, "stop")

    def heard(*_: object) -> None:  # where a thread from before has not
        ask(directory, "stop")

    before = [(number, signal.signal(number, heard)) for number in (signal.SIGINT, signal.SIGTERM)]
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    thread = Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before:
            signal.signal(number, handler)


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
        run = next(islice(sweep.runs(), number, None))
        self.folder, self.sweep, self.token = folder, sweep, token
        self.trainer: Trainer = import_module("irnet.training.loop").Trainer(run, signs=sweep.kind == "stability")
        self.file, self.checkpoint = run_file(folder, number), checkpoint_file(folder, number)
        self.header = self.trainer.header() | {"run": number}

    def done(self) -> Ended | None:
        """How the run ended, or None if it was told to stop."""
        self._begin()
        with self.file.open("ab", buffering=0) as opened:
            how: Ended = "finished"
            for line in self.trainer.steps():
                if is_orphaned(self.folder, self.token):
                    return None
                append(opened, _record(line))
                if line.loss is None:
                    how = "diverged"
                elif line.step < self.trainer.run.steps and not self._goes_on():
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


def _record(line: Line) -> dict[str, Any]:
    """A step as plain values, without what was not measured at it."""
    record: dict[str, Any] = {
        "step": line.step,
        "loss": line.loss,
        "seconds": round(line.seconds, 4),
        "zeros": [round(share, 6) for share in line.zeros],
        "magnitudes": [None if size is None else float(f"{size:.6g}") for size in line.magnitudes],
    }
    if line.accuracy is not None:
        record["accuracy"] = line.accuracy
    if line.held_out_zeros is not None:
        record |= {"held_out_zeros": line.held_out_zeros, "gradient": line.gradient}
    return record


def append(opened: FileIO, line: dict[str, Any]) -> None:
    """Write one line at the end of a file, whole or with the error that says why not."""
    data = _text(line).encode()
    written = opened.write(data)
    if written is not None and written < len(data):  # the disk took a part, and says why with the rest
        opened.write(data[written:])


def _text(line: dict[str, Any]) -> str:
    return json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n"
