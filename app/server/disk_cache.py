"""What a function made, kept in a folder that the server's owner named, for other servers and the next start.

An entry goes by what was asked for and by the code that answered: by every file of `irnet` and the version of
whatever draws or counts.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, lru_cache, wraps
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from inspect import signature
from pathlib import Path
from subprocess import SubprocessError, run
from typing import Any, Generic, ParamSpec, TypeVar

import irnet
from app.server.store import Store
from irnet.diagrams.render import layout_engine
from irnet.spec import Network

FOLDER = "IRNET_CACHE"  # names the folder; without it nothing is kept
PACKAGES = ("graphviz", "vl-convert-python", "torch", "fvcore", "torchinfo")  # that draw and count
LENGTH = 8  # bytes
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """How a value is written, and read again; no pickle."""

    written: Callable[[T], bytes]
    read: Callable[[bytes], T]


def _both(pair: tuple[bytes, bytes]) -> bytes:
    return len(pair[0]).to_bytes(LENGTH) + b"".join(pair)


def _apart(content: bytes) -> tuple[bytes, bytes]:
    end = LENGTH + int.from_bytes(content[:LENGTH])
    return content[LENGTH:end], content[end:]


FILE: Form[bytes] = Form(bytes, bytes)
PAIR: Form[tuple[bytes, bytes]] = Form(_both, _apart)


def disk_cache(form: Form[T]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function whose answers are kept in the folder that `IRNET_CACHE` names; without one, the function itself."""

    def keeping(function: Callable[P, T]) -> Callable[P, T]:
        asked = signature(function)

        @wraps(function)
        def answer(*args: P.args, **kwargs: P.kwargs) -> T:
            found = store()
            if found is None:
                return function(*args, **kwargs)
            given = asked.bind(*args, **kwargs)
            given.apply_defaults()
            key = key_of(function.__qualname__, **given.arguments)
            if (content := found.get(key)) is not None:
                try:
                    return form.read(content)
                except (ValueError, KeyError, TypeError):
                    found.discard(key)
            made = function(*args, **kwargs)
            found.put(key, form.written(made))
            return made

        return answer

    return keeping


def store() -> Store | None:
    """The folder that the server's owner named; None where none was."""
    named = os.environ.get(FOLDER, "")
    return _store(named) if named else None


@lru_cache(maxsize=1)
def _store(named: str) -> Store:
    return Store(Path(named).resolve())


def key_of(what: str, **asked: object) -> str:
    """64 hex digits that change with what is asked for and with the code that answers.

    Examples
    --------
    >>> key_of("plan", level=1) == key_of("plan", level=1), key_of("plan", level=1) == key_of("plan", level=True)
    (True, False)
    """
    return sha256(json.dumps([_code(), _engine(), what, _plain(asked)]).encode()).hexdigest()


def _plain(value: object) -> Any:
    """A value as JSON can write it: the same for equal values in every process.

    Raises
    ------
    TypeError
        For a value of a kind that has no such form yet.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Network):
        return ["Network", repr(value), value.label]  # the label is part of every picture
    if isinstance(value, tuple):
        return list(map(_plain, value))
    if isinstance(value, frozenset):  # its order differs between processes
        return ["frozenset", *sorted(map(_plain, value))]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if is_dataclass(value):
        return [type(value).__name__, *(_plain(getattr(value, field.name)) for field in fields(value))]
    raise TypeError(f"a {type(value).__name__} can't be part of a key")


@cache
def _code() -> str:
    """What the answers come from, in 64 hex digits."""
    found = sha256(json.dumps([sys.version_info[:2], *map(_version, PACKAGES)]).encode())
    home = Path(irnet.__file__).parent
    for file in sorted(file for file in home.rglob("*") if file.is_file() and "__pycache__" not in file.parts):
        found.update(f"{file.relative_to(home)} {file.stat().st_size} ".encode() + file.read_bytes())
    return found.hexdigest()


def _engine() -> str:
    """What lays drawings out, in its own words; "" where there is nothing, which the drawing itself will say."""
    with suppress(RuntimeError, OSError, SubprocessError):
        return _words_of(layout_engine())
    return ""


@lru_cache(maxsize=4)
def _words_of(engine: Path) -> str:
    answer = run([engine, "-V"], capture_output=True, text=True, check=False, timeout=20)
    return answer.stdout + answer.stderr


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
