"""Two networks laid beside each other: which stage, branch and step stands for which, at the least cost of change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from irnet.comparison.distance import (
    ANOTHER,
    Field,
    Pairs,
    Value,
    at_least_cost,
    distance,
    fields,
    in_order,
    size,
)
from irnet.spec import Chain, Fork, Head, Network, Node, Part, Residual, Stage
from irnet.tree import Box, Tree, describe, resolve

Status = Literal["same", "changed", "left", "right"]
PARTS: tuple[Part, ...] = get_args(Part)  # stages of one part stand for each other
ORDER = "order of the branches"


@dataclass(frozen=True, slots=True)
class Match:
    """A place in either network, `None` where one has nothing there, and the places inside it."""

    left: str | None  # path of the box
    right: str | None
    nodes: tuple[Node | None, Node | None] = (None, None)  # for a stage or a step; a bar has none
    fields: tuple[Field, ...] = ()  # of the place itself, not of what is inside
    parts: tuple[Match, ...] = ()

    @property
    def status(self) -> Status:
        """Whether this place itself is the same, changed or only in one network; what is inside has its own."""
        if self.right is None:
            return "left"
        if self.left is None:
            return "right"
        return "changed" if self.fields else "same"


@lru_cache(maxsize=64)
def align(left: Network, right: Network) -> tuple[Match, ...]:
    """The stages of both networks, matched part by part, everything inside them, and their auxiliary heads and heads.

    Of a repeated stage the first block stands for all.

    Examples
    --------
    >>> from irnet.models import network
    >>> found = align(network("inception_resnet_v2"), network("inception_resnet_v2.tf_slim"))
    >>> [(match.left, match.right) for match in found][:3]
    [('stem', 'stem'), (None, 'mixed_5b'), ('block_a', 'block_a')]
    """
    found: list[Match] = []
    trees = resolve(left), resolve(right)
    for part in (*PARTS, None):
        ours, theirs = (_of_part(side, part) for side in (left, right))
        for i, j in in_order(ours, theirs, _stage_distance, lambda stage: size(stage.node)):
            found.append(_stages(trees, None if i is None else ours[i], None if j is None else theirs[j]))
    return (*found, *_heads(left.head, right.head))


def _of_part(network: Network, part: Part | None) -> tuple[Stage, ...]:
    """The stages of a part that have a block; of none, those of the auxiliary heads."""
    if part is None:
        return tuple(one.stage for one in network.auxiliary)
    return tuple(stage for stage in network.stages if stage.part == part and stage.repeat)


def _stages(trees: tuple[Tree, Tree], one: Stage | None, two: Stage | None) -> Match:
    fields = (Field("blocks", one.repeat, two.repeat),) if one and two and one.repeat != two.repeat else ()
    first = (_Place(tree, tree.children(s.name)[0]) if s else None for tree, s in zip(trees, (one, two), strict=True))
    inside = _match(*first)
    left, right = (stage.name if stage else None for stage in (one, two))
    return Match(left, right, nodes=inside.nodes, fields=fields, parts=(inside,))


def _stage_distance(one: Stage, two: Stage) -> float:
    """Stages of one part always stand for each other, rather those with the same name."""
    cost = min(distance(one.node, two.node), size(one.node) + size(two.node) - 2 * ANOTHER)
    return cost + ANOTHER * (one.name != two.name)


def _heads(one: Head, two: Head) -> Iterator[Match]:
    for path, describe_head in HEAD.items():
        ours, theirs = describe_head(one), describe_head(two)
        left, right = (path if value is not None else None for value in (ours, theirs))
        if ours is not None and theirs is not None and ours != theirs:
            yield Match(left, right, fields=(Field(path, ours, theirs),))
        elif left or right:
            yield Match(left, right)


HEAD: Mapping[str, Callable[[Head], Value | None]] = {  # what tells two steps of one name apart
    "pool": lambda head: True if head.pools else None,
    "dropout": lambda head: head.dropout if head.pools else None,
    "embedding": lambda head: head.embedding,
    "classifier": lambda head: head.classes or None,
    "normalize": lambda head: True if head.embedding and not head.classes else None,
}


class _Place(NamedTuple):
    """A box of one of the networks."""

    tree: Tree
    box: Box

    @property
    def node(self) -> Node:
        """The node that it stands for."""
        if self.box.node is None:
            raise ValueError(f"{self.box.path} stands for no node")
        return self.box.node

    def inside(self, kind: type[Node]) -> tuple[_Place, ...]:
        """The nodes inside, if this is of a kind; else it counts as one of them itself."""
        if not isinstance(self.node, kind):
            return (self,)
        return tuple(_Place(self.tree, child) for child in self.tree.children(self.box.path) if child.node)

    def path(self, merge: str = "") -> str:
        """Of the box, or of a merge in it."""
        return f"{self.box.path}{merge}"


def _match(one: _Place | None, two: _Place | None) -> Match:
    """Two nodes laid beside each other, or a lone one."""
    nodes = (one.node if one else None, two.node if two else None)
    types = {type(node) for node in nodes}
    own: tuple[Field, ...] = ()
    parts: tuple[Match, ...] = ()
    if Residual in types:
        own, parts = _sum_fields(nodes), _residuals(one, two)
    elif Fork in types:
        parts = _forks(one, two)
    elif Chain in types:
        ours, theirs = (place.inside(Chain) if place else () for place in (one, two))
        parts = _matches(ours, theirs, in_order([p.node for p in ours], [p.node for p in theirs]))
    elif one and two:
        own = fields(one.node, two.node)
    return Match(_path(one), _path(two), nodes=nodes, fields=own, parts=parts)


def _sum_fields(nodes: tuple[Node | None, Node | None]) -> tuple[Field, ...]:
    """Where only one of two blocks adds its input."""
    left, right = (_joint(node) for node in nodes)
    return (Field("joined by", left, right),) if all(nodes) and left != right else ()


def _joint(node: Node | None) -> str:
    """What joins the branches of a block."""
    merge = "add" if isinstance(node, Residual) else node.merge if isinstance(node, Fork) else "concat"
    return {"concat": "concatenation", "add": "sum", "mul": "product"}[merge]


def _path(place: _Place | None, merge: str = "") -> str | None:
    return place.path(merge) if place else None


def _matches(ours: Sequence[_Place], theirs: Sequence[_Place], pairs: Pairs) -> tuple[Match, ...]:
    return tuple(_match(None if i is None else ours[i], None if j is None else theirs[j]) for i, j in pairs)


def _residuals(one: _Place | None, two: _Place | None) -> tuple[Match, ...]:
    """The bodies, then project, scale and add, which only a residual has."""
    bodies = (place.inside(Residual)[0] if place else None for place in (one, two))
    left, right = (place if place and isinstance(place.node, Residual) else None for place in (one, two))
    own = {field.name: (field,) for field in fields(left.node, right.node)} if left and right else {}
    of_sum = tuple(field for name, fields_ in own.items() if name != "scale" for field in fields_)
    merges = {".project": (), ".scale": own.get("scale", ()), ".add": of_sum}
    return (
        _match(*bodies),
        *(Match(_path(left, merge), _path(right, merge), fields=own) for merge, own in merges.items()),
    )


def _forks(one: _Place | None, two: _Place | None) -> tuple[Match, ...]:
    """The branches, then where they meet, whose order may differ."""
    ours, theirs = (place.inside(Fork) if place else () for place in (one, two))
    pairs = at_least_cost([p.node for p in ours], [p.node for p in theirs])
    both = [j for i, j in pairs if i is not None and j is not None]
    left, right = (place if place and isinstance(place.node, Fork) else None for place in (one, two))
    own = fields(left.node, right.node) if left and right else ()
    if left and right and both != sorted(both):
        own = (*own, Field(ORDER, describe(left.node), describe(right.node)))
    merges = [f"{p.box.path}.{p.node.merge}" if p and isinstance(p.node, Fork) else None for p in (one, two)]
    return (*_matches(ours, theirs, pairs), Match(merges[0], merges[1], fields=own))
