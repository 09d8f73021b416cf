"""The verbs that look inside one forward pass: feature maps of a box, and a residual block step by step."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from irnet.cli.options import Form, Knobs, Name, memory_limit, network_of
from irnet.cli.terminal import Output, show, table
from irnet.diagrams.files import write
from irnet.spec import Network
from irnet.units import grid

verbs = typer.Typer()

Path_ = Annotated[str, typer.Argument(metavar="PATH", help="A box, such as block_b.3, stem.0.0 or block_b.0.body.b1.")]
Photo = Annotated[str, typer.Option("--photo", "--image", help="A bundled photograph, or a JPEG, PNG or WebP file.")]
Seed = Annotated[int, typer.Option(help="Of the untrained weights.")]
Init = Annotated[str, typer.Option(help="torch, he or tf.")]
Norms = Annotated[
    str | None, typer.Option("--batch-norm", help="batch or running statistics. Without: running with --weights.")
]
Checkpoint = Annotated[Path | None, typer.Option(help="A checkpoint of this network, instead of untrained.")]
Device = Annotated[str, typer.Option(help="cpu, cuda or mps.")]


@verbs.command()
def maps(
    name: Name,
    path: Path_,
    out: Annotated[Path, typer.Option(help="File to write, .npz (every tensor of the box) or .png (one of them).")],
    photo: Photo = "astronaut",
    tensor: Annotated[str, typer.Option(help="x, b0, concat, project, add ...; without: what the box puts out.")] = "",
    order: Annotated[str, typer.Option(help="strength or index.")] = "strength",
    page: Annotated[int, typer.Option(help="Of the channels in a PNG, from 1.")] = 1,
    size: Annotated[int, typer.Option(help="Channels on a page of a PNG.", min=1, max=256)] = 64,
    seed: Seed = 0,
    init: Init = "torch",
    batch_norm: Norms = None,
    weights: Checkpoint = None,
    device: Device = "cpu",
    knobs: Knobs = None,
    form: Form = Output.TEXT,
) -> None:
    """Write the feature maps of a box, for one photograph, as numbers or as a picture."""
    ending = out.suffix.lower()
    if ending not in (".npz", ".png"):
        raise ValueError(f"{out} is neither .npz nor .png, the two kinds of file that are written")
    lab, mosaic = (import_module(f"irnet.lab.{part}") for part in ("maps", "mosaic"))
    with memory_limit(device):
        model, image, norms = _prepare(network_of(name, knobs), photo, weights, (device, seed, init), batch_norm)
        found = lab.feature_maps(model, image, path, batch_norm=norms)
    chosen = found.tensor(tensor)
    shown = lab.page(lab.channels(chosen, order), page, size)
    title = f"{found.network} {path} on {Path(photo).name}, {found.weights}"
    write(out, mosaic.arrays(found) if ending == ".npz" else mosaic.mosaic(chosen, shown, title))
    show(_maps_record(found, photo, out, lab), form, _maps_text)


@verbs.command()
def block(
    name: Name,
    path: Path_,
    photo: Photo = "astronaut",
    scale: Annotated[float | None, typer.Option(help="Of this block alone, 0 to 1. Without: its own.")] = None,
    seed: Seed = 0,
    init: Init = "torch",
    batch_norm: Norms = None,
    weights: Checkpoint = None,
    device: Device = "cpu",
    knobs: Knobs = None,
    form: Form = Output.TEXT,
) -> None:
    """Run one residual block as an equation, y = ReLU(x + s F(x)), and print every term in numbers."""
    lab = import_module("irnet.lab.block")
    with memory_limit(device):
        model, image, norms = _prepare(network_of(name, knobs), photo, weights, (device, seed, init), batch_norm)
        result = lab.block_steps(model, image, path, scale=scale, batch_norm=norms)
    record = {part: getattr(result, part) for part in ("network", "path", "weights", "batch_norm", "scale", "own")}
    show(record | {"photo": photo, "steps": lab.records(result)}, form, _block_text)


def _prepare(
    spec: Network, photo: str, weights: Path | None, made: tuple[str, int, str], batch_norm: str | None
) -> tuple[Any, Any, str]:
    """A model, a picture as it takes it, and which batch norm statistics are meant."""
    photos = import_module("irnet.lab.photos")
    image = photos.to_input(photos.photo_or_file(photo), spec.input_shape[1:])
    model = import_module("irnet.runtime.build").build(spec, *made)
    if weights:
        import_module("irnet.runtime.weights").load_weights(model, weights)
    return model, image, batch_norm or ("running" if weights else "batch")


def _maps_record(found: Any, photo: str, out: Path, lab: Any) -> dict[str, object]:
    tensors = []
    for one in found.tensors:
        each = lab.channels(one)
        dead = sum(channel.dead for channel in each)
        tensors.append(
            {"tensor": one.name, "shape": list(one.values.shape), "dead": dead, "what": one.what}
            | {"troubles": one.troubles}
        )
    record = {part: getattr(found, part) for part in ("network", "path", "weights", "batch_norm")}
    return record | {"photo": photo, "file": str(out), "tensors": tensors}


def _maps_text(data: Mapping[str, Any]) -> None:
    rows = [one | {"shape": grid(tuple(one["shape"]))} for one in data["tensors"]]
    if not any(one["troubles"] for one in rows):
        rows = [{key: value for key, value in one.items() if key != "troubles"} for one in rows]
    table(rows, _title(data))
    typer.echo(data["file"])


def _block_text(data: Mapping[str, Any]) -> None:
    keys = ("term", "shape", "mean_abs", "std", "maximum", "zero_share")
    rows = [{key: grid(tuple(step[key])) if key == "shape" else step[key] for key in keys} for step in data["steps"]]
    table(rows, f"{_title(data)}, scale {data['scale']:g}")
    for step in data["steps"]:
        typer.echo(f"\n{step['term']}: {step['words']}{' ' if step['troubles'] else ''}{step['troubles']}")


def _title(data: Mapping[str, Any]) -> str:
    return f"{data['network']}, {data['path']}, on {data['photo']}, {data['weights']}, {data['batch_norm']} statistics"
