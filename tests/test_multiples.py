"""Small charts that are compared with each other have the same axes."""

from __future__ import annotations

from math import inf, log10

import pytest

from app.views import charts
from irnet.diagrams.chart import Line

LINES = [Line(name=name, x=(1, 2), y=y) for name, y in (("first", (1.0, 2.0)), ("a", (3.0, 4.0)), ("b", (0.5, inf)))]


@pytest.mark.parametrize("log", [False, True])
def test_small_charts_share_an_axis_on_which_everything_is(log: bool) -> None:
    one, two = charts.multiples(LINES, "magnitude", log=log)
    low, high = one.layout.yaxis.range
    assert (low, high) == two.layout.yaxis.range
    assert low < (log10(0.5) if log else 0.5)
    assert high > (log10(4.0) if log else 4.0)


def test_every_small_chart_has_the_first_line_and_its_own() -> None:
    assert [[trace.name for trace in figure.data] for figure in charts.multiples(LINES, "magnitude")] == [
        ["first", "a"],
        ["first", "b"],
    ]
