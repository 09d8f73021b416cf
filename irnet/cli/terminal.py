"""What a verb found, printed: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import typer
from rich.console import Console

from irnet.tables import Column, Records, from_records, to_text
from irnet.units import exact, grid, short


class Output(StrEnum):
    """How a verb prints what it found."""

    TEXT = "text"
    JSON = "json"


def show(data: Any, form: Output, text: Callable[[Any], object]) -> None:
    """Print `data` as JSON, or as `text` prints it."""
    if form is Output.JSON:
        typer.echo(json.dumps(data, indent=2, allow_nan=False))
    else:
        text(data)


def summary_text(data: Mapping[str, Any]) -> None:
    """Print a summary: a title line, then the stages."""
    edits = f" ({data['edits']})" if data["edits"] else ""
    params, macs = exact(data["params"]), short(data["macs"], "MAC")
    size = grid(data["input_shape"])
    title = f"{data['name']}{edits}, {size}: {params} parameters, {macs} in conv and linear layers, one image"
    table(data["stages"], title)


def table(records: Records, title: str = "") -> None:
    """Print records as a table, as wide as the terminal or, in a pipe, as 200 characters."""
    console = Console()
    width = console.width if console.is_terminal else 200
    typer.echo(to_text(from_records(records, title), width, styled=console.is_terminal), nl=False)


def cost_text(data: Mapping[str, Any]) -> None:
    """Print counts: the modules, then what explains the totals."""
    table(data["modules"], "fvcore, module by module")
    table(data["ledger"], "\nWhat each counter counts, and how often")
    measured, explained = (Column(what).write(data[what]) for what in ("totals", "explained"))
    typer.echo(f"\nMeasured  {measured}\nExplained {explained}")


def activations_text(data: Mapping[str, Any]) -> None:
    """Print the mean magnitudes of every block; JSON has the other statistics."""
    shown = [
        {name: value for name, value in block.items() if " " not in name or name.endswith("mean_abs")}
        for block in data["blocks"]
    ]
    title = f"{data['network']} on {data['photo']}, {data['weights']}, {data['batch_norm']} statistics"
    table(shown, title)


def memory_text(data: Mapping[str, Any]) -> None:
    """Print what batch norm on the sums costs: bytes predicted and measured, without and with."""
    rows = [
        {"kept for the backward pass": f"{how}, batch of {data['batch']}"}
        | {side: short(of[side], "B") for side in ("without", "with")}
        | {"difference": short(of["with"] - of["without"], "B")}
        for how in ("predicted", "measured")
        for of in (data[f"{how}_bytes"],)
    ]
    title = f"{data['network']}: batch norm on the sums, {exact(data['params_more'])} parameters more"
    table(rows, title)


def provenance_text(data: Mapping[str, Any]) -> None:
    """Print the names side by side, then the deviations one below the other."""
    table(data["stages"], f"{data['name']}: one stage, its names")
    typer.echo()
    table(data["implementations"], "Where each was read")
    for paper in data["papers"]:
        typer.echo(f"\n{paper['name']}: {paper['cited']}.")
        if paper["adds"]:
            table(paper["adds"])
    for found in data["deviations"]:
        rows = [
            {"who": who, "has": value}
            for who, value in found.items()
            if value and who not in ("id", "what", "why", "basis", "why basis", "touches")
        ]
        typer.echo(f"\n{found['id']} {found['what']} ({found['basis']}): {found['why']} ({found['why basis']})")
        table(rows)


def errata_text(data: Records) -> None:
    """Print every erratum, then the arithmetic that speaks to it."""
    for found in data:
        keys = (
            "printed",
            "used",
            "why",
            "certainty",
            "basis",
            "released",
            "released basis",
            "read in",
            "other version",
        )
        stages = f", in {', '.join(found['stages'])}" if found.get("stages") else ""
        typer.echo(f"\n{found['id']} {found['where']}{stages}")
        table([{"": key, " ": "; ".join(v) if isinstance(v, list) else v} for key in keys if (v := found[key])])
        for reading in dict.fromkeys(step["reading"] for step in found["arithmetic"]):
            steps = [step for step in found["arithmetic"] if step["reading"] == reading]
            rows = [{key: step[key] for key in ("label", "expression", "result", "holds")} for step in steps]
            table(rows, f"\nRead so: {reading}" if reading else "")
        if not found["arithmetic"]:
            typer.echo("The words alone show it: there is nothing to calculate.")


def ledger_text(data: Mapping[str, Any]) -> None:
    """Print every count with the lines that lead to it."""
    for found in data["counts"]:
        how = "Printed in" if found["basis"] == "read" else "Printed when run:"
        typer.echo(f"\n{found['title']}: {found['explained']}\n{how} {found['printed in']} ({found['version']}).")
        table(found["lines"])
    typer.echo("".join(f"\n{sentence}" for sentence in data["lookalikes"]))
