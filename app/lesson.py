"""A lesson on a page: words at the left, the live picture at the right, a question; the address keeps all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from app import photograph, text
from app.components.canvas import FILL, canvas
from app.components.prose import prose
from app.drawings import BesideView, View
from app.frame import refusals
from app.lesson_address import AS_SET, BOX, LESSON, NONE, PRESENT, SHARED, TURNED, go, open_lesson
from app.lesson_places import place
from app.state import put, put_all, unknown
from app.views import show
from app.views.lesson import FADE, control, question, table
from irnet.diagrams.nested import LEVELS, Expansion, revealing, shown_block
from irnet.diagrams.overlay import PHOTOGRAPH
from irnet.edit import apply
from irnet.lessons import LESSONS
from irnet.lessons.check import networks_of, paths_of
from irnet.lessons.form import pack
from irnet.lessons.prose import Piece, paragraphs
from irnet.lessons.value import Lesson, Step
from irnet.provenance.quantities import fill, network_of
from irnet.spec import Edit, Network

PICTURE = "picture"  # one canvas for all steps, so that none is left beside the next
CONTROLS = ("level", "overlay", "edges", "flow", FADE)
HEIGHT = 640  # pixels
LARGE = "max(20rem, calc(100vh - 17rem))"  # all that title, notes and buttons leave of a screen


def turning(lesson: Lesson, i: int, *, large: bool = False) -> None:
    """Back and next, also by the arrow keys."""
    back, count, on = st.columns([1, 1, 1], vertical_alignment="center")
    wide: Any = {"width": "stretch"}
    back.button(
        "Back", icon=":material/arrow_back:", disabled=i == 0, on_click=go, args=(i - 1,), shortcut="Left", **wide
    )
    count.markdown(f"Step {i + 1} of {len(lesson.steps)}", text_alignment="center", width="stretch")
    last = i == len(lesson.steps) - 1
    kind: Any = "primary" if not large else "secondary"
    on.button(
        "Next",
        icon=":material/arrow_forward:",
        disabled=last,
        on_click=go,
        args=(i + 1,),
        shortcut="Right",
        type=kind,
        **wide,
    )


@st.fragment
def step(lesson: Lesson, i: int, *, alone: bool = True) -> None:
    """One step; where it does not stand `alone`, its picture is its author's and has no state in the address."""
    here, key = lesson.steps[i], f"{lesson.id}.{i}"
    network = networks_of(here)[0]
    left, right = st.columns([5, 7], gap="large")
    picked = _selected_box(here) if alone else here.selected
    choose = _choice_in_view() if alone else _nothing
    with left:
        st.header(text.plain(here.title))
        prose(
            paragraphs(fill(here.prose, network)),
            picked,
            key=f"prose.{key}",
            paths=paths_of(here),
            on_click=choose,
        )
        question(here, network, key=f"guess.{key}")
    with right:
        picture(
            here, picked, key=PICTURE if alone else f"{PICTURE}.{key}", alone=alone, height=FILL if alone else HEIGHT
        )
        if alone:
            place(here, picked)
    table(here, key)  # below both: a column has no room for its numbers


def picture(here: Step, picked: str, *, key: str, alone: bool, height: int | str, controls: bool = True) -> None:
    """The picture of a step with its controls, its notes pinned to it and told below."""
    found = paths_of(here)
    if alone:
        show.ignored_line(unknown({BOX: found, TURNED: (*found, NONE)}))
    values = _controls(here) if alone and controls else {}
    toggled = _toggled(here) if alone else frozenset(here.turned)
    view = _view(here, values, toggled, picked)
    notes = {note.box: str(n + 1) for n, note in enumerate(here.notes)}
    turn = partial(_turn, toggled) if alone else _nothing
    choose = _choice_in_view() if alone else _nothing
    looks = photograph.looks(view, picked, None)
    with photograph.expected(looks) as pictures:
        canvas(
            view,
            picked if picked in view.paths else "",
            key=key,
            height=height,
            on_click=choose,
            on_toggle=turn,
            on_shut=partial(put, TURNED, NONE),
            pins=notes,
            **pictures,
        )
        with refusals():
            for look in looks:
                look.show()
    if here.notes:
        pieces = [
            (Piece(f"{n + 1}", "word", note.box), Piece(f"  {fill(note.text, networks_of(here)[0])}"))
            for n, note in enumerate(here.notes)
        ]
        prose(pieces, picked, key=f"notes.{key}", paths=found, on_click=choose)


def _selected_box(here: Step) -> str:
    """The box that the reader chose, else the one that the step points at."""
    asked_for = st.query_params.get(BOX, "")
    return asked_for if asked_for in paths_of(here) else here.selected


def _toggled(here: Step) -> frozenset[str]:
    """The boxes that the address says are turned over, else those of the step."""
    paths = st.query_params.get(TURNED, "")
    return frozenset(path for path in paths.split(",") if path in paths_of(here)) if paths else frozenset(here.turned)


def _nothing(path: str) -> None:
    """Where many pictures are on one page, the address has no room for what is chosen in each."""
    del path


def _choice_in_view() -> Callable[[str], None]:
    """How to choose a box in the view that is shown, also where the browser's address is older than it."""
    shown = st.query_params.get(TURNED, "")
    return lambda path: put_all({TURNED: shown, BOX: path})


def _turn(toggled: frozenset[str], path: str) -> None:
    put_all({TURNED: ",".join(sorted(toggled ^ {path})) or NONE, BOX: path})


def _controls(here: Step) -> dict[str, Any]:
    """What the controls that the step has are set to."""
    renewed = st.session_state.pop(AS_SET, False)
    if not here.controls:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return {name: control(here, name, renewed=renewed) for name in here.controls}


def _view(here: Step, values: dict[str, Any], toggled: frozenset[str], picked: str) -> View | BesideView:
    level = LEVELS.index(values.get("level", here.level))
    flow, networks = values.get("flow", here.flow), networks_of(here)
    if len(networks) > 1:
        fade = values.get(FADE, here.fade)
        pictures = values.get("overlay", here.overlay) == PHOTOGRAPH
        return BesideView(networks=networks, level=level, toggled=toggled, ghosts=fade, flow=flow, pictures=pictures)
    network = with_knobs(networks[0], values)
    opened = Expansion(level, toggled, shown_block(network, picked))
    opened = revealing(network, opened, picked) if picked else opened
    overlay, edges = values.get("overlay", here.overlay), values.get("edges", here.edges)
    return View(network=network, opened=opened, overlay=overlay, edges=edges, flow=flow)


def with_knobs(network: Network, values: dict[str, Any]) -> Network:
    """The network with the knobs turned that a step lets its readers turn."""
    edits = [Edit("", name, value) for name, value in values.items() if name not in CONTROLS]
    return network_of(apply(network, edits).label) if edits else network


def copy(lesson: Lesson) -> None:
    """A link to the editor that takes the lesson along: its id, or all of it where it is none of the ready ones."""
    address = {LESSON: lesson.id} if lesson in LESSONS else {SHARED: pack(lesson)}
    icon = ":material/edit_square:"
    st.page_link("app/pages/lesson_editor.py", label="Edit a copy", icon=icon, query_params=address)


def shelf() -> None:
    """All ready lessons."""
    st.title("Learn")
    st.markdown(text.LEARN)
    with st.grid(3, min_column_width=280):
        for lesson in LESSONS:
            with st.container(border=True, height="stretch"):
                st.header(lesson.title)
                st.markdown(lesson.about)
                st.button(
                    f"Start: {len(lesson.steps)} steps",
                    key=f"start.{lesson.id}",
                    icon=":material/play_arrow:",
                    type="tertiary",
                    on_click=open_lesson,
                    args=(lesson.id,),
                )
    st.page_link("app/pages/lesson_editor.py", label="Build a lesson of your own", icon=":material/edit_square:")


def present(lesson: Lesson, i: int) -> None:
    """A step before a class: title, picture, back and next."""
    here = lesson.steps[i]
    st.title(text.plain(here.title))
    picked = _selected_box(here)
    picture(here, picked, key=PICTURE, alone=True, height=LARGE, controls=False)
    turning(lesson, i, large=True)
    st.button("Leave", key="leave", on_click=put, args=(PRESENT, ""), shortcut="Escape", type="tertiary")
