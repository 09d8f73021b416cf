"""A network as boxes within boxes: stages, blocks, branches, steps, units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, assert_never

from irnet.analysis.tables import WEIGHTED
from irnet.resolve import Op, Row, notation, resolve
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual, Shape, Source, Stage, pair

Level = Literal["stage", "block", "branch", "step", "unit"]
BYTES = 4  # of a float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box: what it is, where it stands, and what everything inside it adds up to for one image."""

    path: str  # of the row and module, where there is one
    level: Level
    title: str  # in the paper's notation
    aria_label: str  # for those who can't see the drawing
    parent: str  # path of the box around it, "" at the top
    children: tuple[str, ...]  # paths of the boxes inside, in the order they run
    op: Op | Literal["group", "norm", "relu"]
    in_shape: Shape
    out_shape: Shape
    params: int
    macs: int
    activation_elements: int  # its own output; of several rows, the outputs of convolutions and linear layers
    rows: tuple[Row, ...]  # that it consists of
    stage: str  # "" in the head
    source: Source

    @property
    def activation_bytes(self) -> int:
        """Memory of the activations in float32."""
        return BYTES * self.activation_elements


@lru_cache(maxsize=32)
def boxes(network: Network) -> dict[str, Box]:
    """Every box of `network` by its path, in the order they run, an outer box before what is inside it.

    Examples
    --------
    >>> from irnet.models import network
    >>> found = boxes(network("inception_resnet_v2"))
    >>> found["block_b.0.body.b1"].title
    '1x1 conv 128 > 1x7 conv 160 > 7x1 conv 192'
    >>> found["block_b.0.body.b1.1"].aria_label
    '1x7 convolution, 160 filters, step 2 of 3, branch 2 of 2 of Inception-ResNet-B 1 of 10'
    """
    return {box.path: box for box in _Walk(network).boxes()}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands."""

    path: str
    parent: str
    level: Level
    words: str  # how the place is said: "branch 2 of 4 of Inception-B"


class _Walk:
    """One walk over a network that yields its boxes."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.rows = resolve(network)
        self.at = {row.path: i for i, row in enumerate(self.rows)}
        self.spans = _spans(self.rows)
        self.stage = ""
        self.source = network.source

    def boxes(self) -> Iterator[Box]:
        """Every box, an outer one before what is inside it."""
        for stage in self.network.stages:
            self.stage, self.source = stage.name, stage.source
            yield from self._of_stage(stage)
        self.stage, self.source = "", self.network.head.source
        for row in self.rows:
            if "." not in row.path:
                yield self._box(_Place(row.path, "", "stage", ""), row.notation, row.notation, (), row.op, (row,))

    def _of_stage(self, stage: Stage) -> Iterator[Box]:
        blocks = [f"{stage.name}.{i}" for i in range(stage.repeat)]
        rows = self._inside(stage.name)
        if not rows:
            return
        times = f"{stage.repeat} x " if stage.repeat > 1 else ""
        spoken = f"{stage.title}, {stage.repeat} blocks" if stage.repeat > 1 else stage.title
        yield self._box(
            _Place(stage.name, "", "stage", ""), f"{times}{stage.title}", spoken, tuple(blocks), "group", rows
        )
        for i, path in enumerate(blocks):
            which = f"{stage.title} {i + 1} of {stage.repeat}" if stage.repeat > 1 else stage.title
            yield from self._node(stage.node, _Place(path, stage.name, "block", which))

    def _node(self, node: Node, place: _Place) -> Iterator[Box]:
        match node:
            case Conv() | Pool():
                yield from self._leaf(node, place)
            case Chain(nodes):
                children = [f"{place.path}.{i}" for i in range(len(nodes))]
                title = " > ".join(_short(child) for child in nodes)
                spoken = place.words if place.level == "block" else f"{len(nodes)} steps, {place.words}"
                yield self._group(place, title, spoken, children)
                for i, (child, path) in enumerate(zip(nodes, children, strict=True)):
                    words = f"step {i + 1} of {len(nodes)}, {place.words}"
                    yield from self._node(child, _Place(path, place.path, "step", words))
            case Fork(branches):
                children = [f"{place.path}.b{i}" for i in range(len(branches))]
                spoken = place.words if place.level == "block" else f"{len(branches)} branches, {place.words}"
                yield self._group(place, _short(node), spoken, [*children, f"{place.path}.concat"])
                for i, (child, path) in enumerate(zip(branches, children, strict=True)):
                    words = f"branch {i + 1} of {len(branches)} of {place.words}"
                    yield from self._node(child, _Place(path, place.path, "branch", words))
                yield self._bar(place, "concat", self.rows[self.at[place.path]])
            case Residual(body):
                path = place.path
                parts = [f"{path}.{part}" for part in ("body", "project", "scale", "add")]
                yield self._group(place, f"x + {node.scale:g} F(x)", place.words, parts)
                yield from self._node(body, _Place(f"{path}.body", path, "step", place.words))
                for part in ("project", "scale"):
                    yield self._bar(place, part, self.rows[self.at[f"{path}.{part}"]])
                yield self._bar(place, "add", self.rows[self.at[path]])
            case _:
                assert_never(node)

    def _leaf(self, node: Conv | Pool, place: _Place) -> Iterator[Box]:
        row = self.rows[self.at[place.path]]
        units = [f"{place.path}.{unit}" for unit in ("conv", "bn", "relu")] if isinstance(node, Conv) else []
        yield self._box(place, row.notation, f"{_operation(node)}, {place.words}", tuple(units), row.op, (row,))
        if isinstance(node, Conv):
            yield from self._units(row, place, units)

    def _units(self, row: Row, place: _Place, units: list[str]) -> Iterator[Box]:
        norm = 2 * row.out_shape[0]
        units_: tuple[tuple[str, Literal["conv", "norm", "relu"], int, int], ...] = (
            ("convolution without bias", "conv", row.params - norm, row.macs),
            ("batch norm", "norm", norm, 0),
            ("ReLU", "relu", 0, 0),
        )
        for path, (title, op, params, macs) in zip(units, units_, strict=True):
            given = row.in_shape if op == "conv" else row.out_shape
            yield Box(
                path=path,
                level="unit",
                title=title,
                aria_label=f"{title} of {row.notation}, {place.words}",
                parent=place.path,
                children=(),
                op=op,
                in_shape=given,
                out_shape=row.out_shape,
                params=params,
                macs=macs,
                activation_elements=row.activation_elements,
                rows=(row,),
                stage=self.stage,
                source=self.source,
            )

    def _inside(self, path: str) -> tuple[Row, ...]:
        return self.rows[self.spans[path]] if path in self.spans else ()

    def _bar(self, place: _Place, part: str, row: Row) -> Box:
        """The box of one row inside `place` that no node stands for: concatenation, linear convolution, scale, sum."""
        inner = _Place(f"{place.path}.{part}", place.path, "step", place.words)
        title = row.notation if row.op != "concat" else f"concat {row.notation}"
        return self._box(inner, title, f"{title}, {place.words}", (), row.op, (row,))

    def _group(self, place: _Place, title: str, spoken: str, children: list[str]) -> Box:
        return self._box(place, title, spoken, tuple(children), "group", self._inside(place.path))

    def _box(
        self,
        place: _Place,
        title: str,
        spoken: str,
        children: tuple[str, ...],
        op: Op | Literal["group"],
        rows: tuple[Row, ...],
    ) -> Box:
        return Box(
            path=place.path,
            level=place.level,
            title=title,
            aria_label=spoken,
            parent=place.parent,
            children=children,
            op=op,
            in_shape=rows[0].in_shape,
            out_shape=rows[-1].out_shape,
            params=sum(row.params for row in rows),
            macs=sum(row.macs for row in rows),
            activation_elements=sum(row.activation_elements for row in rows if len(rows) == 1 or row.op in WEIGHTED),
            rows=rows,
            stage=self.stage,
            source=self.source,
        )


def _spans(rows: tuple[Row, ...]) -> dict[str, slice]:
    """Where the rows inside each path stand: they run one after another."""
    spans: dict[str, slice] = {}
    for i, row in enumerate(rows):
        path = row.path
        while path:
            spans[path] = slice(spans[path].start if path in spans else i, i + 1)
            path = path.rpartition(".")[0]
    return spans


def _operation(node: Conv | Pool) -> str:
    """A convolution or pooling in words."""
    height, width = pair(node.kernel)
    what = f"convolution, {node.filters} filters" if isinstance(node, Conv) else f"{node.op} pooling"
    padded = ", counting its padding" if isinstance(node, Pool) and node.counts_padding else ""
    return f"{height}x{width} {what}{f', stride {node.stride}' if node.stride > 1 else ''}{padded}"


def _short(node: Node) -> str:
    """A node in one line, with what is inside a fork or residual left to its own box."""
    match node:
        case Conv() | Pool():
            return notation(node)
        case Chain(nodes):
            return " > ".join(map(_short, nodes))
        case Fork(branches):
            return f"{len(branches)} branches"
        case Residual():
            return f"x + {node.scale:g} F(x)"
        case _:
            assert_never(node)
