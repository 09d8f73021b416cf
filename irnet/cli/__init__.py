"""The command line: one verb each, text for people, `--format json` for programs.

Exit status 0 is success, 2 is bad input (one sentence on stderr). A verb imports torch only if it needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType

import typer
from typer.exceptions import TyperException

from irnet.units import typed

LONGEST = 800  # characters of a sentence about bad input
VERBS: Mapping[str, str] = MappingProxyType(  # in the order of the help, with the module and the function of each
    {
        "list": "networks.list_",
        "summary": "networks.summary",
        "diagram": "pictures.diagram",
        "cost": "networks.cost",
        "compare": "networks.compare",
        "maps": "lab.maps",
        "block": "lab.block",
        "figures": "pictures.figures",
        "export": "pictures.export",
        "activations": "lab.activations",
        "memory": "lab.memory",
        "code": "networks.code",
        "receptive-field": "lab.receptive_field",
        "open": "check.open_",
        "check": "check.check",
        "weights": "weights.app",
        "provenance": "networks.provenance",
        "lineage": "networks.lineage",
        "errata": "networks.errata",
        "ledger": "networks.ledger",
        "race": "train.race",
        "stability": "train.stability",
        "resume": "train.resume",
        "stop": "train.stop",
        "pause": "train.pause",
        "progress": "train.progress",
        "plot": "train.plot",
    }
)


def application(verb: str = "") -> typer.Typer:
    """The command line with one verb, or with all where there is none of that name; only their modules are loaded."""
    app = typer.Typer(
        add_completion=False, no_args_is_help=True, help="Explore Inception-v4 and the Inception-ResNets."
    )
    app.callback()(lambda: None)  # without one, a lone verb would take the place of the whole
    group, rest = app, typer.Typer()
    for name, place in VERBS.items() if verb not in VERBS else [(verb, VERBS[verb])]:
        module, _, function = place.partition(".")
        found = getattr(import_module(f"irnet.cli.{module}"), function)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
            group = rest  # which the help lists after it
        else:
            group.command(name)(found)
    app.add_typer(rest)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; bad input is one sentence on stderr and 2."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        status = application(*arguments[:1])(args=arguments, prog_name="irnet", standalone_mode=False)
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
