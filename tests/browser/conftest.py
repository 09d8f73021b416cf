"""The app served on this machine, and a Chromium that looks at it."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.system import browser

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --font-render-hinting=none --force-color-profile=srgb"
)
# Streamlit's own client looks for its server below a page's path before it looks at the root.
PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")
PATIENCE = 120_000  # milliseconds


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": browser(), "args": FLAGS.split()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """Where the app answers while the tests run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/_stcore/health")
        yield url
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


class Viewer:
    """A browser page on the app that remembers every error it met."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBE.search(message.location["url"]):
            self.errors.append(f"{message.text} ({message.location['url']})")

    def open(self, path: str) -> Page:
        """The page at `path`, settled."""
        self.page.goto(f"{self.url}/{path}")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the script has run and what it shows has been drawn."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')")

    def troubles(self) -> list[str]:
        """Errors in the console, and those that the page shows."""
        shown = self.page.locator("[data-testid=stException], [data-testid=stAlert]").all_inner_texts()
        return self.errors + shown


@pytest.fixture
def viewer(page: Page, app_url: str) -> Viewer:
    return Viewer(page, app_url)
