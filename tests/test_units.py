"""Numbers as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irnet.units import change, exact, fold, share, short

FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@given(st.integers(0, 999 * 10**12))
def test_a_short_number_is_within_half_a_percent_and_has_three_digits_from_1000_on(number: int) -> None:
    digits, _, prefix = short(number).partition(" ")
    assert float(digits.replace(",", "")) * FACTORS[prefix] == pytest.approx(number, rel=0.00501)
    assert number < 1000 or len(digits.replace(".", "")) == 3


@pytest.mark.parametrize(
    ("number", "text"), [(999_499, "999 k"), (999_500, "1.00 M"), (9_994, "9.99 k"), (9_996, "10.0 k")]
)
def test_a_short_number_turns_over_where_it_would_have_four_digits(number: int, text: str) -> None:
    assert short(number) == text


@given(st.integers(-(10**15), 10**15))
def test_an_exact_number_can_be_read_back_and_a_change_has_its_sign_unless_it_is_none(number: int) -> None:
    assert int(exact(number).replace(",", "")) == number
    assert change(number)[0] == ("0" if number == 0 else "+" if number > 0 else "-")


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_share_is_in_percent_with_one_digit(part: int, whole: int) -> None:
    number = share(part, whole).removesuffix(" %")
    assert len(number.partition(".")[2]) == 1
    assert float(number) == pytest.approx(100 * part / whole, abs=0.0501)


@given(st.floats(0.01, 1e12))
def test_a_fold_is_within_half_a_percent(factor: float) -> None:
    number = fold(factor).removesuffix("-fold").replace(",", "")
    millions = number.endswith(" million")
    assert float(number.removesuffix(" million")) * (1e6 if millions else 1) == pytest.approx(factor, rel=0.00501)
