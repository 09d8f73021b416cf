"""Which keys of a file are those of a layout, whatever stands before them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

_MARK = re.compile(r"[./]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where the keys of a layout stand in a file."""

    keys: Mapping[str, str]  # a layout's key -> the file's
    prefixes: tuple[str, ...]  # before them, that of most keys first; "" where nothing is
    copies: tuple[str, ...]  # under these, all of them stand once more
    unused: tuple[str, ...]  # the file's keys of what a layout has and no network here


def match(found: Iterable[str], wanted: Collection[str], unused: tuple[str, ...] = ()) -> Match:
    """Find the keys `wanted` in those of a file; what stands before them is read off the keys themselves.

    Keys may stand under more than one prefix, such as a backbone's and a head's, as long as each stands under one.

    Parameters
    ----------
    found
        The file's keys.
    wanted
        The layout's.
    unused
        Beginnings of keys that belong to the layout and that nobody wants.

    Examples
    --------
    >>> match(["module.net.fc.weight", "module.net.fc.bias", "epoch"], {"fc.weight", "fc.bias"}).prefixes
    ('module.net.',)
    """
    wanted, deepest = frozenset(wanted), max((len(_MARK.findall(key)) for key in wanted), default=0)
    under: dict[str, set[str]] = {}
    left = []
    for key in found:
        starts = (0, *(mark.end() for mark in _MARK.finditer(key)))[-deepest - 1 :]
        if any(key.startswith(unused, start) for start in starts):
            left.append(key)
            continue
        for start in starts:
            if key[start:] in wanted:
                under.setdefault(key[:start], set()).add(key[start:])
    ranked = sorted(under, key=lambda prefix: (-len(under[prefix]), len(prefix)))
    times = Counter(chain.from_iterable(under.values()))
    prefixes = [prefix for i, prefix in enumerate(ranked) if not i or all(times[key] == 1 for key in under[prefix])]
    return Match(
        keys={key: prefix + key for prefix in prefixes for key in under[prefix]},
        prefixes=tuple(prefixes),
        copies=tuple(prefix for prefix in ranked[1:] if under[prefix] == under[ranked[0]]),
        unused=tuple(left),
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
    return re.sub(r"\d+", "#", _MARK.split(key.removeprefix("layers/"), maxsplit=1)[0])
