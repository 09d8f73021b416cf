"""The verb that says which pixels an output sees, and how much each of them matters."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from irnet.cli.options import Knobs, Name, network_of
from irnet.cli.terminal import Output, show, table
from irnet.diagrams.files import write
from irnet.spec import Network
from irnet.tables import from_records, to_csv
from irnet.tree import Sides
from irnet.tree.receptive_field import receptive_field, record, stage_fields

verbs = typer.Typer()


class Form(StrEnum):
    """How fields are printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


@verbs.command("receptive-field")
def receptive_field_(
    name: Name,
    path: Annotated[str | None, typer.Argument(help="A box, such as block_b.3. Without: all stages.")] = None,
    at: Annotated[str | None, typer.Option(metavar="ROW,COL", help="Of the box's grid. Without: the middle.")] = None,
    photo: Annotated[
        str | None, typer.Option("--photo", "--image", help="A bundled photograph or a file: adds the gradient's part.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="PNG to write, with the photograph.")] = None,
    channel: Annotated[int | None, typer.Option(help="Of the box's output. Without: the mean of all.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Untrained networks to average over.")] = 1,
    seed: Annotated[int, typer.Option(help="The first of them.")] = 0,
    init: Annotated[str, typer.Option(help="torch, he or tf.")] = "torch",
    batch_norm: Annotated[str, typer.Option(help="running or batch statistics.")] = "running",
    weights: Annotated[Path | None, typer.Option(help="A checkpoint of this network, instead of untrained.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    knobs: Knobs = None,
    form: Annotated[Form, typer.Option("--format", help="How to print.")] = Form.TEXT,
) -> None:
    """Which pixels an output sees by kernels, strides and padding and, for a photograph, by the gradient."""
    spec = network_of(name, knobs)
    if path is None:
        _refuse_without_box(at=at, photo=photo, out=out, weights=weights, channel=channel)
        _print(stage_fields(spec), form, f"{spec.label}: the field of what every stage puts out, in pixels")
        return
    position = _position(at)
    if photo is None:
        _refuse_without_photo(out=out, weights=weights, channel=channel)
        found: dict[str, Any] = record(receptive_field(spec, path, position))
    else:
        ask = {"channel": channel, "init": init, "batch_norm": batch_norm, "device": device}
        if weights:
            ask["model"] = _load(spec, weights, device)
        found = _gradient(spec, photo, path, position, out, ask | {"seeds": range(seed, seed + seeds)})
    if form is Form.TEXT:
        table(found["theoretical"], f"{spec.label}, {path}, on {'x'.join(map(str, spec.input_shape[1:]))} pixels")
        typer.echo("\n".join(["", *found["sentences"], *(_source(found) if photo else [])]))
    else:
        _print(found["theoretical"] if form is Form.CSV else found, form)


def _gradient(
    spec: Network, photo: str, path: str, position: Sides | None, out: Path | None, ask: dict[str, Any]
) -> dict[str, Any]:
    """The effective field as a record; the picture is written to `out`."""
    photos, experiment = (import_module(f"irnet.lab.{part}") for part in ("photos", "fields"))
    image, size = photos.photo_or_file(photo), spec.input_shape[1:]
    result = experiment.effective_field(spec, photos.to_input(image, size), path, position, **ask)
    found: dict[str, Any] = experiment.record(result)
    if out:
        if out.suffix.lower() != ".png":
            raise ValueError(f"--out writes a PNG, and {out.name} is called otherwise")
        draw = import_module("irnet.diagrams.field_picture")
        notes = (*_source(found), *found["sentences"])
        ground = draw.heat_layer(photos.fit(image, size), result.magnitude)
        picture = io.BytesIO()
        draw.field_picture(ground, result.seen, draw.outlines(result.seen, result.box), notes).save(picture, "PNG")
        write(out, picture.getvalue())
    return found | {"photo": photo}


def _load(spec: Network, weights: Path, device: str) -> Any:
    model = import_module("irnet.runtime.build").build(spec, device)
    import_module("irnet.runtime.weights").load_weights(model, weights)
    return model


def _source(found: Mapping[str, Any]) -> list[str]:
    return [f"{found['network']}; {found['weights']}; {found['batch_norm']} statistics."]


def _position(at: str | None) -> Sides | None:
    """(row, column) from "4,7"."""
    if at is None:
        return None
    if not (read := re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*", at)):
        raise ValueError(f"--at takes a row and a column, as 4,7, not {at!r}")
    return int(read[1]), int(read[2])


def _refuse_without_box(**given: object) -> None:
    if unused := [name for name, value in given.items() if value is not None]:
        raise ValueError(f"--{unused[0]} belongs to one box: name it after the network, such as block_b.3")


def _refuse_without_photo(**given: object) -> None:
    if unused := [name for name, value in given.items() if value is not None]:
        raise ValueError(f"--{unused[0]} belongs to the gradient, which needs a photograph: --photo")


def _print(found: Any, form: Form, title: str = "") -> None:
    if form is Form.CSV:
        typer.echo(to_csv(from_records(found)), nl=False)
    else:
        show(found, Output(form), lambda records: table(records, title))
