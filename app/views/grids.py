"""Heat maps in Plotly: a grid whose cells are clicked, and a story of blocks over steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from app.views.charts import CONFIG, wrapped

SHARES = "Cividis"  # told apart by all eyes; dark is little
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
    found: Mapping[tuple[str, str], tuple[float | None, str]],
    title: str,
    axes: tuple[str, str],
    key: str,
    on_click: Callable[[tuple[str, str]], None],
    alt: str,
) -> None:
    """A grid of shares with words in its cells; a click on one chooses it.

    Parameters
    ----------
    found
        (across, up) to the share, None where there is none yet, and what is written into the cell.
    axes
        What runs across, and what up.
    """
    across, up = (list(dict.fromkeys(place[i] for place in found)) for i in (0, 1))
    drawn = figure(title, *axes, height=170 + 90 * len(up))
    drawn.add_trace(
        go.Heatmap(
            x=across,
            y=up,
            z=[[found.get((x, y), (None, ""))[0] for x in across] for y in up],
            zmin=0,
            zmax=1,
            xgap=3,
            ygap=3,
            colorscale=SHARES,
            colorbar={"title": {"text": "share<br>that died"}, "tickformat": ".0%", "thickness": 12},
            hoverinfo="skip",
        )
    )
    drawn.add_trace(_targets(found))
    drawn.update_xaxes(type="category", showgrid=False)
    drawn.update_yaxes(type="category", showgrid=False, showticklabels=up != [""], ticks="")
    st.plotly_chart(
        drawn,
        key=key,
        config=STILL,
        on_select=partial(_clicked, key, found, on_click),
        selection_mode="points",
        alt=alt,
    )


def _targets(found: Mapping[tuple[str, str], tuple[float | None, str]]) -> go.Scatter:
    """Words that take the click, on a patch of their own so that they are read on any colour."""
    ink = ["#141414" if share is not None and share > 0.5 else "#ffffff" for share, _ in found.values()]
    return go.Scatter(
        x=[x for x, _ in found],
        y=[y for _, y in found],
        text=[words for _, words in found.values()],
        customdata=[list(place) for place in found],
        mode="markers+text",
        textposition="middle center",
        textfont={"color": [i if s is not None else "#808080" for i, (s, _) in zip(ink, found.values(), strict=True)]},
        marker={"symbol": "square", "size": 56, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}, "textfont": {}},
        hovertemplate="%{x}, %{y}: %{text}<extra></extra>",
        showlegend=False,
    )


def _clicked(key: str, found: Mapping[tuple[str, str], Any], on_click: Callable[[tuple[str, str]], None]) -> None:
    for point in st.session_state[key]["selection"]["points"]:
        x, y = point["customdata"]
        if (x, y) in found:  # what comes from a browser is checked again
            on_click((x, y))


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
