"""Which keys of a file are those of a layout, whatever stands before them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

_MARK = re.compile(r"[./]")
_DEEPEST = 12  # names in a layout's key


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where the keys of a layout stand in a file."""

    keys: Mapping[str, str]  # a layout's key -> the file's
    prefixes: tuple[str, ...]  # before them, that of most keys first; "" where nothing is
    copies: tuple[str, ...]  # under these, all of them stand once more


Endings = Mapping[str, list[str]]  # the end of a key -> what stands before it, wherever a key ends so


def endings(found: Iterable[str]) -> Endings:
    """Every end of every key, cut at its dots and strokes; of deep keys those that a layout may have.

    Examples
    --------
    >>> endings(["net.fc.bias"])
    {'net.fc.bias': [''], 'fc.bias': ['net.'], 'bias': ['net.fc.']}
    """
    before: dict[str, list[str]] = {}
    for key in found:
        for start in (0, *(mark.end() for mark in _MARK.finditer(key)))[-_DEEPEST:]:
            before.setdefault(key[start:], []).append(key[:start])
    return before


def match(found: Endings, wanted: Iterable[str], unused: tuple[str, ...] = ()) -> Match:
    """Find the keys `wanted` in those of a file; what stands before them is read off the keys themselves.

    Keys may stand under more than one prefix, such as a backbone's and a head's, as long as each stands under one.

    Parameters
    ----------
    found
        The ends of the file's keys.
    wanted
        The layout's keys.
    unused
        Beginnings of keys that belong to the layout and that nobody wants.

    Examples
    --------
    >>> match(endings(["module.net.fc.weight", "module.net.fc.bias", "epoch"]), ["fc.weight", "fc.bias"]).prefixes
    ('module.net.',)
    """
    under: dict[str, set[str]] = {}
    for key in wanted:
        for prefix in found.get(key, ()):
            if not any(f".{prefix}".endswith(f".{start}") for start in unused):
                under.setdefault(prefix, set()).add(key)
    ranked = sorted(under, key=lambda prefix: (-len(under[prefix]), len(prefix)))
    times = Counter(chain.from_iterable(under.values()))
    prefixes = [prefix for i, prefix in enumerate(ranked) if not i or all(times[key] == 1 for key in under[prefix])]
    return Match(
        keys={key: prefix + key for prefix in prefixes for key in under[prefix]},
        prefixes=tuple(prefixes),
        copies=tuple(prefix for prefix in ranked[1:] if under[prefix] == under[ranked[0]]),
    )


def groups(keys: Iterable[str], prefix: str) -> dict[str, int]:
    """How many keys there are under each name beside `prefix`, one level deep.

    Examples
    --------
    >>> groups(["net.head.0.weight", "net.head.1.weight", "critic.fc.bias", "step"], "net.body.")
    {'net.head.': 2, 'critic.': 1, 'step': 1}
    """
    return dict(Counter(_beside(key, prefix) for key in keys))


def _beside(key: str, prefix: str) -> str:
    for mark in _MARK.finditer(key):
        if not prefix.startswith(key[: mark.end()]):
            return key[: mark.end()]
    return key


def family(key: str) -> str:
    """The outermost name in a key without its numbers: what a network with more blocks has more of.

    Examples
    --------
    >>> family("repeat_1.20.conv2d.bias"), family("layers/conv2d_203/vars/0")
    ('repeat_#', 'conv#d_#')
    """
    return _without_numbers(_MARK.split(key.removeprefix("layers/"), maxsplit=1)[0])


@lru_cache(maxsize=4096)
def _without_numbers(name: str) -> str:
    return re.sub(r"\d+", "#", name)
