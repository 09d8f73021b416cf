"""The content security policy at work in a browser, and words of strangers: shown letter by letter, they do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from app.server.headers import PARENTS, policy
from irnet.lessons.form import lesson_of, pack
from tests.browser.conftest import Viewer
from tests.browser.served import SETTLED, served
from tests.browser.test_views import MODEL, SMALLER
from tests.hostile_strings import EVIL

MADE = "a[href*='evil']:not([href^='#']), img[src*='evil'], em, del, code, math, script[src*='evil'], [onclick]"
JOINER = "\u2060"  # which keeps Streamlit from making links of what is none


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def another_site(folder: Path, app: str) -> Iterator[str]:
    """Where another site is served while the block runs, with a page that frames the app."""
    (folder / "course.html").write_text(f"<!DOCTYPE html><title>Course</title><iframe src='{app}/errata'></iframe>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_policy_that_the_server_sends_stops_scripts_that_somebody_wrote_into_a_page(viewer: Viewer) -> None:
    with urlopen(viewer.url) as answer:
        assert answer.headers.get_all("Content-Security-Policy") == [policy()]
    page = viewer.open("errata")
    for attack in ("s.textContent = 'window.hit = 1'", "s.src = 'data:text/javascript,window.hit=1'"):
        viewer.errors.clear()
        ended = "new Promise((done) => { s.onload = s.onerror = done; setTimeout(done, 300) })"
        page.evaluate(
            f"() => {{ const s = document.createElement('script'), end = {ended};"
            f" {attack}; document.head.append(s); return end }}"
        )
        assert page.evaluate("window.hit") is None
        assert any("Content Security Policy" in error for error in viewer.errors)


def test_another_site_does_not_frame_the_app(page: Page, app_url: str, tmp_path: Path) -> None:
    with (
        another_site(tmp_path, app_url) as site,
        page.expect_console_message(lambda said: "frame-ancestors" in said.text),
    ):
        page.goto(f"{site}/course.html")


@pytest.mark.soak
def test_a_site_that_is_named_frames_the_app(page: Page, tmp_path: Path) -> None:
    with another_site(tmp_path, "about:blank") as site, served(**{PARENTS: site}) as app:
        (tmp_path / "course.html").write_text(
            f"<!DOCTYPE html><title>Course</title><iframe src='{app}/errata'></iframe>"
        )
        page.goto(f"{site}/course.html")
        frame = page.frame_locator("iframe")
        expect(frame.locator(SETTLED)).to_be_visible()
        expect(frame.get_by_role("heading", level=1)).to_be_visible()


def test_a_checkpoint_larger_than_a_photograph_is_received(viewer: Viewer) -> None:
    page = viewer.open(f"activations?{SMALLER}&weights=true")
    file = FilePayload(name="mine.pt", mimeType="application/octet-stream", buffer=b"no checkpoint" * 1_000_000)
    page.locator("[data-testid=stFileUploader]", has_text="checkpoint").locator("input").set_input_files(file)
    expect(page.get_by_test_id("stAlert").first).to_contain_text("mine.pt", ignore_case=True)


def lesson() -> str:
    """A lesson that has every evil string for everything that its author writes."""
    texts = [word.replace("{", "(").replace("}", ")") for word in EVIL]  # braces hold formulas there
    steps = [
        {
            "title": word,
            "networks": [MODEL],
            "notes": [{"box": "stem", "text": text}],
            "question": {"text": text, "answer": "no", "choices": ["no", text], "explanation": f"no.\n\n{text}"},
        }
        for word, text in zip(EVIL, texts, strict=True)
    ]
    return pack(lesson_of({"id": "evil", "title": " ".join(EVIL[3:5]), "steps": steps}))


@pytest.fixture
def asked(fresh: Viewer) -> list[str]:
    """Every address that the page asks for."""
    found: list[str] = []
    fresh.page.on("request", lambda request: found.append(request.url.partition("?")[0]))
    return found


def harmless(page: Page, asked: list[str]) -> None:
    """Hold that nothing of what was written became a part of the page, ran, or asked another server."""
    main = page.get_by_test_id("stMain")
    assert main.locator(MADE).evaluate_all("found => found.map(one => one.outerHTML.slice(0, 200))") == []
    assert page.evaluate("window.hit") is None
    assert [url for url in asked if "evil" in url.partition("//")[2].partition("/")[0]] == []


def test_a_lesson_of_a_stranger_is_shown_letter_by_letter(fresh: Viewer, asked: list[str]) -> None:
    page = fresh.open(f"learn?shared={lesson()}&all=true")
    expect(page.get_by_role("heading", level=2)).to_have_count(len(EVIL))
    page.emulate_media(media="print")  # on paper, the answers stand at the end
    expect(page.get_by_text("no.").first).to_be_visible()
    shown = " ".join(page.get_by_test_id("stMain").inner_text().replace(JOINER, "").split())
    assert [word for word in EVIL if " ".join(word.split()) not in shown] == []
    harmless(page, asked)


def test_the_name_of_an_upload_is_shown_letter_by_letter(fresh: Viewer, asked: list[str]) -> None:
    page = fresh.open(f"activations?{SMALLER}")
    file = BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    name = "![p](evil.png) _a_ **b** www.evil.example <img src=x onerror='window.hit = 1'>.png"
    sent = FilePayload(name=name, mimeType="image/png", buffer=file.getvalue())
    page.get_by_role("button", name="Photograph").click()
    page.locator("[data-testid=stFileUploader]", has_text="photograph").locator("input").set_input_files(sent)
    caption = page.get_by_test_id("stImageCaption")
    expect(caption).to_contain_text("evil.png")
    assert caption.inner_text().replace(JOINER, "") == name
    fresh.settle()
    harmless(page, asked)


def test_a_picture_a_link_or_a_script_in_an_address_is_only_text(fresh: Viewer, asked: list[str]) -> None:
    evil = "![x](http://evil.example/x.png) [y](http://evil.example/y) http://evil.example/z"
    markup = "<img src=x onerror='window.hit = 1'>"
    page = fresh.open(f"network?model={evil}&box={markup}&turned={evil}&find={markup}&flow={evil}&overlay={markup}")
    expect(page.locator(".frame[data-drawn]")).to_be_visible()
    told = page.get_by_test_id("stAlert").first
    expect(told).to_contain_text("no network is called")
    assert "![x](http://evil.example/x.png)" in told.inner_text().replace(JOINER, "")
    assert page.locator("img[src=x]").count() == 0
    harmless(page, asked)
