"""What is written down about a step of the forward pass, and what a network refuses."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from irnet.html import joined_html
from irnet.resolve.field import ReceptiveField
from irnet.spec import Shape
from irnet.tables import MOST, from_records, to_html
from irnet.units import sides

Op = Literal[
    "conv", "max_pool", "avg_pool", "concat", "project", "scale", "add", "global_pool", "dropout", "linear", "normalize"
]


class Illegal(ValueError):
    """A box that can't be: `path` is the first one, and the message says why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class TooSmall(Illegal):
    """A window does not fit into what is left of the input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step of the forward pass, for one image; shapes are (C, H, W)."""

    path: str  # also the module's name and the box's id
    op: Op
    notation: str  # in the paper's words: "3x3 conv 96 /2 V"
    in_shape: Shape
    out_shape: Shape
    params: int = 0
    macs: int = 0  # multiply-accumulates of convolutions and linear layers; 1 MAC = 2 FLOPs
    in_field: ReceptiveField  # of what the step reads
    field: ReceptiveField  # of what it puts out

    @property
    def activation_elements(self) -> int:
        """Numbers in the output of this step, for one image."""
        return prod(self.out_shape)


class Rows(tuple[Row, ...]):
    """The rows of a network: a tuple that shows itself as a table in a notebook."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return joined_html(to_html(from_records([_record(row) for row in self]), MOST))


def _record(row: Row) -> dict[str, object]:
    message = ("path", "notation", "in_shape", "out_shape", "params", "macs")
    return {name: getattr(row, name) for name in message} | {"receptive field": sides(row.field.size)}
