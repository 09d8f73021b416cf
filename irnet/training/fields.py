"""What a setting of a run is called and may be, as data: forms, command options and refusals come from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal, get_args

from irnet.models import PRESETS
from irnet.models.recipe import Limits, check_number, limits
from irnet.units import exact

Group = Literal["Run", "Images", "Network", "Schedule", "Machine"]
GROUPS: tuple[Group, ...] = get_args(Group)
Kind = Literal["whole number", "number", "switch", "word"]
YES, NO = "yes", "no"
_KINDS: Mapping[str, Kind] = {"int": "whole number", "float": "number", "bool": "switch"}
_OF_KNOBS = limits(PRESETS["inception_resnet_v2.paper"])  # it has every knob that a run hands on


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What belongs to a setting beside its name, type and value."""

    label: str
    help: str
    group: Group
    limits: Limits | None = None  # of a number
    words: tuple[str, ...] = ()  # one of which it is
    most: float | None = None  # of a number, on a page whose machine many share; None: as its limits say
    unset: str = ""  # what None means


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A setting of a run or of its images."""

    name: str
    kind: Kind
    default: Any
    about: Words

    @property
    def allowed(self) -> str:
        """What it may be, in words; "" where its type says it all.

        Examples
        --------
        >>> from irnet.training.settings import SETTINGS
        >>> [SETTINGS[name].allowed for name in ("optimiser", "batch", "width", "augment")]
        ['rmsprop, sgd or adamw', '2 to 65,536', '0.125 to 4', 'yes or no']
        """
        if self.kind == "switch":
            return f"{YES} or {NO}"
        if bounds := self.about.limits:
            return f"{_plain(bounds.low)} to {_plain(bounds.high)}"
        *most, last = self.about.words
        return f"{', '.join(most)} or {last}"

    def check(self, value: object) -> None:
        """Hold a value against what the setting may be, as `check_fields` says."""
        if value is None and self.about.unset:
            return
        if self.kind == "switch" and not isinstance(value, bool):
            raise ValueError(f"{self.name}={value!r} is neither true nor false")
        if self.kind == "word" and value not in self.about.words:
            raise ValueError(f"{self.name}={value!r} is not one of {', '.join(self.about.words)}")
        if bounds := self.about.limits:
            check_number(self.name, value, bounds, whole=self.kind == "whole number")


def _plain(value: float) -> str:
    return exact(int(value)) if value == int(value) else f"{value:g}"


def form_field(
    default: Any,
    label: str,
    group: Group,
    text: str,
    bounds: tuple[float, float, float] | None = None,
    *,
    most: float | None = None,
    words: tuple[str, ...] = (),
) -> Any:
    """A dataclass field that somebody sets: a number within bounds, one of a few words, or without both a switch.

    Bounds are the lowest and the highest value and the step of a form.
    """
    limited = Limits(*bounds, text) if bounds else None
    return _field(default, Words(label=label, help=text, group=group, limits=limited, words=words, most=most))


def knob_of(
    default: Any, label: str, knob: str, group: Group, text: str = "", *, low: float | None = None, unset: str = ""
) -> Any:
    """A dataclass field that is handed on to a knob of the network, within the knob's limits."""
    found = _OF_KNOBS[knob]
    text = text or found.help.removeprefix(f"{label}: ")
    found = replace(found, low=found.low if low is None else low, help=f"{text[:1].upper()}{text[1:]}")
    bounds = found if type(getattr(PRESETS["inception_resnet_v2.paper"], knob)) is not bool else None
    return _field(default, Words(label=label, help=found.help, group=group, limits=bounds, unset=unset))


def _field(default: Any, words: Words) -> Any:
    return field(default=default, metadata={"words": words})


def fields_of(settings: type[Any]) -> Mapping[str, Field]:
    """The settings of a dataclass that have words, by name, in its order."""
    found: dict[str, Field] = {}
    for f in fields(settings):
        if about := f.metadata.get("words"):
            kind = _KINDS.get(str(f.type).split(" ")[0], "word")
            found[f.name] = Field(name=f.name, kind=kind, default=f.default, about=about)
    return MappingProxyType(found)


def check_fields(settings: object) -> None:
    """Hold every value of such a dataclass against what it may be.

    Raises
    ------
    ValueError
        Naming the setting, the value and its limits or words.
    """
    for name, about in fields_of(type(settings)).items():
        about.check(getattr(settings, name))
