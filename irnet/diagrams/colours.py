"""Scales of colour for heat maps: perceptually uniform, safe for the colour-blind, readable in grey."""

from __future__ import annotations

from irnet.diagrams.theme import LIGHT

# Nine colours at equal distances in CIE lightness, so that equal steps of a value look alike.
SEQUENTIAL = ("#101a3b", "#16315d", "#1c4a83", "#1e6a8e", "#238a98", "#58a88f", "#83c581", "#c1dc9a", "#faf3b5")
# Below zero blue, above it orange; both ends are equally dark, and zero is almost white.
DIVERGING = ("#13528f", "#4d79a8", "#83a1c2", "#bbcad9", "#f4f4f2", "#dec2b8", "#c6927e", "#ad6246", "#903000")
NOT_FINITE = LIGHT.changed  # of neither scale: NaN and infinity have no place on one


def scale(low: float) -> tuple[str, ...]:
    """The colours for values from `low` upwards: those with a middle where there are negative values.

    Examples
    --------
    >>> scale(0.0) == SEQUENTIAL, scale(-1.5) == DIVERGING
    (True, True)
    """
    return DIVERGING if low < 0 else SEQUENTIAL


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of "#rrggbb", 0 to 255.

    Examples
    --------
    >>> rgb("#0010ff")
    (0, 16, 255)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
