"""Networks of one stage, to be held against each other: those of presets, a window in several ways, and a smaller grid.

They have no classifier; what they cost is read from their trees. Source of the ways: "Rethinking the Inception
Architecture for Computer Vision" (arXiv 1512.00567), sections 3 and 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from irnet.models.fragments import MAX, chain, conv, down, fork
from irnet.spec import NO_HEAD, Head, Network, Node, Shape, Source, Stage
from irnet.tree.box import Box, Row
from irnet.tree.paths import below
from irnet.tree.receptive_field import growth
from irnet.tree.resolve import resolve
from irnet.units import exact, grid, numeral, share, sides

BLOCK = "block"  # the name of the one stage
RETHINKING = "arXiv 1512.00567"
SIDES = (3, 5, 7, 9, 11)  # of windows that `factorisations` takes apart


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of several ways, and what it costs for one image."""

    network: Network

    @property
    def title(self) -> str:
        """What it is called."""
        return self.network.stages[0].title

    @property
    def block(self) -> Box:
        """Its one block, with shapes, counts and receptive field."""
        return resolve(self.network)[BLOCK]

    @property
    def weights(self) -> int:
        """Weights of its convolutions, without those of batch norm."""
        return sum(box.params for box in resolve(self.network).values() if box.level == "unit" and box.op == "conv")

    @property
    def weights_per_pair(self) -> int:
        """Weights for one channel that comes in and one that goes out, where every step is as wide as the input."""
        return self.weights // self.block.in_shape[0] ** 2

    @property
    def smallest(self) -> Row:
        """The step with the fewest numbers among those that everything passes through."""
        steps = [row for row in growth(self.network) if below(row.path, BLOCK)]
        return min(steps, key=lambda row: row.activation_elements)

    @property
    def is_bottleneck(self) -> bool:
        """Whether everything passes through fewer numbers than come out."""
        return self.smallest.activation_elements < self.block.rows[-1].activation_elements


def lone_stage(network: Network, name: str) -> Network:
    """A network of one stage alone, to lay it beside another's: no stem before it, and no head after it.

    Raises
    ------
    KeyError
        Naming the unknown stage and those near it.

    Examples
    --------
    >>> from irnet.models import network
    >>> lone_stage(network("inception_v4"), "inception_b").input_shape
    (1024, 17, 17)
    """
    given = resolve(network)[name].in_shape
    stages = tuple(stage for stage in network.stages if stage.name == name)
    return replace(network, stages=stages, head=NO_HEAD, input_shape=given, auxiliary=())


def factorisations(side: int, channels: int, grid_side: int) -> tuple[Alternative, ...]:
    """A window of `side` x `side` as it is, as windows of 3x3 one after another, and as a row and a column.

    Every convolution is `channels` wide and keeps a grid of `grid_side` x `grid_side`. Source: sections 3.1 and 3.2.

    Raises
    ------
    ValueError
        For a side that is even or outside 3 to 11, and for no channels or no grid.

    Examples
    --------
    >>> [(way.title, way.weights_per_pair, way.block.field.size) for way in factorisations(5, 64, 17)]
    [('5x5', 25, (5, 5)), ('two 3x3', 18, (5, 5)), ('1x5 and 5x1', 10, (5, 5))]
    >>> [way.weights_per_pair for way in factorisations(3, 64, 17)]
    [9, 6]
    """
    if side not in SIDES:
        raise ValueError(
            f"a window of {side}x{side} is not taken apart here; its side can be {', '.join(map(str, SIDES))}"
        )
    many = (side - 1) // 2
    ways: dict[str, Node] = {f"{side}x{side}": conv(channels, side)}
    if many > 1:
        ways[f"{numeral(many)} 3x3"] = chain(*[conv(channels, 3)] * many)
    ways[f"1x{side} and {side}x1"] = chain(conv(channels, (1, side)), conv(channels, (side, 1)))
    return tuple(_alternatives("factorisation", ways, (channels, grid_side, grid_side), "section 3"))


def reductions(channels: int, grid_side: int) -> tuple[Alternative, ...]:
    """Three ways to halve a grid and double its channels: pooling first, convolution first, or both side by side.

    Source: Figures 9 and 10. There an Inception module stands where one 3x3 convolution stands here.

    Raises
    ------
    ValueError
        For no channels, or a grid that a window of 3x3 does not fit into.

    Examples
    --------
    >>> [(way.title, exact(way.block.macs)) for way in reductions(320, 35)]
    [('Pooling first', '532,684,800'), ('Convolution first', '2,257,920,000'), ('Side by side', '266,342,400')]
    """
    ways: dict[str, Node] = {
        "Pooling first": chain(MAX, conv(2 * channels, 3)),
        "Convolution first": chain(conv(2 * channels, 3), MAX),
        "Side by side": fork(down(channels), MAX),
    }
    return tuple(_alternatives("reduction", ways, (channels, grid_side, grid_side), "section 5"))


def _alternatives(name: str, ways: dict[str, Node], given: Shape, where: str) -> Iterator[Alternative]:
    source = Source(f"{RETHINKING}, {where}")
    for title, node in ways.items():
        stage = Stage(BLOCK, node, title=title, source=source)
        one = Network(name, (stage,), Head(classes=0, source=source), input_shape=given, source=source)
        resolve(one)  # refuses what does not fit
        yield Alternative(one)


def compare_windows(ways: Sequence[Alternative]) -> str:
    """What factorising saves, in one sentence.

    Examples
    --------
    >>> print(compare_windows(factorisations(5, 64, 17)))
    For every pair of channels 5x5 has 25 weights, two 3x3 have 18 (28.0 % fewer), and 1x5 and 5x1 have 10 (60.0 % \
fewer); each sees 5x5 pixels.
    """
    first, *others = ways
    before = first.weights_per_pair
    saved = [
        f"{way.title} have {way.weights_per_pair} ({share(before - way.weights_per_pair, before)} fewer)"
        for way in others
    ]
    windows = " or ".join(dict.fromkeys("{}x{}".format(*way.block.field.size) for way in ways))
    told = ", and ".join([", ".join([f"{first.title} has {before} weights", *saved[:-1]]), saved[-1]])
    return f"For every pair of channels {told}; each sees {windows} pixels."


def compare_reductions(ways: Sequence[Alternative]) -> str:
    """What a bottleneck and its avoidance cost, in one sentence.

    Examples
    --------
    >>> print(compare_reductions(reductions(320, 35)))
    Pooling first squeezes everything through 17x17x320, 50.0 % of what comes out; convolution first does not, at \
4.24 times the MACs; side by side does not either, at 0.5 times.
    """
    pool, wide, both = ways
    small, out = pool.smallest, pool.block.out_shape
    part = share(small.activation_elements, out[0] * out[1] * out[2])
    return (
        f"{pool.title} squeezes everything through {grid(small.out_shape)}, {part} of what comes out; "
        f"{wide.title.lower()} does not, at {wide.block.macs / pool.block.macs:.3g} times the MACs; "
        f"{both.title.lower()} does not either, at {both.block.macs / pool.block.macs:.3g} times."
    )


def records(ways: Sequence[Alternative]) -> list[dict[str, object]]:
    """One record a way, for a table."""
    return [
        {
            "way": way.title,
            "convolutions": sum(row.op == "conv" for row in way.block.rows),
            "weights": way.weights,
            "params": way.block.params,
            "macs": way.block.macs,
            "receptive field": sides(way.block.field.size),
            "output": grid(way.block.out_shape),
            "smallest on the way": f"{grid(way.smallest.out_shape)} = {exact(way.smallest.activation_elements)}",
        }
        for way in ways
    ]
