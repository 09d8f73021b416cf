"""The grammar: five node types are enough to write every network of the paper, two more those of others.

A network is a frozen value. Module, shapes, counts, diagram and comparison are each one walk over it. What only
networks of others need has a default, and stands in the text of a value, of which its key is made, only where it is
another.
Shapes are (channels, height, width) of one image; windows are (height, width) in pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from typing import Literal

Kernel = int | tuple[int, int]  # (height, width); an int means square
Edges = tuple[int, int, int, int]  # pixels added at the top, bottom, left and right
NamedPadding = Literal["same", "valid"]  # the paper's unmarked boxes, half a kernel on every side, and its "V", none
Padding = NamedPadding | Edges
Shape = tuple[int, int, int]  # (channels, height, width); the batch is never part of a spec
Setting = int | float | bool | str | None | tuple["Setting", ...]
Settings = tuple[tuple[str, Setting], ...]
Basis = Literal["computed", "read", "run", "unverified"]  # how a claim is known: "run" is run here, with the named code
# what two networks are aligned by; "blocks" are those of an opened network that is near no preset
Part = Literal["stem", "a", "reduction_a", "b", "reduction_b", "c", "blocks", "tail"]


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
    if isinstance(padding, tuple) and (len(padding) != 4 or min(padding) < 0):
        raise ValueError(f"padding is 'same', 'valid' or four numbers from 0 (top, bottom, left, right), not {padding}")


def _text(value: object, always: int) -> str:
    """A value's text: its first fields, and of the others those that are not at their defaults."""
    shown = [
        f"{one.name}={getattr(value, one.name)!r}"
        for i, one in enumerate(one for one in fields(value) if one.repr)  # type: ignore[arg-type]
        if i < always or getattr(value, one.name) != one.default
    ]
    return f"{type(value).__name__}({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Norm:
    """Batch norm settings; releases differ, so they are data."""

    eps: float = 1e-3
    momentum: float = 0.1  # weight of the new batch, PyTorch's convention


@dataclass(frozen=True, slots=True)
class Conv:
    """Convolution without bias, then batch norm, then ReLU, unless the last five say otherwise."""

    filters: int
    kernel: Kernel = 1
    stride: int = 1
    padding: Padding = "same"
    dilation: int = 1
    groups: int = 1
    bias: bool = False
    norm: bool | Norm = True  # as the network has it, or one of its own
    activation: str | None = "relu"  # one of `ACTIVATIONS`

    def __post_init__(self) -> None:
        if self.filters < 1:
            raise ValueError(f"a convolution needs at least 1 filter, not {self.filters}")
        if self.dilation < 1 or self.groups < 1 or self.filters % self.groups:
            raise ValueError(
                f"{self.filters} filters of {self.groups} groups, dilation {self.dilation}: there is none such"
            )
        if self.activation is not None and self.activation not in ACTIVATIONS:
            raise ValueError(f"no activation is called {self.activation!r}; there are {', '.join(ACTIVATIONS)}")
        _check_window(self.kernel, self.stride, self.padding)

    def __repr__(self) -> str:
        """What it is; what the paper's have in common only where it differs."""
        return _text(self, 4)

    @property
    def is_plain(self) -> bool:
        """Whether it is the paper's: no bias, batch norm, ReLU, one group, no dilation."""
        return self == Conv(self.filters, self.kernel, self.stride, self.padding)


# what can follow a layer, by PyTorch's names; those with settings of their own are layers
ACTIVATIONS = ("relu", "relu6", "silu", "hardswish", "hardsigmoid", "sigmoid", "tanh", "mish", "gelu")


@dataclass(frozen=True, slots=True)
class Pool:
    """Max or average pooling with floor division.

    At a border an average divides by the pixels that are there, as TensorFlow does; with `counts_padding` by all of its
    window, as PyTorch does unless told otherwise, so that values at the border are smaller. With `rounds_up` the last
    window may hang over the border.
    """

    op: Literal["max", "avg"]
    kernel: Kernel = 3
    stride: int = 1
    padding: Padding = "same"
    counts_padding: bool = False
    rounds_up: bool = False

    def __post_init__(self) -> None:
        _check_window(self.kernel, self.stride, self.padding)
        if self.counts_padding and not (self.op == "avg" and any(edges(self))):
            raise ValueError("only an average over a padded window of more than one pixel can count its padding")

    def __repr__(self) -> str:
        """What it is; the rules for padding and rounding only where they are not the usual ones."""
        return _text(self, 4)


def edges(window: Conv | Pool) -> Edges:
    """Pixels that a window adds at the top, bottom, left and right.

    Examples
    --------
    >>> edges(Conv(8, (1, 7))), edges(Pool("max", 3, 2, "valid")), edges(Conv(8, 3, dilation=2))
    ((0, 0, 3, 3), (0, 0, 0, 0), (2, 2, 2, 2))
    """
    if isinstance(window.padding, tuple):
        return window.padding
    height, width = (side // 2 if window.padding == "same" else 0 for side in reach(window))
    return height, height, width, width


def reach(window: Conv | Pool) -> tuple[int, int]:
    """(height, width) that a window covers: its kernel, with the gaps that a dilation leaves.

    Examples
    --------
    >>> reach(Conv(8, 3, dilation=2)), reach(Pool("avg"))
    ((5, 5), (3, 3))
    """
    height, width = pair(window.kernel)
    gap = window.dilation if isinstance(window, Conv) else 1
    return (height - 1) * gap + 1, (width - 1) * gap + 1


@dataclass(frozen=True, slots=True)
class Chain:
    """Nodes one after another."""

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.nodes:
            raise ValueError("a chain needs at least 1 node")


Merge = Literal["concat", "add", "mul"]  # how branches meet: stacked along channels, summed, or multiplied


@dataclass(frozen=True, slots=True)
class Fork:
    """Every branch reads the same input; outputs are stacked along channels, in order, or summed or multiplied."""

    branches: tuple[Node, ...]
    merge: Merge = "concat"

    def __post_init__(self) -> None:
        if not self.branches:
            raise ValueError("a fork needs at least 1 branch")

    def __repr__(self) -> str:
        """Its branches, and how they meet where they are not stacked."""
        return _text(self, 1)


@dataclass(frozen=True, slots=True)
class Layer:
    """Any other layer, by the name of its kind, with what tells it from another of that kind.

    `IDENTITY` is none at all: a branch that is the input itself.
    """

    kind: str
    settings: Settings = ()
    out_shape: Shape | None = None  # where it is not that of the input and does not follow from the kind
    weights: tuple[tuple[str, tuple[int, ...]], ...] = ()  # role and shape of what it owns, where that does not follow
    macs: int = 0  # where they do not follow either
    params: int | None = None  # where not all of its weights are parameters, or another layer has them too

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", tuple(sorted(self.settings)))

    def __repr__(self) -> str:
        """Its kind, and what else there is to say."""
        return _text(self, 1)

    def setting(self, name: str) -> Setting:
        """One setting; None where it has none of that name."""
        return dict(self.settings).get(name)


IDENTITY = Layer("identity")


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Layers that no branches can write, in the order they run, each with the positions of those that it reads.

    The input is at -1; the last puts out what the whole does.
    """

    layers: tuple[Layer, ...]
    reads: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if not self.layers or len(self.reads) != len(self.layers):
            raise ValueError("a subgraph needs at least 1 layer, and for each what it reads")
        if any(not -1 <= source < i for i, sources in enumerate(self.reads) for source in sources):
            raise ValueError("a layer of a subgraph reads one that does not run before it")


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


Node = Conv | Pool | Layer | Chain | Fork | Residual | Subgraph


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
        case Subgraph(layers):
            return tuple((str(i), inner) for i, inner in enumerate(layers))
        case Conv() | Pool() | Layer():
            return ()


def with_parts(node: Node, instead: Sequence[Node]) -> Node:
    """`node` with other parts, in the order of `parts`.

    Examples
    --------
    >>> with_parts(Chain((Conv(8), Conv(9))), [Conv(1)])
    Chain(nodes=(Conv(filters=1, kernel=1, stride=1, padding='same'),))
    """
    match node:
        case Chain():
            return Chain(tuple(instead))
        case Fork():
            return replace(node, branches=tuple(instead))
        case Residual():
            return replace(node, body=instead[0])
        case Subgraph():
            return replace(node, layers=tuple(one for one in instead if isinstance(one, Layer)))
        case _:
            return node


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
            return replace(node, branches=tuple(with_ends(branch, change) for branch in branches))
        case _:
            return change(node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """One place where the print disagrees with arithmetic, with itself or with the released code."""

    id: str  # "E1" and on; of the papers before this one from "E19"
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
    """A named node, repeated. Title, part and source are prose and take no part in identity.

    Blocks that are nearly alike are one stage: `others` has those that differ from `node`, by their numbers from 0.
    """

    name: str
    node: Node
    repeat: int = 1
    title: str = field(default="", compare=False, repr=False)
    part: Part = field(default="stem", compare=False, repr=False)
    source: Source = field(default=Source("not given"), compare=False, repr=False)
    others: tuple[tuple[int, Node], ...] = ()

    def __post_init__(self) -> None:
        if self.repeat < 0:
            raise ValueError(f"stage {self.name} is repeated 0 times or more, not {self.repeat}")
        if any(not 0 <= i < self.repeat for i, _ in self.others):
            raise ValueError(f"stage {self.name} has {self.repeat} blocks, and another node for none of them")

    def __repr__(self) -> str:
        """Name, node and repeat; blocks that differ where there are some."""
        return _text(self, 3)

    @property
    def blocks(self) -> tuple[Node, ...]:
        """The node of every block, in order."""
        others = dict(self.others)
        return tuple(others.get(i, self.node) for i in range(self.repeat))


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """A classifier on the side, which helps to train what is before it and is left out of every other count."""

    stage: Stage  # its layers up to its logits, as one block
    reads: str  # name of the stage whose output it is given


@dataclass(frozen=True, slots=True)
class Head:
    """Global average pool, dropout, an optional embedding, a classifier.

    `classes=0` leaves the classifier out; an embedding is then put out at unit length, as facenet does. `NO_HEAD` is
    none at all: what an opened network ends with is then in its last stages.
    """

    classes: int = 1000
    dropout: float = 0.2  # probability of dropping, not of keeping
    embedding: int | None = None
    source: Source = field(default=Source("not given"), compare=False, repr=False)
    pools: bool = True  # False of `NO_HEAD` alone

    def __post_init__(self) -> None:
        if not self.pools and (self.classes or self.embedding or self.dropout):
            raise ValueError("a head without its average over the grid has nothing else either")
        if self.classes < 0 or not 0 <= self.dropout < 1:
            raise ValueError(f"a head has 0 or more classes and drops 0 to 1, not {self.classes} and {self.dropout}")
        object.__setattr__(self, "dropout", float(self.dropout))  # 0 and 0.0 are one architecture, with one key

    def __repr__(self) -> str:
        """Classes, dropout and embedding."""
        return _text(self, 3)


NO_HEAD = Head(classes=0, dropout=0, pools=False)


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
class Origin:
    """Where an opened network comes from: whose it is, and what the author calls its parts."""

    source: str  # the module, file or name that was opened
    nearest: str = ""  # the label of the preset that lent names of stages; "" where none is near
    modules: tuple[tuple[str, str], ...] = ()  # path of a box -> the author's module
    keys: tuple[tuple[str, str], ...] = ()  # name of a weight in what `build` makes -> the author's
    digest: str = ""  # by which a server that keeps it finds it again


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
    origin: Origin | None = field(default=None, compare=False, repr=False)  # of a network that was opened
    auxiliary: tuple[Auxiliary, ...] = ()

    def __post_init__(self) -> None:
        names = {stage.name for stage in self.stages}
        if strange := [one.reads for one in self.auxiliary if one.reads not in names]:
            raise ValueError(f"an auxiliary head reads {strange[0]}, which is none of the stages {', '.join(names)}")

    def __repr__(self) -> str:
        """Stages, head, batch norm and input; auxiliary heads where there are some."""
        return _text(self, 4)

    @property
    def stages_by_name(self) -> dict[str, Stage]:
        """The stages, then those of the auxiliary heads."""
        return {stage.name: stage for stage in (*self.stages, *(one.stage for one in self.auxiliary))}

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
