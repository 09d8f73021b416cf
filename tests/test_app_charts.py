"""Charts of pages leave their plot its room, whatever is said above and beside it."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from app.views import charts
from irnet.diagrams.chart import Line

LINE = Line(name="a", x=[1, 2], y=[0.1, 10])


def room(figure: go.Figure) -> float:
    """Pixels between the margins."""
    return float(figure.layout.height - figure.layout.margin.t - figure.layout.margin.b)


@pytest.mark.parametrize("title", ["Short", "A title of many words that is wrapped " * 5])
def test_a_plot_has_as_much_room_under_a_long_title(title: str) -> None:
    figure = charts.lines([LINE], title, "size")
    assert room(figure) >= room(charts.lines([LINE], "Two lines of a title that is not so very long", "size"))
    assert figure.layout.title.text.replace("<br>", " ") == title.strip()


def test_long_words_beside_an_axis_stand_in_lines() -> None:
    figure = charts.lines([LINE], "A title", "mean magnitude of the residual before its scale", log=True)
    told = figure.layout.yaxis.title.text
    assert told.replace("<br>", " ") == "mean magnitude of the residual before its scale, log scale"
    assert max(map(len, told.split("<br>"))) <= charts.TALLEST
