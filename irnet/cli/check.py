"""The verbs that open networks of others, and hold them against the presets."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from irnet.cli.terminal import show, table, write_out
from irnet.diagrams import FORMATS, draw
from irnet.diagrams.page import page
from irnet.diagrams.render import Format
from irnet.edit import network_of_label
from irnet.opening.check import compare_with_preset
from irnet.opening.document import to_document
from irnet.opening.network import network_from_graph
from irnet.tables import Records, from_records, to_markdown
from irnet.tree.totals import summary
from irnet.units import exact, short

if TYPE_CHECKING:
    from irnet.opening.check import Report
    from irnet.spec import Shape

_PIXELS = "Pixels along a side of the picture; without it what the network says, else 299."
_AT_ONCE = 2  # processes that read somebody's code


def check(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="FILE.py:NAME, package.module:NAME, timm:NAME, torchvision:NAME, .onnx, .pt2, .keras, .h5, .json.",
        ),
    ],
    against: Annotated[str, typer.Option(help='What to hold it against, also edited: "inception_v4 a=6".')] = "",
    call: Annotated[str, typer.Option(help='What NAME is called with: "num_classes=10".')] = "",
    input_size: Annotated[int | None, typer.Option(min=1, help=_PIXELS)] = None,
    form: Annotated[Literal["text", "markdown", "json"], typer.Option("--format", help="How to print.")] = "text",
) -> int:
    """Say which network somebody's code or file is and where it differs; exit status 0 equal, 1 different, 2 unread."""
    if against:
        network_of_label(against)  # a wrong name is said once, before anything is read
    read = partial(_read, against=against, call=call, input_shape=_shape(input_size))
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # each waits for a process; what is no code is read here meanwhile
        waiting = {source: pool.submit(read, source) for source in sources if ":" in source}
        found = [(source, waiting[source].result() if source in waiting else read(source)) for source in sources]
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


def open_(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="FILE.py:NAME, package.module:NAME, timm:NAME, torchvision:NAME or a file."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="File to write: .json (to open again), .html (a page to explore), .svg, .pdf, ..."),
    ] = None,
    call: Annotated[str, typer.Option(help='What NAME is called with: "num_classes=10".')] = "",
    input_size: Annotated[int | None, typer.Option(min=1, help=_PIXELS)] = None,
    theme: Annotated[str, typer.Option(help="Of a drawing: light, dark or print.")] = "light",
) -> None:
    """Open somebody's network: print its stages, or write it as JSON, as a page to explore, or as a drawing."""
    sources = import_module("irnet.runtime.sources")
    kind = out.suffix.removeprefix(".") if out else ""
    if kind not in ("", "json", "html", *FORMATS):
        raise ValueError(f"{out} can't be written: an ending is .json, .html, {', '.join(f'.{f}' for f in FORMATS)}")
    graph = sources.read_source(source, call, _shape(input_size))
    if kind == "json" and out:
        write_out((json.dumps(to_document(graph)) + "\n").encode(), out)
        return
    network = network_from_graph(graph)
    if out is None:
        typer.echo(compare_with_preset(graph).sentence)
        table(cast("Records", summary(network)["stages"]))
    elif kind == "html":
        write_out(page(network).encode(), out)
    else:
        write_out(draw(network, cast("Format", kind), theme=theme), out)


def _shape(side: int | None) -> Shape | None:
    return (3, side, side) if side else None


def _read(source: str, against: str, call: str, input_shape: Shape | None) -> Report | str:
    """What a source is, or why it can't be read."""
    try:
        found: Report = import_module("irnet.runtime.sources").check(
            source, against, call=call, input_shape=input_shape
        )
    except ValueError as error:
        return str(error)
    return found


def _record(source: str, report: Report | str) -> dict[str, Any]:
    return {"source": source, "error": report} if isinstance(report, str) else report.record()


def _one(report: Report) -> None:
    typer.echo(report.sentence)
    if not report.near:
        typer.echo("--against NAME lists what differs from one of them.")
        return
    for found in report.differences:
        mark = " (changes no output)" if found.harmless else ""
        typer.echo(f"  {found.sentence}{mark} [{found.figure}]")


def _many(found: list[tuple[str, Report | str]], form: str) -> None:
    """One table, a row a source, with what each gets wrong."""
    rows = [
        {
            "network": source,
            "nearest": "" if isinstance(report, str) else report.nearest if report.near else "-",
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
    if not report.near:
        return f"none of the networks here: {report.composition}"
    return "; ".join(found.sentence for found in report.differences) or "nothing"
