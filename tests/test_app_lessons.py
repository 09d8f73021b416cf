"""The pages Learn and Lesson editor without a browser."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from irnet.lessons import LESSONS, lesson_named
from irnet.lessons.form import document, markdown, pack, read_lesson
from irnet.lessons.value import Lesson
from tests.apps import opened, sample, troubles


@pytest.mark.parametrize("lesson", sample(LESSONS), ids=lambda lesson: lesson.id)
def test_all_steps_of_a_lesson_show_themselves_on_one_page(lesson: Lesson) -> None:
    app = opened("learn", lesson=lesson.id, all=True)
    assert not troubles(app)
    assert [one.value for one in app.header] == [step.title for step in lesson.steps]


def test_next_turns_the_page_and_forgets_what_was_chosen() -> None:
    app = opened("learn", lesson="tour", step=2, box="0/stem")
    next(one for one in app.button if one.label == "Next").click().run()
    assert not troubles(app)
    assert app.query_params["step"] == "3"
    assert "box" not in app.query_params


@pytest.mark.parametrize(("guess", "verdict"), [(8.0, "Right"), (9.0, "Not quite")])
def test_a_prediction_is_judged_and_answered(guess: float, verdict: str) -> None:
    app = opened("learn", lesson="tour")
    assert any(one.value.startswith("**8.**") for one in app.markdown)  # the answer is there before it is asked for
    app.main.number_input[0].set_value(guess).run()
    assert any(verdict in one.value for one in app.markdown)


def test_a_lesson_in_the_address_opens() -> None:
    word = pack(lesson_named("reductions"))
    app = opened("learn", shared=word)
    assert app.title[0].value == "What the reduction blocks do in parallel"
    assert not troubles(app)


def test_the_editor_keeps_a_ready_lesson_as_it_is() -> None:
    app = opened("lesson_editor", lesson="tour")
    assert not troubles(app)
    app.run()
    assert app.query_params["shared"] == pack(lesson_named("tour"))


def test_what_is_typed_is_in_the_draft_and_what_is_wrong_is_told() -> None:
    app = opened("lesson_editor", lesson="reductions")
    box = next(one for one in app.text_input if one.label == "Chosen box")
    box.set_value("nowhere").run()
    assert "steps.0.selected: the picture has no box 'nowhere'" in app.warning[0].value
    box = next(one for one in app.text_input if one.label == "Chosen box")
    box.set_value("reduction_a.0.b1").run()
    assert not troubles(app)


MINE = read_lesson(json.dumps(json.loads(document(lesson_named("which-v2"))) | {"title": "Mine"}))


@pytest.mark.parametrize("text", [document(MINE), markdown(MINE), f"http://a.b/learn?shared={pack(MINE)}&step=2"])
def test_a_pasted_lesson_becomes_the_draft(text: str) -> None:
    app = opened("lesson_editor", editor="Link and file")
    app.text_area[0].set_value(text).run()
    next(one for one in app.button if one.label == "Open what is pasted").click().run()
    assert not troubles(app)
    assert app.query_params["shared"] == pack(MINE)


def _sent(name: str, text: str) -> AppTest:
    """The editor after a file was opened in it."""
    app = opened("lesson_editor", editor="Link and file")
    app.file_uploader[0].upload(name, text.encode(), "text/plain").run()
    next(one for one in app.button if one.label == "Open the file").click().run()
    assert not app.exception
    return app


def test_a_markdown_file_becomes_the_draft_and_can_be_taken_away_again() -> None:
    app = _sent("mine.md", markdown(MINE))
    assert not troubles(app)
    assert app.query_params["shared"] == pack(MINE)
    assert [one.proto.label for one in app.get("download_button")] == ["Download as Markdown", "Download as JSON"]


def test_a_file_that_is_wrong_is_named_with_its_line_and_the_draft_stays() -> None:
    text = markdown(MINE)
    where = f"line {text[: text.index('# Why 1536 channels')].count(chr(10)) + 1}, step 2: selected: "
    app = _sent("mine.md", text.replace('selected = "conv2d_7b"', 'selected = "nowhere"'))
    assert [one.value.partition("the picture")[0] for one in app.warning] == [f"mine.md: {where}"]
    assert app.query_params["shared"] != pack(MINE)
