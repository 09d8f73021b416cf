"""How numbers are written, everywhere: the only formatter."""

from __future__ import annotations

_STEPS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(number: float, unit: str = "") -> str:
    """Three significant digits with an SI prefix.

    Examples
    --------
    >>> short(42_679_816), short(12_253_974_624, "MAC"), short(8), short(999_999)
    ('42.7 M', '12.3 GMAC', '8', '1.00 M')
    """
    for step, prefix in _STEPS:
        if abs(number) >= step * 0.9995:
            return f"{_three(number / step)} {prefix}{unit}"
    return f"{number:,.0f} {unit}".rstrip() if number == int(number) else f"{_three(number)} {unit}".rstrip()


def _three(value: float) -> str:
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f}"


def fold(factor: float) -> str:
    """How often something grew, to three significant digits.

    Examples
    --------
    >>> fold(1.634), fold(7023.4), fold(5.78e7)
    ('1.63-fold', '7,020-fold', '57.8 million-fold')
    """
    value, unit = (factor / 1e6, " million") if factor >= 1e6 else (factor, "")
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}{unit}-fold" if rounded >= 1000 else f"{rounded:g}{unit}-fold"


def exact(number: int) -> str:
    """Every digit, in groups of three.

    Examples
    --------
    >>> exact(42_679_816)
    '42,679,816'
    """
    return f"{number:,}"


def change(number: int) -> str:
    """A difference with its sign.

    Examples
    --------
    >>> change(-1200), change(0)
    ('-1,200', '0')
    """
    return f"{number:+,}" if number else "0"


def share(part: float, whole: float) -> str:
    """Part of a whole in percent.

    Examples
    --------
    >>> share(1, 8), share(0, 0)
    ('12.5 %', '0.0 %')
    """
    return f"{100 * part / whole if whole else 0:.1f} %"


def grid(shape: tuple[int, int, int]) -> str:
    """A (C, H, W) shape in the paper's order, height x width x channels.

    Examples
    --------
    >>> grid((384, 35, 35))
    '35x35x384'
    """
    channels, height, width = shape
    return f"{height}x{width}x{channels}"


def extent(shape: tuple[int, int, int]) -> str:
    """A (C, H, W) shape as `grid` writes it, or the channels alone where there is no grid left.

    Examples
    --------
    >>> extent((384, 35, 35)), extent((1536, 1, 1))
    ('35x35x384', '1536')
    """
    return grid(shape) if shape[1:] != (1, 1) else str(shape[0])


def sides(pair: tuple[int, int]) -> str:
    """Height and width, once if they are equal.

    Examples
    --------
    >>> sides((7, 7)), sides((1, 7))
    ('7', '1x7')
    """
    height, width = pair
    return f"{height}" if height == width else f"{height}x{width}"


def typed(text: object, most: int = 60) -> str:
    r"""What somebody typed, as a sentence may repeat it: in one line, and the start alone if it is long.

    Examples
    --------
    >>> typed("much"), typed("a\nb"), typed("9" * 5000, most=4)
    ('much', 'a\\nb', '9999...')
    """
    told = str(text)
    start = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in told[:most])
    return f"{start}..." if len(told) > most else start
