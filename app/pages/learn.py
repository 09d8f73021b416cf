"""Lessons: a shelf of them, or one of them, step by step, all at once, or large before a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app import lesson as page
from app import text
from app.bar import VIEWS
from app.help import HELP
from app.lesson import ALL, LESSON, PRESENT, PROGRESS, SHARED, open_lesson
from app.state import put
from app.views import styles
from irnet.lessons import LESSONS
from irnet.lessons.check import networks_of
from irnet.lessons.form import pack
from irnet.lessons.prose import bare
from irnet.lessons.value import Lesson
from irnet.provenance.quantities import fill

MEMORY = "memory"  # the component that keeps the progress in the browser, as long as its tab is open
_JS = """
export default function memory({ data, setStateValue }) {
  const kept = JSON.parse(sessionStorage.getItem("irnet.progress") ?? "{}"), merged = { ...kept };
  for (const [id, [at, finished]] of Object.entries(data)) merged[id] = [at, finished || Boolean(kept[id]?.[1])];
  sessionStorage.setItem("irnet.progress", JSON.stringify(merged));
  if (JSON.stringify(merged) !== JSON.stringify(data)) setStateValue("progress", merged);
}
"""
NOT_TO_TRY = ("overview", "learn", "lesson_editor")  # pages that show nothing of what a lesson taught


def shelf() -> None:
    """All ready lessons, and how far each was read."""
    st.title("Learn")
    st.markdown(text.LEARN)
    progress = st.session_state.get(PROGRESS, {})
    with st.grid(3, min_column_width=280):
        for lesson in LESSONS:
            count = len(lesson.steps)
            at, finished = progress.get(lesson.id, (-1, False))
            now, label = f"Step {at + 1} of {count}", "Continue"
            if at < 0:
                now, label = "Not begun", f"Start: {count} steps"
            elif finished:
                now, label = "Finished", "Read again"
            with st.container(border=True, height="stretch"):
                st.header(lesson.title)
                st.markdown(lesson.about)
                st.badge(now, color="green" if finished else "gray" if at < 0 else "blue")
                st.button(
                    label,
                    key=f"start.{lesson.id}",
                    icon=":material/play_arrow:",
                    type="tertiary",
                    on_click=open_lesson,
                    args=(lesson.id, 0 if finished else max(at, 0)),
                )
    st.page_link("app/pages/lesson_editor.py", label="Write a lesson of your own", icon=":material/edit_square:")


def remember(lesson: Lesson, i: int) -> None:
    """Keep for this session how far a lesson was read."""
    progress = st.session_state.get(PROGRESS, {})
    _, finished = progress.get(lesson.id, (0, False))
    st.session_state[PROGRESS] = progress | {lesson.id: (i, finished or i == len(lesson.steps) - 1)}


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Registered once a process."""
    return st.components.v2.component("irnet_memory", html="<span></span>", js=_JS)


def keep_progress() -> None:
    """Let the browser keep the progress, and take what it kept: a page that is loaded again is a new session here."""

    def take() -> None:
        counts = {lesson.id: len(lesson.steps) for lesson in LESSONS}
        found: dict[str, Any] = st.session_state[MEMORY]["progress"]
        st.session_state[PROGRESS] = {  # a browser's word is checked again
            id_: (min(max(int(at), 0), counts.get(id_, 1) - 1), bool(finished)) for id_, (at, finished) in found.items()
        }

    _component()(key=MEMORY, data=st.session_state.get(PROGRESS, {}), on_progress_change=take)


def ending(lesson: Lesson) -> None:
    """What was learnt, and what to do next."""
    with st.container(border=True, key="ending"):
        if lesson.learnt:
            network = networks_of(lesson.steps[-1])[0]
            st.subheader("What you have learnt")
            st.markdown("\n".join(f"- {text.plain(bare(fill(line, network)))}" for line in lesson.learnt))
        st.subheader("What next?")
        with st.container(horizontal=True, vertical_alignment="center", key="not-printed-next"):
            ids = [ready.id for ready in LESSONS]
            later = LESSONS[ids.index(lesson.id) + 1 :][:1] if lesson.id in ids else ()
            for one in later:
                st.button(f"Next lesson: {one.title}", icon=":material/school:", on_click=open_lesson, args=(one.id,))
            for name, page_help in HELP.items():
                if page_help.lesson == lesson.id and name not in NOT_TO_TRY:
                    st.page_link(VIEWS[name].path, label=f"Try it: {VIEWS[name].title}", icon=":material/science:")
            st.button("All lessons", key="shelf", icon=":material/list:", on_click=open_lesson, args=("",))


def present(lesson: Lesson, i: int) -> None:
    """A step before a class: title, picture, question, back and next."""
    here, key = lesson.steps[i], f"{lesson.id}.{i}"
    st.title(text.plain(here.title))
    page.picture(here, page.selected_box(here), key, alone=True, height=page.LARGE, controls=False)
    if asked := here.question:
        network = networks_of(here)[0]
        with st.container(horizontal=True, vertical_alignment="center"):
            if page.is_unanswered(here, key):
                st.markdown(text.plain(bare(fill(asked.text, network))), width="content")
                page.reveal_button(key)
            else:
                st.markdown(page.answer_text(asked, network))
    page.turning(lesson, i, large=True)
    st.button("Leave", key="leave", on_click=put, args=(PRESENT, ""), shortcut="Escape", type="tertiary")


def answers(lesson: Lesson) -> None:
    """The answers of all steps with their tables, on paper alone: a handout has them at its end."""
    with st.container(key="only-printed"):
        st.subheader("Answers")
        for i, here in enumerate(lesson.steps):
            if here.question:
                st.markdown(f"{i + 1}\\. {page.answer_text(here.question, networks_of(here)[0])}")
                if page.is_unanswered(here, f"{lesson.id}.{i}"):  # else its table stands in its step
                    page.table(here, f"answer.{lesson.id}.{i}")


def copy(lesson: Lesson) -> None:
    """A link to the editor that takes the lesson along: its id, or all of it where it is none of the ready ones."""
    address = {LESSON: lesson.id} if lesson in LESSONS else {SHARED: pack(lesson)}
    icon = ":material/edit_square:"
    st.page_link("app/pages/lesson_editor.py", label="Edit a copy", icon=icon, query_params=address)


def read(lesson: Lesson) -> None:
    """A lesson, a step at a time or all at once."""
    i, count = page.at(len(lesson.steps)), len(lesson.steps)
    if page.presenting():
        styles.present()
        present(lesson, i)
        return
    st.title(text.plain(lesson.title))
    with st.container(horizontal=True, vertical_alignment="center", key="not-printed"):
        st.button("All lessons", icon=":material/school:", type="tertiary", on_click=open_lesson, args=("",))
        whole = st.toggle("All steps on one page", key=ALL, bind="query-params", help=text.HANDOUT)
        st.button("Present", icon=":material/slideshow:", on_click=put, args=(PRESENT, "true"), disabled=whole)
        copy(lesson)
    if whole:
        for number in range(count):
            with st.container(key=f"step-{number}"):
                page.step(lesson, number, alone=False)
        ending(lesson)
        answers(lesson)
        return
    page.step(lesson, i)
    if i == count - 1:
        ending(lesson)
    page.turning(lesson, i)
    remember(lesson, i)


styles.lesson()
if chosen := page.lesson_of_address():
    read(chosen)
else:
    shelf()
keep_progress()
