"""Ten thousand networks that nobody asked for before, and what the process holds after them.

    python -m benchmarks.memory [--networks 10000]

Each has random knobs, and goes through what the pages remember: rows, totals, boxes, a drawing, its differences from
the preset and what it looks like beside that. Caches are full after two thousand of them. From there on the number of
objects goes up and down with the networks that are remembered, and the memory held follows the largest moment so far,
because the allocator gives little back: the limit leaves room for that. Exit status 1 if it is missed.
"""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from app.server.cache import drawings, side_drawings
from benchmarks.figure import Figure, told
from irnet.comparison.changes import compare
from irnet.comparison.side_by_side import all_changes
from irnet.diagrams.beside import opened_beside
from irnet.diagrams.nested import Expansion
from irnet.models import PRESETS, network
from irnet.models.recipe import limits
from irnet.tree import details, resolve
from irnet.tree.saved import saved_activations
from irnet.tree.totals import totals

FULL = 2000  # networks after which every cache has met its bound
EVERY = 1000
LIMIT = 15  # % by which memory may grow after that; drawings that all stay would be some hundreds
KNOBS = 4  # of a network that are changed at once


def resident() -> float:
    """MB of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


def visit(random: Random) -> str:
    """Ask for everything about a network with random knobs; says what became of it."""
    name = random.choice(list(PRESETS))
    knobs = limits(PRESETS[name])
    changed = {}
    for knob in random.sample(list(knobs), KNOBS):
        limit = knobs[knob]
        steps = random.randint(0, round((min(limit.high, 1024) - limit.low) / limit.step))
        changed[knob] = type(getattr(PRESETS[name], knob))(limit.low + steps * limit.step)
    try:
        spec = network(name, **changed)
        resolve(spec).rows, totals(spec), saved_activations(spec)
        details(spec, random.choice(sorted(resolve(spec))))
        drawings(spec, Expansion(random.randint(0, 1)), "operation", "alike", "down")
        pair = (network(name), spec)
        compare(*pair), all_changes(*pair)
        if random.random() < 0.1:
            side_drawings(pair, opened_beside(pair, 0, frozenset()), "down", ghosts=False)
    except ValueError:
        return "refused"
    return "drawn"


def figures(networks: int = 4000) -> Iterator[Figure]:
    """What is held when the caches are full and at the end, and how much that grew."""
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    random, became, held = Random(0), Counter[str](), list[float]()
    for number in range(1, networks + 1):
        became[visit(random)] += 1
        if number >= FULL and number % EVERY == 0:
            held.append(resident())
            counts = f"held after {number:,} networks, {sys.getallocatedblocks():,} objects"
            yield Figure(name=f"after {number:,} networks", value=held[-1], unit="MB", counts=counts)
    yield Figure(
        name="growth with full caches",
        value=100 * (held[-1] / held[0] - 1),
        unit="%",
        goal=LIMIT,
        counts=f"from {FULL:,} to {networks:,} networks; {became['drawn']:,} drawn, {became['refused']:,} refused",
        remark="Objects go up and down with what is remembered; the allocator gives little back.",
    )


def main() -> int:
    """Print the figures; exit 1 if the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=10_000)
    networks = parser.parse_args().networks
    if networks <= FULL:
        parser.error(f"--networks {networks}: more than {FULL:,} are needed, which fill the caches")
    return told(figures(networks))


if __name__ == "__main__":
    sys.exit(main())
