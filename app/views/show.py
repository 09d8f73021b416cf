"""How results are put on a page: a table with its file, a chart with its description, a picture with its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from html import escape
from typing import Any, Literal

import pyarrow
import streamlit as st

from app import text
from app.server.cache import picture
from irnet.charts import Chart, Heat, Tiles, to_file, to_plotly, to_vega
from irnet.codegen import code
from irnet.comparison.side_by_side import Changes, change_records, partners
from irnet.diagrams import FORMATS
from irnet.diagrams.published_charts import curve_records, curves_chart
from irnet.diagrams.theme import THEMES
from irnet.models import title
from irnet.provenance.published import CURVES_SOURCE, curves
from irnet.spec import Network
from irnet.tables import Column, Records, Table, from_records, to_csv, to_html, to_json
from irnet.tree import details, stage_of

MIME = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "dot": "text/vnd.graphviz",
    "html": "text/html",
    "csv": "text/csv",
    "json": "application/json",
    "py": "text/x-python",
    "npz": "application/octet-stream",
    "md": "text/markdown",
}  # all others are plain text


SHORT = 20  # rows that are shown without scrolling
LONG = 40  # letters
LETTER, PADDING = 7, 22  # pixels: of a letter in a table, at most in the mean, and around a cell
CONFIG = {
    "displaylogo": False,
    "toImageButtonOptions": {"format": "svg"},
    "modeBarButtonsToRemove": ["lasso2d", "select2d"],
}
STILL = CONFIG | {"displayModeBar": False, "scrollZoom": False}


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
    made = from_records(records, alt, decimals=decimals)
    choosing: dict[str, Any] = {}
    if on_row is not None:
        key = f"rows.{name}"
        st.session_state[key] = {"selection": {"rows": [] if row is None else [row], "columns": [], "cells": []}}
        chosen = partial(_chosen_row, key, len(made.rows), on_row)
        choosing = {"key": key, "on_select": chosen, "selection_mode": "single-row"}
    sortable(made, **choosing)
    take_away(made, name)


def sortable(made: Table, **choosing: Any) -> None:
    """A table that sorts and searches."""
    names = [column.name for column in made.columns]
    height: Literal["content", "auto"] = "content" if len(made.rows) <= SHORT else "auto"
    rows = [
        dict(zip(names, (_cell(column, cell) for column, cell in zip(made.columns, row, strict=True)), strict=True))
        for row in made.rows
    ]
    st.dataframe(rows, hide_index=True, alt=made.title, height=height, column_config=_columns(made), **choosing)


def _cell(column: Column, value: Any) -> Any:
    """A number that sorts as one, or a text."""
    return column.write(value) if isinstance(value, bool) else column.plain(value)


def _chosen_row(key: str, count: int, on_row: Callable[[int], None]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and 0 <= rows[0] < count:  # what comes from a browser is checked again
        on_row(rows[0])


def ignored_line(sentences: Sequence[str]) -> None:
    """One line for everything that was asked for and is not there."""
    for sentence in sentences:
        st.warning(text.plain(sentence), icon=":material/link_off:")


@contextmanager
def refusals() -> Iterator[None]:
    """Show what the library refuses, with the sentence it refuses it with."""
    try:
        yield
    except OSError as error:
        _say(text.FILES.format(error.strerror) if error.strerror else str(error))  # the rest of it is a path of ours
    except (ValueError, KeyError, RuntimeError) as error:
        _say(str(error.args[0] if isinstance(error, KeyError) else error))
    except MemoryError:
        _say(text.FULL)


def _say(sentence: str) -> None:
    whole = sentence if sentence.endswith(".") else f"{sentence}."
    st.error(text.plain(f"{whole[:1].upper()}{whole[1:]}"), icon=":material/error:")


def prose(records: Records, name: str, *, alt: str, shown: Records | None = None) -> None:
    """Records with long texts, which wrap, with their CSV and JSON below; `shown` is how the page writes them."""
    st.table(list(shown or records), hide_index=True, border="horizontal", alt=alt)
    take_away(from_records(records), name)


def small(records: Records, name: str, *, alt: str, decimals: int | None = None, nothing: str = "-") -> None:
    """A few records as a table that is there at once, breaks long lines and prints, with its CSV and JSON below.

    The table that sorts and searches brings pandas to the server and most of a second of scripts to the browser, and
    the first page would wait for both.
    """
    made = from_records(records, alt, decimals=decimals)
    kind = "small-table wordy" if wordy(records) else "small-table"
    region = f'class="{kind}" role="region" aria-label="{escape(alt)}" tabindex="0"'
    st.html(f"<div {region}>{to_html(made, nothing=nothing)}</div>")
    take_away(made, name)


def wordy(records: Records) -> bool:
    """Whether a cell has so many words that they had better be broken into lines."""
    return any(len(str(value)) > LONG for record in records for value in record.values())


def take_away(made: Table, name: str) -> None:
    """CSV and JSON of a table."""
    with st.container(horizontal=True):
        file("CSV", f"{name}.csv", lambda: to_csv(made).encode())
        file("JSON", f"{name}.json", lambda: to_json(made).encode())


def _columns(made: Table) -> dict[str, Any]:
    """How columns are shown: each as wide as what is in it, whole numbers in full."""
    found: dict[str, Any] = {}
    for i, column in enumerate(made.columns):
        cells = [row[i] for row in made.rows]
        texts = ("None" if cell is None else column.write(cell) for cell in cells)  # as the table shows it
        width = _width(column.label, texts)
        if column.kind != "number" or all(cell is None for cell in cells):
            found[column.name] = st.column_config.TextColumn(column.label, width=width)
        else:
            fixed = "%.4g" if column.decimals is None else f"%.{column.decimals}f"
            form = fixed if any(isinstance(cell, float) for cell in cells) else "localized"
            found[column.name] = st.column_config.NumberColumn(column.label, format=form, width=width)
    return found


def _width(label: str, texts: Iterable[str]) -> int:
    """Pixels in which a column shows all that is in it: left alone, the browser cuts what is wider than most."""
    return PADDING + LETTER * max(len(text) for text in (label, *texts))


def file(label: str, name: str, data: Any, *, key: str = "", tip: str = "") -> None:
    """A button for a file that is made when it is asked for: a page that refreshes has no time for it."""
    ending = name.rpartition(".")[2]
    st.download_button(
        label,
        data,
        name,
        MIME.get(ending, "text/plain"),
        key=f"{key}.{ending}" if key else name,
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        help=tip or None,
    )


def chart(drawn: Chart, key: str, *, alt: str, on_click: Callable[[int], None] | None = None) -> None:
    """A chart and what it shows in words; `on_click` gets the number of a tile that is clicked."""
    config = STILL if any(isinstance(mark, Tiles | Heat) for mark in drawn.marks) else CONFIG
    choosing: dict[str, Any] = {}
    if on_click is not None:
        count = sum(len(mark.tiles) for mark in drawn.marks if isinstance(mark, Tiles))
        clicked = partial(_clicked, key, count, on_click)
        choosing = {"on_select": clicked, "selection_mode": "points"}
    st.plotly_chart(to_plotly(drawn), key=key, config=config, alt=alt, **choosing)


def _clicked(key: str, count: int, on_click: Callable[[int], None]) -> None:
    for point in st.session_state[key]["selection"]["points"]:
        number = point.get("customdata")
        number = number[0] if isinstance(number, list) else number
        if isinstance(number, int) and 0 <= number < count:  # what comes from a browser is checked again
            on_click(number)


def step_button(label: str, icon: str, names: Sequence[str], to: int, on_click: Callable[[str], None]) -> None:
    """A button that goes to the name at `to`, and can't be pressed before the first or behind the last."""
    there = 0 <= to < len(names)
    st.button(
        label,
        icon=f":material/{icon}:",
        disabled=not there,
        on_click=on_click,
        args=(names[to] if there else "",),
    )


def place(networks: Sequence[Network], path: str, aligned: Sequence[Network] = ()) -> None:
    """Everything about a place of networks side by side, one column a network; `aligned` are parts of them.

    The path has the number of its network in front: "0/block_b".
    """
    if not path:
        st.caption(text.EMPTY_PLACE)
        return
    number, _, own = path.partition("/")
    alone = tuple(own if i == int(number) else None for i in range(len(networks)))
    paths = partners(*(aligned or networks)).get((int(number), own), alone)
    boxes_of = [details(spec, at) if at else {} for spec, at in zip(networks, paths, strict=True)]
    labels = headers(networks)
    names = list(dict.fromkeys(name for one in boxes_of for name in one))
    records = [
        {"what": name} | {label: one.get(name, "-") for label, one in zip(labels, boxes_of, strict=True)}
        for name in names
    ]
    prose(records, "place", alt=f"What stands at {path} in every network")


def paper_curves(page: str) -> None:
    """The paper's training curves, with their files and how they were read."""
    with st.grid(2, min_column_width=340):
        for one in curves():
            drawn = curves_chart(one.figure)
            chart(drawn, f"{page}.{one.figure}", alt=f"{one.figure} of the paper. {drawn.title}")
    with st.container(horizontal=True):
        for one in curves():
            svg = partial(to_file, to_vega(curves_chart(one.figure)), "svg")
            file(f"SVG, {one.figure}", f"figure_{one.figure[5:]}.svg", svg)
        file("CSV, all", "figures_21_to_26.csv", lambda: to_csv(from_records(curve_records())).encode())
    st.caption(CURVES_SOURCE)


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
                make = partial(picture, network, form, stage, theme, index)
                file(form.upper(), f"{name}.{form}", make, key=key)
            file("PyTorch source", f"{network.name}.py", lambda: code(network).encode(), key=key)


def downloads(files: Mapping[str, Callable[[], bytes]], helps: Mapping[str, str] | None = None, key: str = "") -> None:
    """One button a file, by its name; it is made when it is asked for."""
    with st.container(horizontal=True):
        for name, data in files.items():
            form = name.rpartition(".")[2]
            file(form.upper(), name, data, key=key, tip=(helps or {}).get(form, ""))


def figures(values: Mapping[str, str], helps: Mapping[str, str] | None = None) -> None:
    """Key numbers in a row."""
    with st.grid(len(values), min_column_width=130, wrap=False):
        for label, value in values.items():
            st.metric(label, value, help=(helps or {}).get(label))


def pairs(values: Mapping[str, str]) -> None:
    """Names and values, one below the other."""
    st.table(
        pyarrow.table({"": list(values), "value": list(values.values())}),  # pandas takes 50 times as long
        hide_index=True,
        hide_header=True,
        border="horizontal",
    )


def headers(networks: Sequence[Network]) -> list[str]:
    """What the columns of networks side by side are called."""
    return [f"{i + 1}: {title(network.label)}" for i, network in enumerate(networks)]


def with_headers(records: Records, networks: Sequence[Network]) -> list[dict[str, Any]]:
    """Records whose columns are called by labels, with what people call the networks."""
    names = {
        f"{i + 1}: {network.label}": name
        for i, (network, name) in enumerate(zip(networks, headers(networks), strict=True))
    }
    return [{names.get(key, key): value for key, value in record.items()} for record in records]


def changes(found: Sequence[Changes], networks: Sequence[Network], name: str) -> None:
    """What differs, one column a network, and what the sources say of it; or that nothing does."""
    if not found:
        st.caption(text.NOTHING_DIFFERS)
        return
    alt = f"What differs between {', '.join(headers(networks))}: {name.rpartition('.')[2]}"
    small(with_headers(change_records(networks, found), networks), name, alt=alt, nothing="not there")
    for why in dict.fromkeys(one.why for one in found if one.why):
        places = dict.fromkeys(stage_of(one.where).split(":")[0] for one in found if one.why == why)
        st.markdown(f"**{', '.join(places)}**: {why}")
