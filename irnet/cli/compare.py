"""The verb that lays two to four networks beside each other."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from irnet.cli.terminal import Output, show, table
from irnet.comparison.changes import part_counts
from irnet.comparison.side_by_side import all_changes, change_records, changed_knobs, check_count, side_by_side
from irnet.diagrams.beside import beside, opened_beside
from irnet.diagrams.caption import beside_alt
from irnet.diagrams.nested import LEVELS
from irnet.diagrams.render import render
from irnet.diagrams.theme import LIGHT
from irnet.edit import network_of_label
from irnet.spec import Network
from irnet.tables import Records, from_records, to_markdown
from irnet.units import change, exact

verbs = typer.Typer()


class Form(StrEnum):
    """How a comparison is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    SVG = "svg"


Names = Annotated[list[str], typer.Argument(metavar="A B [C D]", help='Networks, edited ones as "inception_v4 a=6".')]


@verbs.command()
def compare(
    names: Names,
    form: Annotated[Form, typer.Option("--format", help="How to print.")] = Form.TEXT,
    level: Annotated[int, typer.Option(min=0, max=len(LEVELS) - 1, help="Of the SVG: 0 stages to 3 units.")] = 0,
) -> None:
    """What differs between two to four networks, place by place, and their counts part by part."""
    networks = check_count([network_of_label(name) for name in names])
    if form is Form.SVG:
        dot = beside(networks, LIGHT, opened_beside(networks, level, frozenset()))
        typer.echo(render(dot, "svg", title=beside_alt(networks)).decode())
    elif form is Form.JSON:
        show(_record(networks), Output.JSON, print)
    else:
        write = _markdown if form is Form.MARKDOWN else table
        for title, found in (("Knobs that differ", changed_knobs(*networks)), ("What differs", all_changes(*networks))):
            write(change_records(networks, found), f"{title}: {len(found)}")
            typer.echo()
        write(_counts(networks), "Counts, part by part; the first network's, then the differences to it")


def _record(networks: tuple[Network, ...]) -> dict[str, Any]:
    return {
        "networks": [network.label for network in networks],
        "knobs": [asdict(found) for found in changed_knobs(*networks)],
        "changes": [asdict(found) for found in all_changes(*networks)],
        "places": [asdict(row) for row in side_by_side(*networks)],
        "parts": part_counts(*networks),
    }


def _counts(networks: tuple[Network, ...]) -> Records:
    return [
        {"part": part}
        | {
            name: " ".join((exact(first), *map(change, (v - first for v in others))))
            for name, (first, *others) in c.items()
        }
        for part, c in part_counts(*networks).items()
    ]


def _markdown(records: Records, title: str) -> None:
    """Records as a Markdown table under its title; nothing where there are none."""
    typer.echo(f"{title}\n\n{to_markdown(from_records(records))}" if records else f"{title}\n")
