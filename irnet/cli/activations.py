"""The verbs of the residual lab: curves of activations at any scale, and what batch norm on the sums would cost."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from irnet.charts import to_file, to_vega
from irnet.cli.options import Form, Knobs, Name, memory_limit, network_of
from irnet.cli.terminal import Output, activations_text, memory_text, show
from irnet.diagrams.files import write
from irnet.tables import from_records, to_csv
from irnet.tree.saved import sum_norm_cost, with_sum_norm

verbs = typer.Typer()


class Curves(StrEnum):
    """How curves are written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    SVG = "svg"
    PNG = "png"


@verbs.command()
def activations(
    name: Name,
    photo: Annotated[
        str, typer.Option("--image", "--photo", help="A bundled photograph, or a JPEG, PNG or WebP file.")
    ] = "astronaut",
    scale: Annotated[
        list[str] | None,
        typer.Option(
            help="0 to 1, own (the network's), or block_a=0.2,block_b=0.1; may be repeated. Without: own, then 1."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the untrained weights.")] = 0,
    seeds: Annotated[int, typer.Option(help="So many seeds in a row, from --seed on.", min=1, max=100)] = 1,
    init: Annotated[str, typer.Option(help="torch, he or tf.")] = "torch",
    batch_norm: Annotated[
        str | None, typer.Option(help="batch or running statistics. Without: running with --weights, else batch.")
    ] = None,
    label: Annotated[
        int | None, typer.Option(help="A class: adds the gradient norm of its cross-entropy at every block's input.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="A checkpoint of this network, instead of untrained.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    statistic: Annotated[
        str, typer.Option(help="For svg and png: mean_abs, std, maximum, zero_share, ratio or gradient.")
    ] = "mean_abs",
    tensor: Annotated[str, typer.Option(help="For svg and png: shortcut, residual, scaled or output.")] = "output",
    theme: Annotated[str, typer.Option(help="For svg and png: light, dark or print.")] = "light",
    out: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
    knobs: Knobs = None,
    form: Annotated[Curves, typer.Option("--format", help="How to write it.")] = Curves.TEXT,
) -> None:
    """Magnitudes in every block of a network, with and without residual scaling; untrained without --weights."""
    spec = network_of(name, knobs)
    tables = import_module("irnet.lab.scale_tables")
    photos, experiment = (import_module(f"irnet.lab.{part}") for part in ("photos", "activations"))
    tables.check_plot(tensor, statistic, label)
    with memory_limit(device):
        image = photos.to_input(photos.photo_or_file(photo), spec.input_shape[1:])
        model = _load(spec, weights, device) if weights else None
        result = experiment.residual_scale(
            spec,
            image,
            scales=tuple(map(tables.read_scaling, scale or ("own", "1"))),
            seeds=range(seed, seed + seeds),
            init=init,
            batch_norm=batch_norm or ("running" if weights else "batch"),
            label=label,
            device=device,
            model=model,
        )
    for sentence in tables.overflows(result):
        typer.echo(f"irnet: {sentence}", err=True)
    if form in (Curves.SVG, Curves.PNG):
        drawn = tables.chart([result], "" if statistic in tables.OF_BLOCK else tensor, statistic)
        if not drawn.lines:
            raise ValueError(f"{result.network} has no {statistic} of the {tensor}: it adds no residuals")
        _write(to_file(to_vega(drawn, theme), "svg" if form is Curves.SVG else "png"), out)
        return
    found = {"network": result.network, "photo": photo, "weights": result.weights, "batch_norm": result.batch_norm}
    blocks = tables.records(result)
    if form is Curves.CSV:
        _write(to_csv(from_records(blocks)).encode(), out)
    elif out:
        raise ValueError("--out goes with --format csv, svg or png; text and json go to standard output")
    else:
        show(found | {"blocks": blocks}, Output(form), activations_text)


@verbs.command()
def memory(
    name: Name,
    batch: Annotated[int, typer.Option(help="Images in a batch.", min=1)] = 32,
    device: Annotated[str, typer.Option(help="Where it is measured; meta allocates nothing.")] = "meta",
    knobs: Knobs = None,
    form: Form = Output.TEXT,
) -> None:
    """What batch norm after every addition would cost: parameters, and memory kept for the backward pass."""
    spec = network_of(name, knobs)
    cost = sum_norm_cost(spec, batch)
    measured = import_module("irnet.runtime.saved").saved_for_backward
    without, with_ = (measured(with_sum_norm(spec, norm=norm), batch, device) for norm in (False, True))
    found = {
        "network": spec.label,
        "batch": batch,
        "params_more": cost.params,
        "predicted_bytes": {"without": cost.bytes_without, "with": cost.bytes_with},
        "measured_bytes": {"without": without, "with": with_},
        "device": device,
    }
    show(found, form, memory_text)


def _load(spec: Any, weights: Path, device: str) -> Any:
    building = import_module("irnet.runtime.build")
    model = building.build(spec, device)
    import_module("irnet.runtime.weights").load_weights(model, weights)
    return building.channels_last(model)


def _write(content: bytes, out: Path | None) -> None:
    if out:
        write(out, content)
        typer.echo(out)
    else:
        sys.stdout.buffer.write(content)
