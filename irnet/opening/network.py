"""A graph of operations as a `Network`: nodes, repeated stages with names, and the author's names of everything.

Near a preset, stages go by the preset's names; elsewhere a stage is a run of equal blocks. A block that is not equal in
every setting is kept as one that differs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import prod
from typing import Any, Literal, cast

from irnet.comparison.distance import FIELD, distance
from irnet.models import ARCHITECTURES, PRESETS
from irnet.opening.blocks import block_title, ends_by_itself, has_shortcut
from irnet.opening.check import nearest_preset
from irnet.opening.distance import align_steps
from irnet.opening.graph import ADD, COMPUTED, CONCAT, FOLDED, MUL, Graph, Operation
from irnet.opening.normal_form import normal_form
from irnet.opening.preset import steps_of
from irnet.opening.tree import Merge, Part, Steps, Tangle, parts, tree
from irnet.spec import (
    ACTIVATIONS,
    IDENTITY,
    NO_HEAD,
    Chain,
    Conv,
    Edges,
    Fork,
    Head,
    Layer,
    NamedPadding,
    Network,
    Node,
    Norm,
    Origin,
    Padding,
    Pool,
    Residual,
    Settings,
    Shape,
    Source,
    Stage,
    Subgraph,
    edges,
    pair,
)
from irnet.spec import Part as PartName
from irnet.tree import resolve
from irnet.tree.layers import STATISTICS
from irnet.tree.paths import common

_BARE = ("global_pool", "batch_norm", "scale", "softmax", *ACTIVATIONS)  # whose shape and weights follow from the kind
_ROLES = ("weight", "bias", "running_mean", "running_var")
Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A node, and what its author calls what is inside it: names of weights and modules, each with its path in here."""

    node: Node
    keys: Names = ()
    modules: Names = ()

    def at(self, step: str) -> tuple[Names, Names]:
        """Keys and modules with their paths seen from one level up."""
        keys = tuple((f"{step}.{ours}", theirs) for ours, theirs in self.keys)
        return keys, tuple((f"{step}.{path}" if path else step, module) for path, module in self.modules)

    @property
    def module(self) -> str:
        """The author's module that all of it lies in."""
        names = [module for _, module in self.modules if module]
        return reduce(common, names) if names else ""


def _inside(node: Node, pieces: Iterable[tuple[str, _Piece]]) -> _Piece:
    """A node with pieces inside it, each at its step."""
    keys: list[tuple[str, str]] = []
    modules: list[tuple[str, str]] = []
    for step, piece in pieces:
        more, names = piece.at(step)
        keys += more
        modules += names
    whole = _Piece(node, tuple(keys), tuple(modules))
    return replace(whole, modules=(("", whole.module), *whole.modules))


def network_from_graph(graph: Graph) -> Network:
    """What somebody else wrote, as a network of ours.

    `Network.origin` says what the author calls each box and each weight. Stages of a network that is near a preset have
    the preset's names; dropout, of which a graph has none, is the preset's where one is near, and none elsewhere.

    Raises
    ------
    ValueError
        If the graph has nothing between its input and its output.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.runtime.build import build
    >>> from irnet.runtime.trace import trace
    >>> original = network("inception_resnet_v1", a=1, classes=10)
    >>> network_from_graph(trace(build(original, "meta"))).key == original.key
    True
    """
    steps = normal_form(tree(graph))
    if not steps:
        raise ValueError(f"{graph.name} has nothing between its input and its output")
    near = nearest_preset(graph, steps)
    making = _Making(graph, _usual_norm(steps))
    head, body, head_keys = _head(_unfolded(steps), near)
    groups = list(_like_preset(body, steps[: len(body)], near) if near else _by_block(making, body))
    stages, keys, modules = [], list(head_keys), list[tuple[str, str]]()
    shape = graph.input_shape
    for i, group in enumerate(groups):
        pieces = []
        for block in group.blocks:
            piece, shape = making.chain(block, shape)
            pieces.append(piece)
        if i + 1 == len(groups) and head == NO_HEAD and len(graph.operations[graph.output].out_shape) == 1:
            pieces[-1] = _flat(pieces[-1])
        stage = _stage(group, [piece.node for piece in pieces])
        inside = _inside(stage.node, ((f"{n}", piece) for n, piece in enumerate(pieces)))
        more, names = inside.at(stage.name)
        stages.append(stage)
        keys += more
        modules += names
    return Network(
        _short_name(graph.name),
        tuple(stages),
        head,
        replace(near.norm if near else Norm(), eps=making.eps),
        graph.input_shape,
        source=Source(f"opened from {graph.name}"),
        origin=Origin(graph.name, near.label if near else "", tuple(modules), tuple(keys)),
    )


def _unfolded(steps: Steps) -> Steps:
    """Steps whose convolutions have no batch norm where a file has folded it into their weights."""
    found: list[Part] = []
    for part in steps:
        if isinstance(part, Merge):
            found.append(replace(part, branches=tuple(map(_unfolded, part.branches))))
        elif isinstance(part, Operation) and part.setting("norm") == FOLDED:
            found.append(replace(part, settings=tuple(one for one in part.settings if one[0] != "norm")))
        else:
            found.append(part)
    return tuple(found)


def _short_name(source: str) -> str:
    """What a network is called: the last part of its source, without what no name of a file has."""
    last = source.rpartition(":")[2].replace("\\", "/").rpartition("/")[2]
    name = re.sub(r"[^\w.-]+", "_", re.sub(r"\.(onnx|pt2|keras|h5|json)$", "", last), flags=re.ASCII)[:60] or "opened"
    return f"{name}_opened" if name in PRESETS or name in ARCHITECTURES else name


def _usual_norm(steps: Steps) -> float:
    """The epsilon that most batch norms have."""
    found = Counter[float]()
    for part in parts(steps):
        if isinstance(part, Operation):
            eps = part.setting("eps") if part.kind == "batch_norm" else part.setting("norm")
            if isinstance(eps, float):
                found[eps] += 1
    return found.most_common(1)[0][0] if found else Norm().eps


def _head(steps: Steps, near: Network | None) -> tuple[Head, Steps, Names]:
    """The head that a network ends with, what is before it, and the author's names of its weights."""
    dropout = near.head.dropout if near else 0.0
    *body, last = steps
    if _is(last, "global_pool"):
        return Head(0, dropout), tuple(body), ()
    unit = bool(_is(last, "normalize"))
    if unit and body:
        *body, last = body
    if not (body and isinstance(last, Operation) and _is(last, "linear")):
        return NO_HEAD, steps, ()
    classifies = last.setting("norm") is None and last.setting("activation") is None and last.setting("bias")
    if not (_is_embedding(last) if unit else classifies and _owns(last)):
        return NO_HEAD, steps, ()
    features = cast("int", last.setting("features"))
    if unit:
        found, keys = Head(0, dropout, features), _keys(last, "embedding.0.", "embedding.1.")
    else:
        found, keys = Head(features, dropout), _keys(last, "classifier.", "")
        if body and isinstance(before := body[-1], Operation) and _is_embedding(before):
            found = replace(found, embedding=cast("int", before.setting("features")))
            keys += _keys(before, "embedding.0.", "embedding.1.")
            body.pop()
    if not (body and _is(body[-1], "global_pool")):
        return NO_HEAD, steps, ()
    return found, tuple(body[:-1]), keys


def _is_embedding(layer: Operation) -> bool:
    """Whether a layer is linear without a bias, with a batch norm and without an activation."""
    bare = layer.kind == "linear" and layer.setting("activation") is None and not layer.setting("bias")
    return bare and layer.setting("norm") is not None and _owns(layer, norm=True)


def _is(part: Part, kind: str) -> bool:
    return isinstance(part, Operation) and part.kind == kind


def _owns(layer: Operation, *, norm: bool = False) -> bool:
    """Whether a layer has all the weights that one of its kind has, and counts them."""
    roles = {weight.role for weight in layer.weights}
    needed = {"weight", *(["bias"] if layer.setting("bias") else []), *(f"norm.{role}" for role in _ROLES * norm)}
    return roles == needed and layer.params > 0 and layer.setting(COMPUTED) is None


def _keys(layer: Operation, weights: str, norm: str) -> Names:
    """The names of a layer's weights in what `build` makes, and the author's."""
    return tuple(
        (f"{norm}{role.removeprefix('norm.')}" if role.startswith("norm.") else f"{weights}{role}", weight.key)
        for weight in layer.weights
        for role in (weight.role,)
    )


class _Making:
    """Nodes of operations, with the shapes that run along."""

    def __init__(self, graph: Graph, eps: float) -> None:
        self.graph, self.eps = graph, eps

    def chain(self, steps: Steps, given: Shape) -> tuple[_Piece, Shape]:
        """What runs one after another; no steps are the input itself."""
        pieces: list[_Piece] = []
        at, left = 0, list(steps)
        while at < len(left):
            residual, used = self._residual(left[at : at + 3], given)
            if residual:
                pieces.append(residual)
                at += used
                continue
            made, given = self._part(left[at], given)
            pieces += made
            at += 1
        if len(pieces) == 1:
            return pieces[0], given
        if not pieces:
            return _Piece(IDENTITY), given
        return _inside(Chain(tuple(piece.node for piece in pieces)), ((f"{i}", p) for i, p in enumerate(pieces))), given

    def _part(self, part: Part, given: Shape) -> tuple[list[_Piece], Shape]:
        match part:
            case Merge("concat" | "add" | "mul" as how, branches):
                made = [self.chain(branch, given) for branch in branches]
                fork = Fork(tuple(piece.node for piece, _ in made), how)
                inside = _inside(fork, ((f"b{i}", piece) for i, (piece, _) in enumerate(made)))
                return [inside], _merged(how, [shape for _, shape in made])
            case Merge(how, branches):
                return self._subgraph(_untangled(how, branches), given)
            case Tangle():
                return self._subgraph(part, given)
            case Operation():
                return self._layers(part, given), _shape(part.out_shape, given)

    def _residual(self, following: Sequence[Part], given: Shape) -> tuple[_Piece | None, int]:
        """The paper's residual block where the next parts are one: x + scale * linear 1x1 of something, norm, ReLU."""
        first = following[0]
        if not (isinstance(first, Merge) and first.how == ADD and len(first.branches) == 2 and not first.branches[0]):
            return None, 0
        *body, last = first.branches[1]
        factor = 1.0
        if _is(last, "scale") and isinstance(last, Operation) and body:
            factor = cast("float", last.setting("factor"))
            *body, last = body
        if not 0 <= factor <= 1:
            return None, 0
        if not (
            body and isinstance(last, Operation) and 0 <= factor <= 1 and last == _linear(given[0]) and _owns(last)
        ):
            return None, 0
        used, more, keys = 1, {"norm": False, "relu": False}, list(_keys(last, "project.", ""))
        if len(following) > used and following[used] == Operation("batch_norm", (("eps", self.eps),)):
            norm = cast("Operation", following[used])
            keys += [(f"bn.{weight.role}", weight.key) for weight in norm.weights]
            used, more["norm"] = used + 1, True
        if len(following) > used and _is(following[used], "relu"):
            used, more["relu"] = used + 1, True
        inner, out = self.chain(tuple(body), given)
        if out[1:] != given[1:]:
            return None, 0
        piece = _inside(Residual(inner.node, factor, more["relu"], more["norm"]), [("body", inner)])
        names = (("project", last.module), ("add", first.module))
        return replace(piece, keys=(*piece.keys, *keys), modules=(*piece.modules, *names)), used

    def _layers(self, operation: Operation, given: Shape) -> list[_Piece]:
        """One operation, as one node or several."""
        if operation.kind == "conv" and (conv := self._conv(operation)):
            return [_Piece(conv, _keys(operation, "conv.", "bn."), (("", operation.module),))]
        if operation.kind in ("max_pool", "avg_pool") and (pool := _pool(operation)):
            return [_Piece(pool, (), (("", operation.module),))]
        flat = len(operation.out_shape) == 1
        if operation.kind == "linear" and flat and _owns(operation, norm=operation.setting("norm") is not None):
            settings: Settings = (
                ("features", operation.setting("features")),
                ("bias", bool(operation.setting("bias"))),
            )
            pieces = [self._layer(Layer("linear", settings), operation, "")]
        elif operation.kind in _BARE and {w.role for w in operation.weights} in (set(), set(_ROLES)):
            return [self._layer(Layer(operation.kind, operation.settings), operation, "")]
        else:
            hidden = ("norm", "activation") if operation.kind in ("conv", "linear") else ()
            settings = tuple((name, value) for name, value in operation.settings if name not in hidden)
            weights = tuple((w.role, w.shape) for w in operation.weights if not w.role.startswith("norm."))
            shape = _shape(operation.out_shape, given)
            layer = Layer(operation.kind, settings, shape, weights, operation.macs, _params(operation))
            pieces = [self._layer(layer, operation, "")]
        if operation.setting("norm") is not None and operation.kind in ("conv", "linear"):
            norm = Layer("batch_norm", (("eps", operation.setting("norm")),))
            pieces.append(self._layer(norm, operation, "norm."))
        if operation.kind in ("conv", "linear") and (name := operation.setting("activation")):
            pieces.append(_Piece(Layer(str(name)), (), (("", operation.module),)))
        return pieces

    def _layer(self, layer: Layer, operation: Operation, prefix: str) -> _Piece:
        own = [w for w in operation.weights if w.role.startswith("norm.") == bool(prefix)]
        keys = tuple((weight.role.removeprefix("norm."), weight.key) for weight in own)
        return _Piece(layer, keys, (("", operation.module),))

    def _conv(self, operation: Operation) -> Conv | None:
        """A convolution; None where it has what no `Conv` says."""
        setting = cast("Any", operation.setting)
        stride, dilation, kernel = map(setting, ("stride", "dilation", "kernel"))
        eps = setting("norm")
        is_ours = (
            len(kernel) == 2 and len({*stride}) == len({*dilation}) == 1 and _owns(operation, norm=eps is not None)
        )
        if not is_ours:
            return None
        conv = Conv(
            setting("filters"),
            kernel[0] if kernel[0] == kernel[1] else kernel,
            stride[0],
            "valid",
            dilation[0],
            setting("groups"),
            setting("bias"),
            eps is not None and (eps == self.eps or Norm(eps)),
            setting("activation"),
        )
        return replace(conv, padding=_padding(conv, setting("padding")))

    def _subgraph(self, tangle: Tangle, given: Shape) -> tuple[list[_Piece], Shape]:
        """What no branches can write, each operation by itself."""
        layers: list[_Piece] = []
        places: list[int] = []  # of the last layer of each operation
        reads: list[tuple[int, ...]] = []
        for operation, sources in zip(tangle.operations, tangle.reads, strict=True):
            read = tuple(source if source < 0 else places[source] for source in sources)
            for piece in self._plain_layers(operation, given):
                layers.append(piece)
                reads.append(read)
                read = (len(layers) - 1,)
            places.append(len(layers) - 1)
        node = Subgraph(tuple(cast("Layer", piece.node) for piece in layers), tuple(reads))
        return [_inside(node, ((f"{i}", p) for i, p in enumerate(layers)))], _shape(
            tangle.operations[-1].out_shape, given
        )

    def _plain_layers(self, operation: Operation, given: Shape) -> list[_Piece]:
        """An operation as layers by their kinds alone."""
        if operation.kind in _BARE and {w.role for w in operation.weights} in (set(), set(_ROLES)):
            shape = _shape(operation.out_shape, given)
            return [self._layer(Layer(operation.kind, operation.settings, shape), operation, "")]
        weights = tuple((w.role, w.shape) for w in operation.weights)
        shape = _shape(operation.out_shape, given)
        layer = Layer(operation.kind, operation.settings, shape, weights, operation.macs, _params(operation))
        return [self._layer(layer, operation, "")]


def _params(operation: Operation) -> int | None:
    """How many parameters an operation has, beside its norm; None where that is all of its weights."""
    held = {True: 0, False: 0}  # numbers in the weights of its norm, and in the others
    for weight in operation.weights:
        inner, role = weight.role.startswith("norm."), weight.role.removeprefix("norm.")
        held[inner] += prod(weight.shape) * (role not in STATISTICS)
    own = operation.params - held[True]
    return None if own == held[False] else max(own, 0)


def _linear(width: int) -> Operation:
    """The paper's 1x1 "Linear" box."""
    window: Settings = (("kernel", (1, 1)), ("stride", (1, 1)), ("padding", (0, 0)), ("dilation", (1, 1)))
    return Operation("conv", (("filters", width), *window, ("groups", 1), ("bias", True)))


def _pool(operation: Operation) -> Pool | None:
    """A pooling; None where it has what no `Pool` says."""
    setting = cast("Any", operation.setting)
    kernel, stride = setting("kernel"), setting("stride")
    if len({*stride}) > 1 or setting("dilation") not in (None, (1, 1)):
        return None
    side = kernel[0] if kernel[0] == kernel[1] else kernel
    op: Literal["max", "avg"] = "max" if operation.kind == "max_pool" else "avg"
    pool = Pool(op, side, stride[0], "valid", rounds_up=bool(setting("rounds_up")))
    padded = replace(pool, padding=_padding(pool, setting("padding")))
    return replace(padded, counts_padding=bool(setting("counts_padding")) and any(edges(padded)))


def _padding(window: Conv | Pool, given: tuple[int, ...]) -> Padding:
    """How a padding is written: by name where it has one."""
    top, bottom, left, right = given if len(given) == 4 else (given[0], given[0], given[1], given[1])
    odd = all(side % 2 for side in pair(window.kernel))
    named: tuple[NamedPadding, ...] = ("same", "valid") if odd else ("valid",)
    sides: Edges = (top, bottom, left, right)
    return next((name for name in named if edges(replace(window, padding=name)) == sides), sides)


def _shape(out: tuple[int, ...], given: Shape) -> Shape:
    """A shape of any rank as (channels, height, width): a vector as channels, a sequence as a row, others in front."""
    if not out:
        return given
    if len(out) == 1:
        return (out[0], 1, 1)
    if len(out) == 2:
        return (out[0], 1, out[1])
    *front, height, width = out
    return (prod(front), height, width)


def _merged(how: str, shapes: Sequence[Shape]) -> Shape:
    if how == CONCAT:
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])
    channels, height, width = (max(shape[axis] for shape in shapes) for axis in range(3))
    return (channels, height, width)


def _untangled(how: str, branches: Sequence[Steps]) -> Tangle:
    """Branches that meet in a way that no fork has, as operations that read each other."""
    operations: list[Operation] = []
    reads: list[tuple[int, ...]] = []

    def add(operation: Operation, read: tuple[int, ...]) -> int:
        operations.append(operation)
        reads.append(read)
        return len(operations) - 1

    def walk(steps: Steps, at: int) -> int:
        for part in steps:
            if isinstance(part, Merge):
                at = add(Operation(part.how, module=part.module), tuple(walk(inner, at) for inner in part.branches))
            elif isinstance(part, Tangle):
                start, first = at, len(operations)
                for operation, sources in zip(part.operations, part.reads, strict=True):
                    at = add(operation, tuple(start if source < 0 else first + source for source in sources))
            else:
                at = add(part, (at,))
        return at

    add(Operation(how), tuple(walk(branch, -1) for branch in branches))
    return Tangle(tuple(operations), tuple(reads))


def _flat(piece: _Piece) -> _Piece:
    """A last block that puts out a vector."""
    last = piece.node.nodes[-1] if isinstance(piece.node, Chain) else piece.node
    if isinstance(last, Layer) and last.kind in ("linear", "flatten"):
        return piece
    flat = _Piece(Layer("flatten"))
    if isinstance(piece.node, Chain):
        nodes = (*piece.node.nodes, flat.node)
        return replace(piece, node=Chain(nodes))
    return _inside(Chain((piece.node, flat.node)), [("0", piece), ("1", flat)])


@dataclass(frozen=True, slots=True)
class _Group:
    """A stage: what it is called, and the steps of each of its blocks."""

    name: str
    title: str
    part: PartName
    blocks: tuple[Steps, ...]
    source: Source


def _like_preset(steps: Steps, folded: Steps, near: Network) -> Iterator[_Group]:
    """Blocks under the names of the stages of a preset; `folded` are the same steps as they are compared."""
    boxes, ours = resolve(near), steps_of(near)
    places: list[tuple[str, int]] = []
    more = 0  # blocks that the preset does not have
    for i, j in align_steps(folded, ours):
        box = boxes[_module(ours[j])] if j is not None else None
        if i is None:
            continue
        if box is None or not box.stage:
            last = places[-1] if places else (near.stages[0].name, 0)
            more += isinstance(steps[i], Merge)
            places.append((last[0], last[1] + isinstance(steps[i], Merge)))
        else:
            same = bool(places) and places[-1][0] == box.stage
            more = more if same else 0
            places.append((box.stage, box.block + more))
    for stage in near.stages:
        blocks: dict[int, list[Part]] = {}
        for (name, number), part in zip(places, steps, strict=True):
            if name == stage.name:
                blocks.setdefault(number, []).append(part)
        if blocks:
            runs = tuple(tuple(block) for block in blocks.values())
            yield _Group(stage.name, stage.title, stage.part, runs, stage.source)


def _module(part: Part) -> str:
    return part.operations[0].module if isinstance(part, Tangle) else part.module


def _by_block(making: _Making, steps: Steps) -> Iterator[_Group]:
    """Blocks by where branches meet and by what has a name; a run of them that are alike is a stage."""
    runs: list[list[_Block]] = []
    shape = making.graph.input_shape
    for block in _blocks(steps):
        piece, shape = making.chain(block, shape)
        made = _Block(block, piece.node, shape, block_title(piece.node), piece.module)
        if runs and _goes_on(runs[-1], made):
            runs[-1].append(made)
        else:
            runs.append([made])
    taken: set[str] = set()
    for i, run in enumerate(runs):
        is_block = any(isinstance(part, Merge | Tangle) for part in run[0].steps) or bool(run[0].title)
        first, last = i == 0, i + 1 == len(runs)
        part: PartName = "blocks" if is_block else "stem" if first else "tail" if last else "blocks"
        title = run[-1].title or ("Block" if is_block else "Stem" if first else "Head" if last else "Transition")
        modules = [block.module for block in run if block.module]
        name = _name(reduce(common, modules) if modules else "", title, i, taken)
        taken.add(name)
        yield _Group(name, title, part, tuple(block.steps for block in run), Source(f"opened from {making.graph.name}"))


@dataclass(frozen=True, slots=True)
class _Block:
    steps: Steps
    node: Node
    out_shape: Shape
    title: str
    module: str


def _goes_on(run: Sequence[_Block], block: _Block) -> bool:
    """Whether a block belongs to the run before it: it is equal, or the same kind with the same output."""
    last = run[-1]
    if last.node == block.node and (last.title or isinstance(last.node, Fork | Chain | Residual)):
        return True
    if last.out_shape != block.out_shape or not block.title or last.title != block.title:
        return False
    first = len(run) == 1 and has_shortcut(block.title)  # which may reduce the grid or have another shortcut
    return first or distance(last.node, block.node) <= 2 * FIELD


def _blocks(steps: Steps) -> Iterator[Steps]:
    """The steps cut where blocks end: behind branches with what follows them, and behind what has a name of its own."""
    plain: list[Part] = []
    at = 0
    while at < len(steps):
        run = _unbranched_block(steps, at)
        if run:
            if plain:
                yield tuple(plain)
                plain = []
            yield steps[at : at + run]
            at += run
        elif isinstance(steps[at], Merge | Tangle):
            fire = [plain.pop()] if plain and _squeezes(plain[-1], steps[at]) else []
            if plain:
                yield tuple(plain)
                plain = []
            end = at + 1
            while end < len(steps) and _follows(steps[end]):
                end += 1
            yield (*fire, *steps[at:end])
            at = end
        else:
            plain.append(steps[at])
            at += 1
    if plain:
        yield tuple(plain)


def _follows(part: Part) -> bool:
    """Whether a step belongs to the merge before it: an activation."""
    return isinstance(part, Operation) and part.kind in (*ACTIVATIONS, "leaky_relu", "prelu")


def _squeezes(part: Part, merge: Part) -> bool:
    """Whether a 1x1 convolution and the branches behind it are one fire module."""
    kernels = [] if isinstance(merge, Tangle | Operation) else [len(branch) for branch in merge.branches]
    one = isinstance(part, Operation) and part.kind == "conv" and part.setting("kernel") == (1, 1)
    return one and isinstance(merge, Merge) and merge.how == CONCAT and kernels == [1, 1]


def _unbranched_block(steps: Steps, at: int) -> int:
    """How many steps from `at` on are an inverted residual without a sum, or a depthwise separable convolution."""
    making = _Making(Graph(name="", input_shape=(1, 1, 1), operations=(Operation("input"),), reads=((),), output=0), 0)
    for many in (4, 3, 2):
        run = steps[at : at + many]
        if len(run) == many and isinstance(run[0], Operation) and run[0].kind == "conv":
            gates = [part for part in run if isinstance(part, Merge)]
            if any(gate.how != MUL for gate in gates) or any(isinstance(part, Tangle) for part in run):
                continue
            if ends_by_itself(block_title(making.chain(run, (1, 1, 1))[0].node)):
                return many
    return 0


def _name(module: str, title: str, number: int, taken: set[str]) -> str:
    """A name for a stage, from its author's module where that is one, that no other has."""
    word = re.sub(r"\W+", "_", module or title.lower(), flags=re.ASCII).strip("_")[:32] or "stage"
    word = word if not word[0].isdigit() else f"stage_{word}"
    if word != "stem" and not any(letter.isdigit() for letter in word):
        word = f"{word}_{number}"  # with a number it is no name that a module has already
    return word if word not in taken else f"{word}_{number}"


def _stage(group: _Group, nodes: Sequence[Node]) -> Stage:
    """A stage of blocks: those that most are equal to, and the others."""
    usual = Counter(nodes).most_common(1)[0][0]
    others = tuple((i, node) for i, node in enumerate(nodes) if node != usual)
    return Stage(group.name, usual, len(nodes), group.title, group.part, group.source, others)
