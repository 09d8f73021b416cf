"""Words for a picture: alternative text, a caption that stands alone, a long description, and snippets with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from irnet.comparison.side_by_side import side_by_side
from irnet.diagrams.graph_builder import GraphBuilder
from irnet.spec import Network, Stage
from irnet.tables import latex
from irnet.tree import describe, resolve
from irnet.tree.totals import auxiliary_heads, stages, totals
from irnet.units import exact, grid


@dataclass(frozen=True, slots=True)
class Words:
    """What is said beside a picture."""

    alt: str  # one sentence
    caption: str
    long: tuple[str, ...] = ()  # box by box, in the order in which the data runs


def overview_words(network: Network) -> Words:
    """Words for a whole network.

    Examples
    --------
    >>> from irnet.models import network
    >>> overview_words(network("inception_v4", a=0, b=0)).alt
    'Block diagram of inception_v4.paper (a=0, b=0): Stem, Reduction-A, Reduction-B, 3 x Inception-C.'
    """
    named = [stage for stage in stages(network)[: len(network.stages)] if stage.repeat]
    chain = ", ".join(f"{s.repeat} x {s.title}" if s.repeat > 1 else s.title for s in named)
    total, aside = totals(network), auxiliary_heads(network)
    added = exact(sum(head.params for head in aside))
    sides = f"Auxiliary heads, in training alone, add {added} parameters. " if aside else ""
    _, height, width = network.input_shape
    return Words(
        alt=f"Block diagram of {network.label}: {chain}{''.join(f'; {head.title}' for head in aside)}.",
        caption=(
            f"{network.label}, input {height}x{width} pixels: {exact(total.params)} parameters, "
            f"{exact(total.macs)} multiply-accumulates in convolutions and linear layers for one image. "
            f"{sides}Source: {network.source.ref}. {network.source.note}"
        ).strip(),
    )


def beside_alt(networks: tuple[Network, ...]) -> str:
    """Alternative text for networks side by side."""
    found = Counter(row.mark for row in side_by_side(*networks))
    return (
        f"Block diagrams side by side: {', '.join(spec.label for spec in networks)}. Of their places "
        f"{found['same']} are the same, {found['changed']} differ and {found['only']} stand on one side only."
    )


def block_words(network: Network, stage: Stage, *, errata: bool = True) -> Words:
    """Words for one block of a stage: where it comes from, what it holds, and where the paper's print differs."""
    block = resolve(network).get(f"{stage.name}.0")
    rows = block.rows if block else ()
    sizes = f" {grid(rows[0].in_shape)} to {grid(rows[-1].out_shape)}." if rows else ""
    differs = " ".join(f"{e.id}: {e.where} prints {e.printed}; here {e.used}." for e in stage.source.errata if errata)
    order = " Branches stand in the order in which they are stacked." if any(row.op == "concat" for row in rows) else ""
    given = f"Source: {stage.source.ref}. {stage.source.note}"
    return Words(
        alt=f"Block diagram of {stage.title} of {network.label}: {describe(stage.node)}.",
        caption=f"{stage.title} of {network.label}.{sizes}{order} {given} {differs}".strip(),
    )


def box_by_box(sheet: GraphBuilder) -> Iterator[str]:
    """One sentence a box: what it is, and which boxes it reads."""
    shown = [item for item in sheet.items if item.shape != "frame"]
    number = {item.path: i for i, item in enumerate(shown, start=1)}
    reads: dict[str, list[int]] = {}
    for link in sheet.links:
        if link.tail in number and link.head in number:
            reads.setdefault(link.head, []).append(number[link.tail])
    for i, item in enumerate(shown, start=1):
        given = f" From {', '.join(map(str, reads[item.path]))}." if item.path in reads else ""
        yield f"{i}. {item.description}.{given}"


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
