"""Two replicas behind HAProxy as it is shipped: a reader stays at one, and loses nothing when that one is killed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from benchmarks.reader import Reader
from benchmarks.server import ROOT, Server, free_port, serving, wait_for
from tests.loops import in_its_own_thread

HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"
pytestmark = pytest.mark.skipif(
    not Path(HAPROXY).exists(), reason="needs HAProxy; `python -m tests.system` installs it on Debian"
)
ADDRESS = "model=inception_resnet_v1.paper&inception_resnet_v1.paper.a=7&box=block_b"


@pytest.fixture(scope="module")
def proxied() -> Iterator[tuple[int, dict[str, Server]]]:
    """The proxy's port, and the replicas by the cookie that leads to them."""
    with ExitStack() as stack:
        replicas = {name: stack.enter_context(serving()) for name in "ab"}
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


async def _stays_and_survives(port: int, replicas: dict[str, Server]) -> None:
    reader = Reader(port, ADDRESS)
    await reader.open("network")
    await reader.set("level", ["branches"])
    first, seen = reader.cookie.removeprefix("IRNET="), (dict(reader.address), reader.drawing)
    await reader.close()
    await reader.open("network")
    assert reader.cookie == f"IRNET={first}"
    replicas[first].process.kill()
    with pytest.raises(ConnectionClosed):
        await reader.set("level", ["branches"])
    reader.forget()
    await reader.open("network")  # once
    assert reader.cookie == f"IRNET={'b' if first == 'a' else 'a'}"
    assert (reader.address, reader.drawing) == seen
    assert await reader.draw() > 0
    assert reader.troubles == []


def test_a_killed_replica_costs_its_readers_one_reconnect_and_nothing_of_their_view(
    proxied: tuple[int, dict[str, Server]],
) -> None:
    in_its_own_thread(_stays_and_survives(*proxied))
