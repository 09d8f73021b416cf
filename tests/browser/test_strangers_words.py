"""Words of strangers on pages, read by Streamlit's own Markdown: they are shown letter by letter, and do nothing."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from irnet.lessons.form import lesson_of, pack
from tests.apps import SMALL
from tests.browser.conftest import Viewer
from tests.hostile_strings import EVIL

MODEL = "inception_resnet_v1.paper"
MADE = "a[href*='evil']:not([href^='#']), img[src*='evil'], em, del, code, math, script[src*='evil'], [onclick]"
JOINER = "\u2060"  # which keeps Streamlit from making links of what is none


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


def harmless(page: Page, asked: list[str]) -> None:
    """Hold that nothing of what was written became a part of the page, ran, or asked another server."""
    main = page.get_by_test_id("stMain")
    assert main.locator(MADE).evaluate_all("found => found.map(one => one.outerHTML.slice(0, 200))") == []
    assert page.evaluate("window.hit") is None
    assert [url for url in asked if "//evil" in url or "//www.evil" in url] == []


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Every address that the page asks for."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url.partition("?")[0]))
    return found


def test_a_lesson_of_a_stranger_is_shown_letter_by_letter(viewer: Viewer, asked: list[str]) -> None:
    page = viewer.open(f"learn?shared={lesson()}&all=true")
    expect(page.get_by_role("heading", level=2)).to_have_count(len(EVIL))
    page.get_by_text("Reveal the answer").evaluate_all("found => found.forEach(one => one.click())")
    expect(page.get_by_text("no.").first).to_be_visible()
    shown = " ".join(page.get_by_test_id("stMain").inner_text().replace(JOINER, "").split())
    assert [word for word in EVIL if " ".join(word.split()) not in shown] == []
    harmless(page, asked)


def test_the_name_of_an_upload_is_shown_letter_by_letter(viewer: Viewer, asked: list[str]) -> None:
    page = viewer.open(f"activations?model={MODEL}&{MODEL}.input_height={SMALL}&{MODEL}.input_width={SMALL}")
    file = BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    name = "![p](evil.png) _a_ **b** www.evil.example <img src=x onerror='window.hit = 1'>.png"
    sent = FilePayload(name=name, mimeType="image/png", buffer=file.getvalue())
    page.locator("[data-testid=stFileUploader]", has_text="photograph").locator("input").set_input_files(sent)
    caption = page.get_by_test_id("stImageCaption")
    expect(caption).to_contain_text("evil.png")
    assert caption.inner_text().replace(JOINER, "") == name
    viewer.settle()
    harmless(page, asked)
