"""A class of readers at one server: each opens the app, then acts every few seconds; milliseconds, MB and errors.

    python -m benchmarks.load [--sessions 100] [--seconds 60] [--activations 20]

Every reader is a real session over Streamlit's own websocket protocol, on loopback. An action counts until the page is
finished and its drawing has arrived. With `--activations`, as many readers more ask for the residual lab at once, each
for a network of its own. Exit status 1 if a limit is missed or a page shows an error.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from statistics import median, quantiles
from time import perf_counter

from websockets.exceptions import WebSocketException

from benchmarks.figure import Figure, told
from benchmarks.reader import Reader
from benchmarks.server import Server, serving
from irnet.diagrams.nested import LEVELS
from irnet.models import ARCHITECTURES, PRESETS, network

MEDIAN, SLOWEST, SLOWEST_MEANWHILE = (
    100,
    500,
    1000,
)  # milliseconds: median, 95th percentile, the same during activations
SESSION = 2  # MB
EVERY = 5  # seconds between the actions of a reader
FEW = 10  # sessions that make what all share
RESIDUAL = "inception_resnet_v1.paper"


@dataclass(slots=True)
class Found:
    """What the readers met."""

    actions: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)  # actions without their drawings
    openings: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    places: int = 0  # readers of activations that were told a place in the queue


async def act(reader: Reader, random: Random) -> float:
    """One thing that a reader of a structural page does where it is; returns milliseconds."""
    preset = reader.address.get("model", "inception_resnet_v2.paper")
    kind = random.choice(("model", "knob", "page", "box", "level"))
    if kind in ("model", "knob") or (kind in ("box", "level") and reader.at != "network"):
        before = 0.0 if "panel.architecture" in reader.shown else await reader.set("panel", True)
        if kind == "knob":
            repeats = [f"own.{preset}.{name}" for name in "abc" if hasattr(PRESETS[preset], name)]
            return before + await reader.set(random.choice([*repeats, f"own.{preset}.classes"]), random.randint(1, 20))
        return before + await reader.set("panel.architecture", random.choice(list(ARCHITECTURES.values())))
    before = (
        await reader.set("panel", False) if "panel.architecture" in reader.shown else 0.0
    )  # a click elsewhere shuts it
    if kind == "box":
        return before + await reader.set("box", random.choice(network(preset).stages).name)
    if kind == "level":
        return before + await reader.set("level", [random.choice(LEVELS[:2])])
    return before + await reader.turn("compare" if reader.at == "network" else "network")


async def attend(port: int, number: int, until: float, found: Found) -> Reader:
    """One reader: opens the app at a moment of its own, then acts until the lesson ends."""
    random, reader = Random(number), Reader(port)
    await asyncio.sleep(random.uniform(0, EVERY))
    try:
        found.openings.append(await reader.open("network") + await reader.draw())
        await asyncio.sleep(random.uniform(0, EVERY))
        while perf_counter() < until:
            started = perf_counter()
            page, drawing = await act(reader, random), await reader.draw()
            found.pages.append(page)
            found.actions.append(page + drawing)
            await asyncio.sleep(max(0.0, EVERY - (perf_counter() - started)))
    except (OSError, KeyError, TimeoutError, WebSocketException) as error:
        found.troubles.append(f"{type(error).__name__}: {error}")
    return reader


async def activations(port: int, number: int, found: Found) -> None:
    """One reader who asks for the residual lab, for a network of its own."""
    reader = Reader(port, f"model={RESIDUAL}&{RESIDUAL}.classes={10 + number}", timeout=550)
    try:
        found.waits.append(await reader.open("activations") / 1000)
        found.places += any("in the queue." in told for told in reader.progress)
    except (OSError, TimeoutError, WebSocketException) as error:
        found.troubles.append(f"activations: {type(error).__name__}: {error}")
    found.troubles += reader.troubles
    await reader.close()


async def lesson(server: Server, sessions: int, seconds: float, asking: int) -> tuple[Found, float]:
    """What the readers met, and the MB that each further session costs."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(sessions))
    found = Found()
    few = min(FEW, sessions // 2)
    for reader in [Reader(server.port) for _ in range(few)]:  # their threads and imports are not a session's
        await reader.open("network")
        await reader.close()
    idle = [Reader(server.port) for _ in range(sessions)]
    before = server.resident
    for reader in idle:
        await reader.open("network")
    each = (server.resident - before) / sessions
    for reader in idle:
        await reader.close()
    until = perf_counter() + EVERY + seconds
    tasks = [asyncio.create_task(attend(server.port, i, until, found)) for i in range(sessions)]
    await asyncio.sleep(EVERY)
    await asyncio.gather(*(activations(server.port, i, found) for i in range(asking)))
    readers = await asyncio.gather(*tasks)
    for reader in readers:
        found.troubles += reader.troubles
        await reader.close()
    return found, each


def figures(sessions: int = 100, seconds: float = 20, asking: tuple[int, ...] = (0, 20)) -> Iterator[Figure]:
    """A lesson for each number of readers that ask for activations."""
    for some in asking:
        with serving() as server:
            busy = server.busy
            found, each = asyncio.run(lesson(server, sessions, seconds, some))
            busy, held = server.busy - busy, server.resident
        for trouble, times in Counter(found.troubles).most_common(5):
            print(f"{times} times: {trouble}")
        who = f"{sessions} sessions{f' and {some} activations' if some else ''}"
        yield from _of(found, each, who, some, 1000 * busy / len(found.actions))
        yield Figure(name=f"{who}: memory", value=held, unit="MB", counts="what the server holds at the end")


def _of(found: Found, each: float, who: str, asking: int, cost: float) -> Iterator[Figure]:
    """What a lesson came to; `cost` is milliseconds of the server's processor time for an action."""
    acted = f"{len(found.actions)} actions, one every {EVERY} s each, with their drawings"
    late = SLOWEST_MEANWHILE if asking else SLOWEST
    limit = (
        f"The server used {cost:.0f} ms of processor time for each action, openings included: one process, which runs "
        f"Python on one core at a time, can finish {1000 / cost:.0f} a second, and was asked for up to "
        f"{len(found.openings) / EVERY:.0f}; the readers are on the same cores."
    )
    for name, value, unit, goal, counts in (
        ("an action, median", median(found.actions), "ms", None if asking else MEDIAN, acted),
        ("an action, 95 %", quantiles(found.actions, n=20)[-1], "ms", late, acted),
        ("an opening, median", median(found.openings), "ms", None, "the Network page with its drawing"),
        ("errors", float(len(found.troubles)), "", 0, "pages with an error, refused or lost connections"),
    ):
        remark = limit if unit == "ms" else f"The most frequent: {Counter(found.troubles).most_common(1)}"
        yield Figure(name=f"{who}: {name}", value=value, unit=unit, goal=goal, counts=counts, remark=remark)
    if asking:
        counts = f"{found.places} of {asking} were told their place; the first after {min(found.waits):.0f} s"
        yield Figure(name=f"{who}: the last is served", value=max(found.waits), unit="s", counts=counts)
    else:
        counts = "what each further session adds to the server's memory"
        yield Figure(name=f"{who}: memory a session", value=each, unit="MB", goal=SESSION, counts=counts)


def main() -> int:
    """Measure, and print each figure beside its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--activations", type=int, default=0)
    given = parser.parse_args()
    return told(figures(given.sessions, given.seconds, (given.activations,)))


if __name__ == "__main__":
    sys.exit(main())
