"""The verb that holds networks of others against the presets."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from irnet.cli.terminal import show, table
from irnet.edit import network_of_label
from irnet.tables import from_records, to_markdown
from irnet.units import exact, short

if TYPE_CHECKING:
    from irnet.opening.check import Report


def check(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="FILE.py:NAME, package.module:NAME, timm:NAME, torchvision:NAME, .keras, .h5 or .json.",
        ),
    ],
    against: Annotated[str, typer.Option(help='What to hold it against, also edited: "inception_v4 a=6".')] = "",
    call: Annotated[str, typer.Option(help='What NAME is called with: "num_classes=10".')] = "",
    input_size: Annotated[int, typer.Option(min=1, help="Pixels along a side of the picture.")] = 299,
    form: Annotated[Literal["text", "markdown", "json"], typer.Option("--format", help="How to print.")] = "text",
) -> int:
    """Say which network somebody's code is and where it differs; exit status 0 equal, 1 different, 2 not readable."""
    if against:
        network_of_label(against)  # a wrong name is said once, before anything is read
    read = import_module("irnet.runtime.sources").check
    found: list[tuple[str, Report | str]] = []
    for source in sources:
        try:
            found.append((source, read(source, against, call=call, input_shape=(3, input_size, input_size))))
        except ValueError as error:
            found.append((source, str(error)))
    if len(found) == 1 and isinstance(found[0][1], str):
        raise ValueError(found[0][1])
    records = [_record(source, report) for source, report in found]
    if form == "json":
        show(records[0] if len(records) == 1 else records, "json", print)
    elif form == "markdown" or len(found) > 1:
        _many(found, form)
    else:
        _one(cast("Report", found[0][1]))
    if any(isinstance(report, str) for _, report in found):
        return 2
    return 0 if all(report.equal for _, report in found if not isinstance(report, str)) else 1


def _record(source: str, report: Report | str) -> dict[str, Any]:
    return {"source": source, "error": report} if isinstance(report, str) else report.record()


def _one(report: Report) -> None:
    typer.echo(report.sentence)
    for found in report.differences:
        mark = " (changes no output)" if found.harmless else ""
        typer.echo(f"  {found.sentence}{mark} [{found.figure}]")


def _many(found: list[tuple[str, Report | str]], form: str) -> None:
    """One table, a row a source, with what each gets wrong."""
    rows = [
        {
            "network": source,
            "nearest": "" if isinstance(report, str) else report.nearest,
            "parameters": "" if isinstance(report, str) else exact(report.params),
            "MACs": "" if isinstance(report, str) else short(report.macs),
            "what differs": report if isinstance(report, str) else _list(report),
        }
        for source, report in found
    ]
    if form == "markdown":
        typer.echo(to_markdown(from_records(rows, "Networks and how they differ")), nl=False)
    else:
        table(rows, "Networks and how they differ")


def _list(report: Report) -> str:
    return "; ".join(found.sentence for found in report.differences) or "nothing"
