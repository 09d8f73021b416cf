"""The series-parallel tree of a graph: what is one, what stays a tangle, and how long it takes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import process_time
from typing import Any

import pytest

from irnet.opening.graph import Graph, Operation
from irnet.opening.tree import LEVELS, Merge, Steps, Tangle, parts, tree

Reads = tuple[tuple[int, ...], ...]


def _graph(kinds: str, reads: Reads) -> Graph:
    """Operations behind an input, which is 0."""
    operations = tuple(map(Operation, ["input", *kinds.split()]))
    return Graph(name="n", input_shape=(3, 8, 8), operations=operations, reads=((), *reads), output=len(reads))


def _write(steps: Steps) -> str:
    """A tree as text: "conv concat(|conv)"."""
    words = []
    for part in steps:
        if isinstance(part, Merge):
            words.append(f"{part.how}({'|'.join(map(_write, part.branches))})")
        else:
            words.append(part.kind if isinstance(part, Operation) else f"tangle:{len(part.operations)}")
    return " ".join(words)


@pytest.mark.parametrize(
    ("kinds", "reads", "written"),
    [
        ("conv add", ((0,), (0, 1)), "add(|conv)"),
        ("conv relu concat", ((0,), (1,), (0, 1, 2)), "concat(|conv concat(|relu))"),
        ("conv relu concat", ((0,), (1,), (1, 2)), "conv concat(|relu)"),
        ("conv relu concat", ((0,), (1,), (2, 1)), "conv concat(relu|)"),
        ("conv relu tanh concat", ((0,), (1,), (2,), (0, 1, 2, 3)), "concat(|conv concat(|relu concat(|tanh)))"),
        ("conv relu tanh concat", ((0,), (1,), (0,), (1, 2, 3)), "concat(conv concat(|relu)|tanh)"),
        ("conv concat conv concat", ((0,), (0, 1), (2,), (0, 1, 3)), "concat(|conv) concat(|conv)"),
        ("conv concat conv concat", ((0,), (1, 0), (2,), (3, 1, 0)), "concat(conv|) concat(conv|)"),
        (
            "conv concat conv concat conv concat",
            ((0,), (0, 1), (2,), (0, 1, 3), (4,), (0, 1, 3, 5)),
            "concat(|conv) concat(|conv) concat(|conv)",
        ),
        ("conv relu add", ((0,), (1,), (0, 1, 2)), "add(|conv add(|relu))"),
        ("conv relu tanh concat", ((0,), (1,), (0,), (1, 3, 2)), "tangle:4"),
        ("conv concat", ((0,), (1, 1)), "conv concat(|)"),
        ("split getitem getitem conv concat", ((0,), (1,), (1,), (3,), (2, 4)), "split concat(getitem|getitem conv)"),
        ("conv matmul relu", ((0,), (1, 1), (2,)), "conv matmul relu"),
        ("ones conv add", ((), (0,), (1, 2)), "conv tangle:2"),
        ("conv getitem getitem getitem attend", ((0,), (1,), (1,), (1,), (2, 3, 4)), "conv tangle:4"),
        ("conv relu conv conv add add linear", ((0,), (1,), (1,), (2,), (2, 3), (4, 5), (6,)), "conv tangle:5 linear"),
        (
            "conv conv relu conv conv add add add tanh",
            ((0,), (1,), (2,), (2,), (3,), (3, 4), (5, 6), (1, 7), (8,)),
            "conv add(|conv tangle:5) tanh",
        ),
    ],
)
def test_branches_are_found_and_what_no_branches_can_write_stays_whole(kinds: str, reads: Reads, written: str) -> None:
    assert _write(tree(_graph(kinds, reads))) == written


def test_dead_ends_are_left_out() -> None:
    assert _write(tree(_graph("conv tanh relu", ((0,), (1,), (1,))))) == "conv relu"


def test_an_output_that_reads_no_input_has_no_steps() -> None:
    graph = Graph(
        name="n", input_shape=(3, 8, 8), operations=(Operation("input"), Operation("ones")), reads=((), ()), output=1
    )
    assert tree(graph) == ()


def _chain(many: int) -> Graph:
    """Residual blocks one after another, of four operations each."""
    reads: list[tuple[int, ...]] = []
    for at in range(0, 4 * many, 4):
        reads += [(at,), (at + 1,), (at + 2,), (at, at + 3)]
    return _graph("conv relu conv add " * many, tuple(reads))


def _nest(many: int, levels: int) -> Graph:
    """Sums inside sums, so many levels deep, one nest after another."""
    reads: list[tuple[int, ...]] = []
    for _ in range(many):
        start = len(reads)
        reads += [(start + level,) for level in range(levels)]
        reads += [(start + level, start + 2 * levels - 1 - level) for level in reversed(range(levels))]
    return _graph(("conv " * levels + "add " * levels) * many, tuple(reads))


def _wide(many: int) -> Graph:
    """One concatenation of so many branches."""
    return _graph("conv " * many + "concat", (*((0,) for _ in range(many)), tuple(range(1, many + 1))))


def _staircase(many: int) -> Graph:
    """A concatenation of x, f(x), g(f(x)) and so on."""
    return _graph("conv " * many + "concat", (*((at,) for at in range(many)), tuple(range(many + 1))))


@pytest.mark.parametrize(
    ("graph", "tangles"),
    [
        (_chain(2_500), 0),
        (_nest(180, 28), 0),
        (_wide(10_000), 0),
        (_staircase(LEVELS - 1), 0),
        (_staircase(10_000), 1),  # nested deeper than is read
        (_nest(1, 5_000), 1),
    ],
    ids=["chain", "nests", "wide", "staircase", "too long a staircase", "too deep a nest"],
)
def test_ten_thousand_operations_are_read_in_seconds(graph: Graph, tangles: int) -> None:
    start = process_time()
    steps = tree(graph)
    assert process_time() - start < 2
    assert sum(isinstance(part, Tangle) for part in parts(steps)) == tangles


@pytest.mark.parametrize("make", [_chain, _wide, lambda many: _nest(many // 20, 20)], ids=["chain", "wide", "nests"])
def test_twice_the_operations_take_twice_the_lines(make: Callable[[int], Graph]) -> None:
    once, twice = (_lines(make(many)) for many in (200, 400))
    assert twice < 2.2 * once


def _lines(graph: Graph) -> int:
    """How many lines Python runs to find the tree, comprehensions included."""
    ran = 0

    def watch(*_: object) -> Any:
        nonlocal ran
        ran += 1
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        tree(graph)
    finally:
        sys.settrace(before)
    return ran
