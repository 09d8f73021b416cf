"""The number that a step asks for, hidden wherever the step would show it before it is answered."""

from __future__ import annotations

import re
from itertools import chain

from irnet.lessons.check import networks_of, right
from irnet.lessons.value import Step
from irnet.tree import resolve
from irnet.units import exact, short

HIDDEN = "?"
NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,6})?")  # as `number_to_hide` writes it
_IN_SVG = re.compile(r'(<(?:text|title|desc)\b[^>]*>|"text":")((?<=>)[^<]+|(?<=")[^"]+)')  # the latter of the legend


def number_to_hide(step: Step) -> str:
    """The number that answers a step, if its picture could show it: a size of one of its boxes, or a fraction; else "".

    A small count, such as how many times something fits, stands in no box; to hide it would hide windows and figures.

    Examples
    --------
    >>> from irnet.lessons import lesson_named
    >>> [number_to_hide(step) for step in lesson_named("tour").steps[:4]]
    ['8', '', '', '160']
    """
    if not step.question:
        return ""
    networks = networks_of(step)
    answer = right(step.question, networks[0])
    value = float(answer) if not isinstance(answer, str) else float(answer) if NUMBER.fullmatch(answer) else 0
    boxes = chain.from_iterable(resolve(network).values() for network in networks)
    sizes = {size for box in boxes for size in (*box.in_shape, *box.out_shape, box.params, box.macs)}
    return f"{value:.6f}".rstrip("0").rstrip(".") if value and (value in sizes or value % 1) else ""


def hide(text: str, number: str) -> str:
    """A text with a number left out, however it is written: in full, in groups of three, or short with a prefix.

    What else has its digits stays: a figure's number, a decimal, a part of a name.

    Examples
    --------
    >>> hide("concat 32 + 32 + 64 = 35x35x128 in Fig. 128, 1,280", "128")
    'concat 32 + 32 + 64 = 35x35x? in Fig. 128, 1,280'
    >>> hide("11.7 M parameters, 3.38 GMAC", "11680320"), hide("6.21 GMAC", "6.206362")
    ('? parameters, 3.38 GMAC', '?')
    """
    if not number:
        return text
    value = float(number)
    forms = {number, exact(round(value)) if value % 1 == 0 else number}
    scaled = (value * scale for scale in (1, 1e3, 1e6, 1e9))  # an answer may be asked for in millions
    forms |= {
        short(amount, unit) for amount in scaled if amount >= 1000 or value % 1 for unit in ("", "MAC", "FLOP", "B")
    }
    found = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return re.sub(rf"(?<![^\Wx])(?<![.,#])(?<!Fig\. )(?:{found})(?![^\Wx]|[.,]\d)", HIDDEN, text)


def hide_in_svg(svg: bytes, number: str) -> bytes:
    """A drawing with a number left out of its texts, descriptions and legend."""
    if not number:
        return svg
    return _IN_SVG.sub(lambda found: found[1] + hide(found[2], number), svg.decode()).encode()
