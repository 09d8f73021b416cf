"""Every page has a help of at most three sentences, and a way to a lesson that is there."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest

from app.help import HELP
from irnet.lessons import lesson_named
from tests.apps import PAGES, opened, sized, troubles

V1 = "inception_resnet_v1.paper"
MOST = 3  # sentences
END = re.compile(r"[.?!](?=\s|$)")


def test_there_is_help_for_every_page_and_for_no_other() -> None:
    assert sorted(HELP) == sorted(PAGES)


@pytest.mark.parametrize("words", [told.words for told in HELP.values()], ids=HELP)
def test_the_help_of_a_page_has_a_few_sentences(words: str) -> None:
    assert 1 <= len(END.findall(words)) <= MOST
    assert words.endswith(".")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_its_help_which_leads_to_its_lesson(name: str) -> None:
    app = opened(name, V1, **sized(V1))
    assert HELP[name].words in [one.value for one in app.markdown]
    if name == "learn":  # on its own page a link would not do
        lesson = next(one for one in app.button if one.label.startswith("Lesson: ")).click().run()
    else:
        links = [one.proto for one in app.get("page_link")]
        (asked,) = [parse_qs(one.query_string) for one in links if one.label.startswith("Lesson: ")]
        assert asked == {"lesson": [HELP[name].lesson]}
        lesson = opened("learn", lesson=asked["lesson"][0])
    assert not troubles(lesson)
    assert lesson.title[0].value == lesson_named(HELP[name].lesson).title
