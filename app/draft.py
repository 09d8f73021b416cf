"""The lesson that a reader is building: plain values in the session, held against the form whenever they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import streamlit as st

from app import lesson_address as page
from app.lesson import CONTROLS
from app.state import put
from app.views import show
from app.views.lesson import address_of
from irnet.lessons.form import lesson_of, pack, plain, read_lesson, unpack
from irnet.lessons.value import Lesson
from irnet.units import typed

DRAFT, WORD, TURN, TOLD = "draft", "draft.word", "draft.turn", "draft.told"
Values = dict[str, Any]
EMPTY: Mapping[str, Any] = {"title": "", "networks": ["inception_resnet_v2.paper"]}


def draft() -> Values:
    """The lesson so far: what the address brings, once, or what was done to it since."""
    word = st.query_params.get(page.SHARED, "")
    if page.LESSON in st.query_params or (word and word != st.session_state.get(WORD)) or DRAFT not in st.session_state:
        _take(page.lesson_of_address())
        put(page.LESSON, "")
        st.session_state[WORD] = word
    return cast(Values, st.session_state[DRAFT])


def _take(lesson: Lesson | None) -> None:
    usual = {"id": "my-lesson", "title": "My lesson", "steps": [dict(EMPTY) | {"title": "First step"}]}
    st.session_state[DRAFT] = plain(lesson) if lesson else usual
    reset_fields()


def reset_fields() -> None:
    """Make the fields show what the draft says, whatever was typed in them."""
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def field(*place: object) -> str:
    """The key of a field."""
    return ".".join(map(str, (DRAFT, st.session_state[TURN], *place)))


def load(text: str | bytes, name: str = "") -> None:
    """Take a stranger's document, or the file of that name, for the draft, or say what is wrong with it."""
    try:
        _take(unpack(word) if isinstance(text, str) and (word := _word(text)) else read_lesson(text))
        page.forget()
    except ValueError as error:
        st.session_state[TOLD] = f"{typed(name)}: {error}" if name else str(error)


def _word(text: str) -> str:
    """The lesson in a link, or "" where the text is none: a document has more than one word."""
    link = "" if len(text.split()) > 1 else text.strip()
    return link.partition(f"{page.SHARED}=")[2].partition("&")[0]


def finish(values: Values) -> Lesson | None:
    """The lesson, and its word in the address; None, and one sentence, where something is wrong with it."""
    if message := st.session_state.pop(TOLD, ""):
        show.ignored_line([message])
    try:
        lesson = lesson_of(values)
        word = pack(lesson)
    except ValueError as error:
        show.ignored_line([str(error)])
        return None
    put(page.SHARED, word)
    st.session_state[WORD] = word
    return lesson


def move_step(values: Values, i: int, by: int) -> None:
    """Put a step before or behind its neighbour."""
    steps = values["steps"]
    steps[i], steps[i + by] = steps[i + by], steps[i]
    turn_to(i + by)


def add_step(values: Values, i: int) -> None:
    """One more step behind this one, on the same networks."""
    values["steps"].insert(i + 1, {"title": "Next step", "networks": list(values["steps"][i]["networks"])})
    turn_to(i + 1)


def remove_step(values: Values, i: int) -> None:
    """The lesson without a step."""
    del values["steps"][i]
    turn_to(max(i - 1, 0))


def keep_view(values: Values, i: int) -> None:
    """Make what the picture shows now the view of a step."""
    step = values["steps"][i]
    if box := st.query_params.get(page.BOX, ""):
        step["selected"] = box
    if toggled := st.query_params.get(page.TURNED, ""):
        step["turned"] = [] if toggled == page.NONE else toggled.split(",")
    for name in CONTROLS:
        if (key := address_of(name)) in st.session_state:
            step[name] = st.session_state[key]
    page.forget()
    reset_fields()


def turn_to(i: int) -> None:
    """Show another step."""
    page.go(i)
    reset_fields()
