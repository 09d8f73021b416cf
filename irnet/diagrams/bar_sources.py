"""Bars as text that other programs draw: Mermaid and TikZ."""

from __future__ import annotations

import re
from collections.abc import Mapping

from irnet.diagrams.latex import latex
from irnet.diagrams.theme import THEMES

_BAR, _LONG = 16.0, 170.0  # points of TikZ: from bar to bar, and of the longest


def mermaid_bars(title: str, unit: str, bars: Mapping[str, float]) -> str:
    """Bars as Mermaid's XY chart."""
    names = ", ".join(f'"{_plain(name)}"' for name in bars)
    numbers = ", ".join(f"{value:.4g}" for value in bars.values())
    return (
        f'xychart-beta\n  title "{_plain(title)}"\n  x-axis [{names}]\n  y-axis "{_plain(unit)}"\n  bar [{numbers}]\n'
    )


def _plain(text: str) -> str:
    return re.sub(r"[^\w .,:()+/×-]", " ", text)


def tikz_bars(title: str, unit: str, bars: Mapping[str, float], theme: str) -> str:
    """Bars as TikZ that lie, one below the other, each with its value."""
    look, most = THEMES[theme], max(bars.values()) or 1.0
    paint = look.paints["pointwise"]
    colours = (("ink", look.ink), ("paper", look.paper), ("bar", paint.border))
    lines = [
        r"% needs \usepackage{tikz}",
        r"\begin{tikzpicture}[x=1pt, y=-1pt, every node/.style={inner sep=2pt}]",
        *(rf"\definecolor{{irnet-{name}}}{{HTML}}{{{colour[1:].upper()}}}" for name, colour in colours),
        r"\tikzset{irnet bar/.style={fill=irnet-bar},",
        r"  irnet words/.style={text=irnet-ink, font=\sffamily\fontsize{9}{11}\selectfont}}",
    ]
    if look.paper != "#ffffff":
        lines.append(rf"\fill[irnet-paper] (-130,-{_BAR:g}) rectangle ({_LONG + 60:g},{_BAR * (len(bars) + 1):g});")
    for i, (name, value) in enumerate(bars.items()):
        y, end = i * _BAR, value / most * _LONG
        lines.append(rf"\node[irnet words, anchor=east] at (0,{y:g}) {{{latex(name)}}};")
        lines.append(rf"\path[irnet bar] (0,{y - 5:g}) rectangle ({end:.2f},{y + 5:g});")
        lines.append(rf"\node[irnet words, anchor=west] at ({end:.2f},{y:g}) {{{value:.3g}}};")
    y = len(bars) * _BAR
    lines.append(rf"\node[irnet words] at ({_LONG / 2:g},{y:g}) {{{latex(f'{title}, {unit}')}}};")
    return "\n".join([*lines, r"\end{tikzpicture}"]) + "\n"
