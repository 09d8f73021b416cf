"""Compute what is missing of a sweep, many runs at a time, until it is finished or somebody says stop."""

from __future__ import annotations

import platform
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from multiprocessing import resource_tracker
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread
from time import monotonic
from typing import Any

import joblib

from irnet.training.backends import Backend, end_workers, parallel
from irnet.training.cost import Progress, progress
from irnet.training.directory import (
    Owner,
    ask,
    command,
    create,
    end_of,
    last_word,
    lock_directory,
    run_file,
    settings,
)
from irnet.training.results import Follower
from irnet.training.settings import Sweep
from irnet.training.worker import Outcome, work

GRACE = 1.3  # seconds that workers have to write their checkpoint after a stop, before they are ended
LOOK = 0.1  # seconds between two looks at the control file
REPORT = 1.0  # seconds between two reports
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

    Parameters
    ----------
    directory
        Of the sweep.
    backend
        Where to compute and how many at a time; by default as many as there are cores here.
    report
        Called about once a second, from another thread, with how far the sweep is.

    Returns
    -------
    Progress
        Whose state is "finished", or "stopped" if somebody said so.

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
    died = _worker_died()
    try:
        with parallel(backend, threads):
            jobs = (joblib.delayed(work)(place, number, owner.token) for number in todo)
            outcomes: list[Outcome] = joblib.Parallel(batch_size=1, pre_dispatch=backend.at_once)(jobs)
    except died:
        if last_word(directory) != "stop":
            left = sum(not end_of(run_file(directory, number)) for number in todo)
            raise RuntimeError(
                f"a worker process was killed, by hand or for want of memory; {left} runs are left: "
                f"{command('resume', directory)}"
            ) from None
        return
    for outcome in outcomes:
        if outcome.how == "full":
            raise RuntimeError(outcome.sentence)
        if outcome.how == "failed":
            raise ValueError(f"run {outcome.number}: {outcome.sentence}")


def _worker_died() -> tuple[type[BaseException], ...]:
    loky = import_module("joblib.externals.loky.process_executor")
    return (loky.TerminatedWorkerError, loky.BrokenProcessPool)


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
