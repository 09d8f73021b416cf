"""The steps of a network as a table whose rows are the boxes of the canvas, and the figures as files."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.state import choose_by_name
from app.views import show
from irnet.spec import Network
from irnet.tree import resolve
from irnet.tree.totals import records

HERE, ALL = "here", "all"
LABELS = {HERE: "Block of the chosen box", ALL: "Whole network"}


def steps(network: Network, chosen: str, on_choose: Callable[[str], None]) -> None:
    """The table, open where the reader opened it; the row of the chosen box is marked, and a row chooses its box."""
    names = LABELS | {stage.name: stage.title for stage in network.stages if stage.repeat}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = choose_by_name("Part", names, "stage")
        shown = resolve(network)[chosen].stage if part == HERE and chosen else part if part not in LABELS else ""
        show.files(network, shown, key="inside.file")
    table = st.expander("Steps as a table", key="steps", on_change="rerun", bind="query-params")
    if not table.open:
        return
    within = _block(network, chosen) if part == HERE else shown
    rows = records(network, within)
    paths = [str(row["path"]) for row in rows]
    first = resolve(network)[chosen].rows[0].path if chosen else ""
    with table:
        show.table(
            rows,
            f"{network.name}.{within or ALL}",
            alt=f"Every step of {within or network.label}",
            row=paths.index(first) if first in paths else None,
            on_row=lambda row: on_choose(paths[row]),
        )


def _block(network: Network, chosen: str) -> str:
    """The block that the chosen box is or lies in; its stage if it is one, "" if nothing is chosen."""
    while chosen and resolve(network)[chosen].level not in ("stage", "block"):
        chosen = resolve(network)[chosen].parent
    return chosen
