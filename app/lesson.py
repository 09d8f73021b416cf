"""A lesson as its page and its editor show it: what the address and the session say of it, and one step.

A step is words at the left, the live picture at the right, a question. The number that answers it is hidden in the
picture and its words, and tables wait, until there is an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import streamlit as st

from app import photograph, text
from app.components.canvas import FILL, canvas
from app.components.prose import prose
from app.controls import fields_of
from app.drawings import BesideView, View
from app.state import listed, put, put_all, unknown
from app.views import show
from irnet.comparison.changes import count_records
from irnet.comparison.side_by_side import changed_knobs
from irnet.diagrams.graph_builder import FLOWS
from irnet.diagrams.nested import LEVELS, Expansion, revealing, shown_block
from irnet.diagrams.overlay import EDGES, OVERLAYS, PHOTOGRAPH
from irnet.edit import apply
from irnet.lessons import lesson_named
from irnet.lessons.check import is_right, networks_of, paths_of, right
from irnet.lessons.form import unpack
from irnet.lessons.hide import hide, number_to_hide
from irnet.lessons.prose import Piece, bare, paragraphs
from irnet.lessons.value import Lesson, Question, Step
from irnet.models import PRESETS, recipe_of
from irnet.models.recipe import knobs, limits
from irnet.provenance.ledger import ledger, records
from irnet.provenance.quantities import fill, network_of, number
from irnet.spec import Edit, Network

# Parameters of the address: which lesson, which step, what the reader chose in its picture, how the page is shown.
LESSON, SHARED, STEP, BOX, TURNED, ALL, PRESENT = "lesson", "shared", "step", "box", "turned", "all", "present"
NONE = "none"  # in the address: every box was shut, though the step opens some
AS_SET = "as-set"  # in the session: the controls of the next step that is shown are to be as its author set them
PROGRESS = "progress"  # in the session: of every lesson that was begun, the step and whether its end was reached
ANSWERS = "answers"  # in the session: predictions by the key of their step; None where the answer was only asked for
FADE = "fade"
WORDS = {"level": "Open down to", "overlay": "Colour by", "edges": "Arrow width", "flow": "Direction"}
OPTIONS: dict[str, tuple[str, ...]] = {"level": LEVELS, "overlay": OVERLAYS, "edges": EDGES, "flow": FLOWS}
CONTROLS = (*OPTIONS, FADE)
PICTURE = "picture"  # one canvas for all steps, so that none is left beside the next
HEIGHT = "var(--canvas-height, 640px)"  # a phone has less of it
LARGE = "max(20rem, calc(100vh - 19rem))"  # all that title, question and buttons leave of a screen


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


def open_lesson(name: str, i: int = 0) -> None:
    """Open a ready lesson at a step, or with "" the shelf of all.

    A link would not do on the page that is open: Streamlit would show the lesson, and leave the address as it was.
    """
    forget({LESSON: name, SHARED: "", STEP: str(i + 1) if i else "", PRESENT: ""})
    st.session_state[ALL] = False


def go(to: int) -> None:
    """Turn to a step, as its author set it."""
    forget({STEP: str(to + 1) if to else ""})


def forget(more: Mapping[str, str] = MappingProxyType({})) -> None:
    """Drop what the reader chose in the picture of a step; `more` is changed in the address in the same step."""
    put_all({BOX: "", TURNED: ""} | dict(more))
    st.session_state[AS_SET] = True


def turning(lesson: Lesson, i: int, *, large: bool = False) -> None:
    """Back and next, also by the arrow keys."""
    kind: Any = "secondary" if large else "primary"
    wide: Any = {"width": "stretch", "on_click": go}
    last = i == len(lesson.steps) - 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back", icon=":material/arrow_back:", disabled=i == 0, args=(i - 1,), shortcut="Left", **wide)
        st.markdown(f"Step {i + 1} of {len(lesson.steps)}", text_alignment="center", width="content")
        st.button(
            "Next", icon=":material/arrow_forward:", disabled=last, args=(i + 1,), shortcut="Right", type=kind, **wide
        )


@st.fragment
def step(lesson: Lesson, i: int, *, alone: bool = True) -> None:
    """One step; where it does not stand `alone`, its picture is its author's and has no state in the address."""
    here, key = lesson.steps[i], f"{lesson.id}.{i}"
    network, hidden = networks_of(here)[0], hidden_number(here, key)
    picked = selected_box(here) if alone else here.selected
    with st.container(key=f"lesson-step-{i}"):
        left, beside = st.columns([5, 7], gap="large")
    with left:
        st.header(text.plain(here.title))
        prose(
            paragraphs(hide(fill(here.prose, network), hidden)),
            picked,
            key=f"prose.{key}",
            paths=paths_of(here),
            on_click=_choice_in_view() if alone else _nothing,
            page=f"Step {i + 1} of {len(lesson.steps)}: {here.title}" if alone else "",
        )
        question(here, network, key)
        if alone:
            _place(here, picked)
    with beside, st.container(key=f"lesson-picture-{i}"):
        picture(here, picked, key, alone=alone, height=FILL if alone else HEIGHT)
    if here.table and is_unanswered(here, key):
        with st.container(key=f"not-printed-table-{i}"):
            st.caption(text.TABLE_WAITS)
    else:
        table(here, key)  # below both: a column has no room for its numbers


def picture(here: Step, picked: str, key: str, *, alone: bool, height: str, controls: bool = True) -> None:
    """The picture of a step with its controls, its notes pinned to it and told below."""
    found, hidden = paths_of(here), hidden_number(here, key)
    if alone:
        show.ignored_line(unknown({BOX: found, TURNED: (*found, NONE)}))
    values = _controls(here, key) if alone and controls else {}
    toggled = _toggled(here) if alone else frozenset(here.turned)
    view = view_of(here, values, toggled, picked, hidden=hidden, colours=not _waits(here, key))
    choose = _choice_in_view() if alone else _nothing
    own = PICTURE if alone else f"{PICTURE}.{key}"
    looks = photograph.looks(view, picked, None)
    with photograph.expected(looks) as pictures:
        canvas(
            view,
            picked if picked in view.paths else "",
            key=own,
            height=height,
            on_click=choose,
            on_toggle=partial(_turn, toggled) if alone else _nothing,
            on_shut=partial(put, TURNED, NONE),
            pins={note.box: str(n + 1) for n, note in enumerate(here.notes)},
            **pictures,
        )
        with show.refusals():
            for look in looks:
                look.show()
    if here.notes:
        network = networks_of(here)[0]
        pieces = [
            (Piece(f"{n + 1}", "word", note.box), Piece(f"  {hide(fill(note.text, network), hidden)}"))
            for n, note in enumerate(here.notes)
        ]
        prose(pieces, picked, key=f"notes.{own}", paths=found, on_click=choose)


def selected_box(here: Step) -> str:
    """The box that the reader chose, else the one that the step points at."""
    asked_for = st.query_params.get(BOX, "")
    return asked_for if asked_for in paths_of(here) else here.selected


def _toggled(here: Step) -> frozenset[str]:
    """The boxes that the address says were opened or shut, else those of the step."""
    return listed(TURNED, paths_of(here)) if st.query_params.get(TURNED) else frozenset(here.turned)


def _nothing(path: str) -> None:
    """Where many pictures are on one page, the address has no room for what is chosen in each."""
    del path


def _choice_in_view() -> Callable[[str], None]:
    """How to choose a box in the view that is shown, also where the browser's address is older than it."""
    shown = st.query_params.get(TURNED, "")
    return lambda path: put_all({TURNED: shown, BOX: path})


def _turn(toggled: frozenset[str], path: str) -> None:
    put_all({TURNED: ",".join(sorted(toggled ^ {path})) or NONE, BOX: path})


def view_of(
    here: Step, values: Mapping[str, Any], toggled: frozenset[str], picked: str, *, hidden: str, colours: bool
) -> View | BesideView:
    """What the picture of a step shows with its controls at `values`; colours of amounts only where they may be."""
    level = LEVELS.index(values.get("level", here.level))
    flow, networks = values.get("flow", here.flow), networks_of(here)
    if len(networks) > 1:
        fade = values.get(FADE, here.fade)
        pictures = values.get("overlay", here.overlay) == PHOTOGRAPH
        return BesideView(
            networks=networks,
            level=level,
            toggled=toggled,
            ghosts=fade,
            flow=flow,
            pictures=pictures,
            hidden=hidden,
        )
    turned = [Edit("", name, value) for name, value in values.items() if name not in CONTROLS]
    network = network_of(apply(networks[0], turned).label) if turned else networks[0]
    opened = Expansion(level, toggled, shown_block(network, picked))
    opened = revealing(network, opened, picked) if picked else opened
    overlay = values.get("overlay", here.overlay) if colours else OVERLAYS[0]
    edges = values.get("edges", here.edges)
    return View(network=network, opened=opened, overlay=overlay, edges=edges, flow=flow, hidden=hidden)


def question(here: Step, network: Network, key: str) -> None:
    """The question of a step, to be predicted; the answer comes with the prediction, or where it is asked for."""
    if not (asked := here.question):
        return
    answers = st.session_state.setdefault(ANSWERS, {})
    guess, field = answers.get(key), f"guess.{key}"
    with st.container(border=True, key=f"question-{key.replace('.', '-')}"):
        st.markdown(f"**Predict first.** {_plain(asked.text, network)}")
        with st.form(f"form.{key}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            if asked.choices:
                choices = [fill(choice, network) for choice in asked.choices]
                first = choices.index(guess) if guess in choices else None
                st.radio("Your prediction", choices, index=first, key=field, format_func=text.plain)
            else:
                st.number_input("Your prediction", value=guess, step=1.0, format="%g", key=field)
            st.form_submit_button("Check", on_click=_answer, args=(key,))
        if key not in answers:
            reveal_button(key)
            return
        if guess is not None:
            good = is_right(asked, network, guess)
            st.badge(
                "Right" if good else "Not quite",
                icon=f":material/{'check' if good else 'close'}:",
                color="green" if good else "orange",
            )
        st.markdown(answer_text(asked, network))


def answer_text(asked: Question, network: Network) -> str:
    """The answer and why, as Markdown."""
    answer = right(asked, network)
    short = answer if isinstance(answer, str) else number(answer)
    return f"**{text.plain(short)}.** {_plain(asked.explanation, network)}"


def reveal_button(key: str) -> None:
    """A button that shows the answer without a prediction."""
    st.button("Show the answer", key=f"reveal.{key}", type="tertiary", on_click=_answer, args=(key, True))


def _answer(key: str, shown: bool = False) -> None:
    """Remember the prediction of a step, if there is one or the answer is to be shown without."""
    guess = None if shown else st.session_state.get(f"guess.{key}")
    if shown or guess is not None:
        st.session_state[ANSWERS] = st.session_state.get(ANSWERS, {}) | {key: guess}


def is_unanswered(here: Step, key: str) -> bool:
    """Whether the question of a step still waits for an answer."""
    return here.question is not None and key not in st.session_state.get(ANSWERS, {})


def hidden_number(here: Step, key: str) -> str:
    """The number that the step may not show yet."""
    return number_to_hide(here) if is_unanswered(here, key) else ""


def _waits(here: Step, key: str) -> bool:
    """Whether the colours of amounts wait: they would show which of the choices is right."""
    return is_unanswered(here, key) and bool(here.question and here.question.choices)


def _plain(words: str, network: Network) -> str:
    return text.plain(bare(fill(words, network)))


def table(here: Step, key: str) -> None:
    """The table of a step, if it has one."""
    networks = networks_of(here)
    match here.table:
        case "knobs":
            show.changes(changed_knobs(*networks), networks, f"{key}.knobs")
        case "parameters" | "MACs":
            counts = count_records("params" if here.table == "parameters" else "macs", *networks)
            show.small(counts, f"{key}.counts", alt=f"{here.table} of the networks, part by part")
        case "ledger":
            lines, alt = records(ledger(networks[0])), "What three counters count, and what they leave out"
            show.small(lines, f"{key}.ledger", alt=alt, nothing="")


def field_of_control(name: str) -> str:
    """The parameter of the address that a control has: not that of another page, which would get lost on the way."""
    return f"knob.{name}"


def _controls(here: Step, key: str) -> dict[str, Any]:
    """What the controls that the step has are set to."""
    renewed = st.session_state.pop(AS_SET, False)
    names = [name for name in here.controls if not (name == "overlay" and _waits(here, key))]
    if not names:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return {name: _control(here, name, renewed=renewed) for name in names}


def _control(here: Step, name: str, *, renewed: bool) -> Any:
    """One control of a step's picture; what it is set to. Once `renewed` it is as the step has it."""
    key, network = field_of_control(name), networks_of(here)[0]
    value: Any = getattr(here, name) if name in CONTROLS else knobs(recipe_of(network))[name]
    bound: Any = {"key": key, "bind": "query-params"}
    if renewed and key in st.session_state:
        st.session_state[key] = value
    if name in ("level", "flow"):
        return st.segmented_control(WORDS[name], OPTIONS[name], default=value, required=True, **bound)
    if name in OPTIONS:
        return st.selectbox(WORDS[name], OPTIONS[name], OPTIONS[name].index(value), width=220, **bound)
    if name == FADE:
        return st.toggle("Fade what is the same", value, **bound)
    limit = limits(recipe_of(network))[name]
    if isinstance(value, bool):
        return st.toggle(limit.help, value, **bound)
    low, high, by = (type(value)(end) for end in (limit.low, limit.high, limit.step))
    return st.slider(limit.help, low, high, value, by, width=280, **bound)


def _place(here: Step, picked: str) -> None:
    """A link to where the step's networks are explored, or compared, just as the step shows them."""
    first, *others = networks_of(here)
    if recipe_of(first).network(first.name) != first:
        return  # no control of those pages says what was changed in it
    if not others:
        view = {"level": here.level, "overlay": here.overlay, "edges": here.edges, "flow": here.flow}
        address = _knobs(first) | _unusual(view) | _fields(turned=",".join(here.turned), box=picked)
        st.page_link("app/pages/network.py", label="Open in Network", icon=":material/schema:", query_params=address)
        return
    plain = [other.name for other in others if not other.edits]
    edited = [other.label for other in others if other.edits]
    address = _knobs(first) | {"with": plain} | _unusual({"down": here.level, "flow": here.flow})
    address |= _fields(edited="; ".join(edited), fade="true" if here.fade else "")
    if [*plain, *edited] == [other.label for other in others]:  # else the networks stand in another order there
        address |= _fields(opened=",".join(here.turned), place=picked)
    st.page_link(
        "app/pages/compare.py", label="Open in Compare", icon=":material/compare_arrows:", query_params=address
    )


def _fields(**fields: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value}


def _unusual(view: Mapping[str, str]) -> dict[str, str]:
    """What is not as those pages have it anyway: Streamlit would take the rest out, each in a step of its history."""
    usual = {LEVELS[0], OVERLAYS[0], EDGES[0], FLOWS[0]}
    return {key: value for key, value in view.items() if value not in usual}


def _knobs(network: Network) -> dict[str, Any]:
    """The address of a preset with the knobs that are turned in it."""
    name, usual = network.name, fields_of(network.name, PRESETS[network.name])
    turned = {key: value for key, value in fields_of(name, recipe_of(network)).items() if value != usual[key]}
    return {"model": name} | {key: str(value).lower() for key, value in turned.items()}
