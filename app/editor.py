"""The editor: what the chosen box lets itself be changed to, undo and redo, and a way out where an edit can't be."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from app import edits, text
from app.components.canvas import canvas
from app.controls import Choice
from app.drawings import View
from app.explorer import BOX, TURNED, box_field, choice_in_view, select, toggled, turn
from app.state import put
from app.views import show
from app.views.settings import setting_widget
from irnet.diagrams.nested import Expansion, revealing, shown_block
from irnet.edit.history import History
from irnet.edit.settings import moves, settings, standing
from irnet.edit.validate import validate
from irnet.spec import Edit, Network, Value
from irnet.tree import parent_of, resolve
from irnet.units import exact

SEEN, TURN = "edit.seen", "edit.turn"  # in the session: what the fields show, and how often they were renewed


def toolbar(choice: Choice) -> None:
    """Undo, redo, reset, and the list of edits with the place in it."""
    made = edits.history_of(choice.preset)
    acts = (
        ("Undo", "undo", made.position - 1, "Mod+Z", not made.position),
        ("Redo", "redo", made.position + 1, "Mod+Shift+Z", made.position == len(made.edits)),
        ("Reset", "restart_alt", 0, None, not made.position),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, icon, to, keys, off in acts:
            st.button(
                label,
                key=f"edit.{label.lower()}",
                icon=f":material/{icon}:",
                disabled=off,
                on_click=_go,
                args=(choice.original, made.at(to)),
                shortcut=keys,
            )
        steps = ["The original", *(f"{exact(i + 1)}. {edit.text}" for i, edit in enumerate(made.edits))]
        st.session_state["edit.step"] = steps[made.position]
        st.selectbox("Step", steps, key="edit.step", on_change=_jump, args=(choice.original, made, steps), width=330)


def _jump(original: Network, made: History, steps: list[str]) -> None:
    _go(original, made.at(steps.index(st.session_state["edit.step"])))


def _go(original: Network, made: History) -> None:
    """Keep edits, and choose what is still there of the chosen box."""
    edits.keep(original.name, made)
    with suppress(ValueError):  # the original can't be either: the page says so
        found = resolve(validate(original, made.done).network)
        path = st.session_state.get(BOX, "")
        while path and path not in found:
            path = parent_of(path)
        st.session_state[BOX] = path
        put(TURNED, ",".join(at for at in st.query_params.get(TURNED, "").split(",") if at in found))


def refusal(choice: Choice) -> None:
    """The first edit that can't be: why, the nearest that can as a button, and a way without it."""
    refusal = choice.trial.refusal
    if not refusal:
        return
    made = edits.history_of(choice.preset)
    st.error(text.plain(f"Step {refusal.edit + 1}. {refusal.reason}."), icon=":material/block:")
    with st.container(horizontal=True):
        ways: list[tuple[str, str, tuple[Edit, ...]]] = [("Leave it out", "close", ())]
        if refusal.fix:
            ways.insert(0, (f"Use {text.plain(refusal.fix.text)}", "healing", (refusal.fix,)))
        for label, icon, instead in ways:
            to = made.replaced(refusal.edit, instead)
            st.button(label, icon=f":material/{icon}:", on_click=_go, args=(choice.original, to))


def diagram(choice: Choice, chosen: str) -> None:
    """The edited network as a canvas; what differs is marked, and the first box that can't be is red."""
    network, refusal = choice.network, choice.trial.refusal
    wrong = standing(network, refusal.path) if refusal else ""
    opened = Expansion(0, toggled(network), shown_block(network, chosen or wrong))
    for path in filter(None, (chosen, wrong)):
        opened = revealing(network, opened, path)
    canvas(
        View(network=network, opened=opened, original=choice.original, refused=wrong),
        chosen,
        key="edit.canvas",
        on_click=choice_in_view(),
        on_toggle=lambda path: turn(opened, path),
        on_shut=lambda: put(TURNED, ""),
    )


def box(network: Network) -> str:
    """The field with the chosen box, and the way back to the whole network; returns its path."""
    chosen = box_field(network)
    if chosen:
        st.button("The whole network", icon=":material/arrow_back:", type="tertiary", on_click=select, args=("",))
    return chosen


def panel(choice: Choice, chosen: str) -> None:
    """What can be changed at the chosen box, or in the whole network."""
    made, network = edits.history_of(choice.preset), choice.network
    if made.full:
        st.caption(text.EDITS_FULL)
        return
    st.markdown(f"**{text.plain(resolve(network)[chosen].title if chosen else 'The whole network')}**")
    wanted = {(edit.where, edit.what): edit.value for edit in made.done[choice.trial.applied :]}

    def change(edit: Edit) -> None:
        _go(choice.original, made.with_edit(edit))

    def change_by_field(edit: Edit) -> None:
        change(edit)
        st.session_state[SEEN] = _before_and_edits(choice)

    found, now = settings(network, chosen), _turn(choice)
    with st.grid(2, min_column_width=120):
        for setting in found:
            value: Value = wanted.get((setting.where, setting.what), setting.value)
            setting_widget(setting, value, change_by_field, now)
    for move in moves(network, chosen) if chosen else ():
        st.button(move.label, key=f"move.{move.edit.text}", on_click=change, args=(move.edit,))
    if not found:
        st.caption(text.NOTHING_TO_EDIT)
    if chosen:
        show.pairs({"Source": resolve(network)[chosen].source.ref})


def _turn(choice: Choice) -> int:
    """How often the network was changed otherwise than by the fields of the panel, as by Undo or in the sidebar."""
    if st.session_state.get(SEEN) != _before_and_edits(choice):
        st.session_state[TURN] = st.session_state.get(TURN, -1) + 1
        st.session_state[SEEN] = _before_and_edits(choice)
    return int(st.session_state[TURN])


def _before_and_edits(choice: Choice) -> tuple[str, str]:
    """The network before the edits, and the edits."""
    return choice.original.label, edits.history_of(choice.preset).text
