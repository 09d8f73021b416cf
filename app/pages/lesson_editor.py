"""A lesson of one's own: written, seen as a class sees it, taken away as a link or a file."""

import streamlit as st

from app import draft, lesson_files, text, writing
from app import lesson as page
from app.lesson_address import at
from app.views import styles

styles.on_paper()
st.title("Lesson editor")
values = draft.draft()
steps = values["steps"]
i = at(len(steps))

write, seen, away = st.tabs(
    ["Write", "As the class sees it", "Link and file"], key="editor", on_change="rerun", bind="query-params"
)
if write.open:
    with write:
        st.caption(text.EDITOR)
        values["title"] = st.text_input("Title of the lesson", values["title"], key=draft.field("title"))
        lesson_files.bar(values, i)
        writing.fields(steps[i], i)
lesson = draft.finish(values)
if seen.open and lesson:
    with seen:
        page.step(lesson, i)
        page.turning(lesson, i)
        st.button(
            "Make this view the step's own", icon=":material/push_pin:", on_click=draft.keep_view, args=(values, i)
        )
if away.open:
    with away:
        lesson_files.downloads(lesson)
        lesson_files.uploads()
