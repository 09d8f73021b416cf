"""The command line: one verb each, text for people, `--format json` for programs.

Exit status 0 is success, 2 is bad input (one sentence on stderr). A verb imports torch only if it needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from irnet.cli.activations import verbs as lab
from irnet.cli.code import verbs as coding
from irnet.cli.compare import verbs as comparing
from irnet.cli.export import verbs as exporting
from irnet.cli.field import verbs as fields
from irnet.cli.maps import verbs as looking
from irnet.cli.options import Form, Knobs, Name, memory_limit, network_of, sources
from irnet.cli.terminal import Output, cost_text, show, summary_text, table
from irnet.cli.train import app as training
from irnet.cli.weights import app as weights_app
from irnet.diagrams import FORMATS, save
from irnet.diagrams.graph_builder import Flow
from irnet.provenance.ledger import ledger, records, sums
from irnet.tree.totals import overview, summary
from irnet.units import typed

LONGEST = 800  # characters of a sentence about bad input

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Explore Inception-v4 and the Inception-ResNets.")
app.add_typer(comparing)
app.add_typer(looking)
app.add_typer(exporting)
app.add_typer(lab)
app.add_typer(coding)
app.add_typer(fields)
app.add_typer(weights_app, name="weights")
app.add_typer(sources)
app.add_typer(training)

Run = Annotated[Flow, typer.Option("--flow", help="The way that the arrows run.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, mps or meta (shapes without numbers).")]


@app.command("list")
def list_(form: Form = Output.TEXT) -> None:
    """All networks with their totals."""
    show(overview(), form, table)


@app.command("summary")
def summary_(name: Name, knobs: Knobs = None, form: Form = Output.TEXT) -> None:
    """Parameters and MACs of a network, stage by stage."""
    found = summary(network_of(name, knobs))
    show(found, form, summary_text)


@app.command()
def diagram(
    name: Name,
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    theme: Annotated[str, typer.Option(help="light, dark or print.")] = "light",
    flow: Run = "down",
    knobs: Knobs = None,
    form: Form = Output.TEXT,
) -> None:
    """Draw the network and one block of every stage as SVG, PNG, PDF and DOT."""
    files = [str(file) for file in save(network_of(name, knobs), out, theme, FORMATS, flow)]
    show(files, form, lambda written: typer.echo("\n".join(written)))


@app.command()
def cost(name: Name, device: Device = "cpu", knobs: Knobs = None, form: Form = Output.TEXT) -> None:
    """Count a built network with fvcore module by module, beside torchinfo and torch's own counter."""
    spec = network_of(name, knobs)
    build, measuring = import_module("irnet.runtime.build"), import_module("irnet.runtime.measure")
    import_module("irnet.runtime.device").check_device(device)  # counts are the same on all of them
    with memory_limit("meta"):
        counts = measuring.measure(build.build(spec, "meta"))
    terms = ledger(spec)
    found = {
        "name": spec.name,
        "edits": spec.edit_text,
        "input_shape": list(spec.input_shape),
        "device": device,
        "params": counts.whole.params,
        "totals": counts.totals,
        "explained": sums(terms),
        "ledger": records(terms),
        "modules": measuring.records(counts.modules),
    }
    show(found, form, cost_text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; bad input is one sentence on stderr and 2."""
    try:
        status = app(args=arguments, prog_name="irnet", standalone_mode=False)
    except TyperException as error:
        return _refuse(error.format_message())
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.strerror and error.filename else str(error))
    except (ValueError, KeyError, RuntimeError) as error:
        return _refuse(str(error.args[0]) if isinstance(error, KeyError) else str(error))
    except MemoryError:
        return _refuse("there is not enough memory for this; take a smaller input, width or depth")
    return status if isinstance(status, int) else 0


def _refuse(sentence: str) -> int:
    if sentence:  # without one, the help has said all
        typer.echo(f"irnet: {typed(sentence, LONGEST)}", err=True)
    return 2
