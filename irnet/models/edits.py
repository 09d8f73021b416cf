"""Edits of a network as data: small values with a text form, such as "a=6" or "inception_b.0.b1.filters=200".

A list of edits is a tuple, so undo and redo are a place in it. A place's path is that of its box; the number of the
block in it says nothing, because the blocks of a stage are alike and stay so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from irnet.models.places import Rest, conv_at, join, split, with_place, with_stage
from irnet.models.recipe import Limits, Recipe, check_number, parse_knob
from irnet.spec import Network, Residual, Stage
from irnet.units import typed

Value = int | float | str | tuple[int, int]
MOST = 200  # edits of one network

FILTERS = Limits(1, 8192, 1, "Filters of a convolution")
SIDE = Limits(1, 31, 1, "Side of a kernel in pixels")
REPEAT = Limits(0, 60, 1, "Blocks of a stage")
SCALE = Limits(0, 1, 0.01, "Scale of a residual")
LIMITS = {"filters": FILTERS, "kernel": SIDE, "split": SIDE, "join": SIDE, "repeat": REPEAT, "scale": SCALE}
STEM = "stem"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: of a knob or the stem (`where` is empty), or of what is at a path."""

    where: str
    what: str  # a knob, "stem", or one of `LIMITS`
    value: Value

    def __post_init__(self) -> None:
        stage, _, rest = self.where.partition(".")
        inner = rest.partition(".")[2]
        if stage and self.what == "repeat":
            object.__setattr__(self, "where", stage)
        elif stage:
            object.__setattr__(self, "where", f"{stage}.0" + (f".{inner}" if inner else ""))
        if (
            isinstance(self.value, tuple) and len(self.value) == 2 and len(set(self.value)) == 1
        ):  # a square has one way to be written
            object.__setattr__(self, "value", self.value[0])

    @property
    def is_knob(self) -> bool:
        """Whether it turns a knob of the recipe."""
        return not self.where and self.what != STEM

    @property
    def text(self) -> str:
        """As it stands in labels and addresses.

        Examples
        --------
        >>> Edit("block_b.3.body.b1.1", "kernel", (1, 5)).text
        'block_b.0.body.b1.1.kernel=1x5'
        """
        return f"{self.where}.{self.what}={plain(self.value)}" if self.where else f"{self.what}={plain(self.value)}"


def plain(value: Value) -> str:
    """A value as text that says all of it: a pair as "1x7", a float without trailing zeros."""
    match value:
        case (height, width):
            return f"{height}x{width}"
        case bool():
            return str(value).lower()
        case float():
            return short if float(short := f"{value:g}") == value else repr(value)
        case _:
            return str(value)


def parse(recipe: Recipe, text: str) -> Edit:
    """The edit that a text says, of a network made by a recipe of this kind; places and limits are not looked at.

    Raises
    ------
    ValueError
        If it is not of the form "knob=value", "stem=preset" or "path.what=value".

    Examples
    --------
    >>> from irnet.models.inception_v4 import PAPER
    >>> parse(PAPER, "inception_b.0.b1.filters=200")
    Edit(where='inception_b.0.b1', what='filters', value=200)
    """
    key, _, value = (part.strip() for part in text.partition("="))
    where, _, what = key.rpartition(".")
    if key == STEM and value:
        return Edit("", STEM, value)
    if not where:
        return Edit("", *parse_knob(recipe, text))
    if not re.fullmatch(r"[a-z0-9_.]{1,99}", where) or what not in LIMITS:
        raise ValueError(f"'{typed(text, 99)}' does not say a place, one of {', '.join(LIMITS)}, and a value")
    number = r"\d{1,6}"
    if what in ("kernel", "split") and re.fullmatch(f"{number}x{number}", value, re.ASCII):
        height, width = map(int, value.split("x"))
        return Edit(where, what, (height, width))
    if what != "split" and re.fullmatch(number, value, re.ASCII):
        return Edit(where, what, float(value) if what == "scale" else int(value))
    if what == "scale" and re.fullmatch(r"\d{0,3}\.\d{1,17}|\d(\.\d{1,17})?e-\d{1,2}", value, re.ASCII):
        return Edit(where, what, float(value))
    form = {"kernel": "a side, as 3, or height x width, as 1x7", "split": "its first kernel, as 1x7 or 7x1"}
    raise ValueError(f"{where}: {what}={typed(value, 20)} is not {form.get(what, 'a number')}")


def shorten(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The same edits of places without those that a later one of the same setting makes void.

    Examples
    --------
    >>> [edit.text for edit in shorten([Edit("a.0", "filters", 8), Edit("a.0", "filters", 9)])]
    ['a.0.filters=9']
    """
    kept: dict[tuple[int, str, str], Edit] = {}
    moved = 0  # splitting, joining and another stem give paths another meaning
    for i, edit in enumerate(edits):
        moves = edit.what in ("split", "join", STEM)
        moved += moves
        kept[i if moves else moved - len(edits), edit.where, edit.what] = edit
    return tuple(kept.values())


def edit_place(network: Network, edit: Edit) -> Network:
    """`network` with one of its places edited, in every block of that stage.

    Raises
    ------
    ValueError
        If nothing of the kind is there or the value can't be; the message starts with the place.
    """
    try:
        return _edit_place(network, edit)
    except ValueError as error:
        message = str(error)
        raise ValueError(message if message.startswith(f"{edit.where}: ") else f"{edit.where}: {message}") from None


def _edit_place(network: Network, edit: Edit) -> Network:
    where, what, value = edit.where, edit.what, edit.value
    for number in value if isinstance(value, tuple) else (value,):
        check_number(what, number, LIMITS[what], whole=what != "scale")
    match what, value:
        case "repeat", int(count):
            return with_stage(network, where, lambda stage: replace(stage, repeat=count))
        case "scale", int() | float():
            return with_place(network, where, lambda rest: _set_scale(rest, float(value), where))
        case "filters", int(count):
            return with_place(network, where, lambda rest: (replace(conv_at(rest, where), filters=count), *rest[1:]))
        case "kernel", int() | (int(), int()):
            return with_place(network, where, lambda rest: (replace(conv_at(rest, where), kernel=value), *rest[1:]))
        case "split", (int(), int()):
            return with_place(network, where, lambda rest: split(rest, value, where))
        case "join", int(side):
            return with_place(network, where, lambda rest: join(rest, side, where))
    raise ValueError(f"{what} can't be {value!r}")


def _set_scale(rest: Rest, scale: float, path: str) -> Rest:
    if not isinstance(rest[0], Residual):
        raise ValueError(f"{path}: there is no residual to scale")
    return (replace(rest[0], scale=scale), *rest[1:])


def with_stem(network: Network, stem: Stage) -> Network:
    """`network` with another network's stem, which keeps its source."""
    return with_stage(network, STEM, lambda _: stem)
