"""Sweeps that run on after whoever started them is gone: processes of their own, at most so many at once.

A queue is a folder of tickets in the order of arrival, each locked by the process of a sweep that runs or waits. The
first ones run. A process that dies unlocks its ticket, which frees its place.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from threading import Thread
from time import sleep, time, time_ns

from irnet.training.directory import ask, hold, is_locked, is_running, last_word, settings

PACKAGE = Path(__file__).parents[2]  # where `python -m irnet` finds this very package, installed or not
LOOK = 0.2  # seconds between two looks at the queue
LEFT_ALONE = 30.0  # seconds without a watcher after which a sweep that nobody asked to keep is stopped


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sweep stands in a queue: how many wait before it, and how many may run at once."""

    before: int
    at_most: int


def begin(directory: Path, queue: Path, at_most: int = 1, *, keep: bool = True) -> int:
    """Start, or go on with, a sweep in a process of its own, which no closed tab ends; its process id.

    Sweeps that share the folder `queue` take turns, `at_most` of them at once. Unless it is to be kept, a sweep stops
    when `note_reader` is not called any more.

    Raises
    ------
    ValueError
        If there is no sweep, it is running, or `at_most` is less than 1.
    """
    settings(directory)
    if is_running(directory):
        raise ValueError(f"{directory.name} is running already")
    if at_most < 1:
        raise ValueError(f"at_most={at_most} is less than 1")
    command = [sys.executable, "-m", "irnet", "resume", str(directory.resolve()), "--queue", str(queue.resolve())]
    command += ["--at-most", str(at_most)]
    note_reader(directory)
    if not keep:
        command.append("--while-watched")
    with hold(directory / "log") as log:  # the process inherits the lock
        if not log:
            raise ValueError(f"{directory.name} is still running, or about to stop; try again in a moment")
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
    (queue / "tickets").mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with hold(queue / "arrivals", inf):  # one after the other: who comes in between would see an unlocked ticket
            ticket = _new_ticket(queue / "tickets")
            opened = stack.enter_context(hold(ticket, inf))
            assert opened
            stack.callback(ticket.unlink, missing_ok=True)
            opened.write(str(directory.resolve()))
            opened.flush()
        last: Place | None = None
        while last_word(directory) != "stop":
            place = _place(ticket, at_most)
            if not place:
                yield True
                return
            if tell and place != last:
                tell(place)
                last = place
            sleep(LOOK)
        yield False


def _new_ticket(folder: Path) -> Path:
    """The last ticket, by the time or by those before: a clock that steps back lets nobody go ahead.

    Tickets of dead processes are thrown away.
    """
    number = time_ns()
    for other in folder.iterdir():
        if is_locked(other):
            number = max(number, 1 + int(other.name))
        else:
            other.unlink(missing_ok=True)
    return folder / f"{number:020}"


def waiting(directory: Path, queue: Path, at_most: int) -> Place | None:
    """Where a sweep waits in a queue; None where it does not."""
    wanted = str(directory.resolve())
    for ticket in sorted((queue / "tickets").glob("*")):
        if is_locked(ticket) and ticket.read_text(encoding="utf-8") == wanted:
            return _place(ticket, at_most)
    return None


def _place(ticket: Path, at_most: int) -> Place | None:
    """Where a ticket stands by those of living processes that came earlier; None where it is its turn."""
    earlier = sum(is_locked(other) for other in ticket.parent.iterdir() if other.name < ticket.name)
    return Place(earlier - at_most, at_most) if earlier >= at_most else None
