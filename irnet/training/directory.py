"""One directory a sweep: settings, environment, a file of JSON lines a run, checkpoints, and a word to the workers.

    DIR/settings.json      what was asked for
    DIR/environment.json   versions and machine of the first start
    DIR/runs/0003.jsonl    a line on the run, a line a step, and a last line once it has ended
    DIR/checkpoints/       weights and optimiser state of runs that have not ended
    DIR/control            "run", "pause" or "stop": every worker looks at it at every step
    DIR/lock               locked by the process that runs the sweep, and says which one that is

A file takes its name only when it is whole, and a line counts only with its line end: what a killed process leaves
behind is a shorter file, never a wrong one.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from irnet.training.settings import Sweep, from_json, to_json

Word = Literal["run", "pause", "stop"]
Ended = Literal["finished", "diverged"]


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


def write(file: Path, text: str) -> None:
    """Write a file so that it is there as a whole or not at all."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


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
        text = file.read_bytes()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]


def end_of(file: Path) -> Ended | None:
    """How a run ended, from the end of its file; None while it has not."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - 200))
            tail = opened.read()
    except FileNotFoundError:
        return None
    if not tail.endswith(b"\n"):
        return None
    last = tail[:-1].rpartition(b"\n")[2]
    if not last.startswith(b'{"end"'):
        return None
    word: Ended = json.loads(last)["end"]
    return word
