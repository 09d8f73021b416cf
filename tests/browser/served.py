"""The app served on this machine, and how a Chromium that looks at it is started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server import free_port, wait_for

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


@contextmanager
def running(port: int, **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Where the app answers while the block runs, and its process, which the block may kill."""
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/_stcore/health")
        yield url, server
    finally:
        server.terminate()
        server.wait(10)
