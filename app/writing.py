"""The fields in which a step of a lesson is written."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import text
from app.draft import Values, field
from app.views.lesson import OPTIONS, WORDS
from irnet.lessons.check import BESIDE_CONTROLS, VIEW_CONTROLS
from irnet.models import PRESETS
from irnet.models.recipe import limits

TABLES = ("", "knobs", "parameters", "MACs", "ledger")


def fields(step: Values, i: int) -> None:
    """Everything that a step has, written back into `step`."""
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
        _area(step, i, "prose", "Words", text.EDITOR_PROSE, height=260)
        _notes(step, i)
    with right:
        _look(step, i)
        _question(step, i)


def _keep(step: Values, name: str, value: Any) -> None:
    """Keep a value that says something."""
    step.pop(name, None)
    if value:
        step[name] = value


def _line(step: Values, i: int, name: str, label: str, help_text: str = "") -> None:
    _keep(step, name, st.text_input(label, step.get(name, ""), key=field(i, name), help=help_text or None))


def _area(step: Values, i: int, name: str, label: str, help_text: str, height: int = 120) -> None:
    _keep(step, name, st.text_area(label, step.get(name, ""), key=field(i, name), height=height, help=help_text))


def _notes(step: Values, i: int) -> None:
    lines = [f"{note['box']}: {note['text']}" for note in step.get("notes", [])]
    typed = st.text_area(
        "Notes pinned to boxes", "\n".join(lines), key=field(i, "notes"), height=90, placeholder=text.EDITOR_NOTES
    )
    parts = [line.partition(":") for line in typed.splitlines() if line.strip()]
    _keep(step, "notes", [{"box": box.strip(), "text": help_text.strip()} for box, _, help_text in parts])


def _look(step: Values, i: int) -> None:
    """The view of the picture, and what a reader may change in it."""
    with st.container(horizontal=True):
        for name, options in OPTIONS.items():
            at = options.index(step[name]) if step.get(name) in options else 0
            chosen = st.selectbox(WORDS[name], options, at, key=field(i, name), width=190)
            _keep(step, name, chosen if chosen != options[0] else "")
    _line(step, i, "selected", "Chosen box", text.EDITOR_VIEW)
    boxes = st.text_input("Boxes turned over", ", ".join(step.get("turned", [])), key=field(i, "turned"))
    _keep(step, "turned", [path.strip() for path in boxes.split(",") if path.strip()])
    beside = len(step["networks"]) > 1
    if beside:
        _keep(step, "fade", st.toggle("Fade what is the same", step.get("fade", False), key=field(i, "fade")))
    preset = step["networks"][0].partition(" ")[0] if step["networks"] else ""
    turned = [name for name in limits(PRESETS[preset]) if name != "input_size"] if preset in PRESETS else []
    offered = BESIDE_CONTROLS if beside else (*VIEW_CONTROLS, *turned)
    have = [name for name in step.get("controls", []) if name in offered]
    _keep(
        step, "controls", st.multiselect("Controls that readers see", offered, have, key=field(i, f"controls{beside}"))
    )
    at = TABLES.index(step.get("table", "")) if step.get("table", "") in TABLES else 0
    _keep(
        step, "table", st.selectbox("Table below", TABLES, at, key=field(i, "table"), format_func=lambda t: t or "none")
    )


def _question(step: Values, i: int) -> None:
    if not st.toggle("Ask before telling", bool(step.get("question")), key=field(i, "asks")):
        step.pop("question", None)
        return
    asked = step.get("question") or {"text": "How many channels?", "answer": "channels stem"}
    _area(asked, i, "text", "Question", text.EDITOR_PROSE, height=80)
    choices = st.text_area(
        "Choices, one a line; none where a number is asked for",
        "\n".join(asked.get("choices", [])),
        key=field(i, "choices"),
        height=90,
    )
    _keep(asked, "choices", [line.strip() for line in choices.splitlines() if line.strip()])
    _line(asked, i, "answer", "Answer: one of the choices, or a formula", text.EDITOR_ANSWER)
    if not asked.get("choices"):
        near = st.slider("How near is near enough", 0.0, 0.5, asked.get("tolerance", 0.0), 0.01, key=field(i, "near"))
        _keep(asked, "tolerance", near)
    _area(asked, i, "explanation", "Explanation", text.EDITOR_PROSE, height=80)
    step["question"] = asked
