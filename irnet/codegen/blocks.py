"""The classes of a network's blocks: stages that differ in numbers alone share one, with constructor arguments."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from irnet.codegen.layers import inline, layer
from irnet.codegen.layout import Call, call, camel, docstring, expression, laid_out
from irnet.codegen.modules import FORKS, Names, branches, filters, module, norm, skeleton, steps, widths_of
from irnet.models.fragments import pool_last, reduction_a
from irnet.spec import IDENTITY, Chain, Conv, Fork, Layer, Node, Norm, Pool, Residual, Stage, Subgraph, parts

CHANNELS = {"channels": 1}
# names that the source uses for something else, or Python does
TAKEN = frozenset(
    {
        *FORKS,
        "Any",
        "BatchNorm",
        "Callable",
        "Conv",
        "False",
        "Item",
        "Linear",
        "None",
        "Operation",
        "Reshape",
        "Residual",
        "Sequence",
        "Tensor",
        "True",
    }
)
LETTERS = ("k", "l_", "m", "n")  # Table 1's; linters refuse a bare l


@dataclass(frozen=True, slots=True)
class Block:
    """A class, the stages that are made of it, and the constructor arguments of each beside its input's channels."""

    name: str
    stages: tuple[Stage, ...]
    parameters: tuple[str, ...]  # filters as arguments
    numbers: tuple[str, ...]  # the filters of every convolution: a number, or one of the parameters
    varies: bool  # whether some of the stages end in a ReLU and others don't

    @property
    def node(self) -> Node:
        """The block of its first stage."""
        return self.stages[0].node

    def arguments(self, stage: Stage) -> dict[str, object]:
        """What the constructor is given for a stage, beside the channels."""
        counts = dict(zip(self.numbers, filters(stage.node), strict=True))
        arguments: dict[str, object] = {name: counts[name] for name in self.parameters}
        if isinstance(stage.node, Residual):
            arguments["scale"] = stage.node.scale
            if self.varies:
                arguments["relu"] = stage.node.relu
        return arguments


def blocks_of(stages: Sequence[Stage]) -> tuple[Block, ...]:
    """The classes that the stages of a network need, and the subgraphs in them; a lone layer needs none.

    Examples
    --------
    >>> from irnet.models import network
    >>> [block.name for block in blocks_of(network("inception_v3").stages)]
    ['Stem', 'InceptionA', 'ReductionA', 'InceptionB', 'ReductionB', 'InceptionC']
    """
    groups: dict[tuple[str, Node], list[Stage]] = {}
    for stage in stages:
        for one in variants(stage):
            for inner in _subgraphs(one.node):
                groups.setdefault((f"{_kind(stage)}Part", inner), [replace(one, node=inner)])
            if not isinstance(one.node, Conv | Pool | Layer):
                groups.setdefault((_kind(stage), skeleton(one.node)), []).append(one)
    found: list[Block] = []
    for (kind, bare), members in groups.items():
        parameters, numbers = _numbers(bare, members)
        varies = len({stage.node.relu for stage in members if isinstance(stage.node, Residual)}) > 1
        found.append(
            Block(
                unused_name(kind, {block.name for block in found} | TAKEN), tuple(members), parameters, numbers, varies
            )
        )
    return tuple(found)


def variants(stage: Stage) -> tuple[Stage, ...]:
    """A stage for each of the different blocks of one, in order."""
    return tuple(replace(stage, node=node, others=()) for node in dict.fromkeys(stage.blocks))


def _subgraphs(node: Node) -> Iterator[Subgraph]:
    """The subgraphs inside a node, which itself is none."""
    for _, inner in parts(node):
        if isinstance(inner, Subgraph):
            yield inner
        else:
            yield from _subgraphs(inner)


def unused_name(name: str, taken: Collection[str]) -> str:
    """A name, or the name with the first number from 2 that makes it new.

    Examples
    --------
    >>> unused_name("Stem", {"Conv"}), unused_name("Conv", {"Conv", "Conv2"})
    ('Stem', 'Conv3')
    """
    return next(name for name in (name, *(f"{name}{i}" for i in range(2, len(taken) + 3))) if name not in taken)


def _kind(stage: Stage) -> str:
    """What the paper calls a block; one that it does not have goes by its title, or by the stage's name."""
    if stage.part == "blocks" and stage.title:
        return camel(stage.title)
    if stage.part in ("a", "b", "c"):
        return f"Inception{'ResNet' if isinstance(stage.node, Residual) else ''}{stage.part.upper()}"
    return camel(stage.part if stage.part in ("reduction_a", "reduction_b") else stage.name)


def _numbers(bare: Node, members: Sequence[Stage]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the arguments, and every convolution's filters as one of them or as a number."""
    letters = dict(_letters()).get(bare)
    if letters:
        return LETTERS, letters
    columns = list(zip(*(filters(stage.node) for stage in members), strict=True))
    varying = list(dict.fromkeys(column for column in columns if len(set(column)) > 1))
    names = [f"filters_{i + 1}" if len(varying) > 1 else "filters" for i in range(len(varying))]
    named = dict(zip(varying, names, strict=True))
    return tuple(names), tuple(named.get(column, str(column[0])) for column in columns)


def _letters() -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Figure 7 in the paper's order and in that of the releases, and which filter count is which letter."""
    figure = reduction_a(1, 2, 3, 4)
    for node in (figure, pool_last(figure)):
        yield skeleton(node), tuple(LETTERS[count - 1] for count in filters(node))


def class_of(block: Block, settings: Norm, subgraphs: Mapping[Node, str]) -> list[str]:
    """The source of a block's class; `subgraphs` are those that have one already, and what it is called."""
    names = Names(iter(block.numbers), subgraphs)
    match block.node:
        case Residual():
            base, body = "nn.Module", _residual(block, block.node, settings, names)
        case Fork():
            base, body = "nn.Module", _fork(block.node, names)
        case Subgraph():
            base, body = "nn.ModuleDict", _subgraph(block.node)
        case Chain(nodes):
            made, _ = steps(nodes, CHANNELS, names)
            base, body = "nn.Sequential", laid_out(call("super().__init__", *made), 8)
    given = ["channels: int", *(f"{name}: int" for name in block.parameters)]
    if isinstance(block.node, Residual):
        given += ["scale: float", *(["relu: bool"] if block.varies else [])]
    signature = Call("def __init__(", ("self", *given), ") -> None:")
    return [
        f"class {block.name}({base}):",
        *docstring(4, *_about(block)),
        "",
        *laid_out(signature, 4),
        *body,
    ]


def _about(block: Block) -> Iterator[str]:
    """Titles and sources of a block, its errata, and what the sources leave open."""
    yield f"{', '.join(dict.fromkeys(stage.title or stage.name for stage in block.stages))}."
    places: dict[str, list[str]] = {}  # file or figure -> places in it
    for ref, _, place in (stage.source.ref.partition(", ") for stage in block.stages):
        places.setdefault(ref, []).append(place)
    refs = "; ".join(", ".join(dict.fromkeys(filter(None, (ref, *inside)))) for ref, inside in places.items())
    errata = dict.fromkeys(erratum.id for stage in block.stages for erratum in stage.source.errata)
    notes = dict.fromkeys(stage.source.note for stage in block.stages if stage.source.note)
    yield " ".join([f"Source: {refs}.", *([f"Errata: {', '.join(errata)}."] if errata else []), *notes])
    if block.parameters == LETTERS:
        yield "k, l_, m and n are the letters of Figure 7."


def _fork(node: Fork, names: Names) -> list[str]:
    made, _ = branches(node, CHANNELS, names)
    lines: list[str] = []
    ends: list[str] = []
    for i, (branch, one) in enumerate(zip(node.branches, made, strict=True)):
        lines += [] if branch == IDENTITY else laid_out(one, 8, f"self.b{i} = ")
        ends.append("x" if branch == IDENTITY else f"self.b{i}(x)")
    if node.merge == "concat":
        last = laid_out(call("torch.cat", Call("[", tuple(ends), "]"), dim=1), 8, "return ")
    else:
        last = [f"        {line}" for line in _sum_of(ends, "+" if node.merge == "add" else "*")]
    return ["        super().__init__()", *lines, *_forward(*last)]


def _sum_of(ends: Sequence[str], sign: str) -> list[str]:
    """The lines of a forward pass that sums or multiplies."""
    first, *others = ends
    return [f"out: Tensor = {first}", *(f"out = out {sign} {end}" for end in others), "return out"]


def _subgraph(node: Subgraph) -> list[str]:
    """Modules by their number, and a line for each layer in the order they run."""
    made: list[str] = []
    lines: list[str] = []
    widths = (CHANNELS, *widths_of(node, CHANNELS))
    for i, (one, sources) in enumerate(zip(node.layers, node.reads, strict=True)):
        inputs = ["x" if source < 0 else f"x{source}" for source in sources]
        value = inline(one, inputs)
        if not value:
            made += laid_out(layer(one, widths[sources[0] + 1]), 12, f'"{i}": ', ",")
            value = f'self["{i}"]({", ".join(inputs)})'
        kind = ": Tensor" if i == len(node.layers) - 1 else ""
        lines.append(f"        x{i}{kind} = {value}")
    return [
        "        super().__init__(",
        *["            {", *(f"    {line}" for line in made), "            }"],
        "        )",
        *_forward(*lines, f"        return x{len(node.layers) - 1}"),
    ]


def _residual(block: Block, node: Residual, settings: Norm, names: Names) -> list[str]:
    body, width = module(node.body, CHANNELS, names)
    return [
        "        super().__init__()",
        *laid_out(body, 8, "self.body = "),
        '        # The paper\'s 1x1 "Linear" box: back to the width of x; bias, no norm, no ReLU.',
        f"        self.project = nn.Conv2d({expression(width)}, channels, 1)",
        "        self.scale = scale  # of the residual before the sum: section 3.3",
        *([f"        self.bn = {norm('BatchNorm2d', 'channels', settings)}"] if node.norm else []),
        *(["        self.relu = relu"] if block.varies else []),
        *_forward(*_sum(node, varies=block.varies)),
    ]


def _sum(node: Residual, *, varies: bool) -> list[str]:
    """The lines of the forward pass."""
    total = "x + self.scale * self.project(self.body(x))"
    if varies:
        normed = ["        x = self.bn(x)"] if node.norm else []
        return [f"        x = {total}", *normed, "        return torch.relu(x) if self.relu else x"]
    if node.norm:
        last = "torch.relu(x)" if node.relu else "x"
        return [f"        x = self.bn({total})", f"        return {last}"]
    return [f"        return torch.relu({total})" if node.relu else f"        return {total}"]


def _forward(*lines: str) -> list[str]:
    return ["", "    def forward(self, x: Tensor) -> Tensor:", *lines]
