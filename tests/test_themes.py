"""Colours: enough contrast to read by, by the arithmetic of WCAG 2."""

from __future__ import annotations

import pytest

from irnet.diagrams.theme import KINDS, NAMES, THEMES, Kind

TEXT, SHAPE = 4.5, 3.0  # the least ratios that WCAG asks for: text, and graphical objects


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb"."""
    levels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in levels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("colour", "ratio"), [("#000000", 21), ("#767676", 4.54)])
def test_a_colour_on_white_has_the_ratio_that_is_known_of_it(colour: str, ratio: float) -> None:
    assert contrast(colour, "#ffffff") == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_text_borders_and_arrows_stand_out_in_a_theme_that_paints_every_kind(theme: str) -> None:
    look = THEMES[theme]
    assert list(look.paints) == list(KINDS) == list(NAMES)
    grounds = {"paper": look.paper} | {kind: paint.fill for kind, paint in look.paints.items()}
    assert [
        name for name, fill in grounds.items() for ink in (look.ink, look.faint) if contrast(ink, fill) < TEXT
    ] == []
    lines = {"line": look.line, "shortcut": look.shortcut} | {kind: p.border for kind, p in look.paints.items()}
    assert [name for name, line in lines.items() if contrast(line, look.paper) < SHAPE] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_convolutions_poolings_and_bars_have_fills_of_their_own(theme: str) -> None:
    kinds: list[Kind] = ["pointwise", "square", "factorised", "linear", "pool", "concat", "sum"]
    assert len({THEMES[theme].paints[kind].fill for kind in kinds}) == len(kinds)
