"""Words for a figure of the catalogue: caption, alternative text, and a long description that needs no eyes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from irnet.diagrams.caption import beside_alt, block_words, overview_words
from irnet.diagrams.figures import Figure, stage_of
from irnet.diagrams.graph_builder import GraphBuilder
from irnet.tables import latex

PAPER = "arXiv 1602.07261v2"


@dataclass(frozen=True, slots=True)
class FigureWords:
    """What is said beside a figure."""

    alt: str  # one sentence
    caption: str  # stands alone
    long: tuple[str, ...]  # box by box, in the order in which the data runs


def figure_words(figure: Figure, sheet: GraphBuilder) -> FigureWords:
    """Words for a figure that is drawn on a closed `sheet`.

    Examples
    --------
    >>> from irnet.diagrams.figures import figure_named
    >>> from irnet.diagrams.layouts import Layout
    >>> from irnet.diagrams.theme import LIGHT
    >>> figure = figure_named("figure_20")
    >>> figure_words(figure, figure.sheet(LIGHT, Layout())).long[2]
    '3. scale: times 0.1. From 2.'
    """
    alt, about = _about(figure)
    print_of = f"Figure {figure.paper.number} of {PAPER}, redrawn. " if figure.paper else ""
    said = [note for note in sheet.notes if note not in about]
    keys = ", ".join(spec.key for spec in figure.networks)
    units = "Sizes are height x width x channels; V marks valid padding."
    caption = " ".join(f"{print_of}{about} {' '.join(said)} {units} Architecture {keys}.".split())
    return FigureWords(f"Figure {figure.paper.number}: {alt}" if figure.paper else alt, caption, tuple(_long(sheet)))


def _about(figure: Figure) -> tuple[str, str]:
    first = figure.networks[0]
    if figure.ready:
        names = ", ".join(spec.label for spec in figure.networks)
        return beside_alt(figure.networks), f"{figure.ready.title}: {names}. {figure.ready.shows}"
    if figure.paper and figure.paper.schema:
        return (
            "A residual block: the input goes to an Inception part, whose output is scaled and added to the input; "
            "ReLU follows.",
            f"How the residual blocks scale their residuals, with the factor of {first.label}.",
        )
    if not figure.stage:
        texts = overview_words(first)
    else:
        texts = block_words(first, stage_of(first, figure.stage), errata=not figure.paper)
    return texts.alt, texts.caption


def _long(sheet: GraphBuilder) -> list[str]:
    """One sentence a box: what it is, and which boxes it reads."""
    shown = [item for item in sheet.items if item.shape != "frame"]
    number = {item.path: i for i, item in enumerate(shown, start=1)}
    reads: dict[str, list[int]] = {}
    for link in sheet.links:
        if link.tail in number and link.head in number:
            reads.setdefault(link.head, []).append(number[link.tail])
    lines = []
    for item in shown:
        given = f" From {', '.join(map(str, reads[item.path]))}." if item.path in reads else ""
        lines.append(f"{number[item.path]}. {item.description}.{given}")
    return lines


def picture_snippet(name: str, alt: str, form: str = "svg") -> str:
    """HTML for a README that shows a light or a dark file, as its reader prefers."""
    return (
        "<picture>\n"
        f'  <source media="(prefers-color-scheme: dark)" srcset="{name}.dark.{form}">\n'
        f'  <img alt="{escape(alt)}" src="{name}.light.{form}">\n'
        "</picture>"
    )


def mermaid_snippet(text: str) -> str:
    """Mermaid as a block of Markdown, which GitHub draws."""
    return f"```mermaid\n{text}```"


def latex_snippet(name: str, caption: str) -> str:
    r"""A LaTeX figure with the caption, for `\usepackage{graphicx}`; the PDF has its final size."""
    return (
        "\\begin{figure}\n\\centering\n"
        f"\\includegraphics{{{name}.light.pdf}}\n\\caption{{{latex(caption)}}}\n"
        f"\\label{{fig:{name}}}\n\\end{{figure}}"
    )
