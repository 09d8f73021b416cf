"""The operations of a network that somebody else wrote, as values.

Everything that tells two operations of one kind apart is a setting, with defaults filled in, so that equal layers are
equal values. Names of modules take no part in that: they lend titles and addresses, and structure never needs them.

Every reader (of a traced module, an ONNX, Keras or exported file) writes the same kinds, with PyTorch's names for the
rest: `conv` (filters, kernel, stride, padding, dilation, groups, bias), `linear` (features, bias), `batch_norm` (eps),
`max_pool` and `avg_pool` (kernel, stride, padding, ceil, grid that is read; an average's counts_padding),
`global_pool`, `pad` (sides, value), `scale` (factor), `concat`, `add`, `mul`, `div`, and activations by their names,
as `relu`. Pairs are (height, width); edges that differ are (top, bottom, left, right). Dropout and what else does
nothing in evaluation is left out. `norm` is FOLDED of a convolution or linear layer whose file has no batch norm
behind any convolution: it is in the weights and the bias, or was left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod

from irnet.spec import Setting, Settings, Shape
from irnet.tree.layers import COMPUTED
from irnet.units import exact, typed

__all__ = [
    "ADD",
    "COMPUTED",
    "CONCAT",
    "DIV",
    "FOLDED",
    "INPUT",
    "MAX_AXES",
    "MAX_ELEMENTS",
    "MAX_NODES",
    "MAX_SIDE",
    "MERGES",
    "MUL",
    "Graph",
    "Operation",
    "Refused",
    "Setting",
    "Settings",
    "Weight",
    "check_shape",
    "with_folded_norms",
]

INPUT = "input"
FOLDED = "folded"
CONCAT, ADD, MUL, DIV = "concat", "add", "mul", "div"
MERGES = (CONCAT, ADD, MUL, DIV)  # kinds in which branches can meet

MAX_NODES = 20_000  # of a file; the largest network of timm has a tenth
MAX_SIDE = 2**31 - 1
MAX_ELEMENTS = 2**40  # of one tensor
MAX_AXES = 16


class Refused(ValueError):
    """Why a file is not read: its text goes on after the file's name."""


def check_shape(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that a file tells of, or that follows from it.

    Raises
    ------
    Refused
        If no tensor has it.

    Examples
    --------
    >>> check_shape("stem.conv.weight", (32, 3, 3, 3))
    (32, 3, 3, 3)
    """
    fits = len(shape) <= MAX_AXES and all(0 <= side <= MAX_SIDE for side in shape)
    if not fits or prod(shape) > MAX_ELEMENTS:
        sides = typed(" x ".join(map(str, shape[:MAX_AXES])))
        limit = f"{exact(MAX_ELEMENTS)} numbers and {MAX_AXES} axes are the limit"
        raise Refused(f"says of {typed(name)!r} that it is {sides}; {limit}")
    return shape


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor that an operation owns: parameters, and the running statistics of a batch norm."""

    role: str  # the operation's argument that it is: "weight", "bias", "running_mean"
    key: str  # the author's name of it, in a state_dict or a file
    shape: tuple[int, ...]  # as PyTorch lays it out: (filters, channels, height, width)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its kind, and everything that tells it from another of that kind.

    Examples
    --------
    >>> Operation("relu", module="stem.relu") == Operation("relu", module="head.relu")
    True
    """

    kind: str  # "conv", "batch_norm", "relu", "max_pool", "concat"; what has no word here keeps the name of its source
    settings: Settings = ()
    # whatever follows takes no part in equality
    module: str = field(default="", compare=False, repr=False)  # the author's path of what it belongs to
    out_shape: tuple[int, ...] = field(default=(), compare=False, repr=False)  # (C, H, W) or (F,), without the batch
    params: int = field(default=0, compare=False, repr=False)  # of weights that no earlier operation has
    macs: int = field(default=0, compare=False, repr=False)  # of a convolution or a linear layer, for one picture
    weights: tuple[Weight, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", tuple(sorted(self.settings)))

    def setting(self, name: str) -> Setting:
        """One setting; None where this kind has none of that name."""
        return dict(self.settings).get(name)

    def with_settings(self, **settings: Setting) -> Operation:
        """The same operation with some settings more, or others."""
        return replace(self, settings=tuple((dict(self.settings) | settings).items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Operations in an order in which each stands behind what it reads; the first is the input.

    Raises
    ------
    ValueError
        If an operation reads one that stands behind it, or the output is none of them.
    """

    name: str
    input_shape: Shape
    operations: tuple[Operation, ...]
    reads: tuple[tuple[int, ...], ...]  # for each operation the positions of those that it reads, in order
    output: int

    def __post_init__(self) -> None:
        if len(self.reads) != len(self.operations) or not 0 <= self.output < len(self.operations):
            raise ValueError(
                f"the graph of {self.name} has no output, or its list of edges is not as long as its nodes"
            )
        for at, sources in enumerate(self.reads):
            if any(not 0 <= source < at for source in sources):
                raise ValueError(f"operation {at} of {self.name} reads one that does not stand before it")


def with_folded_norms(graph: Graph) -> Graph:
    """The graph of a file, whose layers say that their batch norm is folded into them where no convolution has one."""
    layers = ("conv", "linear")
    normed = {
        sources[0] for one, sources in zip(graph.operations, graph.reads, strict=True) if one.kind == "batch_norm"
    }
    if any(graph.operations[at].kind == "conv" for at in normed):
        return graph
    operations = (
        one.with_settings(norm=FOLDED) if one.kind in layers and at not in normed else one
        for at, one in enumerate(graph.operations)
    )
    return replace(graph, operations=tuple(operations))
