"""Sweeps that run on after whoever started them is gone: processes of their own, at most so many at once.

A queue is a folder of files that are locked, so that a process that dies frees its place:

    QUEUE/slots/0        locked by a sweep that runs
    QUEUE/tickets/...    locked by a sweep that waits; the names are in the order of arrival
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import sleep, time, time_ns

from irnet.training.directory import ask, last_word, settings
from irnet.training.lock import is_locked, try_lock

PACKAGE = Path(__file__).parents[2]  # where `python -m irnet` finds this very package, installed or not
LOOK = 0.2  # seconds between two looks at the queue
LEFT_ALONE = 30.0  # seconds without a watcher after which a sweep that nobody asked to keep is stopped


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sweep stands in a queue: how many wait before it, and how many may run at once."""

    before: int
    at_most: int


def begin(directory: Path, queue: Path, at_most: int = 1, *, keep: bool = True, arguments: tuple[str, ...] = ()) -> int:
    """Start, or go on with, a sweep in a process of its own, which no closed tab ends; its process id.

    Parameters
    ----------
    directory
        Of the sweep, with its settings: see `irnet.training.directory.create`.
    queue
        A folder that all sweeps share which take turns.
    at_most
        How many of them run at once.
    keep
        Whether it goes on when nobody looks any more; otherwise `note_reader` must be called now and then.
    arguments
        More options of `irnet resume`.

    Raises
    ------
    ValueError
        If there is no sweep, it is running, or `at_most` is less than 1.
    """
    settings(directory)
    if is_locked(directory / "lock"):
        raise ValueError(f"{directory.name} is running already")
    if at_most < 1:
        raise ValueError(f"at_most={at_most} is less than 1")
    command = [sys.executable, "-m", "irnet", "resume", str(directory.resolve()), "--queue", str(queue.resolve())]
    command += ["--at-most", str(at_most), *arguments]
    (directory / "watched").touch()
    if not keep:
        command.append("--while-watched")
    with (directory / "log").open("a", encoding="utf-8") as log:
        if not try_lock(log):  # the process inherits the lock and holds it as long as it lives
            raise ValueError(f"{directory.name} is running already, or on its way out; try again in a moment")
        ask(directory, "run")
        started = subprocess.Popen(
            command, cwd=PACKAGE, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    Thread(target=started.wait, daemon=True).start()  # so that its end leaves no zombie, which would look alive
    return started.pid


def is_begun(directory: Path) -> bool:
    """Whether a process that `begin` started is there: coming up, waiting, running or on its way out."""
    return is_locked(directory / "log")


def note_reader(directory: Path) -> None:
    """Say that somebody looks at a sweep."""
    (directory / "watched").touch()


def left_alone(directory: Path) -> bool:
    """Whether nobody has looked at a sweep for a while."""
    try:
        return time() - (directory / "watched").stat().st_mtime > LEFT_ALONE
    except FileNotFoundError:
        return True


@contextmanager
def turn(directory: Path, queue: Path, at_most: int, tell: Callable[[Place], None] | None = None) -> Iterator[bool]:
    """Wait for a place among those that run, and hold it while the block runs; False if told to stop meanwhile."""
    for folder in ("slots", "tickets"):
        (queue / folder).mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        ticket = queue / "tickets" / f"{_number(queue):020}-{os.getpid()}"
        stack.callback(ticket.unlink, missing_ok=True)
        while not stack.enter_context(_lock(ticket)):  # somebody is just looking whether it is locked
            sleep(LOOK)
        ticket.write_text(str(directory.resolve()), encoding="utf-8")
        last: Place | None = None
        while last_word(directory) != "stop":
            place = Place(len(_before(ticket)), at_most)
            if not place.before and _slot(queue, at_most, stack):
                ticket.unlink(missing_ok=True)
                yield True
                return
            if tell and place != last:
                tell(place)
                last = place
            sleep(LOOK)
        yield False


def _number(queue: Path) -> int:
    """The time in nanoseconds, or more where a ticket has a later one: a clock that steps back lets nobody go ahead."""
    return max([time_ns(), *(1 + _time(other) for other in (queue / "tickets").glob("*"))])


def _time(ticket: Path) -> int:
    return int(ticket.name.partition("-")[0])


def waiting(directory: Path, queue: Path, at_most: int) -> Place | None:
    """Where a sweep waits in a queue; None where it does not."""
    wanted = str(directory.resolve())
    for ticket in sorted((queue / "tickets").glob("*")):
        if is_locked(ticket) and ticket.read_text(encoding="utf-8") == wanted:
            return Place(len(_before(ticket)), at_most)
    return None


def _before(ticket: Path) -> list[Path]:
    """Tickets of living processes that came earlier; those of dead ones are thrown away."""
    found = []
    for other in sorted(ticket.parent.glob("*")):
        if other.name >= ticket.name:
            break
        if is_locked(other):
            found.append(other)
        elif time_ns() - _time(other) > 10**9:  # a new one is there before it is locked
            other.unlink(missing_ok=True)
    return found


def _slot(queue: Path, at_most: int, stack: ExitStack) -> bool:
    for i in range(at_most):
        attempt = ExitStack()
        if attempt.enter_context(_lock(queue / "slots" / str(i))):
            stack.push(attempt)
            return True
        attempt.close()
    return False


@contextmanager
def _lock(file: Path) -> Iterator[bool]:
    """Whether a lock on `file` was free; it is held while the block runs."""
    with file.open("a", encoding="utf-8") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
