"""Heat maps in Plotly: a grid whose cells are clicked, and a story of blocks over steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from textwrap import wrap

import plotly.graph_objects as go
import streamlit as st

from app.views.charts import CONFIG, wrapped
from irnet.diagrams.chart import Tile, is_dark

SHARES = "Cividis"  # told apart by all eyes; dark is little
NOTE = 56  # characters in a line below a title, for a page of 390 pixels
STILL = CONFIG | {"displayModeBar": False, "scrollZoom": False}


def figure(title: str, x: str, y: str, height: int) -> go.Figure:
    """An empty grid under its title."""
    shown = wrapped(title)
    return go.Figure(
        layout={
            "title": {"text": shown, "x": 0, "xanchor": "left", "y": 0.97, "yanchor": "top", "font": {"size": 16}},
            "xaxis": {"title": {"text": x}, "automargin": True, "fixedrange": True},
            "yaxis": {"title": {"text": y}, "automargin": True, "fixedrange": True},
            "margin": {"l": 10, "r": 10, "t": 36 + 22 * (1 + shown.count("<br>")), "b": 10},
            "height": height,
            "dragmode": False,
            "hovermode": "closest",
            "clickmode": "event+select",
        }
    )


def clickable(
    tiles: Sequence[Tile],
    fills: Mapping[str, str],
    title: str,
    axes: tuple[str, str],
    key: str,
    on_click: Callable[[int], None],
    *,
    note: str,
    alt: str,
) -> None:
    """Grids of tiles whose colour and words say of what kind each is, one above the other; a click chooses a tile.

    Parameters
    ----------
    fills
        Kind to colour, in the order of the legend.
    axes
        What runs across, and what up.
    on_click
        Called with the number of the tile in `tiles`.
    """
    panels = list(dict.fromkeys(tile.panel for tile in tiles))
    rows = len({tile.y for tile in tiles})
    shown = _empty_figure(title, note, axes[0], 110 * len(panels) + 64 * rows * len(panels))
    shown.set_subplots(len(panels), 1, subplot_titles=panels, vertical_spacing=0.16 / len(panels) * 2)
    for row, panel in enumerate(panels, 1):
        numbers = [i for i, tile in enumerate(tiles) if tile.panel == panel]
        shown.add_traces(_kinds(tiles, numbers, fills), rows=row, cols=1)
        shown.add_trace(_words(tiles, numbers, fills), row=row, col=1)
    used = [kind for kind in fills if any(tile.kind == kind for tile in tiles)]
    shown.add_traces([_key(kind, fills[kind]) for kind in used])
    shown.update_xaxes(type="category", showgrid=False, zeroline=False)
    shown.update_yaxes(type="category", showgrid=False, zeroline=False, title={"text": axes[1]}, ticks="")
    shown.update_xaxes(title={"text": axes[0]}, row=len(panels), col=1)
    if rows == 1:
        shown.update_yaxes(showticklabels=False)
    clicked = partial(_on_click, key, len(tiles), on_click)
    st.plotly_chart(shown, key=key, config=STILL, on_select=clicked, selection_mode="points", alt=alt)


def _empty_figure(title: str, note: str, x: str, height: int) -> go.Figure:
    """An empty figure under its finding, and below that what it was found with."""
    made = figure(title, x, "", height)
    lines = wrap(note, NOTE)
    below = "<br>".join(escape(line, quote=False) for line in lines)
    made.layout.title.subtitle = {"text": below, "font": {"size": 12}}
    top = 50 + 22 * (1 + made.layout.title.text.count("<br>")) + 16 * len(lines)
    made.layout.margin.t = top
    made.layout.height = height + top
    made.layout.legend = {"orientation": "h", "y": -75 / height, "yanchor": "top", "x": 0, "itemclick": False}
    return made


def _kinds(tiles: Sequence[Tile], numbers: Sequence[int], fills: Mapping[str, str]) -> list[go.Heatmap]:
    """One heat map a kind, of one colour."""
    across, up = (list(dict.fromkeys(getattr(tiles[i], of) for i in numbers)) for of in ("x", "y"))
    kinds = {(tiles[i].x, tiles[i].y): tiles[i].kind for i in numbers}
    return [
        go.Heatmap(
            x=across,
            y=up,
            z=[[1 if kinds.get((x, y)) == kind else None for x in across] for y in up],
            colorscale=[[0, colour], [1, colour]],
            showscale=False,
            xgap=3,
            ygap=3,
            hoverinfo="skip",
        )
        for kind, colour in fills.items()
        if kind in kinds.values()
    ]


def _words(tiles: Sequence[Tile], numbers: Sequence[int], fills: Mapping[str, str]) -> go.Scatter:
    """The tiles' words, which take the click."""
    chosen = [tiles[i] for i in numbers]
    ink = ["#808080" if t.kind is None else "#ffffff" if is_dark(fills[t.kind]) else "#141414" for t in chosen]
    return go.Scatter(
        x=[tile.x for tile in chosen],
        y=[tile.y for tile in chosen],
        text=["<br>".join(escape(line, quote=False) for line in tile.lines) for tile in chosen],
        customdata=list(numbers),
        mode="markers+text",
        textposition="middle center",
        textfont={"color": ink},
        marker={"symbol": "square", "size": 56, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}, "textfont": {}},
        hovertemplate="%{x}, %{y}: %{text}<extra></extra>",
        showlegend=False,
    )


def _key(kind: str, colour: str) -> go.Scatter:
    marker = {"symbol": "square", "size": 12, "color": colour, "line": {"width": 1, "color": "#808080"}}
    return go.Scatter(x=[None], y=[None], mode="markers", marker=marker, name=kind, hoverinfo="skip")


def _on_click(key: str, count: int, on_click: Callable[[int], None]) -> None:
    for point in st.session_state[key]["selection"]["points"]:
        number = point.get("customdata")
        number = number[0] if isinstance(number, list) else number
        if isinstance(number, int) and 0 <= number < count:  # what comes from a browser is checked again
            on_click(number)


def story(
    steps: Sequence[int],
    blocks: Sequence[str],
    values: Sequence[Sequence[float | None]],
    title: str,
    unit: str,
    limits: tuple[float, float] | None = None,
) -> go.Figure:
    """Values of every block over the steps, the first block above; `values` has one row a block."""
    drawn = figure(title, "steps", "", height=min(620, 190 + 14 * len(blocks)))
    ends = {} if limits is None else {"zmin": limits[0], "zmax": limits[1]}
    drawn.add_trace(
        go.Heatmap(
            x=list(steps),
            y=list(blocks),
            z=[list(row) for row in values],
            colorscale=SHARES,
            colorbar={"title": {"text": unit}, "thickness": 12},
            hovertemplate="step %{x}, %{y}: %{z:.3g}<extra></extra>",
            **ends,
        )
    )
    every = max(1, len(blocks) // 14)
    return drawn.update_yaxes(
        autorange="reversed", type="category", tickvals=list(blocks[::every]), tickfont={"size": 11}
    )
