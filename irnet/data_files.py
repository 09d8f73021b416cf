"""Facts as TOML files beside the modules that say what they mean; to correct or add one takes no programming."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def read_data(name: str) -> dict[str, Any]:
    """What a file of this package says; lists are tuples, and a text over several lines is one line.

    Examples
    --------
    >>> read_data("models/errata.toml")["E4"]["where"]
    'Fig. 17'
    """
    found = tomllib.loads((HERE / name).read_text(encoding="utf-8"))
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
