"""What edits come to: the network as far as they are legal, the first box that is not, and the smallest fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import islice

from irnet.edit.apply import apply
from irnet.edit.derived import other_edit
from irnet.edit.parse import LIMITS, PADDINGS
from irnet.models import PRESETS, recipe_of
from irnet.models.recipe import knobs, limits, near_knobs
from irnet.spec import STEM, Chain, Edit, Fork, Network, Value
from irnet.tree import Illegal, resolve, smallest_input
from irnet.units import exact

NODES = 20_000  # steps of a network
PARAMETERS = 2_000_000_000
TRIES = 24  # values near a refused one that are tried
STEPS = 8  # of a knob, from a refused value to the present one


@dataclass(frozen=True, slots=True, kw_only=True)
class EditError:
    """The first edit that can't be, as the box where it fails, the reason and an edit near it that can."""

    edit: int  # its place among the edits
    path: str  # of the box; "" where it is about the whole network
    reason: str
    fix: Edit | None

    @property
    def message(self) -> str:
        """The reason, and the fix where there is one."""
        if not self.fix or self.reason.endswith(self.fix.text):
            return self.reason
        return f"{self.reason}. The nearest that works: {self.fix.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """`network` has the first `apply` edits; the next one is refused, if there is a refusal."""

    network: Network
    applied: int
    refusal: EditError | None = None


def check(network: Network) -> Network:
    """The network, if it can be run on its input and is not too large to work with.

    Raises
    ------
    ValueError
        With the path of the first box that fails, or with the number that is too high and its limit.

    Examples
    --------
    >>> from irnet.models import network
    >>> check(network("inception_v4")).name
    'inception_v4.paper'
    """
    rows = resolve(network).rows
    params = sum(row.params for row in rows)
    for count, limit, what in ((len(rows), NODES, "steps"), (params, PARAMETERS, "parameters")):
        if count > limit:
            raise ValueError(f"{exact(count)} {what} are too many; a network here has at most {exact(limit)}")
    return network


def validate(original: Network, edits: Sequence[Edit]) -> Validation:
    """`original` with as many of the edits as are legal, and what is wrong with the next; no torch, milliseconds.

    Raises
    ------
    ValueError
        If `original` itself can't be.

    Examples
    --------
    >>> from irnet.models import network
    >>> found = validate(network("inception_v4"), (Edit("inception_b.0.b2.1", "kernel", (1, 6)),))
    >>> found.applied, found.refusal and found.refusal.path, found.refusal and found.refusal.fix
    (0, 'inception_b.0.b2.1', Edit(where='inception_b.0.b2.1', what='kernel', value=(1, 5)))
    """
    wrong: ValueError | None = None
    for count in range(len(edits), -1, -1):
        try:
            legal = check(apply(original, edits[:count]))
        except ValueError as error:
            if not count:
                raise
            wrong = error
            continue
        if wrong is None:
            return Validation(network=legal, applied=count)
        edit = edits[count]
        path = wrong.path if isinstance(wrong, Illegal) else edit.where
        refusal = EditError(edit=count, path=path, reason=str(wrong), fix=_fix(legal, edit))
        return Validation(network=legal, applied=count, refusal=refusal)
    raise AssertionError("the loop ends with no edits at all")


def _fix(legal: Network, edit: Edit) -> Edit | None:
    """The nearest edit that works; None if none of those near does."""
    return next((near for near in islice(_near(legal, edit), TRIES) if near != edit and _works(legal, near)), None)


def _works(network: Network, edit: Edit) -> bool:
    try:
        check(apply(network, (edit,)))
    except ValueError:
        return False
    return True


def _near(legal: Network, edit: Edit) -> Iterator[Edit]:
    """Edits like one that is refused, the nearest first."""
    if not edit.where:
        yield from _near_knobs(legal, edit)
        return
    if other := other_edit(legal, edit):
        yield other
        return
    if edit.what in ("stride", "padding"):
        yield from _near_windows(legal, edit)
        return
    places = sorted({Edit(row.path, edit.what, edit.value).where for row in resolve(legal).rows if row.op == "conv"})
    names = [stage.name for stage in legal.stages] if edit.what == "repeat" else places
    if edit.what == "scale":
        names = sorted({row.path.removesuffix(".scale") for row in resolve(legal).rows if row.op == "scale"})
    if edit.where in names:
        for value in _values(edit):
            yield replace(edit, value=value)
    else:
        yield from (replace(edit, where=name) for name in get_close_matches(edit.where, names, n=3, cutoff=0.5))


def _near_windows(legal: Network, edit: Edit) -> Iterator[Edit]:
    """The same for the fork that a place is a branch of, then other values; places near one that is not there."""
    tree = resolve(legal)
    if edit.where not in tree:
        places = {Edit(box.path, edit.what, edit.value).where for box in tree.values() if box.node}
        yield from (replace(edit, where=name) for name in get_close_matches(edit.where, sorted(places), n=3))
    elif isinstance(tree[edit.where].node, Chain):
        yield replace(edit, where=tree[edit.where].children[-1])
    else:
        around = reversed(tree.around(edit.where))
        yield from (replace(edit, where=box.path) for box in around if isinstance(box.node, Fork))
        yield from (replace(edit, value=value) for value in _values(edit))


def _near_knobs(legal: Network, edit: Edit) -> Iterator[Edit]:
    if edit.what == STEM:
        yield from (Edit("", STEM, name) for name in get_close_matches(str(edit.value), PRESETS, n=2, cutoff=0.3))
        return
    preset = PRESETS[legal.name]
    if edit.what not in knobs(preset):
        yield from (replace(edit, what=name) for name in near_knobs(preset, edit.what))
    elif edit.what == "input_size":
        yield Edit("", "input_size", smallest_input(legal))
    elif isinstance(edit.value, int | float):
        limit, now = limits(preset)[edit.what], knobs(recipe_of(legal))[edit.what]
        nearest = min(max(edit.value, limit.low), limit.high)
        for step in range(STEPS):  # from there to what it is now
            steps = round((nearest + (now - nearest) * step / STEPS - limit.low) / limit.step)
            yield Edit("", edit.what, type(now)(limit.low + steps * limit.step))


def _values(edit: Edit) -> Iterator[Value]:
    """Values near the one of an edit, the nearest first."""
    if edit.what == "padding":
        yield from PADDINGS
        return
    limit, value = LIMITS[edit.what], edit.value
    match edit.what, value:
        case "stride", int():
            yield from sorted(range(int(limit.low), int(limit.high) + 1), key=lambda stride: abs(stride - value))
        case "kernel", int() | (int(), int()):
            height, width = value if isinstance(value, tuple) else (value, value)
            sides = range(int(limit.low), int(limit.high) + 1)
            pairs = [(h, w) for h in sides for w in sides if h % 2 and w % 2]
            square, flat = isinstance(value, int), 1 in (height, width)
            alike = [(h, w) for h, w in pairs if (h == w if square else 1 in (h, w) if flat else True)]
            yield from sorted(alike, key=lambda pair: abs(pair[0] - height) + abs(pair[1] - width))
        case "split", _:
            yield from ((1, side) for side in range(3, 16, 2))
        case "join", _:
            yield from range(3, 16, 2)
        case _, int() | float():
            kind = float if edit.what == "scale" else int
            yield kind(min(max(value, limit.low), limit.high))
