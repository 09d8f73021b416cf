"""The table of shapes, parameters and MACs of every module of every preset: ours beside what others offer for it.

    python -m benchmarks.tables [--rounds 5]

Ours starts from a name and needs no torch; the others are given a model that is already built, on "meta" where they
can. A figure is the sum of a counter's medians, one for each preset, over the sum of ours, measured in turns.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from statistics import median
from time import perf_counter

import torch
from app.live import module_counts
from fvcore.nn import FlopCountAnalysis
from torch.utils.flop_counter import FlopCounterMode
from torchinfo import summary

from benchmarks.figure import Figure, by_rounds
from benchmarks.rivals import missing, rival
from irnet.models import PRESETS, network
from irnet.runtime.build import Model, build
from irnet.runtime.measure import by_fvcore, measure
from irnet.tree import resolve

DEEP = 9  # levels of the module tree: more than any preset has
FASTER, COLD, WARM = 50.0, 1.0, 0.01  # the goals that the project set itself
OTHERS = {
    "fvcore": "FlopCountAnalysis by module and operator, which runs the network on the CPU",
    "torchinfo": 'summary() at every depth, on "meta"',
    "torch.utils.flop_counter": 'FlopCounterMode at every depth, on "meta"',
    "torchview": 'draw_graph() at every depth, on "meta", without drawing',
    "torchlens": "a trace of every operation, which runs the network on the CPU",
}
RIVALS = ("torchview", "torchlens")  # what the app does not need itself
Way = Callable[[], object]


def ways(name: str) -> dict[str, Way]:
    """How each counter is asked about one preset; one that is not here is not among them."""
    spec = network(name)
    model, shapes = build(spec), build(spec, device="meta")
    image, outline = torch.zeros(1, *spec.input_shape), torch.empty(1, *spec.input_shape, device="meta")
    found: dict[str, Way] = {
        "ours": lambda: _rows(name),
        "numbers": lambda: by_fvcore(shapes),
        "measure": lambda: measure(shapes),
        "warm": lambda: module_counts(spec, "cpu"),
        "fvcore": lambda: FlopCountAnalysis(model, image).by_module_and_operator(),
        "torchinfo": lambda: summary(shapes, input_data=outline, device="meta", verbose=0, depth=DEEP),
        "torch.utils.flop_counter": lambda: _flop_counter(shapes, outline),
        "torchview": lambda: rival("torchview").draw_graph(shapes, input_data=outline, device="meta", depth=DEEP),
        "torchlens": lambda: rival("torchlens").trace(model, image),
    }
    return {way: ask for way, ask in found.items() if way not in missing(RIVALS)}


_TIMES = count()


def _rows(name: str) -> int:
    """Resolve a preset with nothing remembered."""
    another = replace(network(name), name=f"{name}, time {next(_TIMES)}")  # what is remembered goes by the name too
    return len(resolve(another).rows)


def _flop_counter(model: Model, image: torch.Tensor) -> object:
    with FlopCounterMode(display=False, depth=DEEP) as counter, torch.no_grad():
        model(image)
    return counter.get_flop_counts()


def seconds(rounds: int) -> dict[str, float]:
    """What each counter takes for all presets: its medians over the rounds, added up.

    Torchlens is asked last, because it wraps torch's functions and leaves them so; and once, because it takes long.
    """
    total: dict[str, float] = {}
    for last in (False, True):
        for name in PRESETS:
            for way, found in _taken(name, 1 if last else rounds, last).items():
                total[way] = total.get(way, 0) + median(found)
    return total


def _taken(name: str, rounds: int, last: bool) -> dict[str, list[float]]:
    asked = {way: ask for way, ask in ways(name).items() if (way == "torchlens") == last}
    taken: dict[str, list[float]] = {way: [] for way in asked}
    for turn in range(rounds):
        for way in sorted(asked, reverse=turn % 2 == 0):
            if way == "warm":
                asked[way]()  # what was counted once stays in the app's cache
            start = perf_counter()
            asked[way]()
            taken[way].append(perf_counter() - start)
    return taken


def figures(rounds: int = 2) -> Iterator[Figure]:
    """How many times as long the others take, and what fvcore's own numbers cost here."""
    logging.disable(logging.WARNING)  # the counters' own, and the app's, which has no server here
    warnings.simplefilter("ignore")
    found = seconds(rounds)
    ours = found["ours"]
    counts = f"rows of {len(PRESETS)} presets from their names, nothing remembered"
    yield Figure(name="our table", value=1000 * ours, unit="ms", counts=counts)
    for other, how in OTHERS.items():
        taken = found.get(other)
        yield Figure(
            name=f"{other} over our table",
            value=taken and taken / ours,
            unit="×",
            counts=how if taken is None else f"{how}: {taken:.1f} s",
            goal=FASTER,
            direction="at least",
            remark=missing(RIVALS).get(other, ""),
        )
    for name, way, goal, how in (
        ("fvcore's numbers, cold, over a naive call", "numbers", COLD, "by_fvcore() and what fvcore left out, on meta"),
        (
            "all three counters, cold, over a naive fvcore call",
            "measure",
            None,
            "measure(): torchinfo's and torch's too",
        ),
        ("fvcore's numbers, warm, over a naive call", "warm", WARM, "the app asks again for a network that it counted"),
    ):
        yield Figure(name=name, value=found[way] / found["fvcore"], unit="", counts=how, goal=goal)


def main() -> int:
    """Print every figure beside its goal; exit 1 if one is missed."""
    return by_rounds(figures, __doc__, 5)


if __name__ == "__main__":
    sys.exit(main())
