"""How Python is laid out: a call on one line where it fits, else one argument a line, as formatters leave it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import wrap

LINE = 88  # characters: the default of the usual formatters, so that the text is at home anywhere
CONSTANT = ""  # the symbol of the whole numbers in a width


@dataclass(frozen=True, slots=True)
class Call:
    """A call or a list: what opens it, its arguments (text or calls of their own) and what closes it."""

    opening: str
    arguments: tuple[Call | str, ...]
    closing: str = ")"

    def __str__(self) -> str:
        return f"{self.opening}{', '.join(map(str, self.arguments))}{self.closing}"


def call(head: str, *arguments: Call | str, **named: object) -> Call:
    """A call with its arguments in order, keywords last.

    Examples
    --------
    >>> print(call("Conv", "channels", "64", padding=(0, 3)))
    Conv(channels, 64, padding=(0, 3))
    """
    return Call(f"{head}(", (*arguments, *(f"{name}={value}" for name, value in named.items())))


def laid_out(code: Call | str, indent: int, before: str = "", after: str = "") -> list[str]:
    """The lines of `before`, a call and `after`, indented by so many spaces.

    Examples
    --------
    >>> laid_out(call("nn.Dropout", "0.2"), 8, "self.dropout = ")
    ['        self.dropout = nn.Dropout(0.2)']
    """
    pad = " " * indent
    line = f"{pad}{before}{code}{after}"
    if isinstance(code, str) or len(line) <= LINE:
        return [line]
    comma = "" if code.opening == "*(" else ","  # a loop is one argument, and takes none
    inside = [line for argument in code.arguments for line in laid_out(argument, indent + 4, after=comma)]
    return [f"{pad}{before}{code.opening}", *inside, f"{pad}{code.closing}{after}"]


def docstring(indent: int, *paragraphs: str) -> list[str]:
    """The lines of a docstring, wrapped; what would end it or escape from it is defused."""
    pad = " " * indent
    code = [plain(paragraph) for paragraph in paragraphs if paragraph]
    if len(code) == 1 and len(code[0]) <= LINE - indent - 6:
        return [f'{pad}"""{code[0]}"""']
    first, *others = (wrap(paragraph, LINE - indent - 6, break_on_hyphens=False) for paragraph in code)
    lines = [f'"""{first[0]}', *first[1:]]
    for paragraph in others:
        lines += ["", *paragraph]
    return [(pad + line).rstrip() for line in [*lines, '"""']]


def plain(words: str) -> str:
    r"""Words on one line that are safe between triple quotes.

    Examples
    --------
    >>> print(plain('a\nb" c'))
    a b' c
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in words)
    return " ".join(printable.replace("\\", "/").replace('"', "'").split())


def camel(name: str) -> str:
    """A stage's or network's name as that of a class.

    Examples
    --------
    >>> camel("inception_resnet_v2"), camel("conv2d_7b"), camel("7x7")
    ('InceptionResNetV2', 'Conv2d7b', 'Net7x7')
    """
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join("ResNet" if word == "resnet" else word[0].upper() + word[1:] for word in words)
    return joined if joined[:1].isalpha() else f"Net{joined}"


Width = Mapping[str, int]  # symbol -> how often: {"channels": 1, CONSTANT: 384} is channels + 384


def total(widths: Iterable[Width]) -> Width:
    """The sum of widths."""
    added: Counter[str] = Counter()
    for width in widths:
        added.update(width)
    return added


def widest(*widths: Width) -> Width:
    """The width of branches that are summed or multiplied; one channel counts for all of them."""
    return next((width for width in widths if width != {CONSTANT: 1}), widths[0])


def width_of(number: str) -> Width:
    """A width that is written as one number or one symbol."""
    return {CONSTANT: int(number)} if number.isdecimal() else {number: 1}


def expression(width: Width) -> str:
    """A width as an expression.

    Examples
    --------
    >>> expression({"channels": 1, CONSTANT: 384}), expression({CONSTANT: 96}), expression({"k": 2})
    ('channels + 384', '96', '2 * k')
    """
    terms = [name if times == 1 else f"{times} * {name}" for name, times in width.items() if name != CONSTANT]
    constant = width.get(CONSTANT, 0)
    return " + ".join([*terms, str(constant)] if constant or not terms else terms)
