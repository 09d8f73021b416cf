"""The verb that writes a network down as PyTorch source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from irnet.codegen import code as written
from irnet.verbs import Knobs, Name, network_of

verbs = typer.Typer()


@verbs.command()
def code(
    name: Name,
    knobs: Knobs = None,
    out: Annotated[Path | None, typer.Option(help="File to write; without one it is printed.")] = None,
) -> None:
    """Write a network as PyTorch source that needs torch and nothing else."""
    text = written(network_of(name, knobs))
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(out)
