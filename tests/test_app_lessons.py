"""The pages Learn and Lesson editor without a browser."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from app import text
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


def press(app: AppTest, label: str) -> AppTest:
    """The page after a click on the button with this label."""
    return next(one for one in app.main.button if one.label == label).click().run()


def pictures(app: AppTest) -> str:
    """Addresses and descriptions of the drawings of a page, and its words: what a lesson's components are sent."""
    return " ".join(str(one.proto) for one in app.get("bidi_component"))


@pytest.mark.parametrize(("guess", "verdict"), [(8.0, "Right"), (9.0, "Not quite")])
def test_a_prediction_is_judged_and_answered(guess: float, verdict: str) -> None:
    app = opened("learn", lesson="tour")
    app.main.number_input[0].set_value(guess)
    press(app, "Check")
    assert any(verdict in one.value for one in app.markdown)
    assert any(one.value.startswith("**8.**") for one in app.markdown)


def test_a_number_that_is_asked_for_is_nowhere_on_the_page_until_it_is_answered() -> None:
    app = opened("learn", lesson="tour")
    assert not any(one.value.startswith("**8.**") for one in app.markdown)
    assert "&hidden=8" in pictures(app)
    press(app, "Check")  # without a prediction
    assert "&hidden=8" in pictures(app)
    press(app, "Show the answer")
    assert any(one.value.startswith("**8.**") for one in app.markdown)
    assert "&hidden=" not in pictures(app)
    press(press(app, "Next"), "Back")
    assert "&hidden=" not in pictures(app)


def test_tables_and_colours_that_tell_the_answer_wait_for_it() -> None:
    app = opened("learn", lesson="macs-are-not-flops", step=3)
    assert [one.value for one in app.caption] == [text.TABLE_WAITS]
    press(app, "Show the answer")
    assert [one.value for one in app.caption] == []
    app = opened("learn", lesson="tour", step=3)
    assert "overlay=operation" in pictures(app)
    app.main.radio[0].set_value("Stem")
    press(app, "Check")
    assert "overlay=parameters" in pictures(app)
    assert any("Not quite" in one.value for one in app.markdown)


def test_the_shelf_says_how_far_a_lesson_was_read_and_goes_on_there() -> None:
    app = opened("learn", lesson="reductions")
    press(app, "Next")
    press(app, "All lessons")
    told = [one.value for one in app.markdown if "-badge[" in one.value]
    assert [sum(words in one for one in told) for words in ("Not begun", "Step 2 of 3", "Finished")] == [
        len(LESSONS) - 1,
        1,
        0,
    ]
    press(app, "Continue")
    assert app.query_params["step"] == "2"
    assert not [one for one in app.subheader if one.value == "What you have learnt"]
    press(app, "Next")
    assert [one.value for one in app.subheader] == ["What you have learnt", "What next?"]
    press(app, "All lessons")
    assert any("Finished" in one.value for one in app.markdown)
    press(app, "Read again")
    assert "step" not in app.query_params


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_the_end_of_a_lesson_says_what_was_learnt_and_leads_on(lesson: Lesson) -> None:
    app = opened("learn", lesson=lesson.id, step=len(lesson.steps))
    assert not troubles(app)
    assert [one.value for one in app.subheader] == ["What you have learnt", "What next?"]
    on = [one.label for one in app.main.button if one.label.startswith("Next lesson: ")]
    on += [one.proto.label for one in app.get("page_link") if one.proto.label.startswith("Try it: ")]
    assert on


def test_a_lesson_in_the_address_opens() -> None:
    word = pack(lesson_named("reductions"))
    app = opened("learn", shared=word)
    assert app.title[0].value == "What the reduction blocks do in parallel"
    assert not troubles(app)


def test_presenting_shows_the_title_of_the_step_and_its_question() -> None:
    app = opened("learn", lesson="reductions", present=True)
    assert app.title[0].value == "Three ways to halve a grid"
    assert [one.label for one in app.main.button] == ["Show the answer", "Back", "Next", "Leave"]


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
