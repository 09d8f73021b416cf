"""Facts as TOML files beside the modules that say what they mean; to correct or add one takes no programming."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).parent
Entry = TypeVar("Entry")


def read_data(name: str) -> dict[str, Any]:
    """What a file of this package says; lists are tuples, and a text over several lines is one line.

    Raises
    ------
    ValueError
        If it is no TOML, with the file and the line.

    Examples
    --------
    >>> read_data("models/errata.toml")["E4"]["where"]
    'Fig. 17'
    """
    try:
        found = tomllib.loads((HERE / name).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"irnet/{name}: {error}") from None
    return {key: _frozen(value) for key, value in found.items()}


def _frozen(value: Any) -> Any:
    match value:
        case dict():
            return {key: _frozen(inner) for key, inner in value.items()}
        case list():
            return tuple(map(_frozen, value))
        case str():
            return " ".join(value.split())
        case _:
            return value


def entry(kind: Callable[..., Entry], said: Mapping[str, Any]) -> Entry:
    """The value that a table of a file says; `tests/test_data_files.py` holds it against the types of its fields.

    Raises
    ------
    ValueError
        Naming the field that is unknown or lacking, and what the table says.
    """
    try:
        return kind(**said)
    except TypeError as error:
        raise ValueError(f"{error}, in {dict(said)}") from None
