"""Lessons: a shelf of them, or one of them, step by step, all at once, or large before a class."""

import streamlit as st

from app import lesson as page
from app import text
from app.lesson_address import ALL, PRESENT, at, lesson_of_address, open_lesson, presenting
from app.state import put
from app.views import styles

styles.on_paper()
lesson = lesson_of_address()
if lesson is None:
    page.shelf()
    st.stop()

i = at(len(lesson.steps))
if presenting():
    styles.present()
    page.present(lesson, i)
    st.stop()

st.title(text.plain(lesson.title))
with st.container(horizontal=True, vertical_alignment="center", key="not-printed"):
    st.button("All lessons", icon=":material/school:", type="tertiary", on_click=open_lesson, args=("",))
    whole = st.toggle("All steps on one page", key=ALL, bind="query-params")
    st.button("Present", icon=":material/slideshow:", on_click=put, args=(PRESENT, "true"), disabled=whole)
    page.copy(lesson)
if whole:
    for number in range(len(lesson.steps)):
        with st.container(key=f"step-{number}"):
            page.step(lesson, number, alone=False)
else:
    page.step(lesson, i)
    page.turning(lesson, i)
