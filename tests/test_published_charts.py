"""Charts of what papers report: what is compared, what it costs by our counts, and what their titles say."""

from __future__ import annotations

import pytest

from irnet.charts import to_file, to_vega
from irnet.diagrams.published_charts import accuracy_chart, curve_records, curves_chart, error_records, reported
from irnet.models import PRESETS, network
from irnet.provenance.published import PROTOCOLS, TABLES, Protocol, curves
from irnet.tree.totals import totals

V4, V2 = "inception_v4.paper", "inception_resnet_v2.paper"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_only_networks_that_are_here_are_compared_and_none_twice(protocol: Protocol) -> None:
    found = reported(protocol)
    assert len({one.presets for one in found}) == len(found) >= 2
    assert {name for one in found for name in one.presets} <= set(PRESETS)
    assert [one.macs for one in found] == sorted(one.macs for one in found)


def test_work_is_that_of_all_crops_and_models() -> None:
    work = {(one.presets, protocol): (one.macs, one.params) for protocol in PROTOCOLS for one in reported(protocol)}
    v4, v2 = totals(network(V4)), totals(network(V2))
    assert work[(V4,), "1 crop"] == (v4.macs, v4.params)
    assert work[(V4,), "10 or 12 crops"] == (12 * v4.macs, v4.params)
    assert work[(V4, V2, V2, V2), "ensembles"] == (144 * (v4.macs + 3 * v2.macs), v4.params + 3 * v2.params)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_title_says_who_is_best_and_at_what_price(protocol: Protocol) -> None:
    found, chart = reported(protocol), accuracy_chart(protocol)
    best = min(one.error for one in found)
    drawn = {name: y for mark in chart.bubbles for name, y in zip(mark.names, mark.y, strict=True)}
    assert drawn == {one.name: one.error for one in found}
    assert drawn[chart.title.partition(" is ")[0]] == best
    assert f"{found[0].error - best:.1f} points better than {found[0].name}" in chart.title
    assert protocol in chart.note
    assert ("blacklist" in chart.note) == (protocol == "1 crop")


@pytest.mark.parametrize("figure", [one.figure for one in curves()])
def test_a_figure_of_curves_is_drawn_with_what_is_known_of_it(figure: str) -> None:
    chart = curves_chart(figure)
    assert f"{figure} of the paper, read out of its drawing" in chart.note
    assert all(len(line.x) == len(line.y) == len(line.low) for line in chart.lines)
    assert max(line.x[-1] for line in chart.lines) < (200 if figure in ("Fig. 21", "Fig. 22") else 160)
    assert to_file(to_vega(chart), "svg").startswith(b"<svg")


def test_records_have_all_points_and_all_results() -> None:
    points = curve_records()
    assert len(points) == sum(len(line.epochs) for one in curves()[:4] for line in one.lines)
    assert all(point["low"] <= point["error"] <= point["high"] for point in points)
    every = [result for table in TABLES.values() for result in table.results]
    assert len(error_records()) == len(every)
    split = sum(len(error_records(protocol)) for protocol in PROTOCOLS)
    assert split == len(every) - sum(result.crops == 0 and result.models == 1 for result in every)
