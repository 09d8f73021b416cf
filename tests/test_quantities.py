"""Formulas in texts read the networks, and nothing else."""

from __future__ import annotations

import pytest

from irnet.models import network
from irnet.provenance.quantities import fill, holds, quantity

V4 = network("inception_v4")


@pytest.mark.parametrize(
    ("formula", "value"),
    [  # from the paper's figures, or from published counts
        ("channels stem", 384),
        ("side reduction_b", 8),
        ("in_channels inception_b.0", 1024),
        ("params", 42_679_816),
        ("flops", 24_507_949_248),
        ("knob a + knob b + knob c", 14),
        ("2 + 3 * 4 - 10 / 5", 12),
        ("channels reduction_a @ inception_resnet_v2.paper", 1152),
        ("fvcore @ inception_v4.tf_slim", 12_284_251_296),
        ("top1 @ inception_resnet_v2.paper", 19.9),
        ("chain", 75),
        ("1 - knob dropout", 0.8),
        ("eps @ inception_v3.torchvision", 0.001),
        ("1 - momentum", 0.9),
        ("embedding @ inception_resnet_v1.facenet", 512),
    ],
)
def test_a_formula_comes_to_what_the_paper_or_a_release_says(formula: str, value: float) -> None:
    assert quantity(formula, V4) == value


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("weights stem", "no quantity of a box is called 'weights'"),
        ("__class__", "no quantity of a network is called '__class__'"),
        ("channels nowhere", "inception_v4.paper has no box 'nowhere'"),
        ("params @ resnet", "no network is called 'resnet'"),
        ("knob scale_a", "has no knob 'scale_a' that is a number"),
        ("params / 0", "divides by nothing"),
        (" + ".join(["1"] * 9), "more than 8 quantities"),
        ("9" * 241, "longer than 240"),
        ("top1 @ inception_v4.tf_slim", "no paper reports a top-1 error of inception_v4.tf_slim with a single crop"),
        ("", "no quantity of a network is called ''"),
    ],
)
def test_a_formula_that_is_none_gets_one_sentence(formula: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refused:
        quantity(formula, V4)
    assert told in str(refused.value)


def test_counts_and_factors_are_written_as_words_and_a_formula_may_run_over_a_line() -> None:
    text = "{knob b|numeral} blocks, {2 * macs / macs|multiple} the work, {1 / 3|multiple} of {channels\nstem}"
    assert fill(text, V4) == "seven blocks, twice the work, a third of 384"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{params / 7|numeral}", "can't be counted"),
        ("{macs / params|multiple}", "can't be counted"),
        ("{1 - 2|numeral}", "can't be counted"),
        ("{params|hex}", "numbers can't be written as 'hex'; choose one of exact, short"),
    ],
)
def test_a_number_that_no_word_says_exactly_and_an_unknown_form_are_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        fill(text, V4)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("knob b = 7", True),
        ("knob b > 7", False),
        ("knob a < knob b < 8", True),
        ("knob a < knob b < 7", False),
        ("knob a = 4 and knob b > 7", False),
        ("0.75 < macs @ inception_resnet_v2.paper / macs < 0.76", True),
    ],
)
def test_a_claim_holds_or_not(claim: str, value: bool) -> None:
    assert holds(claim, V4) is value


def test_a_claim_that_compares_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="'params' compares nothing"):
        holds("params", V4)
