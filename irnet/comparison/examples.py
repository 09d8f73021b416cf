"""Comparisons that are asked for most, each with what it shows; they stand in `examples.toml`."""

from __future__ import annotations

from dataclasses import dataclass

from irnet.data_files import entry, read_data


@dataclass(frozen=True, slots=True)
class Ready:
    """A comparison to open: its networks, the stages to look into, and what they show; numbers stand beside it."""

    title: str
    names: tuple[str, ...]
    shows: str
    stages: tuple[str, ...] = ()  # to open, in every network that has them


READY = tuple(entry(Ready, said) for said in read_data("comparison/examples.toml")["ready"])


def ready(names: tuple[str, ...]) -> Ready | None:
    """The comparison of just these networks, if it is one of those; the first of several.

    Examples
    --------
    >>> found = ready(("inception_v4.paper", "inception_v4.tf_slim"))
    >>> found and found.title
    'v4: paper and released'
    """
    return next((one for one in READY if one.names == names), None)
