"""The one parser of edits, such as "a=6" or "inception_b.0.b1.filters=200"; `Edit.text` is their one writer.

A place's path is that of its box; the number of the block in it says nothing, because the blocks of a stage are alike
and stay so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Sized
from typing import get_args

from irnet.models import PRESETS, full_name
from irnet.models.recipe import Limits, Recipe, parse_knob
from irnet.spec import STEM, Edit, NamedPadding
from irnet.units import typed

MOST = 200  # edits of one network

FILTERS = Limits(1, 8192, 1, "Filters of a convolution")
SIDE = Limits(1, 31, 1, "Side of a kernel in pixels")
REPEAT = Limits(0, 60, 1, "Blocks of a stage")
SCALE = Limits(0, 1, 0.01, "Scale of a residual")
STRIDE = Limits(1, 8, 1, "Stride of a convolution or pooling")
LIMITS = {
    "filters": FILTERS,
    "kernel": SIDE,
    "stride": STRIDE,
    "split": SIDE,
    "join": SIDE,
    "repeat": REPEAT,
    "scale": SCALE,
}
PADDINGS = get_args(NamedPadding)  # the values of the one setting that is no number


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
    if not re.fullmatch(r"[a-z0-9_.]{1,99}", where) or what not in (*LIMITS, "padding"):
        raise ValueError(f"'{typed(text, 99)}' does not say a place, one of {', '.join(LIMITS)}, padding, and a value")
    if what == "padding":
        if value.lower() not in PADDINGS:
            raise ValueError(f"{where}: padding={typed(value, 20)} is not {' or '.join(PADDINGS)}")
        return Edit(where, what, value.lower())
    number = r"\d{1,6}"
    if what in ("kernel", "split") and re.fullmatch(f"{number}x{number}", value, re.ASCII):
        height, width = map(int, value.split("x"))
        return Edit(where, what, (height, width))
    if what != "split" and re.fullmatch(number, value, re.ASCII):
        return Edit(where, what, float(value) if what == "scale" else int(value))
    if what == "scale" and re.fullmatch(r"\d{0,3}\.\d{1,17}|\d(\.\d{1,17})?e-\d{1,3}", value, re.ASCII):
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


def check_count(edits: Sized) -> None:
    """Refuse more edits than a network takes."""
    if len(edits) > MOST:
        raise ValueError(f"{len(edits)} edits are too many; a network takes {MOST}")


def edits_of(name: str, text: str) -> tuple[Edit, ...]:
    """The edits that a text says of a preset, such as `Network.edit_text`; commas separate them.

    Raises
    ------
    ValueError
        If one of them is none, or they are too many.
    """
    texts = [part for part in text.split(",") if part.strip()]
    check_count(texts)
    return tuple(parse(PRESETS[full_name(name)], part) for part in texts)


def read_label(label: str) -> tuple[str, tuple[Edit, ...]]:
    """The preset and the edits that a label says, written as `Network.label` writes it; brackets may be left out.

    Raises
    ------
    ValueError
        If there is no such preset, one of the edits is none, or they are too many.

    Examples
    --------
    >>> read_label("inception_v4 a=1, b=2")[0]
    'inception_v4.paper'
    """
    name, _, edits = label.strip().partition(" ")
    full = full_name(name)
    return full, edits_of(full, edits.strip().removeprefix("(").removesuffix(")"))


def write_label(name: str, edits: Sequence[Edit]) -> str:
    """The label of a preset with edits.

    Examples
    --------
    >>> write_label("inception_v4.paper", (Edit("", "a", 1), Edit("", "input_size", (75, 80))))
    'inception_v4.paper (a=1, input_size=75x80)'
    """
    return f"{name} ({', '.join(edit.text for edit in edits)})" if edits else name
