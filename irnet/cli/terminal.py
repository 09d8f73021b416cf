"""What verbs have in common: their options, the network that is named, and how they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from irnet.diagrams.files import write
from irnet.edit import network
from irnet.spec import Network
from irnet.tables import Records, from_records, to_text

Name = Annotated[str, typer.Argument(help="A network, such as inception_v4 or inception_resnet_v2.tf_slim.")]
Form = Annotated[Literal["text", "json"], typer.Option("--format", help="How to print.")]
Knobs = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a knob or a place: a=6, input_size=224x261, inception_b.0.b1.filters=200."),
]


def show(data: Any, form: str, text: Callable[[Any], object]) -> None:
    """Print `data` as JSON, or as `text` prints it."""
    if form == "json":
        typer.echo(json.dumps(data, indent=2, allow_nan=False))
    else:
        text(data)


def table(records: Records, title: str = "") -> None:
    """Print records as a table, as wide as the terminal or, in a pipe, as 200 characters."""
    console = Console()
    width = console.width if console.is_terminal else 200
    typer.echo(to_text(from_records(records, title), width, styled=console.is_terminal), nl=False)


def write_out(content: bytes, out: Path | None) -> None:
    """Write a file and print its name; without a file, print what would be in it."""
    if out:
        write(out, content)
        typer.echo(out)
    else:
        sys.stdout.buffer.write(content)


def network_of(name: str, changes: list[str] | None = None) -> Network:
    """The network that a command line names, with its knobs changed and its places edited.

    Raises
    ------
    ValueError
        For an unknown name, knob or place, or a value outside its limits.
    """
    return network(name, *(changes or ()))


def memory_limit(device: str) -> AbstractContextManager[None]:
    """One sentence where the device runs out of memory while the block runs."""
    limited: AbstractContextManager[None] = import_module("irnet.runtime.device").memory_limit(device)
    return limited
