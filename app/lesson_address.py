"""What the address says of a lesson: which one, which step, and what the reader chose in its picture."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from app.state import put_all, unknown
from app.views import show
from irnet.lessons import lesson_named
from irnet.lessons.form import unpack
from irnet.lessons.value import Lesson

LESSON, SHARED, STEP, BOX, TURNED, ALL, PRESENT = "lesson", "shared", "step", "box", "turned", "all", "present"
NONE = "none"  # in the address: every box was shut, though the step opens some
AS_SET = "as-set"  # in the session: the controls of the next step that is shown are to be as its author set them


def lesson_of_address() -> Lesson | None:
    """The lesson that the address names or carries; None where it does not, or where it can't."""
    try:
        if word := st.query_params.get(SHARED, ""):
            return unpack(word)
        return lesson_named(name) if (name := st.query_params.get(LESSON, "")) else None
    except ValueError as error:
        show.ignored_line([str(error)])
        return None


def presenting() -> bool:
    """Whether the address asks for a lesson before a class."""
    return st.query_params.get(PRESENT) == "true"


def at(count: int) -> int:
    """The number of the step that the address asks for, from 0; the first where there is no such step."""
    numbers = tuple(str(i + 1) for i in range(count))
    show.ignored_line(unknown({STEP: numbers}))
    return numbers.index(typed_step) if (typed_step := st.query_params.get(STEP, "1")) in numbers else 0


def open_lesson(name: str) -> None:
    """Open a ready lesson at its first step, or with "" the shelf of all.

    A link would not do on the page that is open: Streamlit would show the lesson, and leave the address as it was.
    """
    forget({LESSON: name, SHARED: "", STEP: "", PRESENT: ""})
    st.session_state[ALL] = False


def go(to: int) -> None:
    """Turn to a step, as its author set it."""
    forget({STEP: str(to + 1) if to else ""})


def forget(more: Mapping[str, str] = MappingProxyType({})) -> None:
    """Drop what the reader chose in the picture of a step; `more` is changed in the address in the same step."""
    put_all({BOX: "", TURNED: ""} | dict(more))
    st.session_state[AS_SET] = True
