"""A lesson as a link and a file to take away, and one from somebody else to bring in; the bar above a step's fields."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from app import draft, text
from app import lesson_address as page
from irnet.lessons.form import LARGEST, document, markdown, pack
from irnet.lessons.value import Lesson


def downloads(lesson: Lesson | None) -> None:
    """The lesson's link and file; nothing, where it is not right yet."""
    if lesson is None:
        st.caption(text.EDITOR_WRONG)
        return
    st.header("To take away")
    parts = urlsplit(st.context.url or "")
    root = f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}" if parts.netloc else ""
    st.caption("A link that opens the lesson; the lesson itself is in it, and nothing is stored here.")
    st.code(f"{root}/learn?{page.SHARED}={pack(lesson)}", language=None, wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "app/pages/learn.py",
            label="Open it",
            icon=":material/school:",
            query_params={page.SHARED: pack(lesson)},
        )
        for name, ending, media, data in (
            ("Markdown", "md", "text/markdown", markdown(lesson)),
            ("JSON", "json", "application/json", document(lesson)),
        ):
            st.download_button(
                f"Download as {name}",
                data,
                f"{lesson.id}.{ending}",
                media,
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )


def uploads() -> None:
    """Fields for somebody else's lesson."""
    st.header("To bring in")
    pasted = st.text_area("A link, Markdown or JSON", key="pasted", height=120, max_chars=LARGEST)
    st.button("Open what is pasted", on_click=draft.load, args=(pasted,), disabled=not pasted.strip())
    sent = st.file_uploader("or a file", type=["md", "json"], key="sent", max_upload_size=1)
    if sent is not None:
        st.button("Open the file", on_click=draft.load, args=(sent.getvalue(), sent.name))


def bar(values: draft.Values, i: int) -> None:
    """Which step is written, and buttons that move, add and remove steps."""
    steps = values["steps"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back", icon=":material/arrow_back:", disabled=i == 0, on_click=draft.turn_to, args=(i - 1,))
        st.markdown(f"Step {i + 1} of {len(steps)}", width="content")
        last = i == len(steps) - 1
        st.button("Next", icon=":material/arrow_forward:", disabled=last, on_click=draft.turn_to, args=(i + 1,))
        st.button("Add a step", icon=":material/add:", on_click=draft.add_step, args=(values, i))
        st.button("Earlier", icon=":material/move_up:", disabled=i == 0, on_click=draft.move_step, args=(values, i, -1))
        st.button("Later", icon=":material/move_down:", disabled=last, on_click=draft.move_step, args=(values, i, 1))
        alone = len(steps) == 1
        st.button("Remove", icon=":material/delete:", disabled=alone, on_click=draft.remove_step, args=(values, i))
