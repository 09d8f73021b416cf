"""A lesson of one's own: written, seen as a class sees it, taken away as a link or a file.

The draft is plain values in the session, held against the form whenever they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import streamlit as st

from app import lesson as page
from app import text
from app.lesson import CONTROLS, LESSON, OPTIONS, SHARED, WORDS
from app.state import put
from app.views import show, styles
from irnet.lessons.check import BESIDE_CONTROLS, VIEW_CONTROLS
from irnet.lessons.form import LARGEST, document, lesson_of, markdown, pack, plain, read_lesson, unpack
from irnet.lessons.value import Lesson
from irnet.models import PRESETS
from irnet.models.recipe import limits
from irnet.units import typed

DRAFT, WORD, TURN, TOLD = "draft", "draft.word", "draft.turn", "draft.told"  # in the session
TABLES = ("", "knobs", "parameters", "MACs", "ledger")
EMPTY: Mapping[str, Any] = {"title": "", "networks": ["inception_resnet_v2.paper"]}
Values = dict[str, Any]


def draft() -> Values:
    """The lesson so far: what the address brings, once, or what was done to it since."""
    word = st.query_params.get(SHARED, "")
    if LESSON in st.query_params or (word and word != st.session_state.get(WORD)) or DRAFT not in st.session_state:
        _take(page.lesson_of_address())
        put(LESSON, "")
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


def load(document: str | bytes, name: str = "") -> None:
    """Take a stranger's document, or the file of that name, for the draft, or say what is wrong with it."""
    try:
        word = _word(document) if isinstance(document, str) else ""
        _take(unpack(word) if word else read_lesson(document))
        page.forget()
    except ValueError as error:
        st.session_state[TOLD] = f"{typed(name)}: {error}" if name else str(error)


def _word(document: str) -> str:
    """The lesson in a link, or "" where the text is none: a document has more than one word."""
    link = "" if len(document.split()) > 1 else document.strip()
    return link.partition(f"{SHARED}=")[2].partition("&")[0]


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
    put(SHARED, word)
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
        if (key := page.field_of_control(name)) in st.session_state:
            step[name] = st.session_state[key]
    page.forget()
    reset_fields()


def turn_to(i: int) -> None:
    """Show another step."""
    page.go(i)
    reset_fields()


def bar(values: Values, i: int) -> None:
    """Which step is written, and buttons that move, add and remove steps."""
    count = len(values["steps"])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back", icon=":material/arrow_back:", disabled=i == 0, on_click=turn_to, args=(i - 1,))
        st.markdown(f"Step {i + 1} of {count}", width="content")
        last = i == count - 1
        st.button("Next", icon=":material/arrow_forward:", disabled=last, on_click=turn_to, args=(i + 1,))
        st.button("Add a step", icon=":material/add:", on_click=add_step, args=(values, i))
        st.button("Move back", icon=":material/move_up:", disabled=i == 0, on_click=move_step, args=(values, i, -1))
        st.button("Move on", icon=":material/move_down:", disabled=last, on_click=move_step, args=(values, i, 1))
        st.button("Remove", icon=":material/delete:", disabled=count == 1, on_click=remove_step, args=(values, i))


def fields(values: Values, i: int) -> None:
    """Everything that a step has, and below it what the lesson ends with, written back into `values`."""
    step = values["steps"][i]
    left, right = st.columns(2, gap="large")
    with left:
        _line(step, i, "title", "Title of the step")
        step["networks"] = st.multiselect(
            "Networks: one, or two to four side by side",
            list(dict.fromkeys([*step["networks"], *PRESETS])),
            step["networks"],
            key=field(i, "networks"),
            accept_new_options=True,
            max_selections=4,
            help=text.EDITOR_NETWORKS,
        )
        _area(step, i, "prose", "Text", text.EDITOR_PROSE, height=260)
        _notes(step, i)
    with right:
        _look(step, i)
        _question(step, i)
    _list(values, -1, "learnt", "What was learnt, one sentence per line, at the end of the lesson", "\n")


def _keep(step: Values, name: str, value: Any) -> None:
    """Keep a value that says something."""
    step.pop(name, None)
    if value:
        step[name] = value


def _line(step: Values, i: int, name: str, label: str, help_text: str = "") -> None:
    _keep(step, name, st.text_input(label, step.get(name, ""), key=field(i, name), help=help_text or None))


def _area(step: Values, i: int, name: str, label: str, help_text: str, height: int = 120) -> None:
    _keep(step, name, st.text_area(label, step.get(name, ""), key=field(i, name), height=height, help=help_text))


def _list(step: Values, i: int, name: str, label: str, between: str) -> None:
    """A field for several values, in lines of their own or with commas between them."""
    shown = (between if between == "\n" else f"{between} ").join(step.get(name, []))
    lines = st.text_area(label, shown, key=field(i, name), height=90 if between == "\n" else 68)
    _keep(step, name, [one.strip() for one in lines.split(between) if one.strip()])


def _notes(step: Values, i: int) -> None:
    lines = [f"{note['box']}: {note['text']}" for note in step.get("notes", [])]
    lines_typed = st.text_area(
        "Notes pinned to boxes", "\n".join(lines), key=field(i, "notes"), height=90, placeholder=text.EDITOR_NOTES
    )
    parts = [line.partition(":") for line in lines_typed.splitlines() if line.strip()]
    _keep(step, "notes", [{"box": box.strip(), "text": note.strip()} for box, _, note in parts])


def _look(step: Values, i: int) -> None:
    """The view of the picture, and what a reader may change in it."""
    with st.container(horizontal=True):
        for name, options in OPTIONS.items():
            first = options.index(step[name]) if step.get(name) in options else 0
            chosen = st.selectbox(WORDS[name], options, first, key=field(i, name), width=190)
            _keep(step, name, chosen if chosen != options[0] else "")
    _line(step, i, "selected", "Chosen box", text.EDITOR_VIEW)
    _list(step, i, "turned", "Boxes opened or shut", ",")
    beside = len(step["networks"]) > 1
    if beside:
        _keep(step, "fade", st.toggle("Fade what is the same", step.get("fade", False), key=field(i, "fade")))
    preset = step["networks"][0].partition(" ")[0] if step["networks"] else ""
    turned = [name for name in limits(PRESETS[preset]) if name != "input_size"] if preset in PRESETS else []
    offered = BESIDE_CONTROLS if beside else (*VIEW_CONTROLS, *turned)
    have = [name for name in step.get("controls", []) if name in offered]
    controls = st.multiselect("Controls for the reader", offered, have, key=field(i, f"controls{beside}"))
    _keep(step, "controls", controls)
    first = TABLES.index(step.get("table", "")) if step.get("table", "") in TABLES else 0
    table = st.selectbox("Table below", TABLES, first, key=field(i, "table"), format_func=lambda name: name or "none")
    _keep(step, "table", table)


def _question(step: Values, i: int) -> None:
    if not st.toggle("Ask a question", bool(step.get("question")), key=field(i, "asks"), help=text.EDITOR_ASKS):
        step.pop("question", None)
        return
    asked = step.get("question") or {"text": "How many channels?", "answer": "channels stem"}
    _area(asked, i, "text", "Question", text.EDITOR_PROSE, height=80)
    _list(asked, i, "choices", "Choices, one per line; leave empty to ask for a number", "\n")
    _line(asked, i, "answer", "Answer: one of the choices, or a formula", text.EDITOR_ANSWER)
    if not asked.get("choices"):
        near = st.slider(
            "Accept predictions within this share of the answer",
            0.0,
            0.5,
            asked.get("tolerance", 0.0),
            0.01,
            key=field(i, "near"),
        )
        _keep(asked, "tolerance", near)
    _area(asked, i, "explanation", "Explanation", text.EDITOR_PROSE, height=80)
    step["question"] = asked


def downloads(lesson: Lesson | None) -> None:
    """The lesson's link and file; nothing, where it is not right yet."""
    if lesson is None:
        st.caption(text.EDITOR_WRONG)
        return
    st.header("Export")
    parts = urlsplit(st.context.url or "")
    root = f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}" if parts.netloc else ""
    st.caption(text.EDITOR_LINK)
    st.code(f"{root}/learn?{SHARED}={pack(lesson)}", language=None, wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "app/pages/learn.py", label="Open it", icon=":material/school:", query_params={SHARED: pack(lesson)}
        )
        show.file("Download as Markdown", f"{lesson.id}.md", markdown(lesson))
        show.file("Download as JSON", f"{lesson.id}.json", document(lesson))


def uploads() -> None:
    """Fields for somebody else's lesson."""
    st.header("Import")
    pasted = st.text_area("A link, Markdown or JSON", key="pasted", height=120, max_chars=LARGEST)
    st.button("Open what is pasted", on_click=load, args=(pasted,), disabled=not pasted.strip())
    sent = st.file_uploader("or a file", type=["md", "json"], key="sent", max_upload_size=1)
    if sent is not None:
        st.button("Open the file", on_click=load, args=(sent.getvalue(), sent.name))


styles.lesson()
st.title("Lesson editor")
values = draft()
i = page.at(len(values["steps"]))
write, seen, away = st.tabs(
    ["Write", "As the class sees it", "Link and file"], key="editor", on_change="rerun", bind="query-params"
)
if write.open:
    with write:
        st.caption(text.EDITOR)
        values["title"] = st.text_input("Title of the lesson", values["title"], key=field("title"))
        bar(values, i)
        fields(values, i)
lesson = finish(values)
if seen.open and lesson:
    with seen:
        page.step(lesson, i)
        page.turning(lesson, i)
        st.button("Use this view for the step", icon=":material/push_pin:", on_click=keep_view, args=(values, i))
if away.open:
    with away:
        downloads(lesson)
        uploads()
