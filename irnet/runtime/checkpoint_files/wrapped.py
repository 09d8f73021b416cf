"""Which dictionary of tensors in a checkpoint is the network, and what lies beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any

from torch import Tensor

from irnet.units import exact, typed

TOP = "."  # how the file's own level is asked for, where a dictionary inside it could be meant as well
_DEEPEST = 4  # dictionaries inside each other that are looked into
_FEW = 10  # a dictionary with so many times fewer tensors than another is no network: class weights, say
_NAMED, _LONGEST = 6, 40  # things that a sentence names, and letters of each
_AVERAGED = re.compile(r"(^|[._])(ema|swa|avg|averaged?|shadow|ExponentialMovingAverage)([._]|$)")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A dictionary of tensors, and what else the file holds."""

    key: str  # "" is the file's own level
    tensors: Mapping[str, Tensor]
    others: tuple[str, ...]
    ignored: tuple[str, ...]


def choose(name: str, found: Any, key: str | None = None, *, ema: bool = False) -> Chosen:
    """The dictionary of tensors at `key`, the averaged one, or the only one that can be a network.

    Raises
    ------
    ValueError
        In one sentence, if there is none, or several and nothing says which.
    """
    if not isinstance(found, Mapping):
        raise ValueError(f"{name} holds a value of type {type(found).__name__} and no state_dict")
    inside = {path or TOP: tensors for path, held in _dictionaries(found) if (tensors := _tensors(held))}
    sizes = {path: sum(tensor.ndim > 0 for tensor in tensors.values()) for path, tensors in inside.items()}
    networks = networks_of(sizes) or [*inside]
    if not networks:
        raise ValueError(
            f"{name} holds no dictionary of tensors: it has {_few([line for _, line in _beside(found, TOP)])}"
        )
    if key not in inside and any(name.startswith(f"{key}.") for place in networks for name in inside[place]):
        key = None  # it chooses among the tensors of the one dictionary
    taken = key if key in inside else choose_key(name, {path: len(inside[path]) for path in networks}, key, ema=ema)
    others = tuple(other for other in networks if other != taken)
    ignored = tuple(line for place, line in _beside(found, taken) if place not in others)
    return Chosen("" if taken == TOP else taken, inside[taken], others, ignored)


def networks_of(sizes: Mapping[str, int]) -> list[str]:
    """Which of dictionaries of so many tensors may be a network.

    Examples
    --------
    >>> networks_of({"model": 900, "ema": 890, "class_weights": 2})
    ['model', 'ema']
    """
    return [path for path, size in sizes.items() if size and size * _FEW >= max(sizes.values())]


def choose_key(name: str, networks: Mapping[str, int], key: str | None, *, ema: bool) -> str:
    """The one that is asked for of dictionaries of so many tensors, or the only one.

    Raises
    ------
    ValueError
        In one sentence, if it is not there, or there are several and nothing says which.
    """
    if key is not None and key in networks:
        return key
    names = {path: "'.' (the file itself)" if path == TOP else f"'{typed(path, _LONGEST)}'" for path in networks}
    there = _few([f"{names[path]} of {exact(size)} tensors" for path, size in networks.items()])
    if key is not None:
        raise ValueError(f"{name} has no dictionary of tensors at {typed(key)!r}; it has {there}")
    averaged = [path for path in networks if _AVERAGED.search(path)]
    fitting = averaged if ema else [*networks]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise ValueError(f"{name} says of nothing in it that it is averaged, so leave out --ema; it has {there}")
    plain = typed(next((path for path in fitting if path not in averaged), fitting[0]), 100)
    either = len(averaged) == 1 and not ema
    raise ValueError(
        f"{name} holds several networks, {there}: choose one with --key {quote(plain)}"
        f"{' or, as the averaged one, --ema' if either else ''}, in Python with key={plain!r}"
        f"{' or ema=True' if either else ''}"
    )


def _dictionaries(
    held: Mapping[Any, Any], place: str = "", depth: int = 0, seen: set[int] | None = None
) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """Every dictionary that keys of text lead to, once each."""
    seen = set() if seen is None else seen
    if depth > _DEEPEST or id(held) in seen:
        return
    seen.add(id(held))
    yield place, held
    for key, value in held.items():
        if isinstance(key, str) and isinstance(value, Mapping):
            yield from _dictionaries(value, f"{place}.{key}" if place else key, depth + 1, seen)


def _tensors(held: Mapping[Any, Any]) -> dict[str, Tensor]:
    return {key: value for key, value in held.items() if isinstance(key, str) and isinstance(value, Tensor)}


def _beside(held: Mapping[Any, Any], taken: str, before: str = "") -> Iterator[tuple[str, str]]:
    """Place and description of everything that is not in the dictionary that was taken, nor around it."""
    here = taken == (before.removesuffix(".") or TOP)
    for key, value in held.items():
        place = f"{before}{key}"
        if isinstance(value, Mapping) and (taken == place or taken.startswith(f"{place}.")):
            yield from _beside(value, taken, f"{place}.")
        elif not (here and isinstance(key, str) and isinstance(value, Tensor)):
            size = f" of {exact(len(value))}" if isinstance(value, dict | list | tuple) else ""
            yield place, f"{typed(place, _LONGEST)} ({type(value).__name__}{size})"


def _few(lines: list[str]) -> str:
    more = [f"{exact(len(lines) - _NAMED)} more"] if len(lines) > _NAMED else []
    *most, last = [*lines[:_NAMED], *more] or ["nothing"]
    return f"{', '.join(most)} and {last}" if most else last
