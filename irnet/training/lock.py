"""One process at a time runs a sweep: a lock that its death releases, and a token that its workers compare."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

from irnet.training.directory import command

PATIENCE = 0.5  # seconds: whoever only asks whether a lock is held, holds it for a moment


@dataclass(frozen=True, slots=True)
class Owner:
    """Who runs a sweep; `token` is new for every start."""

    token: str
    host: str
    pid: int


@contextmanager
def lock_directory(directory: Path) -> Iterator[Owner]:
    """Hold the lock of a sweep; that of a dead process is taken over.

    The operating system releases a lock with the process that holds it, so a stale one can't be. Workers that outlive
    their parent see that the token has changed and stop.

    Raises
    ------
    ValueError
        If another process holds it, naming that process.
    """
    file = directory / "lock"
    with file.open("a+", encoding="utf-8") as opened:
        if not try_lock(opened):
            there = owner(directory)
            who = f"process {there.pid} on {there.host}" if there else "another process"
            raise ValueError(
                f"{directory} is being run by {who}; wait for it, or stop it: {command('stop', directory)}"
            )
        mine = Owner(uuid4().hex, socket.gethostname(), os.getpid())
        opened.seek(0)
        opened.truncate()
        json.dump({"token": mine.token, "host": mine.host, "pid": mine.pid}, opened)
        opened.flush()
        yield mine


def try_lock(opened: TextIOWrapper) -> bool:
    """Lock an open file, and say whether it was free."""
    until = monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > until:
                return False
            sleep(0.02)
        else:
            return True


def is_locked(file: Path) -> bool:
    """Whether some process on this machine holds a lock on `file`."""
    try:
        with file.open("r", encoding="utf-8") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def owner(directory: Path) -> Owner | None:
    """Who runs a sweep, or ran it last."""
    try:
        return Owner(**json.loads((directory / "lock").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def is_orphaned(directory: Path, token: str) -> bool:
    """Whether the start that a worker belongs to is over: another one has begun, or its process is gone."""
    there = owner(directory)
    if there is None or there.token != token:
        return True
    if there.host != socket.gethostname():
        return False  # a worker on another machine can't see the process; the token still tells it
    try:
        os.kill(there.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
