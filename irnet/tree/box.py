"""The annotated tree: boxes within boxes, and as its leaves the steps of the forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import prod
from typing import Literal

from irnet.html import joined_html
from irnet.spec import Network, Node, Shape, Source, Stage
from irnet.tables import MOST, from_records, to_html
from irnet.tree.paths import below, name_of
from irnet.units import sides

Op = Literal[
    "conv",
    "max_pool",
    "avg_pool",
    "concat",
    "project",
    "scale",
    "add",
    "mul",
    "global_pool",
    "dropout",
    "linear",
    "normalize",
    "layer",
]
Level = Literal["stage", "block", "branch", "step", "unit"]
Sides = tuple[int, int]  # (height, width)
BYTES = 4  # of a float32
WEIGHTED = ("conv", "project", "linear")  # operations that multiply by weights


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """Which input pixels one output pixel sees: size, step between neighbours and padding, each (height, width).

    The output at `i` sees the pixels from `i * stride - padding` on, `size` of them. Source: the arithmetic of
    google-research/receptive_field; a merge sees the smallest rectangle around what its branches see.
    """

    size: Sides = (1, 1)
    stride: Sides = (1, 1)
    padding: Sides = (0, 0)

    def after(self, kernel: Sides, stride: int, padding: Sides) -> ReceptiveField:
        """The field after a window of `kernel` pixels has slid over this one."""
        (high, wide), (down, along), (above, left) = self.size, self.stride, self.padding
        return ReceptiveField(
            (high + (kernel[0] - 1) * down, wide + (kernel[1] - 1) * along),
            (down * stride, along * stride),
            (above + padding[0] * down, left + padding[1] * along),
        )

    def merged(self, *others: ReceptiveField) -> ReceptiveField:
        """The field of a concatenation or sum: from where the first of its branches starts to where the last ends."""
        every = (self, *others)
        before = [max(field.padding[axis] for field in every) for axis in (0, 1)]
        after = [max(field.size[axis] - field.padding[axis] for field in every) for axis in (0, 1)]
        stride = max(field.stride[0] for field in every), max(field.stride[1] for field in every)
        return ReceptiveField((before[0] + after[0], before[1] + after[1]), stride, (before[0], before[1]))


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
    biases: int = 0  # of the parameters, those that are added to each output channel
    normed: int = 0  # channels that a batch norm scales and shifts
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
    names = ("path", "notation", "in_shape", "out_shape", "params", "macs")
    return {name: getattr(row, name) for name in names} | {"receptive field": sides(row.field.size)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box: what it is, where it stands, and what everything inside it adds up to for one image."""

    path: str  # of the row and module, where there is one
    node: Node | None  # that it stands for; None for what no node is: a merge, a unit, a layer of the head
    level: Level
    title: str  # in the paper's notation
    aria_label: str  # for those who can't see the drawing
    parent: str  # path of the box around it, "" at the top
    children: tuple[str, ...]  # paths of the boxes inside, in the order they run
    op: Op | Literal["group", "norm", "relu"]
    rows: tuple[Row, ...]  # that it consists of; of a unit the convolution's
    stage: str  # "" in the head
    block: int  # its number in the stage, from 0; of a stage or a layer of the head 0
    source: Source
    module: str = ""  # the author's path of it, in a network that was opened
    has_norm: bool = True  # of a unit: whether the convolution that it belongs to has a batch norm

    @property
    def name(self) -> str:
        """The last step of its path."""
        return name_of(self.path)

    @property
    def in_shape(self) -> Shape:
        """(C, H, W) of what it is given."""
        return self.out_shape if self.op in ("norm", "relu") else self.rows[0].in_shape

    @property
    def out_shape(self) -> Shape:
        """(C, H, W) of what it puts out."""
        return self.rows[-1].out_shape

    @property
    def params(self) -> int:
        """Parameters of all its rows; of a unit its part of the convolution's."""
        if self.level == "unit":
            norm = 2 * self.out_shape[0] if self.has_norm else 0
            return {"conv": self.rows[0].params - norm, "norm": norm}.get(self.op, 0)
        return sum([row.params for row in self.rows])

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all its rows."""
        return 0 if self.op in ("norm", "relu") else sum([row.macs for row in self.rows])

    @property
    def activation_elements(self) -> int:
        """Numbers in its own output; of several rows, in the outputs of convolutions and linear layers."""
        lone = len(self.rows) == 1
        return sum([row.activation_elements for row in self.rows if lone or row.op in WEIGHTED])

    @property
    def activation_bytes(self) -> int:
        """Memory of the activations in float32."""
        return BYTES * self.activation_elements

    @property
    def field(self) -> ReceptiveField:
        """What one of its outputs sees of the input."""
        return self.rows[-1].field


class Tree(dict[str, Box]):
    """The boxes of a network by path, in the order they run, an outer box before what is inside it.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.tree import resolve
    >>> tree = resolve(network("inception_resnet_v2"))
    >>> tree["block_b.0.body.b1"].title, [box.name for box in tree.around("block_b.0.body.b1")]
    ('1x1 conv 128 > 1x7 conv 160 > 7x1 conv 192', ['block_b', '0', 'body'])
    >>> sum(row.params for row in tree.rows) == tree["block_b"].params + sum(
    ...     box.params for box in tree.top if box.path != "block_b"
    ... )
    True
    """

    def __init__(self, network: Network, rows: Rows, boxes: Mapping[str, Box]) -> None:
        super().__init__(boxes)
        self.network, self.rows = network, rows
        self.auxiliary = tuple(boxes[one.stage.name] for one in network.auxiliary)  # the heads on the side
        # the stages that have a block, and the layers of the head
        self.top = tuple(box for box in boxes.values() if not box.parent and box not in self.auxiliary)

    def __missing__(self, path: str) -> Box:
        """Refuse a path that no box has, and name near ones."""
        near = get_close_matches(path, self, n=3, cutoff=0.4) or list(self)[:3]
        raise KeyError(f"{self.network.name} has no box {path!r}; near ones: {', '.join(near)}")

    @property
    def head(self) -> tuple[Box, ...]:
        """The layers after the last stage."""
        return tuple(box for box in self.top if not box.stage)

    @property
    def stages(self) -> tuple[tuple[Stage, Box | None], ...]:
        """Every stage with its box; None where it has no block."""
        return tuple((stage, self.get(stage.name)) for stage in self.network.stages)

    def children(self, path: str) -> tuple[Box, ...]:
        """The boxes inside the one at `path`, in the order they run."""
        return tuple(self[child] for child in self[path].children)

    def around(self, path: str) -> tuple[Box, ...]:
        """The boxes around the one at `path`, the outermost first."""
        found: list[Box] = []
        while path := self[path].parent:
            found.insert(0, self[path])
        return tuple(found)

    def block_of(self, path: str) -> Box:
        """The block that the box at `path` is in or is, its stage where it is one, or itself in the head."""
        every = (*self.around(path), self[path])
        return next((box for box in every if box.level == "block"), every[0])

    def is_aside(self, path: str) -> bool:
        """Whether a path is in an auxiliary head, which no forward pass outside training runs."""
        return any(below(path, box.path) for box in self.auxiliary)

    def row(self, path: str) -> Row:
        """The row with this path: of a merge the path of the node that merges."""
        return self[path].rows[-1]

    def __repr__(self) -> str:
        return f"Tree of {self.network.label}, {len(self)} boxes"

    def _repr_html_(self) -> str:
        return self.rows._repr_html_()
