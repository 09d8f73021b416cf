"""What verbs have in common: their options, the network that is named, and how they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console

from irnet.diagrams.files import write
from irnet.edit import network, network_of_label
from irnet.spec import Network
from irnet.tables import Records, from_records, to_text

NETWORK_FILES = (".onnx", ".pt2", ".keras", ".h5", ".json")
Name = Annotated[
    str,
    typer.Argument(
        help="A network, such as inception_v4, or another's: timm:NAME, FILE.py:NAME, a .onnx or .json file."
    ),
]
Form = Annotated[Literal["text", "json"], typer.Option("--format", help="How to print.")]
Knobs = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a knob or a place: a=6, input_size=224x261, inception_b.0.b1.filters=200."),
]
Body = Annotated[bool, typer.Option("--body", help="Load all of a checkpoint but its classifier.")]
Key = Annotated[str | None, typer.Option("--key", help="Which of several networks in a checkpoint: state_dict.")]
Ema = Annotated[bool, typer.Option("--ema", help="Take the averaged network of a checkpoint.")]


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
    """The network that a command line names, with its knobs changed and its places edited; or what a source names.

    Raises
    ------
    ValueError
        For an unknown name, knob or place, a value outside its limits, or a source that can't be read or changed.
    """
    if is_source(name):
        if changes:
            raise ValueError(f"--set changes a preset, and {name} is opened as it is")
        return cast("Network", import_module("irnet.runtime.sources").open_network(name))
    return network(name, *(changes or ()))


def network_of_words(label: str) -> Network:
    """The network that one argument names, with its edits behind it; or what a source names."""
    return network_of(label) if is_source(label) else network_of_label(label)


def is_source(name: str) -> bool:
    """Whether a name is that of a network of others: timm:NAME, FILE.py:NAME, or a file.

    Examples
    --------
    >>> is_source("timm:resnet50"), is_source("net.onnx"), is_source("inception_v4.paper")
    (True, True, False)
    """
    return ":" in name or Path(name).suffix in NETWORK_FILES


def memory_limit(device: str) -> AbstractContextManager[None]:
    """One sentence where the device runs out of memory while the block runs."""
    limited: AbstractContextManager[None] = import_module("irnet.runtime.device").memory_limit(device)
    return limited


def loader(weights: Path | None, *, body: bool, key: str | None, ema: bool) -> Callable[[Any], Any] | None:
    """What puts a checkpoint into a model and says on stderr what it left out or changed; None without a checkpoint.

    Raises
    ------
    ValueError
        If there is none and the options say what to take from it.
    """
    if weights is None:
        if body or ema or key is not None:
            raise ValueError("--body, --key and --ema say what to take from a checkpoint: name one with --weights")
        return None
    return partial(put_in, weights=weights, body=body, key=key, ema=ema)


def put_in(model: Any, *, weights: Path, body: bool, key: str | None, ema: bool) -> None:
    """Put a checkpoint into a model; what was left out or changed is said on stderr."""
    loaded = import_module("irnet.runtime.weights").load_weights(model, weights, body=body, key=key, ema=ema)
    if loaded.notes or loaded.untouched:
        typer.echo(f"irnet: {loaded.sentence}", err=True)
