"""Recipes: the knobs of a family of networks, each with its limits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from math import gcd, lcm
from typing import Any

from irnet.spec import (
    Auxiliary,
    Chain,
    Conv,
    Edit,
    Head,
    Layer,
    Network,
    Node,
    Norm,
    Part,
    Shape,
    Source,
    Stage,
    pair,
    parts,
    with_parts,
)
from irnet.units import typed

Size = int | tuple[int, int]  # pixels; an int means square, a pair is (height, width)
USUAL_NORM = Norm()
_WORDS = {"true": True, "1": True, "false": False, "0": False}
_ELSEWHERE = {  # what other libraries call a knob
    **dict.fromkeys(("in_chans", "in_channels", "num_channels", "input_channels"), ("channels",)),
    **dict.fromkeys(("input_shape", "img_size", "image_size", "size", "resolution"), ("input_size",)),
    **dict.fromkeys(("num_classes", "n_classes"), ("classes",)),
    **dict.fromkeys(("aux_logits", "create_aux_logits"), ("auxiliary",)),
    **dict.fromkeys(("drop_rate", "dropout_prob"), ("dropout",)),
    **dict.fromkeys(("scale", "scales", "residual_scale"), ("scale_a", "scale_b", "scale_c")),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a knob may be; a fact about the network, not about a slider."""

    low: float
    high: float
    step: float
    help: str


def knob(default: Any, low: float, high: float, text: str, step: float = 1) -> Any:
    """A dataclass field that carries its limits."""
    return field(default=default, metadata={"limits": Limits(low, high, step, text)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe(ABC):
    """The knobs that every network has."""

    classes: int = knob(1000, 0, 21_843, "Classes (0 leaves the classifier out)")
    dropout: float = knob(0.2, 0.0, 0.95, "Dropout: probability of dropping", 0.05)
    input_size: Size = knob(299, 1, 4096, "Input size in pixels")
    channels: int = knob(3, 1, 16, "Input channels: 3 for RGB")
    width: float = knob(1.0, 0.125, 4.0, "Width: all filters times this, in multiples of 8", 0.125)
    depth: int = knob(1, 1, 4, "Depth: every inception block this many times")
    auxiliary: bool = knob(False, 0, 1, "Auxiliary heads, which take part in training alone")
    sides: tuple[Auxiliary, ...] = ()  # its auxiliary heads, each without its classifier
    norm: Norm = USUAL_NORM
    sources: Mapping[str, Source] = field(default_factory=dict, hash=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        check(self)
        if self.input_shape[1] == self.input_shape[2]:  # one network, one recipe: a square has one way to be written
            object.__setattr__(self, "input_size", self.input_shape[1])

    def network(self, name: str, edits: tuple[Edit, ...] = ()) -> Network:
        """The network that these knobs describe, under a name with what was edited."""
        stages, heads = tuple(self._stages()), tuple(self._auxiliary())
        if self.width != 1:
            stages = tuple(_widened(stage, self.width) for stage in stages)
            heads = tuple(replace(one, stage=_widened(one.stage, self.width)) for one in heads)
        source, shape = self.source("network"), self.input_shape
        return Network(name, stages, self._head(), self.norm, shape, edits, source, auxiliary=heads)

    @abstractmethod
    def _stages(self) -> Iterator[Stage]:
        """The stages from the input to the head, before their filters are multiplied."""

    def _stage(self, name: str, node: Node, title: str, part: Part, repeat: int = 1) -> Stage:
        """A stage with this recipe's source for it."""
        return Stage(name, node, repeat, title, part, self.source(name))

    def _auxiliary(self) -> Iterator[Auxiliary]:
        """The auxiliary heads, if they are asked for, with as many classes as the network has."""
        classifier = Layer("linear", (("features", self.classes), ("bias", True)))
        for one in self.sides if self.auxiliary and self.classes else ():
            steps = [node for _, node in parts(one.stage.node)]
            yield replace(one, stage=replace(one.stage, node=Chain((*steps, classifier))))

    def _head(self) -> Head:
        """Average pooling, dropout and classifier with this recipe's knobs."""
        return Head(self.classes, self.dropout, source=self.source("head"))

    def source(self, stage: str) -> Source:
        """Where `stage` comes from.

        Raises
        ------
        KeyError
            If this recipe names no source for the stage: a number without a source is not shown.
        """
        return self.sources[stage]

    @property
    def input_shape(self) -> Shape:
        """Channels, height and width of one input image."""
        return self.channels, *pair(self.input_size)


def widen(node: Node, width: float) -> Node:
    """`node` with all its filters times `width`, rounded to a multiple of 8, at least 8; sums and concats follow.

    Examples
    --------
    >>> from irnet.spec import Chain, Fork
    >>> widen(Fork((Conv(32), Chain((Conv(48), Conv(64, 3))))), 0.25)
    Fork(branches=(Conv(filters=8, kernel=1, stride=1, padding='same'), \
Chain(nodes=(Conv(filters=16, kernel=1, stride=1, padding='same'), \
Conv(filters=16, kernel=3, stride=1, padding='same')))))
    """
    if isinstance(node, Conv):
        step = 8 if node.groups % 8 == 0 else lcm(8, node.groups)
        filters = max(step, step * int(node.filters * width / step + 0.5))
        groups = filters if 1 < node.groups == node.filters else gcd(node.groups, filters)
        return replace(node, filters=filters, groups=groups)
    return with_parts(node, [widen(inner, width) for _, inner in parts(node)])


def _widened(stage: Stage, width: float) -> Stage:
    others = tuple((i, widen(node, width)) for i, node in stage.others)
    return replace(stage, node=widen(stage.node, width), others=others)


def limits(recipe: Recipe) -> dict[str, Limits]:
    """The knobs of `recipe` with their limits, in the order of its definition.

    Examples
    --------
    >>> from irnet.models.inception_v4 import PAPER
    >>> limits(PAPER)["dropout"].high
    0.95
    """
    return {
        f.name: f.metadata["limits"]
        for f in fields(recipe)
        if "limits" in f.metadata and (recipe.sides or f.name != "auxiliary")
    }


def knobs(recipe: Recipe) -> dict[str, Any]:
    """The knobs of `recipe` with their values."""
    return {name: getattr(recipe, name) for name in limits(recipe)}


def near_knobs(recipe: Recipe, name: str) -> list[str]:
    """The knobs that somebody may mean who says `name`: those that other libraries call so, else the most alike.

    Examples
    --------
    >>> from irnet.models.inception_v4 import PAPER
    >>> near_knobs(PAPER, "in_chans"), near_knobs(PAPER, "clases"), near_knobs(PAPER, "scale")
    (['channels'], ['classes'], [])
    """
    have = knobs(recipe)
    if name in _ELSEWHERE:
        return [knob for knob in _ELSEWHERE[name] if knob in have]
    return get_close_matches(name, have, n=1)


def no_knob(recipe: Recipe, name: str) -> str:
    """What is said of a knob that there is not."""
    near = near_knobs(recipe, name)
    hint = f"; did you mean {', '.join(near)}?" if near else "."
    return f"no knob '{typed(name)}'{hint} Its knobs: {', '.join(knobs(recipe))}"


def check(recipe: Recipe) -> None:
    """Hold every knob against its limits.

    Raises
    ------
    ValueError
        Naming the knob, its value and its limits.
    """
    types = {f.name: f.type for f in fields(recipe)}
    for name, limit in limits(recipe).items():
        value = getattr(recipe, name)
        if types[name] == "bool":
            if not isinstance(value, bool):
                raise ValueError(f"{name}={value!r} is neither true nor false ({limit.help})")
            continue
        sides = value if name == "input_size" and isinstance(value, tuple) and len(value) == 2 else (value,)
        for side in sides:
            check_number(name, side, limit, whole=types[name] in ("int", "Size"))


def check_number(name: str, value: object, limit: Limits, *, whole: bool) -> None:
    """Hold one number against its limits.

    Raises
    ------
    ValueError
        Naming the number, its value and its limits.
    """
    bounds = f"{limit.low:g} to {limit.high:g} ({limit.help})"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise ValueError(f"{name}={value!r} is not a {'whole ' if whole else ''}number from {bounds}")
    if not limit.low <= value <= limit.high:
        raise ValueError(f"{name}={typed(value)} is outside {bounds}")


def parse_knob(recipe: Recipe, text: str) -> tuple[str, Any]:
    """The knob and value that "knob=value" says, with the type that `recipe` has there; limits are not checked here.

    Raises
    ------
    ValueError
        If the text is not of that form, or its value is no number (for `input_size`: not "299" or "224x261") and
        perhaps that of another library's knob.

    Examples
    --------
    >>> from irnet.models.inception_v4 import PAPER
    >>> parse_knob(PAPER, "a=6"), parse_knob(PAPER, "input_size=224x261")
    (('a', 6), ('input_size', (224, 261)))
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise ValueError(f"'{typed(text)}' does not say a knob and its value, as in 'a=6'")
    try:
        if name == "input_size" and "x" in value:
            height, width = map(int, value.split("x"))
            return name, (height, width)
        match knobs(recipe).get(name):
            case bool():
                return name, _WORDS[value.lower()]
            case float():
                return name, float(value)
            case _:
                return name, int(value)
    except (ValueError, KeyError):
        if name in _ELSEWHERE:
            raise ValueError(f"the network has {no_knob(recipe, name)}") from None
        raise ValueError(f"{typed(name)}={typed(value)} is not {_form(recipe, name)}") from None


def _form(recipe: Recipe, name: str) -> str:
    if name == "input_size":
        return "pixels, as 299 or 224x261 (height x width)"
    return "true or false" if isinstance(knobs(recipe).get(name), bool) else "a number"
