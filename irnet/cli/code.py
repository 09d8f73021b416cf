"""The verb that writes a network down as PyTorch source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from irnet.cli.options import Knobs, network_of
from irnet.codegen import code as written
from irnet.diagrams.files import write
from irnet.edit import apply, edits_of
from irnet.edit.document import LARGEST, load
from irnet.spec import Network

verbs = typer.Typer()


@verbs.command()
def code(
    name: Annotated[str | None, typer.Argument(help="A network; without one, --edits names it.")] = None,
    knobs: Knobs = None,
    edits: Annotated[Path | None, typer.Option(help="An edited network as JSON, in place of a name.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; without one it is printed.")] = None,
) -> None:
    """Write a network as PyTorch source that needs torch and nothing else."""
    text = written(_network(name, knobs, edits))
    if out is None:
        typer.echo(text, nl=False)
    else:
        write(out, text.encode())
        typer.echo(out)


def _network(name: str | None, knobs: list[str] | None, edits: Path | None) -> Network:
    """The network that is named, or that a file describes, with further changes.

    Raises
    ------
    ValueError
        If there is neither a name nor a file, or both; and as `load` and `network_of` say.
    """
    if (name is None) == (edits is None):
        raise ValueError("name a network, or give its edits as a file: one of the two")
    if edits:
        with edits.open("rb") as file:
            found = load(file.read(LARGEST + 1)).network
        return apply(found, edits_of(found.name, ",".join(knobs or ())))
    return network_of(name or "", knobs)
