"""The pages Learn and Lesson editor without a browser."""

from __future__ import annotations

import json

from irnet.lessons import LESSONS, lesson_named
from irnet.lessons.form import document, pack, read_lesson
from tests.apps import opened, troubles


def test_the_shelf_has_every_lesson() -> None:
    app = opened("learn")
    assert not troubles(app)
    assert [one.value for one in app.header] == [lesson.title for lesson in LESSONS]


def test_next_turns_the_page_and_forgets_what_was_chosen() -> None:
    app = opened("learn", lesson="tour", step=2, box="0/stem")
    next(one for one in app.button if one.label == "Next").click().run()
    assert not troubles(app)
    assert app.query_params["step"] == "3"
    assert "box" not in app.query_params


def test_the_answer_is_on_the_page_before_it_is_asked_for_and_a_prediction_is_judged() -> None:
    app = opened("learn", lesson="tour")
    assert any(one.value.startswith("**8.**") for one in app.markdown)
    for guess, verdict in ((8.0, "Right"), (9.0, "Not quite")):
        app.main.number_input[0].set_value(guess).run()
        assert any(verdict in one.value for one in app.markdown)


def test_a_lesson_in_the_address_opens() -> None:
    word = pack(lesson_named("reductions"))
    app = opened("learn", shared=word)
    assert app.title[0].value == "What the reduction blocks do in parallel"
    assert not troubles(app)


def test_presenting_shows_the_title_of_the_step_and_three_buttons() -> None:
    app = opened("learn", lesson="reductions", present=True)
    assert app.title[0].value == "Three ways to halve a grid"
    assert [one.label for one in app.main.button] == ["Back", "Next", "Leave"]


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


def test_a_pasted_lesson_becomes_the_draft_and_one_that_is_wrong_gets_one_sentence_and_changes_nothing() -> None:
    app = opened("lesson_editor", editor="Link and file")
    wanted = read_lesson(json.dumps(json.loads(document(lesson_named("which-v2"))) | {"title": "Mine"}))
    wrong = document(lesson_named("tour")).replace("stem.0.3.concat", "no.such")
    for given, warned in ((document(wanted), 0), ("{", 1), (wrong, 1)):
        app.text_area[0].set_value(given).run()
        next(one for one in app.button if one.label == "Open what is pasted").click().run()
        assert not app.exception
        assert len(app.warning) == warned
        assert app.query_params["shared"] == pack(wanted)
