"""The grammar: five node types are enough to write every network of the paper.

A network is a frozen value. Module, shapes, counts, diagram and comparison are each one walk over it.
Shapes are (channels, height, width) of one image; windows are (height, width) in pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Literal

Kernel = int | tuple[int, int]  # (height, width); an int means square
Padding = Literal["same", "valid"]  # the paper's unmarked boxes, half a kernel on every side, and its "V" boxes, none
Shape = tuple[int, int, int]  # (channels, height, width); the batch is never part of a spec
Basis = Literal["computed", "read", "run", "unverified"]  # how a claim is known: "run" is run here, with the named code
Part = Literal["stem", "a", "reduction_a", "b", "reduction_b", "c", "tail"]  # what two networks are aligned by


def pair(kernel: Kernel) -> tuple[int, int]:
    """(height, width) of a kernel.

    Examples
    --------
    >>> pair(3), pair((1, 7))
    ((3, 3), (1, 7))
    """
    return kernel if isinstance(kernel, tuple) else (kernel, kernel)


def _check_window(kernel: Kernel, stride: int, padding: Padding) -> None:
    if min(pair(kernel)) < 1 or stride < 1:
        raise ValueError(f"kernel {kernel} and stride {stride} must be at least 1")
    if padding == "same" and any(side % 2 == 0 for side in pair(kernel)):
        raise ValueError(f"'same' padding needs an odd kernel, not {kernel}")


@dataclass(frozen=True, slots=True)
class Conv:
    """Convolution without bias, then batch norm, then ReLU."""

    filters: int
    kernel: Kernel = 1
    stride: int = 1
    padding: Padding = "same"

    def __post_init__(self) -> None:
        if self.filters < 1:
            raise ValueError(f"a convolution needs at least 1 filter, not {self.filters}")
        _check_window(self.kernel, self.stride, self.padding)


@dataclass(frozen=True, slots=True)
class Pool:
    """Max or average pooling with floor division.

    At a border an average divides by the pixels that are there, as TensorFlow does; with `counts_padding` by all of its
    window, as PyTorch does unless told otherwise, so that values at the border are smaller.
    """

    op: Literal["max", "avg"]
    kernel: int = 3
    stride: int = 1
    padding: Padding = "same"
    counts_padding: bool = False

    def __post_init__(self) -> None:
        _check_window(self.kernel, self.stride, self.padding)
        if self.counts_padding and not (self.op == "avg" and self.padding == "same" and self.kernel > 1):
            raise ValueError("only an average over a padded window of more than one pixel can count its padding")

    def __repr__(self) -> str:
        """What it is; the rule for padding only where it is not the usual one, so that other keys stay as they were."""
        counted = ", counts_padding=True" if self.counts_padding else ""
        window = f"kernel={self.kernel!r}, stride={self.stride!r}, padding={self.padding!r}"
        return f"Pool(op={self.op!r}, {window}{counted})"


@dataclass(frozen=True, slots=True)
class Chain:
    """Nodes one after another."""

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.nodes:
            raise ValueError("a chain needs at least 1 node")


@dataclass(frozen=True, slots=True)
class Fork:
    """Every branch reads the same input; outputs are stacked along channels, in order."""

    branches: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.branches:
            raise ValueError("a fork needs at least 1 branch")


@dataclass(frozen=True, slots=True)
class Residual:
    """relu(x + scale * project(body(x))).

    `project` is the paper's 1x1 "Linear" box: bias, no norm, no ReLU. It has no width of its own,
    because only the width of x can be added to x. The paper leaves batch norm off the sums; `norm` puts one there,
    before the ReLU, to see what it would cost and do.
    """

    body: Node
    scale: float = 1.0
    relu: bool = True
    norm: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.scale <= 1:
            raise ValueError(f"a residual's scale lies from 0 to 1, not at {self.scale}")
        object.__setattr__(self, "scale", float(self.scale))  # 1 and 1.0 are one architecture, with one key


Node = Conv | Pool | Chain | Fork | Residual


def parts(node: Node) -> tuple[tuple[str, Node], ...]:
    """What a node consists of, each with its step in a path: "0", "1" of a chain, "b0" of a fork, "body".

    Examples
    --------
    >>> [step for step, _ in parts(Fork((Conv(8), Pool("max"))))], parts(Conv(8))
    (['b0', 'b1'], ())
    """
    match node:
        case Chain(nodes):
            return tuple((str(i), inner) for i, inner in enumerate(nodes))
        case Fork(branches):
            return tuple((f"b{i}", inner) for i, inner in enumerate(branches))
        case Residual(body):
            return (("body", body),)
        case Conv() | Pool():
            return ()


def with_parts(node: Node, instead: Sequence[Node]) -> Node:
    """`node` with other parts, in the order of `parts`.

    Examples
    --------
    >>> with_parts(Chain((Conv(8), Conv(9))), [Conv(1)])
    Chain(nodes=(Conv(filters=1, kernel=1, stride=1, padding='same'),))
    """
    if isinstance(node, Chain | Fork):
        return type(node)(tuple(instead))
    return replace(node, body=instead[0]) if isinstance(node, Residual) else node


def ends(node: Node) -> Iterator[Node]:
    """What a node ends with: itself, the last of a chain, the ends of a fork's branches.

    Examples
    --------
    >>> [end.filters for end in ends(Fork((Conv(7), Chain((Conv(8), Conv(9))))))]
    [7, 9]
    """
    match node:
        case Chain(nodes):
            yield from ends(nodes[-1])
        case Fork(branches):
            for branch in branches:
                yield from ends(branch)
        case _:
            yield node


def with_ends(node: Node, change: Callable[[Node], Node]) -> Node:
    """`node` with everything that it ends with changed.

    Examples
    --------
    >>> with_ends(Fork((Pool("max"), Chain((Conv(8), Conv(9))))), lambda end: Conv(1)).branches[1].nodes
    (Conv(filters=8, kernel=1, stride=1, padding='same'), Conv(filters=1, kernel=1, stride=1, padding='same'))
    """
    match node:
        case Chain(nodes):
            return Chain((*nodes[:-1], with_ends(nodes[-1], change)))
        case Fork(branches):
            return Fork(tuple(with_ends(branch, change) for branch in branches))
        case _:
            return change(node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """One place where the print disagrees with arithmetic, with itself or with the released code."""

    id: str  # "E1" to "E18"
    where: str  # figure, table or section
    concerns: Literal["stage", "figure", "claim"]
    printed: str
    used: str
    why: str
    certainty: str
    basis: Basis  # how the slip is known; what follows from it may be an inference, as `certainty` says


@dataclass(frozen=True, slots=True)
class Source:
    """Where something comes from: a figure, a table, or a file of a released implementation."""

    ref: str
    note: str = ""  # what the source leaves open, and what is used here
    errata: tuple[Erratum, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A named node, repeated. Title, part and source are prose and take no part in identity."""

    name: str
    node: Node
    repeat: int = 1
    title: str = field(default="", compare=False, repr=False)
    part: Part = field(default="stem", compare=False, repr=False)
    source: Source = field(default=Source("not given"), compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.repeat < 0:
            raise ValueError(f"stage {self.name} is repeated 0 times or more, not {self.repeat}")


@dataclass(frozen=True, slots=True)
class Norm:
    """Batch norm settings; releases differ, so they are data."""

    eps: float = 1e-3
    momentum: float = 0.1  # weight of the new batch, PyTorch's convention


@dataclass(frozen=True, slots=True)
class Head:
    """Global average pool, dropout, an optional embedding, a classifier.

    `classes=0` leaves the classifier out; an embedding is then put out at unit length, as facenet does.
    """

    classes: int = 1000
    dropout: float = 0.2  # probability of dropping, not of keeping
    embedding: int | None = None
    source: Source = field(default=Source("not given"), compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.classes < 0 or not 0 <= self.dropout < 1:
            raise ValueError(f"a head has 0 or more classes and drops 0 to 1, not {self.classes} and {self.dropout}")
        object.__setattr__(self, "dropout", float(self.dropout))  # 0 and 0.0 are one architecture, with one key


def architecture_of(name: str) -> str:
    """A preset's name without its tag.

    Examples
    --------
    >>> architecture_of("inception_v4.paper")
    'inception_v4'
    """
    return name.partition(".")[0]


Value = int | float | str | tuple[int, int]
STEM = "stem"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: of a knob or the stem (`where` is empty), or of what is at a path."""

    where: str
    what: str  # a knob, "stem", or a setting of what is there: "filters", "kernel", "stride", "padding", "split", ...
    value: Value

    def __post_init__(self) -> None:
        stage, _, rest = self.where.partition(".")
        inner = rest.partition(".")[2]
        if stage and self.what == "repeat":
            object.__setattr__(self, "where", stage)
        elif stage:
            object.__setattr__(self, "where", f"{stage}.0" + (f".{inner}" if inner else ""))
        if (
            isinstance(self.value, tuple) and len(self.value) == 2 and len(set(self.value)) == 1
        ):  # a square has one way to be written
            object.__setattr__(self, "value", self.value[0])

    @property
    def is_knob(self) -> bool:
        """Whether it turns a knob of the recipe."""
        return not self.where and self.what != STEM

    @property
    def text(self) -> str:
        """As it stands in labels and addresses.

        Examples
        --------
        >>> Edit("block_b.3.body.b1.1", "kernel", (1, 5)).text
        'block_b.0.body.b1.1.kernel=1x5'
        """
        return f"{self.where}.{self.what}={plain(self.value)}" if self.where else f"{self.what}={plain(self.value)}"


def plain(value: Value) -> str:
    """A value as text that says all of it: a pair as "1x7", a float without trailing zeros."""
    match value:
        case (height, width):
            return f"{height}x{width}"
        case bool():
            return str(value).lower()
        case float():
            return short if float(short := f"{value:g}") == value else repr(value)
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Network:
    """A whole network, as a value: hashable, comparable, printable."""

    name: str = field(compare=False, repr=False)
    stages: tuple[Stage, ...]
    head: Head = Head()
    norm: Norm = Norm()
    input_shape: Shape = (3, 299, 299)
    edits: tuple[Edit, ...] = field(default=(), compare=False, repr=False)  # what was changed in the preset
    source: Source = field(default=Source("not given"), compare=False, repr=False)

    @property
    def key(self) -> str:
        """Sixteen hex digits that change exactly when the architecture changes."""
        return sha256(repr(self).encode()).hexdigest()[:16]

    @property
    def architecture(self) -> str:
        """The preset's name without its tag."""
        return architecture_of(self.name)

    @property
    def label(self) -> str:
        """The preset's name and, if it was edited, what was changed."""
        return f"{self.name} ({self.edit_text})" if self.edits else self.name

    @property
    def edit_text(self) -> str:
        """What was changed in the preset, as labels and addresses have it; "" where nothing was."""
        return ", ".join(edit.text for edit in self.edits)
