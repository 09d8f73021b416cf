"""One list says what can be set of a run; forms, options and refusals have nothing of their own."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace
from typing import Any

import pytest

from irnet.cli import train
from irnet.models import PRESETS
from irnet.models.recipe import limits
from irnet.runtime.init import INITS
from irnet.training.fields import GROUPS, YES, Field
from irnet.training.settings import SETTINGS, Data, Run, value_in, with_texts, with_values
from tests.training.small import TINY

ELSEWHERE = {"network", "seed", "device", "data", "kind", "folder"}  # chosen beside the form, or by the sweep


def other(asked: Field) -> Any:
    """A value that is allowed and is not the first."""
    if asked.kind == "switch":
        return not asked.default
    if asked.kind == "word":
        return asked.about.words[-1]
    bounds = asked.about.limits
    assert bounds
    half = (asked.default or bounds.low) / 2
    value = half if half > bounds.low else bounds.low + bounds.step
    return int(value) if asked.kind == "whole number" else value


def test_everything_that_a_run_has_can_be_set_or_is_chosen_elsewhere() -> None:
    assert {f.name for of in (Run, Data) for f in fields(of)} == {*SETTINGS, *ELSEWHERE}
    assert {asked.about.group for asked in SETTINGS.values()} == set(GROUPS)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_set_as_words_is_the_value_and_what_can_not_be_gets_one_sentence(name: str) -> None:
    wanted, bounds = other(SETTINGS[name]), SETTINGS[name].about.limits
    assert wanted != SETTINGS[name].default
    told = YES if wanted is True else "no" if wanted is False else wanted
    assert value_in(with_texts(Run(), [f"{name}={told}"]), name) == wanted
    assert with_values(Run(), {name: wanted}) != Run()
    for value in (bounds.low - 1, bounds.high + 1, float("nan")) if bounds else ():
        asked = int(value) if SETTINGS[name].kind == "whole number" and value == value else value
        with pytest.raises(ValueError, match=rf"^{name}=.* (outside|number from) "):
            with_values(TINY, {name: asked})
    if not bounds:
        with pytest.raises(ValueError, match=rf"^{name}='purple' is "):
            with_values(TINY, {name: "purple"})


def test_only_what_has_a_word_for_it_can_be_left_unset() -> None:
    unset = {name for name, asked in SETTINGS.items() if asked.about.unset}
    assert unset == {"classes", "width", "scale", "depth", "sum_norm"}
    with pytest.raises(ValueError, match=r"^dropout=None is not a number"):
        with_values(TINY, {"dropout": None})


def test_a_warm_up_ends_within_the_run() -> None:
    with pytest.raises(ValueError, match=r"^the warm-up, warm_up=7, is longer than the run of 6 steps"):
        replace(TINY, warm_up=7)


def test_what_is_handed_on_has_the_limits_of_the_networks_knob() -> None:
    assert SETTINGS["init"].about.words == INITS
    knobs = limits(PRESETS["inception_resnet_v1.paper"])
    for name, knob in {"width": "width", "depth": "depth", "dropout": "dropout", "scale": "scale_b"}.items():
        found = SETTINGS[name].about.limits
        assert found
        assert (found.low, found.high) == (knobs[knob].low, knobs[knob].high)


@pytest.mark.parametrize("verb", [train.race, train.stability])
def test_a_verb_has_an_option_for_every_setting(verb: object) -> None:
    assert callable(verb)
    found = inspect.signature(verb).parameters
    assert set(SETTINGS) <= set(found)
    helps = {name: found[name].annotation.__metadata__[0].help for name in SETTINGS}
    assert all(SETTINGS[name].about.label in told and SETTINGS[name].allowed in told for name, told in helps.items())
