"""One directory a sweep: settings, environment, a file of JSON lines a run, checkpoints, and a word to the workers.

    DIR/settings.json      what was asked for
    DIR/environment.json   versions and machine of the first start
    DIR/runs/0003.jsonl    a line on the run, a line a step, and a last line once it has ended
    DIR/checkpoints/       weights and optimiser state of runs that have not ended
    DIR/control            "run", "pause" or "stop": every worker looks at it at every step
    DIR/lock               locked by the process that runs the sweep, and says which one that is

A file takes its name only when it is whole, and a line counts only with its line end: what a killed process leaves
behind is a shorter file, never a wrong one. The operating system releases a lock with the process that holds it.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal, get_args
from uuid import uuid4

from irnet.training.settings import Sweep, from_json, to_json

Word = Literal["run", "pause", "stop"]
Ended = Literal["finished", "diverged"]
PATIENCE = 0.5  # seconds: whoever only asks whether a lock is held, holds it for a moment


def create(directory: Path, sweep: Sweep, environment: Mapping[str, Any]) -> None:
    """Make the directory of a sweep; one that already holds this very sweep is left as it is.

    Raises
    ------
    ValueError
        If it holds another sweep, or something else.
    """
    if (directory / "settings.json").exists():
        if settings(directory) != sweep:
            raise ValueError(
                f"{directory} holds another sweep; choose another directory, or: {command('resume', directory)}"
            )
        return
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ValueError(f"{directory} is there already and holds no sweep; choose another directory")
    for folder in ("runs", "checkpoints"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    write(directory / "environment.json", json.dumps(environment, indent=2))
    write(directory / "settings.json", json.dumps(to_json(sweep), indent=2))  # last: with it, the sweep is there


def command(verb: str, directory: Path) -> str:
    """A command line about a sweep, to be pasted into a shell.

    Examples
    --------
    >>> command("resume", Path("my race; $(date)"))
    "irnet resume 'my race; $(date)'"
    """
    return f"irnet {verb} {shlex.quote(str(directory))}"


def settings(directory: Path) -> Sweep:
    """The sweep that a directory holds.

    Raises
    ------
    ValueError
        If it holds none, or its settings can't be read.
    """
    file = directory / "settings.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{directory} holds no sweep: it has no settings.json") from None
    except (OSError, ValueError):
        raise ValueError(f"{file} can't be read as JSON") from None
    try:
        return from_json(found)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def environment(directory: Path) -> dict[str, Any]:
    """What the sweep first ran with."""
    found: dict[str, Any] = json.loads((directory / "environment.json").read_text(encoding="utf-8"))
    return found


@contextmanager
def whole_file(file: Path) -> Iterator[Path]:
    """A path to write to, which takes the name of `file` once the block has ended without an error."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        yield partial
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def write(file: Path, text: str) -> None:
    """Write a file so that it is there as a whole or not at all."""
    with whole_file(file) as partial, partial.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())


def run_file(directory: Path, number: int) -> Path:
    """The JSON lines of a run."""
    return directory / "runs" / f"{number:04}.jsonl"


def checkpoint_file(directory: Path, number: int) -> Path:
    """Weights and optimiser state of a run."""
    return directory / "checkpoints" / f"{number:04}.safetensors"


def ask(directory: Path, word: Word) -> None:
    """Tell the workers of a sweep to run, pause or stop.

    Raises
    ------
    ValueError
        For another word, or a directory without a sweep.
    """
    if word not in get_args(Word):
        raise ValueError(f"{word!r} is not one of {', '.join(get_args(Word))}")
    if not (directory / "settings.json").exists():
        raise ValueError(f"{directory} holds no sweep: it has no settings.json")
    write(directory / "control", word)


def last_word(directory: Path) -> Word:
    """What the workers of a sweep were last told; "run" where nothing was said."""
    try:
        word = (directory / "control").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return "run"
    return "pause" if word == "pause" else "stop" if word == "stop" else "run"


def lines(file: Path) -> list[dict[str, Any]]:
    """The whole lines of a run's file; none where there is no file, and nothing after a line that was cut off."""
    try:
        return read_lines(file.read_bytes())
    except FileNotFoundError:
        return []


def read_lines(text: bytes) -> list[dict[str, Any]]:
    """The whole lines of a text of JSON lines."""
    return [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]


def end_of(file: Path) -> Ended | None:
    """How a run ended, from the end of its file; None while it has not."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - 200))
            tail = opened.read()
    except FileNotFoundError:
        return None
    last = tail[: tail.rfind(b"\n") + 1].rstrip().rpartition(b"\n")[2]
    found: Ended | None = json.loads(last)["end"] if last.startswith(b'{"end"') else None
    return found


@dataclass(frozen=True, slots=True)
class Owner:
    """Who runs a sweep; `token` is new for every start."""

    token: str
    host: str
    pid: int


@contextmanager
def lock_directory(directory: Path) -> Iterator[Owner]:
    """Hold the lock of a sweep; workers that outlive their parent see that the token has changed and stop.

    Raises
    ------
    ValueError
        If another process holds it, naming that process.
    """
    with hold(directory / "lock") as opened:
        if not opened:
            there = owner(directory)
            who = f"process {there.pid} on {there.host}" if there else "another process"
            raise ValueError(
                f"{directory} is being run by {who}; wait for it, or stop it: {command('stop', directory)}"
            )
        mine = Owner(uuid4().hex, socket.gethostname(), os.getpid())
        opened.truncate(0)
        json.dump(asdict(mine), opened)
        opened.flush()
        yield mine


@contextmanager
def hold(file: Path, patience: float = PATIENCE) -> Iterator[TextIOWrapper | None]:
    """The file, locked and open for appending, while the block runs; None if it is still held after some seconds.

    A process that is started with it as its output holds the lock too, as long as it lives.
    """
    until = monotonic() + patience
    with file.open("a", encoding="utf-8") as opened:
        while not _try_lock(opened, shared=False):
            if monotonic() > until:
                yield None
                return
            sleep(0.02)
        yield opened


def is_locked(file: Path) -> bool:
    """Whether some process on this machine holds a lock on `file`."""
    try:
        with file.open("r", encoding="utf-8") as opened:
            return not _try_lock(opened, shared=True)
    except FileNotFoundError:
        return False


def _try_lock(opened: TextIOWrapper, *, shared: bool) -> bool:
    fcntl = import_module("fcntl")  # Windows has none: nothing can be trained there, but settings can be read
    try:
        fcntl.flock(opened, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_running(directory: Path) -> bool:
    """Whether a process on this machine runs the sweep."""
    return is_locked(directory / "lock")


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
    # a worker on another machine can't see the process; the token still tells it
    return there.host == socket.gethostname() and not is_running(directory)
