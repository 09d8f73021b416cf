"""Two replicas behind HAProxy as it is shipped: a reader stays at one, and loses nothing when that one is killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from app.drawings import View
from benchmarks.reader import Reader
from benchmarks.server import ROOT, Server, free_port, serving, wait_for
from irnet.diagrams.nested import LEVELS, Expansion
from irnet.models import network
from tests.apps import in_its_own_thread

HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(
        not Path(HAPROXY).exists(), reason="needs HAProxy; `python -m tests.system` installs it on Debian"
    ),
]
V1 = "inception_resnet_v1.paper"
READERS, BEFORE, AFTERWARDS = 8, 4, 4  # acts of each reader before a replica is killed, and after that


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, dict[str, Server]]]:
    """The proxy's port, and the replicas by the cookie that leads to them; they share a folder of drawings."""
    folder = str(tmp_path_factory.mktemp("cache"))
    with ExitStack() as stack:
        replicas = {name: stack.enter_context(serving(IRNET_CACHE=folder)) for name in "ab"}
        port = free_port()
        places = {f"IRNET_{name.upper()}": f"127.0.0.1:{one.port}" for name, one in replicas.items()}
        proxy = subprocess.Popen(
            [HAPROXY, "-db", "-f", "deploy/haproxy.cfg"],
            cwd=ROOT,
            env=os.environ | places | {"IRNET_BIND": f"127.0.0.1:{port}"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(proxy.wait, 10)
        stack.callback(proxy.terminate)
        wait_for(f"http://127.0.0.1:{port}/ready")
        yield port, replicas


@dataclass(slots=True)
class Attended:
    """What a reader met who opened two levels in turns."""

    cookies: list[str] = field(default_factory=list)  # one more with every reconnect
    drawings: dict[str, set[str]] = field(default_factory=dict)  # level to the addresses that were shown for it
    troubles: list[str] = field(default_factory=list)


async def _attend(port: int, number: int, busy: set[int], killed: asyncio.Event) -> Attended:
    """Act without a pause until a replica is gone, and some more; whoever is cut off opens the page again."""
    met, reader = Attended(), Reader(port, f"model={V1}&{V1}.a={number + 1}&box=block_b")
    await reader.open("network")
    met.cookies.append(reader.cookie)
    await reader.close()
    await reader.open("network")
    assert [reader.cookie] == met.cookies  # a reader stays
    act, last = 0, None
    while last is None or act < last:
        level, act = LEVELS[act % 2], act + 1
        busy |= {number} if act > BEFORE else set()
        last = last or (act + AFTERWARDS if killed.is_set() else None)
        try:
            await reader.set("level", [level])
            await reader.draw()
        except (ConnectionClosed, HTTPException, OSError):
            reader.forget()
            await reader.open("network")
            met.cookies.append(reader.cookie)
            assert await reader.draw() > 0
        met.drawings.setdefault(level, set()).add(reader.drawing)
    met.troubles = reader.troubles
    await reader.close()
    return met


async def _killed_under_load(port: int, replicas: dict[str, Server]) -> list[Attended]:
    busy, killed = set[int](), asyncio.Event()
    tasks = [asyncio.create_task(_attend(port, number, busy, killed)) for number in range(READERS)]
    while len(busy) < READERS and not any(task.done() for task in tasks):
        await asyncio.sleep(0.05)
    replicas["a"].process.kill()
    killed.set()
    return await asyncio.gather(*tasks)


def test_a_replica_killed_under_load_costs_its_readers_one_reconnect_and_nothing_of_their_view(
    proxied: tuple[int, dict[str, Server]],
) -> None:
    found = in_its_own_thread(_killed_under_load(*proxied))
    ways = [met.cookies for met in found]
    assert {tuple(way) for way in ways} == {("IRNET=a", "IRNET=b"), ("IRNET=b",)}
    for number, met in enumerate(found):
        seen = [drawing for level in LEVELS[:2] for drawing in met.drawings[level]]
        spec = network(V1, a=number + 1)
        assert seen == [View(network=spec, opened=Expansion(level)).address("light") for level in range(2)]
        assert met.troubles == []
