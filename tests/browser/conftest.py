"""The app served on this machine, and a Chromium that looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.served import DRAWN, FLAGS, SETTLED, served
from tests.system import browser

# Streamlit's own client looks for its server below a page's path before it looks at the root.
PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")
PATIENCE = 30_000  # milliseconds
TROUBLES = "[data-testid=stException], [data-testid=stAlert]:not(:has([data-testid=stAlertContentInfo]))"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": browser(), "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def app_url(trained: Path) -> Iterator[str]:
    """Where the app answers while the tests run."""
    with served(IRNET_RUNS=str(trained)) as url:
        yield url


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

    def walk(self, section: str, name: str, address: str = "") -> Page:
        """The page of that name as a reader gets there: from the first page, by clicks in the menu alone."""
        self.open("")
        return self.turn(section, name, address)

    def turn(self, section: str, name: str, address: str = "") -> Page:
        """Another page, by clicks in the menu; `address` is its path, where its name does not say it."""
        self.page.get_by_text(section, exact=True).click()
        self.page.get_by_role("menuitem", name=name, exact=True).click()
        expect(self.page).to_have_url(re.compile(f"/{address or name.lower().replace(' ', '_')}\\b"))
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the script has run and what it shows has been drawn."""
        self.page.wait_for_selector(SETTLED)
        self.page.wait_for_function(DRAWN)

    def troubles(self) -> list[str]:
        """Errors in the console, and those that the page shows; what is merely empty is none."""
        shown = self.page.locator(TROUBLES).all_inner_texts()
        return self.errors + shown


@pytest.fixture
def viewer(page: Page, app_url: str) -> Viewer:
    return Viewer(page, app_url)
