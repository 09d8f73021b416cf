"""What if: a network whose places are changed by hand, beside the original, without torch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import streamlit as st

from app import edits, text
from app.components.canvas import canvas
from app.controls import Choice, address, editing, reset
from app.drawings import View
from app.explorer import BOX, TURNED, box_field, choice_in_view, toggled, turn
from app.opened import opened
from app.state import put
from app.views import head, show
from app.views.show import refusals
from irnet.codegen import code
from irnet.codegen.snippets import constructor
from irnet.comparison.changes import COUNTS, PARTS, TOTAL, compare, grid_changes, grid_sentence, part_counts
from irnet.comparison.side_by_side import all_changes
from irnet.diagrams.nested import Expansion, revealing, shown_block
from irnet.edit.document import LARGEST, document, read_document
from irnet.edit.history import History
from irnet.edit.settings import Setting, moves, settings, standing
from irnet.edit.validate import validate
from irnet.models.recipe import Limits
from irnet.spec import Edit, Network, Value
from irnet.tree import parent_of, resolve
from irnet.tree.saved import saved_bytes
from irnet.tree.totals import stages
from irnet.units import change, exact, short

SEEN, TURN = "edit.seen", "edit.turn"  # in the session: what the fields show, and how often they were renewed
UPLOAD = "edit.file"
SIDES = ("height", "width")
FORMER = {"Take away": "Export", "Load": "Import"}  # as older links call the tabs


def toolbar(choice: Choice) -> None:
    """Undo, redo and reset, and the list of edits with the place in it."""
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
    st.selectbox("Step", steps, key="edit.step", on_change=_jump, args=(choice.original, made, steps))


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


def panel(choice: Choice, chosen: str) -> None:
    """What can be changed at the chosen box; the knobs of the whole network are in the panel under the bar."""
    if not chosen:
        st.caption(text.EDIT)
        return
    made, network = edits.history_of(choice.preset), choice.network
    if made.full:
        st.caption(text.EDITS_FULL)
        return
    st.markdown(f"**{text.plain(resolve(network)[chosen].title)}**")
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
    for move in moves(network, chosen):
        st.button(move.label, key=f"move.{move.edit.text}", on_click=change, args=(move.edit,))
    if not found:
        st.caption(text.NOTHING_TO_EDIT)
    show.pairs({"Source": resolve(network)[chosen].source.ref})


def _turn(choice: Choice) -> int:
    """How often the network was changed otherwise than by the fields of the box, as by Undo or under Change."""
    if st.session_state.get(SEEN) != _before_and_edits(choice):
        st.session_state[TURN] = st.session_state.get(TURN, -1) + 1
        st.session_state[SEEN] = _before_and_edits(choice)
    return int(st.session_state[TURN])


def _before_and_edits(choice: Choice) -> tuple[str, str]:
    """The network before the edits, and the edits."""
    return choice.original.label, edits.history_of(choice.preset).text


def setting_widget(setting: Setting, value: Value, change: Callable[[Edit], None], turn: int) -> None:
    """The widget of one setting, which shows `value`; a pair has two.

    A field keeps the keyboard while its number changes; in another `turn` it is another field, so that what a browser
    still says of the last one is not taken for a reader's change.
    """
    key = f"set.{turn}.{setting.where}.{setting.what}"
    whole = isinstance(setting.value, tuple)
    parts = SIDES if whole else ("",)
    values: tuple[Any, ...] = value if isinstance(value, tuple) else (value,) * len(parts)
    if setting.limits:
        values = tuple(_within(setting.limits, shown) for shown in values)
    keys = [f"{key}.{part}" for part in parts]
    on_change = partial(_on_change, setting, dict(zip(keys, values, strict=True)), change)
    for own, part, shown in zip(keys, parts, values, strict=True):
        label = f"{setting.label}: {part}" if part else setting.label
        st.session_state[own] = shown
        if setting.limits is None:
            st.selectbox(label, setting.options, key=own, on_change=on_change)
        elif isinstance(shown, bool):
            st.toggle(label, key=own, on_change=on_change)
        elif isinstance(shown, int | float):
            _number(label, own, setting.limits, type(shown), on_change)


def _within(limit: Limits, value: Value) -> Value:
    """The nearest value that a field can show."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return type(value)(min(max(value, limit.low), limit.high))


def _number(label: str, key: str, limit: Limits, kind: type[int] | type[float], on_change: Callable[[], None]) -> None:
    st.number_input(
        label,
        kind(limit.low),
        kind(limit.high),
        step=kind(limit.step),
        format="%d" if kind is int else "%g",
        key=key,
        on_change=on_change,
    )


def _on_change(setting: Setting, shown: dict[str, Value], change: Callable[[Edit], None]) -> None:
    """Hand on what the widgets of a setting say, if it is not what they were shown with.

    Streamlit also calls this for a widget that has left the page, when a browser that does not know it yet says its
    value once more.
    """
    now = {key: st.session_state[key] for key in shown}
    if now == shown:
        return
    values: list[Any] = [float(f"{value:.6g}") if isinstance(value, float) else value for value in now.values()]
    change(setting.edit((values[0], values[1]) if len(values) == 2 else values[0]))


def figures(choice: Choice) -> None:
    """Key numbers, with how much they differ from the original's; grey where an edit is refused."""
    original, network = choice.original, choice.network
    counts = part_counts(original, network)[TOTAL]
    counts |= {"saved": (saved_bytes(original, 1), saved_bytes(network, 1))}
    counts["field"] = (_field(original), _field(network))
    figures = {
        "Parameters": ("params", "", "Weights and biases, batch norm's included"),
        "MACs": ("macs", "", "Multiply-accumulates in convolutions and linear layers, one image"),
        "Receptive field": ("field", "px", "Longer side of what an output of the last block sees"),
        "Activations": ("activation_bytes", "B", "Outputs of convolutions and linear layers in float32, one image"),
        "Training memory": ("saved", "B", "What a training step keeps for its way back in float32, one image"),
    }
    key = "refused-figures" if choice.trial.refusal else "figures"
    with st.container(key=key), st.grid(len(figures), min_column_width=130, wrap=False):
        for label, (count, unit, help_) in figures.items():
            was, now = counts[count]
            written = f"{exact(now)} {unit}" if unit == "px" else short(now, unit)
            exactly = f"{help_}: {exact(now)} {unit}".rstrip()
            differs = _by(now - was, unit) if now != was else "as the original"
            st.metric(label, written, differs, "off", help=exactly, delta_arrow="off")
    below = st.container()  # always there, so that what follows stays where it is and keeps the keyboard
    if grids := grid_sentence(grid_changes(original, network)):
        below.caption(text.plain(grids))


def _by(amount: int, unit: str) -> str:
    """A difference, written as its number is."""
    return f"{'-' if amount < 0 else '+'}{short(abs(amount), unit)}" if unit == "B" else f"{change(amount)} {unit}"


def _field(network: Network) -> int:
    return max(stages(network)[-2].field.size)


def differences(original: Network, network: Network) -> None:
    """What differs from the original, and by how much part by part."""
    st.markdown(text.plain(compare(original, network).finding))
    show.changes(all_changes(original, network), (original, network), f"{network.name}.edits")
    records = [
        {"part": PARTS[part]}
        | {f"{COUNTS[count][0]}{by}": number for count in ("params", "macs") for by, number in _both(*counts[count])}
        for part, counts in part_counts(original, network).items()
        if part != TOTAL and any(len(set(counts[count])) > 1 for count in ("params", "macs"))
    ]
    if records:
        show.table(records, f"{network.name}.parts", alt="Parameters and MACs of the parts that differ")


def _both(was: int, now: int) -> tuple[tuple[str, int], ...]:
    """A count and its difference to the original's, with what to put behind its name."""
    return ("", now), (", more than the original", now - was)


def to_compare(choice: Choice) -> None:
    """The way to the Compare page, with the edited network first and the original beside it."""
    original = choice.original
    beside = {"edited": original.label} if original.edits else {"with": original.name}
    st.page_link(
        "app/pages/compare.py",
        label="Compare with the original",
        icon=":material/compare_arrows:",
        query_params=address() | beside,
    )


def take_away(choice: Choice) -> None:
    """The edited network as JSON, as a call and as PyTorch source."""
    network, done = choice.network, edits.history_of(choice.preset).done[: choice.trial.applied]
    st.code(constructor(network), language="python", wrap_lines=True)
    show.downloads({f"{network.name}.edits.json": lambda: document(choice.original, done).encode()})
    source = st.expander("PyTorch source", key="source", on_change="rerun", bind="query-params")
    if source.open:
        with source:
            show.downloads({f"{network.name}.py": lambda: code(network).encode()})
            st.code(code(network), language="python", wrap_lines=True)


def bring() -> None:
    """A field for a file with edits; what is wrong with one is told."""
    given = st.file_uploader("Load edits", "json", key=UPLOAD, on_change=_load, help=_saved_edits(), max_upload_size=1)
    if given:
        read_document(given.getvalue())  # what it refuses is shown in its place


def _saved_edits() -> str:
    return text.EDITS_UPLOAD.format(LARGEST // 1000)


def _load() -> None:
    given = st.session_state[UPLOAD]
    if not given:
        return
    try:
        original, found = read_document(given.getvalue())
    except ValueError:  # told when the page is drawn
        return
    another = st.session_state["model"] != original.name
    st.session_state["model"] = original.name
    reset(original.name)
    edits.keep(original.name, History(found, len(found)))
    if another:  # a field that is first drawn with a value keeps it out of the address
        for key, value in edits.parameter(original).items():
            put(key, value)


if opened():
    st.title("Edit")
    st.info(text.OPEN_EDIT, icon=":material/edit_off:")
    st.stop()
choice = editing()
with st.container():  # what it says changes; what is below stays where it is, and keeps the keyboard
    head.heading("Edit", choice.network)
figures(choice)
shown, controls = st.columns([3, 1], gap="medium")
with controls:
    toolbar(choice)
    refusal(choice)
    box = box_field(choice.network)
with shown:
    diagram(choice, box)
with controls:
    panel(choice, box)
    to_compare(choice)
if (tab := st.query_params.get("edit")) in FORMER:
    st.session_state["edit"] = FORMER[str(tab)]
differs, away, bring_in = st.tabs(
    ["What differs", "Export", "Import"], key="edit", on_change="rerun", bind="query-params"
)
if differs.open:
    with differs:
        differences(choice.original, choice.network)
if away.open:
    with away:
        take_away(choice)
if bring_in.open:
    with bring_in, refusals():
        bring()
