"""Colours: enough contrast to read by, by the arithmetic of WCAG 2."""

from __future__ import annotations

import pytest
from irnet.tree import resolve

from irnet.diagrams.theme import KINDS, NAMES, THEMES, Kind, kind_of
from irnet.models import PRESETS, network
from irnet.spec import Conv

TEXT, SHAPE = 4.5, 3.0  # the least ratios that WCAG asks for: text, and graphical objects


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb"."""
    levels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in levels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


def test_contrasts_are_those_that_the_standard_gives() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the grey that just passes on white


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_fill_and_borders_and_arrows_stand_out(theme: str) -> None:
    look = THEMES[theme]
    assert list(look.paints) == list(KINDS) == list(NAMES)
    fills = [look.paper, *(paint.fill for paint in look.paints.values())]
    assert min(contrast(text, fill) for text in (look.ink, look.faint) for fill in fills) >= TEXT
    lines = [look.line, look.shortcut, *(paint.border for paint in look.paints.values())]
    assert min(contrast(line, look.paper) for line in lines) >= SHAPE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_convolutions_poolings_and_bars_have_fills_of_their_own(theme: str) -> None:
    kinds: list[Kind] = ["pointwise", "square", "factorised", "linear", "pool", "concat", "sum"]
    assert len({THEMES[theme].paints[kind].fill for kind in kinds}) == len(kinds)


def test_an_operation_is_of_one_kind_in_every_preset() -> None:
    ops = {row.op for name in PRESETS for row in resolve(network(name)).rows}
    kinds = {op: kind_of(op, Conv(8) if op == "conv" else None) for op in sorted(ops)}
    assert kinds == {
        "add": "sum",
        "avg_pool": "pool",
        "concat": "concat",
        "conv": "pointwise",
        "dropout": "other",
        "global_pool": "pool",
        "linear": "linear",
        "max_pool": "pool",
        "project": "linear",
        "scale": "sum",
    }
