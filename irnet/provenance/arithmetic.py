"""One line of a calculation, and what the calculations about the errata share."""

from __future__ import annotations

from dataclasses import dataclass, replace

from irnet.models import network as preset
from irnet.spec import Conv, Head, Network, Node, Shape, Stage
from irnet.tree import Row, resolve, sum_shape

V4, V4_SLIM = "inception_v4.paper", "inception_v4.tf_slim"
V1, V2, V2_SLIM = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_resnet_v2.tf_slim"
V3 = "inception_v3.tf_slim"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a calculation; `holds` is None where nothing is claimed."""

    label: str
    expression: str
    result: str
    holds: bool | None = None
    reading: str = ""  # which of several ways to read the print it belongs to


@dataclass(frozen=True, slots=True)
class WidthCheck:
    """A width that was tried for the 1x1 linear convolution of a residual block."""

    width: int
    accepted: bool
    sentence: str


def check(label: str, expression: str, holds: bool) -> Step:
    """A claim that is true or not."""
    return Step(label, expression, "yes" if holds else "no", holds)


def read_as(reading: str, *steps: Step) -> tuple[Step, ...]:
    """Steps that belong to one way to read the print."""
    return tuple(replace(step, reading=reading) for step in steps)


def try_width(network: Network, stage: str, width: int) -> WidthCheck:
    """Whether a residual block of `stage` could add a residual of this width to its input.

    The width goes through the same refusals as a network's: that of a convolution, then that of the sum.

    Raises
    ------
    ValueError
        If `stage` has no residual block.

    Examples
    --------
    >>> try_width(preset("inception_resnet_v2"), "block_b", 1154).sentence
    'block_b.0: cannot add 1154 channels to 1152'
    """
    path = f"{stage}.0"
    block = next((row for row in resolve(network).rows if row.path == path and row.op == "add"), None)
    if block is None:
        raise ValueError(f"{network.name} has no residual block {path!r}")
    x = block.in_shape
    try:
        sum_shape(path, x, (Conv(width).filters, *x[1:]))
    except ValueError as error:
        return WidthCheck(width, False, str(error))
    return WidthCheck(width, True, f"{path}: {width} channels are added to {x[0]}")


def rows_of(name: str) -> dict[str, Row]:
    """The rows of a preset by path."""
    return {row.path: row for row in resolve(preset(name)).rows}


def alone(node: Node, shape: Shape) -> tuple[Row, ...]:
    """The rows of one node on an input of this (C, H, W) shape."""
    spec = Network("alone", (Stage("alone", node),), Head(0, 0.0), input_shape=shape)
    return tuple(row for row in resolve(spec).rows if row.path.startswith("alone"))


def node_of(name: str, stage: str) -> Node:
    """The node of a preset's stage."""
    return next(found.node for found in preset(name).stages if found.name == stage)
