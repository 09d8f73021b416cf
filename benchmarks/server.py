"""The app as a process of its own on loopback, ready to answer, and what it holds in memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # seconds until a server has to be ready


@dataclass(frozen=True, slots=True)
class Server:
    """A running app."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def resident(self) -> float:
        """MB of memory that it holds."""
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(told.partition("VmRSS:")[2].split()[0]) / 1024

    @property
    def busy(self) -> float:
        """Seconds of processor time that it used."""
        return sum(self._times[:2])

    @property
    def spent(self) -> float:
        """Seconds of processor time that it and what it called used."""
        return sum(self._times)

    @property
    def _times(self) -> list[float]:
        """Its own time, the system's for it, and the same of processes that it waited for."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return [int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in told[11:15]]


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(port: int = 0, **environment: str) -> Iterator[Server]:
    """The app while the block runs, ready at its first line."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/ready")
        yield Server(port, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str) -> None:
    """Wait until an address answers with success.

    Raises
    ------
    TimeoutError
        If it does not.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if ready(url):
            return
        time.sleep(0.05)
    raise TimeoutError(f"{url} is not ready after {PATIENCE} s")


def ready(url: str) -> bool:
    """Whether an address answers with success."""
    try:
        with urlopen(url, timeout=5):
            return True
    except (URLError, OSError):
        return False
