"""The content security policy at work in a browser: what it stops, and what it lets through on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest
from playwright.sync_api import FilePayload, Page, expect

from app.headers import PARENTS, policy
from tests.browser.conftest import Viewer
from tests.browser.served import SETTLED, served

PAGES = sorted(file.stem for file in (Path(__file__).parents[2] / "app" / "pages").glob("*.py"))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def another_site(folder: Path) -> Iterator[str]:
    """Where the files of a folder are served while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("name", PAGES)
def test_no_page_does_what_the_policy_forbids(viewer: Viewer, name: str) -> None:
    viewer.open("" if name == "overview" else name)
    assert [error for error in viewer.errors if "Content Security Policy" in error] == []


def test_the_server_sends_the_policy(app_url: str) -> None:
    with urlopen(app_url) as answer:
        assert answer.headers.get_all("Content-Security-Policy") == [policy()]


@pytest.mark.parametrize("attack", ["s.textContent = 'window.hit = 1'", "s.src = 'data:text/javascript,window.hit=1'"])
def test_a_script_that_somebody_wrote_into_the_page_does_not_run(viewer: Viewer, attack: str) -> None:
    page = viewer.open("errata")
    page.evaluate(f"() => {{ const s = document.createElement('script'); {attack}; document.head.append(s) }}")
    page.wait_for_timeout(300)
    assert page.evaluate("window.hit") is None
    assert any("Content Security Policy" in error for error in viewer.errors)


def _framed(page: Page, folder: Path, app: str, site: str) -> None:
    (folder / "course.html").write_text(f"<!DOCTYPE html><title>Course</title><iframe src='{app}/errata'></iframe>")
    page.goto(f"{site}/course.html")


def test_another_site_does_not_frame_the_app(page: Page, app_url: str, tmp_path: Path) -> None:
    with another_site(tmp_path) as site, page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        _framed(page, tmp_path, app_url, site)


def test_a_site_that_is_named_frames_the_app(page: Page, tmp_path: Path) -> None:
    with another_site(tmp_path) as site, served(**{PARENTS: site}) as app:
        _framed(page, tmp_path, app, site)
        frame = page.frame_locator("iframe")
        expect(frame.locator(SETTLED)).to_be_visible(timeout=60_000)
        expect(frame.get_by_role("heading", level=1)).to_be_visible()


def test_a_checkpoint_larger_than_a_photograph_is_received(viewer: Viewer) -> None:
    page = viewer.open("activations?weights=true")
    file = FilePayload(name="mine.pt", mimeType="application/octet-stream", buffer=b"no checkpoint" * 1_000_000)
    page.locator("[data-testid=stFileUploader]", has_text="checkpoint").locator("input").set_input_files(file)
    expect(page.get_by_test_id("stAlert").first).to_contain_text("mine.pt", ignore_case=True, timeout=60_000)
