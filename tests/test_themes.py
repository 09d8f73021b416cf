"""Colours: enough contrast to read by, by the arithmetic of WCAG 2."""

from __future__ import annotations

import pytest

from irnet.diagrams.theme import KINDS, NAMES, THEMES, Kind

each_paint = pytest.mark.parametrize(("theme", "kind"), [(theme, kind) for theme in THEMES for kind in KINDS])
TEXT, SHAPE = 4.5, 3.0  # the least ratios that WCAG asks for: text, and graphical objects


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb"."""
    levels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in levels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_ratio_that_the_standard_gives() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_the_grey_that_just_passes_on_white_has_the_known_ratio() -> None:
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@each_paint
def test_text_can_be_read_on_every_fill(theme: str, kind: Kind) -> None:
    look = THEMES[theme]
    assert min(contrast(text, look.paints[kind].fill) for text in (look.ink, look.faint)) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_the_paper(theme: str) -> None:
    look = THEMES[theme]
    assert min(contrast(text, look.paper) for text in (look.ink, look.faint)) >= TEXT


@each_paint
def test_a_border_stands_out_from_the_paper(theme: str, kind: Kind) -> None:
    look = THEMES[theme]
    assert contrast(look.paints[kind].border, look.paper) >= SHAPE


@pytest.mark.parametrize("theme", THEMES)
def test_arrows_stand_out_from_the_paper(theme: str) -> None:
    look = THEMES[theme]
    assert min(contrast(arrow, look.paper) for arrow in (look.line, look.shortcut)) >= SHAPE


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_paints_every_kind(theme: str) -> None:
    assert list(THEMES[theme].paints) == list(KINDS) == list(NAMES)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_convolutions_poolings_and_bars_have_fills_of_their_own(theme: str) -> None:
    kinds: list[Kind] = ["pointwise", "square", "factorised", "linear", "pool", "concat", "sum"]
    assert len({THEMES[theme].paints[kind].fill for kind in kinds}) == len(kinds)
