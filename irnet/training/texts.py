"""Settings of a run as somebody types them: "rate=0.2", and axes of a sweep: "scale=0.1,1"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from irnet.training.settings import Axis, Data, Run, with_values
from irnet.training.stability import Criteria


def with_texts(run: Run, texts: Iterable[str]) -> Run:
    """`run` with what each "name=value" says; the names are the fields of `Run` and `Data`.

    Raises
    ------
    ValueError
        For an unknown name, with near ones, a value of another kind, or one out of its limits.

    Examples
    --------
    >>> found = with_texts(Run(), ["optimiser=sgd", "size=96", "width=0.5", "augment=no"])
    >>> found.optimiser, found.data.size, found.width, found.data.augment
    ('sgd', 96, 0.5, False)
    """
    kinds = {f.name: str(f.type) for f in fields(Run) if f.name != "data"}
    of_data = {f.name: str(f.type) for f in fields(Data)}
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if name not in kinds | of_data or not equals:
            near = get_close_matches(name, [*kinds, *of_data], n=2)
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            raise ValueError(f"{text!r} sets nothing{hint} What can be set: {', '.join([*kinds, *of_data])}")
        found[name] = value_of(name, (kinds | of_data)[name], value)
    return with_values(run, found)


def axis(text: str) -> Axis:
    """An axis of a sweep from "name=value,value".

    Examples
    --------
    >>> axis("scale=0.1,1")
    ('scale', (0.1, 1.0))
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    kinds = {f.name: str(f.type) for f in fields(Run) if f.name != "data"}
    if name not in kinds or not equals:
        raise ValueError(f"{text!r} is no axis; one is written as in 'scale=0.1,0.3,1', of {', '.join(kinds)}")
    return name, tuple(value_of(name, kinds[name], value.strip()) for value in values.split(","))


def criteria(texts: Iterable[str]) -> Criteria:
    """When a run counts as dead, sparse or slow, from "name=value"; what is not named is as by default.

    Examples
    --------
    >>> criteria(["sparse=0.9"]).sparse
    0.9
    """
    kinds = {f.name: str(f.type) for f in fields(Criteria)}
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if name not in kinds or not equals:
            raise ValueError(f"{text!r} is no criterion; one is written as in 'sparse=0.9', of {', '.join(kinds)}")
        found[name] = value_of(name, kinds[name], value)
    return Criteria(**found)


_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def value_of(name: str, kind: str, text: str) -> Any:
    """What `text` stands for in a field whose type is written `kind`."""
    try:
        if "None" in kind and text.lower() == "none":
            return None
        if "bool" in kind:
            return _YES_NO[text.lower()]
        return int(text) if "int" in kind else float(text) if "float" in kind else text
    except (ValueError, KeyError):
        wanted = "yes or no" if "bool" in kind else "a whole number" if "int" in kind else "a number"
        raise ValueError(f"{name}={text!r} is not {wanted}") from None
