"""The app served on this machine, and a Chromium that looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, ConsoleMessage, Page, ViewportSize, expect

from irnet.models import ARCHITECTURES, group_of, source_title
from tests.browser.served import DRAWN, FLAGS, SETTLED, served
from tests.browser.views import RECORD
from tests.system import browser

# Streamlit's own client looks for its server below a page's path before it looks at the root.
PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")
PATIENCE = (
    60_000  # milliseconds, for everything that is waited for: a busy machine takes its time, and a pass costs nothing
)
SIZE: ViewportSize = {"width": 1280, "height": 900}
TROUBLES = "[data-testid=stException], [data-testid=stAlert]:not(:has([data-testid=stAlertContentInfo]))"
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": browser(), "args": FLAGS}


@pytest.fixture(scope="session")
def context(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """A browser with a folder, in which it keeps compiled scripts: to compile Streamlit's is most of a page's time."""
    place = tmp_path_factory.mktemp("profile")
    found = browser_type.launch_persistent_context(
        place, **browser_type_launch_args, viewport=SIZE, reduced_motion="reduce"
    )
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of this test alone."""
    made = context.new_page()
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


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

    def walk(self, place: str, view: str = "") -> Page:
        """A page as a reader gets there: from the home page, by clicks in the bar alone."""
        self.open("")
        return self.turn(place, view)

    def turn(self, place: str, view: str = "") -> Page:
        """Another place of the bar, and one of its views; "" for the place that is open."""
        for row, name in (("bar", place), ("views", view)):
            link = self.page.locator(f".st-key-{row}").get_by_role("link", name=name, exact=True)
            if name and not link.locator("strong").count():
                link.click()
                expect(link.locator("strong")).to_be_visible()
                self.settle()
        return self.page

    def choose(self, name: str) -> None:
        """Choose a network in the panel, by the name of its preset, and shut the panel."""
        architecture_key = name.partition(".")[0]
        architecture = f"{ARCHITECTURES[architecture_key]} · {group_of(name)}"
        self.panel()
        for label, option in (("Network", architecture), ("Source", source_title(name))):
            field = self.page.get_by_test_id("stPopoverBody").get_by_role("combobox", name=label)
            if field.input_value() != option:
                field.click()
                self.page.get_by_role("option", name=option, exact=True).click()
                expect(self.page).to_have_url(re.compile(f"model={architecture_key}"))
                expect(field).to_have_value(option)
                self.settle()
        self.panel()

    def panel(self) -> None:
        """Open the panel of the network, or shut it."""
        last = self.page.get_by_role("button", name="Back to the preset")  # what is drawn last
        shown = last.count() > 0
        self.page.locator(".st-key-panel button").first.click()
        expect(last).to_have_count(0 if shown else 1)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and what it shows has been drawn."""
        self.page.wait_for_selector(SETTLED)
        self.page.wait_for_function(DRAWN)

    def troubles(self) -> list[str]:
        """Errors in the console, and those that the page shows; what is merely empty is none."""
        shown = self.page.locator(TROUBLES).all_inner_texts()
        return self.errors + shown


@pytest.fixture(scope="session")
def _lasting(context: BrowserContext, app_url: str) -> Viewer:
    page = context.new_page()
    page.add_init_script(RECORD)
    return Viewer(page, app_url)


@pytest.fixture
def viewer(_lasting: Viewer) -> Viewer:
    """One page for all tests, as it was at first: a page of one's own takes half as long again to open."""
    _lasting.page.goto("about:blank")
    _lasting.page.set_viewport_size(SIZE)
    _lasting.page.emulate_media(media="screen", color_scheme="light", forced_colors="none")
    _lasting.errors.clear()
    return _lasting


@pytest.fixture
def fresh(page: Page, app_url: str) -> Viewer:
    """A page of one's own: its history begins with this test, and scripts can be put into it."""
    return Viewer(page, app_url)
