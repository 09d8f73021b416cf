"""The app served on this machine, and how a Chromium that looks at it is started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]
SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
DRAWN = "() => !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')"


@contextmanager
def served(**environment: str) -> Iterator[str]:
    """Where the app answers while the block runs, with more environment variables."""
    with running(free_port(), **environment) as (url, _):
        yield url


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(port: int, **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Where the app answers while the block runs, and its process, which the block may kill."""
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/_stcore/health")
        yield url, server
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urlopen(url):
                return
        except URLError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing answers at {url}")
