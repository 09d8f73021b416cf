"""The verbs that say what a network is: its totals, its counts, its sources, how others differ, and its source code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from irnet.cli.terminal import Form, Knobs, Name, memory_limit, network_of, network_of_words, show, table, write_out
from irnet.codegen import code as source_code
from irnet.comparison.changes import Change, grid_changes, grid_sentence, part_counts
from irnet.comparison.side_by_side import all_changes, change_records, changed_knobs, check_count, side_by_side
from irnet.diagrams.beside import opened_beside
from irnet.diagrams.beside_files import beside_file
from irnet.diagrams.nested import LEVELS
from irnet.edit import apply, edits_of, network
from irnet.edit.document import LARGEST, load
from irnet.models import network_of_recipe, recipe_of
from irnet.models.errata import errata as errata_named
from irnet.provenance.erratum_checks import erratum_record
from irnet.provenance.explanations import claims, similar_figures, summaries
from irnet.provenance.explanations import records as claim_records
from irnet.provenance.ledger import ledger as ledger_terms
from irnet.provenance.ledger import records as ledger_records
from irnet.provenance.ledger import sums
from irnet.provenance.lineage import cost_records, finding, result_records, step_named, to_record
from irnet.provenance.lineage import lineage as line_of_networks
from irnet.provenance.published import PAPERS
from irnet.provenance.sources import deviations, errata_of, implementations, names
from irnet.tables import Column, Records, from_records, to_markdown
from irnet.tree.totals import overview
from irnet.tree.totals import summary as stage_summary
from irnet.units import change, exact, grid, short

Names = Annotated[list[str], typer.Argument(metavar="A B [C D]", help='Networks, edited ones as "inception_v4 a=6".')]


def list_(form: Form = "text") -> None:
    """All networks with their totals."""
    show(overview(), form, table)


def summary(name: Name, knobs: Knobs = None, form: Form = "text") -> None:
    """Parameters and MACs of a network, stage by stage."""
    spec = network_of(name, knobs)
    found = stage_summary(spec)
    changes: tuple[Change, ...] = ()
    with suppress(ValueError):  # the network without its edits of places may be none
        changes = grid_changes(network_of_recipe(spec.name, recipe_of(spec)), spec)
    if changes:
        found["grids"] = [{"where": one.where, "was": one.left, "is": one.right} for one in changes]
    show(found, form, _summary_text)
    if changes and form == "text":
        typer.echo(grid_sentence(changes))


def _summary_text(data: Mapping[str, Any]) -> None:
    edits = f" ({data['edits']})" if data["edits"] else ""
    params, macs = exact(data["params"]), short(data["macs"], "MAC")
    size = grid(data["input_shape"])
    title = f"{data['name']}{edits}, {size}: {params} parameters, {macs} in conv and linear layers, one image"
    table(data["stages"], title)
    if aside := data.get("auxiliary"):
        sums = f"{exact(aside['params'])} parameters and {short(aside['macs'], 'MAC')} with them"
        table(aside["heads"], f"Auxiliary heads, in training alone: {sums}, {params} and {macs} without")


def cost(
    name: Name,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps or meta (shapes without numbers).")] = "cpu",
    knobs: Knobs = None,
    form: Form = "text",
) -> None:
    """Count a built network with fvcore module by module, beside torchinfo and torch's own counter."""
    spec = network_of(name, knobs)
    build, measuring = import_module("irnet.runtime.build"), import_module("irnet.runtime.measure")
    import_module("irnet.runtime.device").check_device(device)  # counts are the same on all of them
    with memory_limit("meta"):
        counts = measuring.measure(build.build(spec, "meta"))
    terms = ledger_terms(spec)
    found = {
        "name": spec.name,
        "edits": spec.edit_text,
        "input_shape": list(spec.input_shape),
        "device": device,
        "params": counts.whole.params,
        "totals": counts.totals,
        "explained": sums(terms),
        "ledger": ledger_records(terms),
        "modules": measuring.records(counts.modules),
    }
    show(found, form, _cost_text)


def _cost_text(data: Mapping[str, Any]) -> None:
    """The modules, then what explains the totals."""
    table(data["modules"], "fvcore, module by module")
    table(data["ledger"], "\nWhat each counter counts, and how often")
    measured, explained = (Column(what).write(data[what]) for what in ("totals", "explained"))
    typer.echo(f"\nMeasured  {measured}\nExplained {explained}")


def compare(
    names: Names,
    form: Annotated[
        Literal["text", "markdown", "json", "svg"], typer.Option("--format", help="How to print.")
    ] = "text",
    level: Annotated[int, typer.Option(min=0, max=len(LEVELS) - 1, help="Of the SVG: 0 stages to 3 units.")] = 0,
) -> None:
    """What differs between two to four networks, place by place, and their counts part by part."""
    networks = check_count([network_of_words(name) for name in names])
    if form == "svg":
        typer.echo(beside_file(networks, opened_beside(networks, level, frozenset()), "svg").decode())
        return
    knobs, changes, counts = changed_knobs(*networks), all_changes(*networks), part_counts(*networks)
    if form == "json":
        found = {
            "networks": [network.label for network in networks],
            "knobs": [asdict(found) for found in knobs],
            "changes": [asdict(found) for found in changes],
            "places": [asdict(row) for row in side_by_side(*networks)],
            "parts": counts,
        }
        show(found, "json", print)
        return
    print_table = _markdown if form == "markdown" else table
    for title, found_changes in (("Knobs that differ", knobs), ("What differs", changes)):
        print_table(change_records(networks, found_changes), f"{title}: {len(found_changes)}")
        typer.echo()
    parts = [
        {"part": part}
        | {
            name: " ".join((exact(first), *map(change, (other - first for other in others))))
            for name, (first, *others) in found_counts.items()
        }
        for part, found_counts in counts.items()
    ]
    print_table(parts, "Counts, part by part; the first network's, then the differences to it")


def _markdown(records: Records, title: str) -> None:
    """Records as a Markdown table under its title; nothing where there are none."""
    typer.echo(f"{title}\n\n{to_markdown(from_records(records))}" if records else f"{title}\n")


def code(
    name: Annotated[str | None, typer.Argument(help="A network; without one, --edits names it.")] = None,
    knobs: Knobs = None,
    edits: Annotated[Path | None, typer.Option(help="An edited network as JSON, in place of a name.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; without one it is printed.")] = None,
) -> None:
    """Write a network as PyTorch source that needs torch and nothing else."""
    if (name is None) == (edits is None):
        raise ValueError("name a network, or give its edits as a file: one of the two")
    if edits:
        with edits.open("rb") as file:
            described = load(file.read(LARGEST + 1)).network
        spec = apply(described, edits_of(described.name, ",".join(knobs or ())))
    else:
        spec = network_of(name or "", knobs)
    write_out(source_code(spec).encode(), out)


def provenance(name: Name, form: Form = "text") -> None:
    """What paper and releases call every stage of a network, and how they deviate."""
    spec = network_of(name)
    found = {
        "name": spec.name,
        "implementations": implementations(spec),
        "papers": [
            {"name": paper.name, "cited": paper.cited, "adds": [asdict(one) for one in paper.adds]} for paper in PAPERS
        ],
        "stages": names(spec),
        "deviations": deviations(spec),
    }
    show(found, form, _provenance_text)


def _provenance_text(data: Mapping[str, Any]) -> None:
    """The names side by side, then the deviations one below the other."""
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


def lineage(
    name: Annotated[str | None, typer.Argument(help="A step, such as inception_v3; without one, all.")] = None,
    form: Annotated[Literal["text", "markdown", "json"], typer.Option("--format", help="How to print.")] = "text",
) -> None:
    """The line from GoogLeNet to Inception-ResNet-v2: each step's idea, reason, cost and reported errors."""
    steps = (step_named(name),) if name else line_of_networks()
    if form == "json":
        show([to_record(step) for step in steps], "json", print)
        return
    print_table, head = (_markdown, "## {}, {}") if form == "markdown" else (table, "{}, {}")
    for step in steps:
        parent = f", grew out of {step_named(step.parent).model}" if step.parent else ""
        typer.echo(f"{head.format(step.model, step.date)}{parent}\n")
        typer.echo(f"{step.paper}, arXiv {step.arxiv}; printed at {step.venue}.\n")
        typer.echo(f"{step.idea}\n\nWhy: {step.why}\n\n{finding(step)}\n")
        print_table(cost_records(step), "What it costs, by our counts")
        typer.echo()
        print_table(result_records(step), "What papers report of it")
        typer.echo()


def errata(
    name: Annotated[str | None, typer.Argument(help="A network, or an erratum as E5; without, all errata.")] = None,
    form: Form = "text",
) -> None:
    """Where the paper's print disagrees with arithmetic, with itself or with released code, and the arithmetic."""
    one = errata_named(name.upper()) if name and re.fullmatch(r"[Ee]\d+", name) else ()
    found = errata_of(network(name) if name and not one else None)
    found = [erratum for erratum in found if not one or erratum["id"] == one[0].id]
    show([erratum | erratum_record(str(erratum["id"])) for erratum in found], form, _errata_text)


_OF_ERRATUM = ("printed", "used", "why", "certainty", "basis", "released", "released basis", "read in", "other version")


def _errata_text(data: Records) -> None:
    """Every erratum, then the arithmetic that speaks to it."""
    for found in data:
        stages = f", in {', '.join(found['stages'])}" if found.get("stages") else ""
        typer.echo(f"\n{found['id']} {found['where']}{stages}")
        table([{"": key, " ": "; ".join(v) if isinstance(v, list) else v} for key in _OF_ERRATUM if (v := found[key])])
        for reading in dict.fromkeys(step["reading"] for step in found["arithmetic"]):
            steps = [step for step in found["arithmetic"] if step["reading"] == reading]
            rows = [{key: step[key] for key in ("label", "expression", "result", "holds")} for step in steps]
            table(rows, f"\nRead so: {reading}" if reading else "")
        if not found["arithmetic"]:
            typer.echo("The wording alone shows it: there is nothing to calculate.")


def ledger(name: Name, knobs: Knobs = None, form: Form = "text") -> None:
    """Published and reported counts beside ours, with terms that add up to them."""
    spec = network_of(name, knobs)
    explained = zip(summaries(spec), claims(spec), strict=True)
    counts = [found | {"lines": claim_records(claim)} for found, claim in explained]
    data = {"name": spec.name, "edits": spec.edit_text, "counts": counts, "lookalikes": similar_figures(spec)}
    show(data, form, _ledger_text)


def _ledger_text(data: Mapping[str, Any]) -> None:
    """Every count with the lines that lead to it."""
    for found in data["counts"]:
        how = "Printed in" if found["basis"] == "read" else "Printed when run:"
        typer.echo(f"\n{found['title']}: {found['explained']}\n{how} {found['printed in']} ({found['version']}).")
        table(found["lines"])
    typer.echo("".join(f"\n{sentence}" for sentence in data["lookalikes"]))
