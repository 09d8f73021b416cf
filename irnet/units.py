"""How numbers are written, everywhere: the only formatter."""

from __future__ import annotations

import re
from math import isclose

_SIZE = re.compile(r"(?<!\w)[\dn]+(?:x[\dn]+)+\b|(?<!\S)x(?!\S)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no XML may hold them
_STEPS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(number: float, unit: str = "", digits: int = 3) -> str:
    """So many significant digits, three at least, with an SI prefix.

    Examples
    --------
    >>> short(42_679_816), short(12_253_974_624, "MAC"), short(8), short(999_999)
    ('42.7 M', '12.3 GMAC', '8', '1.00 M')
    >>> short(13_182_930_592, "MAC", digits=4)
    '13.18 GMAC'
    """
    for step, prefix in _STEPS:
        if abs(number) >= step * 0.9995:
            return f"{_significant(number / step, digits)} {prefix}{unit}"
    whole = number == int(number)
    return f"{number:,.0f} {unit}".rstrip() if whole else f"{_significant(number, digits)} {unit}".rstrip()


def _significant(value: float, digits: int) -> str:
    before = 1 if abs(value) < 9.995 else 2 if abs(value) < 99.95 else 3
    return f"{value:.{digits - before}f}"


def number(value: float, decimals: int | None = None) -> str:
    """A number in a table: whole ones with every digit, others with four digits or so many decimals.

    Examples
    --------
    >>> number(42_679_816), number(0.123456), number(20.0, decimals=1)
    ('42,679,816', '0.1235', '20.0')
    """
    if isinstance(value, int):
        return exact(value)
    return f"{value:.4g}" if decimals is None else f"{value:.{decimals}f}"


def setting(value: object) -> str:
    """A setting as somebody would type it.

    Examples
    --------
    >>> setting(0.10), setting(3), setting("tf")
    ('0.1', '3', 'tf')
    """
    return f"{value:g}" if isinstance(value, float) else str(value)


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


_TO_SIX = ("none", "one", "two", "three", "four", "five", "six")
_NUMERALS = (*_TO_SIX, "seven", "eight", "nine", "ten", "eleven", "twelve")
_MULTIPLES = {1 / 4: "a quarter", 1 / 3: "a third", 1 / 2: "half", 2 / 3: "two thirds", 1: "once", 2: "twice"}


def numeral(number: float) -> str:
    """A whole number as a word, up to twelve; larger ones in digits.

    Raises
    ------
    ValueError
        For a number that is not whole, or below zero.

    Examples
    --------
    >>> numeral(3), numeral(12), numeral(42)
    ('three', 'twelve', '42')
    """
    if number != int(number) or number < 0:
        raise ValueError(f"{number:g} can't be counted: only whole numbers from 0 have a word")
    return _NUMERALS[int(number)] if number < len(_NUMERALS) else exact(int(number))


def multiple(factor: float) -> str:
    """A factor as words: a simple fraction, or how many times.

    Raises
    ------
    ValueError
        For a factor that is neither.

    Examples
    --------
    >>> multiple(2), multiple(6), multiple(1 / 3), multiple(0.5)
    ('twice', 'six times', 'a third', 'half')
    """
    word = next((word for value, word in _MULTIPLES.items() if isclose(value, factor)), "")
    return word or f"{numeral(factor)} times"


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
    whole = str(text)
    start = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in whole[:most])
    return f"{start}..." if len(whole) > most else start


def what_is(value: object) -> str:
    """Something that was given in the place of something else, as a sentence may say it.

    Examples
    --------
    >>> what_is(None), what_is("x"), what_is([1])
    ('None', "'x'", 'a list')
    """
    if value is None or isinstance(value, int | float | str):
        return typed(repr(value))
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def printable(text: str) -> str:
    """Text without what no XML may hold."""
    return _UNPRINTABLE.sub("", text)


def with_signs(text: str) -> str:
    """Text with multiplication signs in sizes and products, and nothing that no file can hold.

    Examples
    --------
    >>> with_signs("3x3 conv of 35x35x384, 0.1 x residual")
    '3×3 conv of 35×35×384, 0.1 × residual'
    """
    return _SIZE.sub(lambda found: found[0].replace("x", "×"), printable(text))


def clock(seconds: float) -> str:
    """Seconds as people say them.

    Examples
    --------
    >>> clock(7.6), clock(95), clock(7300)
    ('8 s', '1 min 35 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
