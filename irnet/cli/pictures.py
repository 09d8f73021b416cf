"""The verbs that write figures: of one network, one figure, all of them, or a check that a folder is up to date."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from irnet.cli.terminal import Form, Knobs, Name, network_of, show, table, write_out
from irnet.diagrams import FORMATS, save
from irnet.diagrams.factory import Order, check, entry_named, export_all, listing, make_figure
from irnet.diagrams.graph_builder import Flow
from irnet.diagrams.layouts import ROOMS
from irnet.diagrams.page import page


def diagram(
    name: Name,
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    theme: Annotated[str, typer.Option(help="light, dark or print.")] = "light",
    flow: Annotated[Flow, typer.Option("--flow", help="The way that the arrows run.")] = "down",
    knobs: Knobs = None,
    form: Form = "text",
) -> None:
    """Draw the network and one block of every stage as SVG, PNG, PDF and DOT."""
    files = [str(file) for file in save(network_of(name, knobs), out, theme, FORMATS, flow)]
    show(files, form, lambda written: typer.echo("\n".join(written)))


def figures(form: Form = "text") -> None:
    """List the ids of all figures and tables."""
    show(listing(), form, table)


def export(
    name: Annotated[str | None, typer.Argument(help="A network: written as one interactive page.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; with --figure, the folder.")] = None,
    everything: Annotated[
        Path | None, typer.Option("--all", help="Write every figure and table to this folder.")
    ] = None,
    figure: Annotated[str | None, typer.Option(help="One figure or table, by its id.")] = None,
    checked: Annotated[
        Path | None, typer.Option("--check", help="Exit 1 if this folder is not as --all would write it.")
    ] = None,
    forms: Annotated[str, typer.Option("--format", help="One or more, with commas between them.")] = "",
    themes: Annotated[str, typer.Option("--theme", help="light, dark, print; with commas between them.")] = "light",
    width: Annotated[str, typer.Option(help=f"{', '.join(ROOMS)}.")] = "natural",
    only: Annotated[str, typer.Option(help="With --all: just these ids, with commas between them.")] = "",
    scale: Annotated[float, typer.Option(help="Of PNGs, in pixels per 1/96 inch.")] = 2.0,
    flow: Annotated[Flow, typer.Option("--flow", help="Of the interactive page: the way that arrows run.")] = "down",
    photo: Annotated[str, typer.Option(help="With a network: a photograph to run through it, bundled or a file.")] = "",
    knobs: Knobs = None,
) -> None:
    """Write a network as one interactive page, a figure, or all figures; or check a folder of figures."""
    asked = [what for what in (name, everything, figure, checked) if what is not None]
    if len(asked) != 1:
        raise ValueError("export takes one of: a network's NAME, --figure ID, --all DIR, --check DIR")
    if checked is not None:
        wrong = check(checked)
        typer.echo("\n".join(wrong) if wrong else f"{checked} is up to date")
        if wrong:
            raise typer.Exit(1)
        return
    if name is not None:
        _page(name, out, forms, flow, photo, knobs)
        return
    if knobs:
        raise ValueError("--set changes a network; figures of the catalogue are those of the presets")
    order = Order(_items(forms or "svg"), _items(themes), width, scale, _items(only))
    if everything is not None:
        files, left_out = export_all(everything, order)
        for sentence in left_out:
            typer.echo(f"left out: {sentence}", err=True)
        typer.echo(f"{len(files)} files in {everything}")
    elif figure is not None:
        _figure(figure, out or Path(), order)


def _items(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _page(name: str, out: Path | None, forms: str, flow: Flow, photo: str, knobs: list[str] | None) -> None:
    if forms not in ("", "html"):
        raise ValueError(f"a network is exported as html, not as {forms}; `irnet export --figure ID` has the others")
    if out is None:
        raise ValueError("--out says which file to write")
    network = network_of(name, knobs)
    found = import_module("irnet.lab.photograph").both_scales(network, photo) if photo else {}
    write_out(page(network, flow, found).encode(), out)


def _figure(name: str, folder: Path, order: Order) -> None:
    found = make_figure(name, order)
    if found.refused:
        raise ValueError(found.refused)
    if not found.files:
        raise ValueError(f"{name} has none of the formats {', '.join(order.forms)}; {entry_named(name).formats}")
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in found.files.items():
        write_out(content, folder / file)
