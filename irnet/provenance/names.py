"""What each released implementation calls the stages of these networks; the names stand in `names.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from irnet.data_files import entry, read_data


@dataclass(frozen=True, slots=True)
class Implementation:
    """A released implementation of one architecture, and what it calls the stages of its preset."""

    name: str
    file: str
    version: str  # in which it was read
    preset: str  # that has its structure
    stages: Mapping[str, str]  # stage of the preset, or "head" -> name there


@cache
def releases() -> Mapping[str, tuple[Implementation, ...]]:
    """The released implementations of every architecture.

    Examples
    --------
    >>> [one.name for one in releases()["inception_resnet_v1"]]
    ['facenet', 'facenet-pytorch']
    """
    found = read_data("provenance/names.toml")
    return {architecture: tuple(entry(Implementation, one) for one in every) for architecture, every in found.items()}
