"""Every page with every preset, at the limits of every knob."""

from __future__ import annotations

import pytest

from irnet.models import PRESETS
from irnet.models.recipe import limits
from tests.apps import LIVE, STRUCTURAL, at_limit, opened, sized, troubles

KNOBS = [
    (preset, knob, end)
    for preset in PRESETS
    for knob in limits(PRESETS[preset])
    if knob != "input_size"
    for end in ("low", "high")
]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", STRUCTURAL)
def test_a_structural_page_shows_every_preset(name: str, preset: str) -> None:
    app = opened(name, preset)
    assert not troubles(app)
    assert app.title


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", LIVE)
def test_a_page_that_runs_shows_every_preset(name: str, preset: str) -> None:
    app = opened(name, preset, **sized(preset))
    assert not troubles(app)
    assert preset in app.title[0].value


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", ["network", "compare", "provenance"])
def test_a_structural_page_bears_all_knobs_at_their_limits(name: str, preset: str, end: str) -> None:
    app = opened(name, preset, **at_limit(preset, end))
    assert not troubles(app)
    assert "changed knobs" in app.caption[1].value or "changed knobs" in app.caption[0].value


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("preset", PRESETS)
def test_the_ledger_starts_from_a_network_with_all_knobs_at_their_limits(preset: str, end: str) -> None:
    app = opened("provenance", preset, provenance="Ledger of numbers", **at_limit(preset, end))
    assert not troubles(app)
    assert "(" in str(app.table[0].value.to_numpy()[0][0])


@pytest.mark.parametrize(("preset", "knob", "end"), KNOBS)
def test_the_network_page_bears_one_knob_at_its_limit(preset: str, knob: str, end: str) -> None:
    app = opened("network", preset, **{f"{preset}.{knob}": at_limit(preset, end)[f"{preset}.{knob}"]})
    assert not troubles(app)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", LIVE)
def test_a_page_that_runs_bears_all_knobs_at_their_lowest(name: str, preset: str) -> None:
    app = opened(name, preset, **sized(preset), **at_limit(preset, "low"))
    assert not troubles(app)


@pytest.mark.parametrize("name", LIVE)
def test_a_page_that_runs_bears_all_knobs_at_their_highest(name: str) -> None:
    preset = "inception_resnet_v1.paper"
    highest = {key: value for key, value in at_limit(preset, "high").items() if key != f"{preset}.width"}
    app = opened(name, preset, **sized(preset), **{**highest, f"{preset}.depth": 1})
    assert not troubles(app)


@pytest.mark.parametrize("name", LIVE)
def test_a_network_too_large_to_be_run_here_gets_one_sentence(name: str) -> None:
    preset = "inception_resnet_v1.paper"
    app = opened(name, preset, **sized(preset), **at_limit(preset, "high"))
    assert not app.exception
    assert "parameters; it is drawn and counted on the other pages" in app.error[0].value


@pytest.mark.parametrize("side", [1, 4096])
@pytest.mark.parametrize("name", ["network", "compare", "cost", "activations", "maps"])
def test_the_smallest_and_largest_input_end_in_a_picture_or_a_sentence(name: str, side: int) -> None:
    preset = "inception_v4.paper"
    app = opened(name, preset, **sized(preset, side))
    assert not app.exception
    refused = side == 1 or name in LIVE
    assert len(app.error) == refused
    assert not refused or (f"{side}x{side}" in app.error[0].value or str(side) in app.error[0].value)
