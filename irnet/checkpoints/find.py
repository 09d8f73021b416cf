"""From a box to its keys in every layout, and from a pasted key or error message back to the box."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import takewhile

from irnet.checkpoints.keys import keys, output_names
from irnet.checkpoints.layouts import layouts_of
from irnet.models import PRESETS
from irnet.models import network as preset
from irnet.spec import Network
from irnet.tree import below, common, parent_of, resolve

_LONGEST = 200  # characters of what is told of a text that has no key
_OUTPUT = re.compile(r"_(ac|mixed)$")  # of the layer after a sum, and of the concatenation before it
_SCOPE = re.compile(r"Inception\w+/")  # around all that TensorFlow's code makes, and often left out
_KEY = re.compile(r"[A-Za-z_]\w*(?:[./]\w+)*")


def module_keys(network: Network, path: str) -> dict[str, tuple[str, ...]]:
    """Layout to the prefixes under which it keeps what is in a box; empty for a box without weights.

    One prefix where the layout has the box as a module, several where it has only its parts.

    Raises
    ------
    KeyError
        If the network has no box with this path.

    Examples
    --------
    >>> from irnet.models import network
    >>> found = module_keys(network("inception_resnet_v2.tf_slim"), "block_b.3.body.b1.2")
    >>> found["timm"], found["keras"]
    (('repeat_1.3.branch1.2',), ('conv2d_91', 'batch_normalization_91'))
    """
    resolve(network)[path]
    found = {}
    for layout in layouts_of(network):
        names = keys(network, layout.name)
        inside = [key for ours, key in names.items() if below(ours, path)]
        if inside:
            outside = set(names.values()).difference(inside)
            found[layout.name] = tuple(_prefixes(inside, outside)) if layout.naming != "path" else (path,)
    return found


def _prefixes(inside: list[str], outside: set[str]) -> Iterator[str]:
    """The longest prefix that all of `inside` share, if nothing of `outside` has it; else those of its parts."""
    shared = _common_prefix(inside)
    if shared and not any(key.startswith(shared) for key in outside):
        yield shared.rstrip("./")
        return
    if len(inside) == 1:  # others lie under the same name: facenet's bottleneck holds its batch norm
        yield inside[0]
        return
    parts: dict[str, list[str]] = {}
    for key in inside:
        parts.setdefault(re.split(r"[./]", key[len(shared) :])[0], []).append(key)
    for part in parts.values():
        yield from _prefixes(part, outside)


def _common_prefix(names: list[str]) -> str:
    """The common beginning of names up to a separator, the tensor's own name left out: "repeat.3."."""
    first, last = min(names), max(names)  # what these two share, all between them share
    same = sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(first, last, strict=False)))
    return first[: max(first.rfind(mark, 0, same) for mark in "./") + 1]


def find(network: Network, text: str) -> str:
    """The path of the innermost box that a pasted key, or an error message with one in it, speaks of.

    Raises
    ------
    ValueError
        If no key of any layout of this network is in the text; the sentence names another preset whose key it is,
        or the nearest key.

    Examples
    --------
    >>> from irnet.models import network
    >>> message = 'Missing key(s) in state_dict: "repeat_1.3.branch1.1.conv.weight"'
    >>> find(network("inception_resnet_v2.tf_slim"), message), find(network("inception_resnet_v1.facenet"), message)
    ('block_b.3.body.b1.1.conv', 'block_a.3.body.b1.1.conv')
    """
    tokens = sorted(dict.fromkeys(_KEY.findall(text)), key=lambda token: not set("./") & set(token))  # words come last
    found = next(filter(None, (_find(network, token) for token in tokens)), None)
    if found:
        return found
    if not tokens:
        raise ValueError(f"there is no key in {text[:_LONGEST]!r}")
    for name in PRESETS:
        there = next((token for token in tokens if name != network.name and _find(preset(name), token)), None)
        if there and _is_built_alike(network, preset(name)):
            return str(_find(preset(name), there))
        if there:
            raise ValueError(f"{there!r} is no key of {network.name}, but one of {name}")
    first = tokens[0][:_LONGEST]
    near = get_close_matches(first, _places(network), n=1, cutoff=0.5)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    raise ValueError(f"{first!r} is no key of {network.name} in any layout{hint}")


def _is_built_alike(one: Network, two: Network) -> bool:
    """Whether two networks have the same layers under the same paths, so that a key of one is a key of the other."""
    return [(row.path, row.op) for row in resolve(one).rows] == [(row.path, row.op) for row in resolve(two).rows]


def _find(network: Network, token: str) -> str | None:
    """The box of a key or of a prefix of keys; wrappers in front, such as `module.`, and Keras's `_ac` are dropped."""
    places = _places(network)
    parts = re.split(r"(?<=[./])", _OUTPUT.sub("", token))
    return next((places[key] for i in range(len(parts)) if (key := "".join(parts[i:])) in places), None)


@lru_cache(maxsize=16)
def _places(network: Network) -> Mapping[str, str]:
    """Every key of every layout, and every prefix of one, to its box."""
    found: dict[str, str] = {}
    known = resolve(network)
    for layout in layouts_of(network, any_classes=True):
        under = {name: path for name, path in output_names(network, layout).items() if path in known}
        for ours, theirs in keys(network, layout.name).items():
            starts = {0, scope.end()} if (scope := _SCOPE.match(theirs)) else {0}
            ends = (len(theirs), *(cut.start() for cut in re.finditer(r"[./]", theirs)))
            for prefix in {theirs[start:end] for start in starts for end in ends} - {""}:
                under[prefix] = common(under.get(prefix, ours), ours)
        for prefix, ours in under.items():
            box = ours
            while box and box not in known:
                box = parent_of(box)
            if box:
                found.setdefault(prefix, box)
    return found
