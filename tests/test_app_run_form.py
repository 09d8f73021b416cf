"""The forms of race and death map offer every setting of a run, from the one list of them."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import runs, training
from irnet.training.fields import Field
from irnet.training.settings import SETTINGS, value_in
from tests.apps import opened, troubles

ASKED = {
    "dropout": 0.5,
    "augment": False,
    "decay": 0.5,
    "decay_epochs": 3.0,
    "warm_up": 2,
    "warm_up_rate": 0.001,
    "evaluate_every": 4,
    "precision": "bfloat16",
    "channels_last": True,
    "held_out": 32,
    "epoch": 64,
    "noise": 0.25,
    "classes": 5,
    "depth": 2,
}


def widgets(app: AppTest, page: str) -> dict[str, Any]:
    """Everything in the form of a page, by the name of its setting."""
    of = [*app.number_input, *app.selectbox, *app.toggle]
    return {w.key.removeprefix(f"{page}.").removesuffix(".rmsprop"): w for w in of if w.key.startswith(f"{page}.")}


def high(asked: Field) -> float | None:
    bounds = asked.about.limits
    return asked.about.most or (bounds.high if bounds else None)


@pytest.mark.usefixtures("own")
def test_a_race_offers_every_setting_with_its_limits_and_help() -> None:
    found = widgets(opened("race"), "race")
    assert set(SETTINGS) <= set(found)
    for name, asked in SETTINGS.items():
        assert found[name].label == asked.about.label
        assert found[name].help == asked.about.help
        if asked.about.limits:
            assert (found[name].min, found[name].max) == (asked.about.limits.low, high(asked))


@pytest.mark.usefixtures("own")
def test_a_map_offers_every_setting_but_those_that_are_its_axes() -> None:
    app = opened("death", "", new=True)
    assert set(SETTINGS) - set(widgets(app, "death")) == {"scale", "rate"}
    app.selectbox(key="death.up").set_value("depth").run()
    assert set(SETTINGS) - set(widgets(app, "death")) == {"scale", "depth"}
    app.selectbox(key="death.panels").set_value("width").run()
    assert set(SETTINGS) - set(widgets(app, "death")) == {"scale", "depth", "width"}
    assert not troubles(app)


@pytest.mark.usefixtures("own")
def test_what_is_set_in_the_form_is_what_starts(begun: list[dict[str, Any]]) -> None:
    address: dict[str, object] = {f"race.{name}": value for name, value in ASKED.items()}
    app = opened("race", "", **address)
    app.button(key="race.start").click().run()
    assert not troubles(app)
    assert len(begun) == 1
    base = runs.read("race-1")[0].base
    assert {name: value_in(base, name) for name in ASKED} == ASKED
    assert "dropout: 0.5" in next(caption.value for caption in app.caption if caption.value.startswith("images: "))


@pytest.mark.usefixtures("own")
def test_every_optimiser_starts_with_a_rate_of_its_own() -> None:
    app = opened("race")
    app.selectbox(key="race.optimiser").set_value("adamw").run()
    assert app.number_input(key="race.rate.adamw").value == training.RATES["adamw"]


@pytest.mark.usefixtures("own")
def test_a_warm_up_longer_than_the_run_gets_one_sentence() -> None:
    app = opened("race", "", **{"race.warm_up": 70})
    assert [error.value for error in app.error] == ["The warm-up, warm_up=70, is longer than the run of 60 steps."]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("page", ["race", "death"])
def test_a_device_without_numbers_trains_nothing_and_says_so(page: str) -> None:
    app = opened(page, "", device="meta", new=True)
    said = "On meta there are shapes and no numbers; training needs one of the other devices."
    assert [error.value for error in app.error] == [said]
    assert app.title
