"""What edits come to: numbers beside the original's, what differs, and the network to take away or to bring."""

from __future__ import annotations

import streamlit as st

from app import edits, text
from app.controls import Choice, address, reset
from app.state import put
from app.views import show
from irnet.codegen import code
from irnet.codegen.snippets import constructor
from irnet.comparison.changes import COUNTS, PARTS, TOTAL, compare, grid_changes, grid_sentence, part_counts
from irnet.comparison.side_by_side import all_changes
from irnet.edit.document import LARGEST, document, read_document
from irnet.edit.history import History
from irnet.spec import Network
from irnet.tree.saved import saved_bytes
from irnet.tree.totals import stages
from irnet.units import change, exact, short

UPLOAD = "edit.file"


def figures(original: Network, network: Network) -> None:
    """Key numbers, with how much they differ from the original's."""
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
    with st.grid(len(figures), min_column_width=130):
        for label, (count, unit, help_) in figures.items():
            was, now = counts[count]
            written = f"{exact(now)} {unit}" if unit == "px" else short(now, unit)
            exactly = f"{help_}: {exact(now)} {unit}".rstrip()
            differs = f"{change(now - was)} {unit}" if now != was else "as the original"
            st.metric(label, written, differs, "off", help=exactly, border=True, delta_arrow="off")
    below = st.container()  # always there, so that what follows stays where it is and keeps the keyboard
    if grids := grid_sentence(grid_changes(original, network)):
        below.caption(text.plain(grids))


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
