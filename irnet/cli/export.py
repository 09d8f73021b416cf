"""Verbs that write figures: one, all of them, or a check that a folder of them is up to date."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from irnet.cli.options import Form, Knobs, network_of
from irnet.cli.terminal import Output, show, table
from irnet.diagrams.factory import Order, check, export_all, formats_sentence, listing, make_figure
from irnet.diagrams.files import write
from irnet.diagrams.graph_builder import Flow
from irnet.diagrams.layouts import ROOMS
from irnet.diagrams.page import page

verbs = typer.Typer()

Folder = Annotated[Path | None, typer.Option("--all", help="Write every figure and table to this folder.")]
Checked = Annotated[Path | None, typer.Option("--check", help="Exit 1 if this folder is not as --all would write it.")]


@verbs.command()
def figures(form: Form = Output.TEXT) -> None:
    """List the ids of all figures and tables."""
    show(listing(), form, table)


@verbs.command()
def export(
    name: Annotated[str | None, typer.Argument(help="A network: written as one interactive page.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; with --figure, the folder.")] = None,
    everything: Folder = None,
    figure: Annotated[str | None, typer.Option(help="One figure or table, by its id.")] = None,
    checked: Checked = None,
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
        _check(checked)
        return
    if name is not None:
        _page(name, out, forms, flow, photo, knobs)
        return
    if knobs:
        raise ValueError("--set changes a network; figures of the catalogue are those of the presets")
    order = Order(_items(forms or "svg"), _items(themes), width, scale, _items(only))
    if everything is not None:
        _all(everything, order)
    elif figure is not None:
        _one(figure, out or Path(), order)


def _items(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _page(name: str, out: Path | None, forms: str, flow: Flow, photo: str, knobs: list[str] | None) -> None:
    if forms not in ("", "html"):
        raise ValueError(f"a network is exported as html, not as {forms}; `irnet export --figure ID` has the others")
    if out is None:
        raise ValueError("--out says which file to write")
    network = network_of(name, knobs)
    found = import_module("irnet.lab.photograph").both_scales(network, photo) if photo else {}
    write(out, page(network, flow, found).encode())
    typer.echo(out)


def _one(name: str, folder: Path, order: Order) -> None:
    found = make_figure(name, order)
    if found.refused:
        raise ValueError(found.refused)
    if not found.files:
        raise ValueError(f"{name} has none of the formats {', '.join(order.forms)}; {formats_sentence(name)}")
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in found.files.items():
        write(folder / file, content)
        typer.echo(folder / file)


def _all(folder: Path, order: Order) -> None:
    files, left_out = export_all(folder, order)
    for sentence in left_out:
        typer.echo(f"left out: {sentence}", err=True)
    typer.echo(f"{len(files)} files in {folder}")


def _check(folder: Path) -> None:
    found = check(folder)
    typer.echo("\n".join(found) if found else f"{folder} is up to date")
    if found:
        raise typer.Exit(1)
