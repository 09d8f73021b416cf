"""Two to four networks beside each other: every place with its partners, and what is the same, changed or alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from irnet.comparison.align import Match, align
from irnet.comparison.changes import Comparison, compare
from irnet.models import PRESETS, recipe_of
from irnet.models.recipe import knobs
from irnet.spec import Chain, Fork, Network, Residual
from irnet.tree import Box, Tree, first_block, outer, resolve

Mark = Literal["same", "changed", "only", "refused"]  # the last of a box where an edit fails
Paths = tuple[str | None, ...]  # of one place in every network; None where one has nothing there
MOST = 4  # networks that can be looked at beside each other


@dataclass(frozen=True, slots=True)
class Beside:
    """One stage, step or bar in every network."""

    paths: Paths
    mark: Mark  # "only" where the first network, or all but it, have nothing there


def check_count(networks: Sequence[Network]) -> tuple[Network, ...]:
    """The networks, if they are two to four.

    Raises
    ------
    ValueError
        Saying how many there are.
    """
    if not 2 <= len(networks) <= MOST:
        raise ValueError(f"{len(networks)} networks can't be compared; 2 to {MOST} can")
    return tuple(networks)


@lru_cache(maxsize=32)
def side_by_side(*networks: Network) -> tuple[Beside, ...]:
    """Every place of any of the networks, in the order they run, each laid beside the first.

    Raises
    ------
    ValueError
        If there are fewer than two networks or more than four.

    Examples
    --------
    >>> from irnet.models import network
    >>> names = ("inception_resnet_v2.paper", "inception_resnet_v2.tf_slim", "inception_v4.paper")
    >>> [row.paths for row in side_by_side(*map(network, names)) if row.mark == "only"][-1]
    (None, 'conv2d_7b.0', None)
    """
    first, *others = check_count(networks)
    rows = tuple(Beside((match.left,), "same") for match in _rows(align(first, first)))
    for other in others:
        rows = tuple(_with_another(rows, tuple(_rows(align(first, other)))))
    trees = [resolve(network) for network in networks]
    return tuple(replace(row, mark="changed") if row.mark == "same" and _differs(trees, row) else row for row in rows)


def _differs(trees: Sequence[Tree], row: Beside) -> bool:
    """Whether boxes that stand for each other differ in what they say, if only because of what stands before them."""
    return len({_face(tree[path]) for tree, path in zip(trees, row.paths, strict=True) if path}) > 1


def _face(box: Box) -> tuple[str, int]:
    """A title and a number: the width of a merge or a linear 1x1, the parameters of a stage or a layer of the head."""
    if box.path.endswith((".project", ".concat")):
        return box.title, box.out_shape[0]
    return box.title, box.params if box.level == "stage" or not box.stage else 0


def _rows(matches: Sequence[Match], *, inside: bool = False) -> Iterator[Match]:
    """The stages, steps, bars and steps of the head, without the groups between them."""
    for match in matches:
        if not inside or not any(isinstance(node, Chain | Fork | Residual) for node in match.nodes):
            yield match
        yield from _rows(match.parts, inside=True)


def _with_another(rows: Sequence[Beside], matches: Sequence[Match]) -> Iterator[Beside]:
    """The rows with one more network; what the first one lacks is put where it runs, beside the others' like it."""
    nothing: Paths = (None,) * len(rows[0].paths)
    partners = {match.left: match for match in matches if match.left}
    after: dict[str | None, list[str]] = {}
    at: str | None = None
    for match in matches:
        if match.left:
            at = match.left
        elif match.right:
            after.setdefault(at, []).append(match.right)
    yield from (Beside((*nothing, path), "only") for path in after.get(None, ()))
    waiting: list[str] = []
    for row in rows:
        if row.paths[0]:
            yield from (Beside((*nothing, path), "only") for path in waiting)
            match = partners[row.paths[0]]
            paths = (*row.paths, match.right)
            yield Beside(paths, _mark(paths, differs="changed" in (row.mark, match.status)))
            waiting = after.get(row.paths[0], [])
        else:
            mine = next((path for path in waiting if path in row.paths), None)
            waiting = [path for path in waiting if path != mine]
            yield Beside((*row.paths, mine), "only")
    yield from (Beside((*nothing, path), "only") for path in waiting)


def _mark(paths: Paths, *, differs: bool) -> Mark:
    if not any(paths[1:]):
        return "only"
    return "changed" if differs or not all(paths) else "same"


@lru_cache(maxsize=32)
def marks(*networks: Network) -> tuple[dict[str, Mark], ...]:
    """Of every network the mark of every box, by path; a group has changed if anything in it has.

    Blocks after the first of a stage are marked like it.
    """
    found: list[dict[str, Mark]] = [{} for _ in networks]
    for row in side_by_side(*networks):
        for marks_of, path in zip(found, row.paths, strict=True):
            if path:
                marks_of[path] = row.mark
    return tuple(_with_groups(network, marks_of) for network, marks_of in zip(networks, found, strict=True))


def _with_groups(network: Network, marks_of: dict[str, Mark]) -> dict[str, Mark]:
    every: dict[str, Mark] = {}
    within: dict[str, set[Mark]] = {}
    for at, mark in marks_of.items():
        for around in outer(at):
            within.setdefault(around, set()).add(mark)
    for path, box in resolve(network).items():
        like = first_block(path)
        inside, own = within.get(like, set()), marks_of.get(like)
        if box.level == "unit":
            every[path] = every[box.parent]
        elif own and not box.children:
            every[path] = own
        else:
            every[path] = next(iter(inside)) if len(inside) == 1 and own != "changed" else "changed"
    return every


def partners(*networks: Network) -> dict[tuple[int, str], Paths]:
    """From the number of a network and a path in it to the paths of that place in all networks.

    Branches of several steps and blocks have none of their own: their stage and their steps do.
    """
    found = {(i, path): row.paths for row in side_by_side(*networks) for i, path in enumerate(row.paths) if path}
    for i, spec in enumerate(networks):
        for path, box in resolve(spec).items():
            like = first_block(path)
            if (i, path) not in found and (i, like) in found:
                found[i, path] = found[i, like]
            elif (i, path) not in found and box.level == "unit":
                found[i, path] = found[i, box.parent]
    return found


@dataclass(frozen=True, slots=True)
class Changes:
    """One thing that differs, with what stands there in every network."""

    where: str
    values: tuple[object, ...]
    why: str


def all_changes(*networks: Network) -> tuple[Changes, ...]:
    """Everything that differs between the first network and any other, in the order it runs.

    Examples
    --------
    >>> from irnet.models import network
    >>> v2 = network("inception_resnet_v2")
    >>> [(found.where, found.values) for found in all_changes(v2, network("inception_resnet_v2", b=12), v2)]
    [('block_b.repeat', (10, 12, 10))]
    """
    first, *others = check_count(networks)
    pairs = [compare(first, other) for other in others]
    places = dict.fromkeys(change.where for pair in pairs for change in pair.changes)
    return tuple(_change(where, pairs) for where in places)


def _change(where: str, pairs: Sequence[Comparison]) -> Changes:
    found = [{change.where: change for change in pair.changes}.get(where) for pair in pairs]
    known = next(change for change in found if change)
    values = (known.left, *(change.right if change else known.left for change in found))
    return Changes(where, values, " ".join(dict.fromkeys(change.why for change in found if change and change.why)))


def change_records(networks: Sequence[Network], changes: Sequence[Changes]) -> list[dict[str, str | None]]:
    """Changes as flat records for a table, one column a network, None where nothing stands; with reasons, if any."""
    labels = [f"{i + 1}: {network.label}" for i, network in enumerate(networks)]
    return [
        {"where": found.where}
        | {label: None if v is None else str(v) for label, v in zip(labels, found.values, strict=True)}
        | ({"why": found.why} if any(change.why for change in changes) else {})
        for found in changes
    ]


def changed_knobs(*networks: Network) -> tuple[Changes, ...]:
    """The knobs that differ between the presets of the networks, with their edits; None where one has no such knob.

    Examples
    --------
    >>> from irnet.models import network
    >>> found = changed_knobs(network("inception_resnet_v1"), network("inception_resnet_v2", b=12))
    >>> [(change.where, change.values) for change in found]
    [('b', (10, 12)), ('k', (192, 256)), ('l', (192, 256)), ('m', (256, 384))]
    """
    made = [network for network in check_count(networks) if network.name in PRESETS]  # others have no knobs
    if len(made) < len(networks):
        return ()
    every = [knobs(recipe_of(network)) for network in made]
    names = dict.fromkeys(name for found in every for name in found)
    values = {name: tuple(found.get(name) for found in every) for name in names}
    return tuple(
        Changes(name, found, "")
        for name, found in values.items()
        if len({None if value is False else value for value in found}) > 1  # what is switched off might not be there
    )
