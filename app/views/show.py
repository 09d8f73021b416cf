"""How results are put on a page: a table with its file, a chart with its description, a picture with its files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

from app import text
from app.cache import picture
from app.views.charts import CONFIG
from irnet.codegen import code
from irnet.comparison.side_by_side import Changes
from irnet.diagrams import FORMATS
from irnet.diagrams.tabular import comma_separated
from irnet.diagrams.theme import THEMES
from irnet.html import table as as_html
from irnet.spec import Network
from irnet.tree import stage_of
from irnet.units import exact, grid

Records = Sequence[Mapping[str, Any]]
MIME = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "dot": "text/vnd.graphviz",
    "html": "text/html",
    "csv": "text/csv",
}


SHORT = 20  # rows that are shown without scrolling
LONG = 40  # letters
LETTER, PADDING = 7, 22  # pixels: of a letter in a table, at most in the mean, and around a cell
LABELS = {
    "params": "parameters",
    "macs": "MACs",
    "input_shape": "input",
    "share of macs": "share of MACs",
    "fvcore_total": "fvcore in all",
    "not_counted": "calls not counted",
}


def table(
    records: Records,
    name: str,
    *,
    alt: str,
    decimals: int | None = None,
    row: int | None = None,
    on_row: Callable[[int], None] | None = None,
) -> None:
    """Records as a table that sorts and searches, with its CSV and JSON below.

    Whole numbers are shown in full, others with four digits or so many `decimals`. With `on_row`, which gets the
    number of a row that is chosen, `row` is shown as the chosen one.
    """
    plain = [{key: _plain(value, key) for key, value in record.items()} for record in records]
    height: Literal["content", "auto"] = "content" if len(plain) <= SHORT else "auto"
    config = columns(plain, decimals)
    if on_row is None:
        st.dataframe(plain, hide_index=True, alt=alt, height=height, column_config=config)
    else:
        key = f"rows.{name}"
        st.session_state[key] = {"selection": {"rows": [] if row is None else [row], "columns": [], "cells": []}}
        st.dataframe(
            plain,
            hide_index=True,
            alt=alt,
            height=height,
            column_config=config,
            key=key,
            on_select=partial(_chosen_row, key, len(plain), on_row),
            selection_mode="single-row",
        )
    _files(plain, records, name)


def _chosen_row(key: str, count: int, on_row: Callable[[int], None]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and 0 <= rows[0] < count:  # what comes from a browser is checked again
        on_row(rows[0])


def ignored_line(sentences: Sequence[str]) -> None:
    """One line for everything that was asked for and is not there."""
    for sentence in sentences:
        st.warning(text.plain(sentence), icon=":material/link_off:")


def prose(records: Records, name: str, *, alt: str, shown: Records | None = None) -> None:
    """Records with long texts, which wrap, with their CSV and JSON below; `shown` is how the page writes them."""
    st.table(list(shown or records), hide_index=True, border="horizontal", alt=alt)
    take_away(records, name)


def small(records: Records, name: str, *, alt: str, decimals: int | None = None, nothing: str = "-") -> None:
    """A few records as a table that is there at once, breaks long lines and prints, with its CSV and JSON below.

    The table that sorts and searches brings pandas to the server and most of a second of scripts to the browser, and
    the first page would wait for both.
    """
    titled = [{_title(key): _plain(value, key) for key, value in record.items()} for record in records]
    made = as_html(titled, len(titled), decimals, alt, nothing)
    kind = "small-table wordy" if wordy(records) else "small-table"
    st.html(f'<div class="{kind}" role="region" aria-label="{escape(alt)}" tabindex="0">{made}</div>')
    take_away(records, name)


def wordy(records: Records) -> bool:
    """Whether a cell has so many words that they had better be broken into lines."""
    return any(len(str(value)) > LONG for record in records for value in record.values())


def _title(key: str) -> str:
    """What stands above a column; the label of a network may be broken after a dot or an underscore."""
    return LABELS.get(key, re.sub(r"([_.])", "\\1\u200b", key) if ":" in key else key)


def take_away(records: Records, name: str) -> None:
    """CSV and JSON of records that are shown in another way than as a table."""
    _files([{key: _plain(value, key) for key, value in record.items()} for record in records], records, name)


def _files(plain: Records, records: Records, name: str) -> None:
    with st.container(horizontal=True):
        _file("CSV", name, "csv", "text/csv", lambda: comma_separated(plain).encode())
        _file("JSON", name, "json", "application/json", lambda: json.dumps(list(records), indent=2).encode())


def columns(records: Records, decimals: int | None = None) -> dict[str, Any]:
    """How the columns of records are shown: each as wide as what is in it, whole numbers in full."""
    found: dict[str, Any] = {}
    for key in records[0] if records else ():
        values, label = (
            [record[key] for record in records],
            LABELS.get(key, key if ":" in key else key.replace("_", " ")),
        )
        numbers = all(value is None or isinstance(value, int | float) for value in values)
        if numbers and any(isinstance(value, float) for value in values):
            form = "%.4g" if decimals is None else f"%.{decimals}f"
            width = _width(label, ("None" if value is None else form % value for value in values))
            found[key] = st.column_config.NumberColumn(label, format=form, width=width)
        elif numbers and any(isinstance(value, int) for value in values):
            width = _width(label, ("None" if value is None else exact(value) for value in values))
            found[key] = st.column_config.NumberColumn(label, format="localized", width=width)
        else:
            found[key] = st.column_config.TextColumn(label, width=_width(label, map(str, values)))
    return found


def _width(label: str, texts: Iterable[str]) -> int:
    """Pixels in which a column shows all that is in it: left alone, the browser cuts what is wider than most."""
    return PADDING + LETTER * max(len(text) for text in (label, *texts))


def _plain(value: Any, key: str) -> Any:
    if key.endswith("shape"):
        return grid((value[0], value[1], value[2]))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item:,}" for key, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _file(label: str, name: str, ending: str, mime: str, data: Any, *, key: str = "", tip: str = "") -> None:
    st.download_button(
        label,
        data,
        f"{name}.{ending}",
        mime,
        key=f"{key or name}.{ending}",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        help=tip or None,
    )


def offer(name: str, made: Mapping[str, Callable[[], bytes]]) -> None:
    """Files by their endings, made when they are asked for."""
    with st.container(horizontal=True):
        for ending, make in made.items():
            _file(ending.upper(), name, ending, MIME.get(ending, "application/octet-stream"), make)


def chart(figure: go.Figure, key: str, *, alt: str) -> None:
    """A chart and what it shows in words."""
    st.plotly_chart(figure, key=key, config=CONFIG, alt=alt)


def files(network: Network, stage: str = "", index: int = 0, *, key: str) -> None:
    """The picture as files, in a theme of the reader's choice, and the network as PyTorch source; made on opening."""
    opened = st.popover("Download", icon=":material/download:", key=f"{key}.open", on_change="rerun")
    if not opened.open:
        return
    with opened:
        theme = st.segmented_control(
            "Theme of the file", list(THEMES), default="light", key=f"{key}.theme", required=True, bind="query-params"
        )
        name = ".".join(part for part in (network.name, stage or "overview", theme) if part)
        with st.container(horizontal=True):
            for form in FORMATS:
                _file(form.upper(), name, form, MIME[form], _drawing(network, form, stage, theme, index), key=key)
            _file("PyTorch source", network.name, "py", "text/x-python", lambda: code(network).encode(), key=key)


def downloads(files: Mapping[str, Callable[[], bytes]], helps: Mapping[str, str], key: str) -> None:
    """One button a file, by its name; it is made when it is asked for."""
    with st.container(horizontal=True):
        for file, data in files.items():
            name, _, form = file.rpartition(".")
            _file(form.upper(), name, form, MIME.get(form, "text/plain"), data, key=key, tip=helps.get(form, ""))


def _drawing(network: Network, form: Any, stage: str, theme: str, index: int) -> Any:
    return lambda: picture(network, form, stage, theme, index)


def figures(values: Mapping[str, str], helps: Mapping[str, str] | None = None) -> None:
    """Key numbers in a row."""
    with st.grid(len(values), min_column_width=130):
        for label, value in values.items():
            st.metric(label, value, border=True, help=(helps or {}).get(label))


def pairs(values: Mapping[str, str]) -> None:
    """Names and values, one below the other."""
    st.table(
        [{"": name, "value": value} for name, value in values.items()],
        hide_index=True,
        hide_header=True,
        border="horizontal",
    )


def changes(found: Sequence[Changes], networks: Sequence[Network], name: str) -> None:
    """What differs, one column a network, and what the sources say of it; or that nothing does."""
    if not found:
        st.caption(text.NOTHING_DIFFERS)
        return
    labels = [f"{i + 1}: {network.label}" for i, network in enumerate(networks)]
    records = [
        {"where": one.where}
        | {label: "not there" if value is None else str(value) for label, value in zip(labels, one.values, strict=True)}
        | ({"why": one.why} if any(other.why for other in found) else {})
        for one in found
    ]
    small(records, name, alt=f"What differs between {', '.join(labels)}: {name.rpartition('.')[2]}")
    for why in dict.fromkeys(one.why for one in found if one.why):
        places = dict.fromkeys(stage_of(one.where).split(":")[0] for one in found if one.why == why)
        st.markdown(f"**{', '.join(places)}**: {why}")
