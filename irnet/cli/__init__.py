"""The command line: one verb each, text for people, `--format json` for programs.

Exit status 0 is success, 2 is bad input (one sentence on stderr). A verb imports torch only if it needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer
from typer.exceptions import TyperException

from irnet.cli import check, lab, networks, pictures, train, weights
from irnet.units import typed

LONGEST = 800  # characters of a sentence about bad input
VERBS: tuple[Mapping[str, Callable[..., Any]], ...] = (  # `irnet weights` has its place between the two in the help
    {
        "list": networks.list_,
        "summary": networks.summary,
        "diagram": pictures.diagram,
        "cost": networks.cost,
        "compare": networks.compare,
        "maps": lab.maps,
        "block": lab.block,
        "figures": pictures.figures,
        "export": pictures.export,
        "activations": lab.activations,
        "memory": lab.memory,
        "code": networks.code,
        "receptive-field": lab.receptive_field,
        "open": check.open_,
        "check": check.check,
    },
    {
        "provenance": networks.provenance,
        "lineage": networks.lineage,
        "errata": networks.errata,
        "ledger": networks.ledger,
        "race": train.race,
        "stability": train.stability,
        "resume": train.resume,
        "stop": train.stop,
        "pause": train.pause,
        "progress": train.progress,
        "plot": train.plot,
    },
)

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Explore Inception-v4 and the Inception-ResNets.")
rest = typer.Typer()
for group, verbs in zip((app, rest), VERBS, strict=True):
    for name, verb in verbs.items():
        group.command(name)(verb)
app.add_typer(weights.app, name="weights")
app.add_typer(rest)


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
