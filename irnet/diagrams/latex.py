"""Text as LaTeX takes it."""

from __future__ import annotations

from irnet.diagrams.bars import with_signs

_COMMANDS = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "[": "{[}",  # after the end of a line it, and a star, would be its argument
        "*": "{*}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"$<$",
        ">": r"$>$",
        "|": r"$|$",
        '"': r"\textquotedbl{}",
        "×": r"$\times$",
        "·": r"$\cdot$",
        "≠": r"$\neq$",
        "\u00a0": "~",
        "\n": " ",
    }
)


def latex(text: str) -> str:
    r"""Text escaped, with signs as commands; a letter that pdfTeX has no glyph for is a question mark.

    Examples
    --------
    >>> print(latex("50 % of 3x3 & a_b"))
    50 \% of 3$\times$3 \& a\_b
    """
    known = "".join(
        char if ord(char) < 128 or char in "×·≠\u00a0" or (char.isalpha() and ord(char) < 256) else "?"
        for char in with_signs(text)
    )
    return known.translate(_COMMANDS).replace(r"\textquotedbl{}", "''")
