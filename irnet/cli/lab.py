"""The verbs of the lab: feature maps, one block, magnitudes, the cost of batch norm on the sums, receptive fields."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from irnet.charts import to_file, to_vega
from irnet.cli.terminal import (
    Body,
    Ema,
    Form,
    Key,
    Knobs,
    Name,
    loader,
    memory_limit,
    network_of,
    show,
    table,
    write_out,
)
from irnet.diagrams.files import write
from irnet.spec import Network
from irnet.tables import from_records, to_csv
from irnet.tree import Sides
from irnet.tree import receptive_field as fields
from irnet.tree.saved import sum_norm_cost, with_sum_norm
from irnet.units import exact, grid, short

Place = Annotated[str, typer.Argument(metavar="PATH", help="A box, such as block_b.3, stem.0.0 or block_b.0.body.b1.")]
Photo = Annotated[str, typer.Option("--photo", "--image", help="A bundled photograph, or a JPEG, PNG or WebP file.")]
Seed = Annotated[int, typer.Option(help="Of the untrained weights.")]
Init = Annotated[str, typer.Option(help="torch, he or tf.")]
Norms = Annotated[
    str | None, typer.Option("--batch-norm", help="batch or running statistics. Without: running with --weights.")
]
Checkpoint = Annotated[Path | None, typer.Option(help="A checkpoint of this network, instead of untrained.")]
Device = Annotated[str, typer.Option(help="cpu, cuda or mps.")]
Table = Literal["text", "json", "csv"]
Load = Callable[[Any], Any] | None  # puts a checkpoint into a model


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """The options of every verb that runs one photograph through a network."""

    photo: Photo = "astronaut"
    seed: Seed = 0
    init: Init = "torch"
    batch_norm: Norms = None
    weights: Checkpoint = None
    body: Body = False
    key: Key = None
    ema: Ema = False
    device: Device = "cpu"
    knobs: Knobs = None
    form: Form = "text"


def _with_options_of_a_pass(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with the fields of `Pass` as options, which it gets as `asked`."""
    own, shared = signature(verb, eval_str=True).parameters, signature(Pass, eval_str=True).parameters

    @wraps(verb)
    def command(**given: Any) -> None:
        verb(asked=Pass(**{name: given.pop(name) for name in shared}), **given)

    options = [one.replace(kind=one.KEYWORD_ONLY) for one in (*own.values(), *shared.values()) if one.name != "asked"]
    command.__annotations__ = {one.name: one.annotation for one in options}
    command.__dict__["__signature__"] = signature(verb).replace(parameters=options)
    return command


@_with_options_of_a_pass
def maps(
    *,
    name: Name,
    path: Place,
    out: Annotated[Path, typer.Option(help="File to write, .npz (every tensor of the box) or .png (one of them).")],
    tensor: Annotated[str, typer.Option(help="x, b0, concat, project, add ...; without: what the box puts out.")] = "",
    order: Annotated[str, typer.Option(help="strength or index.")] = "strength",
    page: Annotated[int, typer.Option(help="Of the channels in a PNG, from 1.")] = 1,
    size: Annotated[int, typer.Option(help="Channels on a page of a PNG.", min=1, max=256)] = 64,
    asked: Pass,
) -> None:
    """Write the feature maps of a box, for one photograph, as numbers or as a picture."""
    ending = out.suffix.lower()
    if ending not in (".npz", ".png"):
        raise ValueError(f"{out} is neither .npz nor .png, the two kinds of file that are written")
    lab, mosaic = (import_module(f"irnet.lab.{part}") for part in ("maps", "mosaic"))
    with memory_limit(asked.device):
        model, image, norms = _prepare(name, asked)
        found = lab.feature_maps(model, image, path, batch_norm=norms)
    chosen = found.tensor(tensor)
    shown = lab.page(lab.channels(chosen, order), page, size)
    title = f"{found.network} {path} on {Path(asked.photo).name}, {found.weights}"
    write(out, mosaic.arrays(found) if ending == ".npz" else mosaic.mosaic(chosen, shown, title))
    record = {part: getattr(found, part) for part in ("network", "path", "weights", "batch_norm")}
    tensors = [
        {
            "tensor": one.name,
            "shape": list(one.values.shape),
            "dead": sum(channel.dead for channel in lab.channels(one)),
            "what": one.what,
            "troubles": one.troubles,
        }
        for one in found.tensors
    ]
    show(record | {"photo": asked.photo, "file": str(out), "tensors": tensors}, asked.form, _maps_text)


@_with_options_of_a_pass
def block(
    *,
    name: Name,
    path: Place,
    scale: Annotated[float | None, typer.Option(help="Of this block alone, 0 to 1. Without: its own.")] = None,
    asked: Pass,
) -> None:
    """Run one residual block as an equation, y = ReLU(x + s F(x)), and print every term in numbers."""
    lab = import_module("irnet.lab.block")
    with memory_limit(asked.device):
        model, image, norms = _prepare(name, asked)
        result = lab.block_steps(model, image, path, scale=scale, batch_norm=norms)
    record = {part: getattr(result, part) for part in ("network", "path", "weights", "batch_norm", "scale", "own")}
    show(record | {"photo": asked.photo, "steps": lab.records(result)}, asked.form, _block_text)


def _prepare(name: str, asked: Pass) -> tuple[Any, Any, str]:
    """A model, a picture as it takes it, and which batch norm statistics are meant."""
    load = loader(asked.weights, body=asked.body, key=asked.key, ema=asked.ema)
    spec = network_of(name, asked.knobs)
    model = _model(spec, load, asked.device, asked.seed, asked.init)
    return model, _input(spec, asked.photo), asked.batch_norm or ("running" if load else "batch")


def _input(spec: Network, photo: str) -> Any:
    """A picture as a network takes it; what is done about its channels is said."""
    photos = import_module("irnet.lab.photos")
    if sentence := photos.channels_sentence(spec.input_shape[0]):
        typer.echo(f"irnet: {sentence}", err=True)
    return photos.to_input(photos.photo_or_file(photo), spec.input_shape)


def _model(spec: Network, load: Load, *made: Any) -> Any:
    """A network, built on a device, from a seed and with an initialiser; a checkpoint gives it other weights."""
    model = import_module("irnet.runtime.build").build(spec, *made)
    if load:
        load(model)
    return model


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
    seed: Seed = 0,
    seeds: Annotated[int, typer.Option(help="So many seeds in a row, from --seed on.", min=1, max=100)] = 1,
    init: Init = "torch",
    batch_norm: Annotated[
        str | None, typer.Option(help="batch or running statistics. Without: running with --weights, else batch.")
    ] = None,
    label: Annotated[
        int | None, typer.Option(help="A class: adds the gradient norm of its cross-entropy at every block's input.")
    ] = None,
    weights: Checkpoint = None,
    body: Body = False,
    key: Key = None,
    ema: Ema = False,
    device: Device = "cpu",
    statistic: Annotated[
        str, typer.Option(help="For svg and png: mean_abs, std, maximum, zero_share, ratio or gradient.")
    ] = "mean_abs",
    tensor: Annotated[str, typer.Option(help="For svg and png: shortcut, residual, scaled or output.")] = "output",
    theme: Annotated[str, typer.Option(help="For svg and png: light, dark or print.")] = "light",
    out: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
    knobs: Knobs = None,
    form: Annotated[
        Literal["text", "json", "csv", "svg", "png"], typer.Option("--format", help="How to write it.")
    ] = "text",
) -> None:
    """Magnitudes in every block of a network, with and without residual scaling; untrained without --weights."""
    spec = network_of(name, knobs)
    tables = import_module("irnet.lab.scale_tables")
    experiment = import_module("irnet.lab.activations")
    tables.check_plot(tensor, statistic, label)
    with memory_limit(device):
        image = _input(spec, photo)
        layout = import_module("irnet.runtime.build").channels_last
        load = loader(weights, body=body, key=key, ema=ema)
        model = layout(_model(spec, load, device)) if load else None
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
    if form in ("svg", "png"):
        drawn = tables.chart([result], "" if statistic in tables.OF_BLOCK else tensor, statistic)
        if not drawn.lines:
            raise ValueError(f"{result.network} has no {statistic} of the {tensor}: it adds no residuals")
        write_out(to_file(to_vega(drawn, theme), form), out)
        return
    found = {"network": result.network, "photo": photo, "weights": result.weights, "batch_norm": result.batch_norm}
    blocks = tables.records(result)
    if form == "csv":
        write_out(to_csv(from_records(blocks)).encode(), out)
    elif out:
        raise ValueError("--out goes with --format csv, svg or png; text and json go to standard output")
    else:
        show(found | {"blocks": blocks}, form, _activations_text)


def memory(
    name: Name,
    batch: Annotated[int, typer.Option(help="Images in a batch.", min=1)] = 32,
    device: Annotated[str, typer.Option(help="Where it is measured; meta allocates nothing.")] = "meta",
    knobs: Knobs = None,
    form: Form = "text",
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
    show(found, form, _memory_text)


def _activations_text(data: Mapping[str, Any]) -> None:
    """The mean magnitudes of every block; JSON has the other statistics."""
    shown = [
        {name: value for name, value in block.items() if " " not in name or name.endswith("mean_abs")}
        for block in data["blocks"]
    ]
    title = f"{data['network']} on {data['photo']}, {data['weights']}, {data['batch_norm']} statistics"
    table(shown, title)


def _memory_text(data: Mapping[str, Any]) -> None:
    """What batch norm on the sums costs: bytes predicted and measured, without and with."""
    rows = [
        {"kept for the backward pass": f"{how}, batch of {data['batch']}"}
        | {side: short(of[side], "B") for side in ("without", "with")}
        | {"difference": short(of["with"] - of["without"], "B")}
        for how in ("predicted", "measured")
        for of in (data[f"{how}_bytes"],)
    ]
    title = f"{data['network']}: batch norm on the sums, {exact(data['params_more'])} parameters more"
    table(rows, title)


def receptive_field(
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
    init: Init = "torch",
    batch_norm: Annotated[str, typer.Option(help="running or batch statistics.")] = "running",
    weights: Checkpoint = None,
    body: Body = False,
    key: Key = None,
    ema: Ema = False,
    device: Device = "cpu",
    knobs: Knobs = None,
    form: Annotated[Table, typer.Option("--format", help="How to print.")] = "text",
) -> None:
    """Which pixels an output sees by kernels, strides and padding and, for a photograph, by the gradient."""
    spec = network_of(name, knobs)
    if path is None:
        why = "belongs to one box: name it after the network, such as block_b.3"
        _refuse(why, at=at, photo=photo, out=out, weights=weights, channel=channel)
        _print(fields.stage_fields(spec), form, f"{spec.label}: the field of what every stage puts out, in pixels")
        return
    position = _position(at)
    if photo is None:
        why = "belongs to the gradient, which needs a photograph: --photo"
        _refuse(why, out=out, weights=weights, channel=channel)
        found: dict[str, Any] = fields.record(fields.receptive_field(spec, path, position))
    else:
        ask = {"channel": channel, "init": init, "batch_norm": batch_norm, "device": device}
        if load := loader(weights, body=body, key=key, ema=ema):
            ask["model"] = _model(spec, load, device)
        found = _gradient(spec, photo, path, position, out, ask | {"seeds": range(seed, seed + seeds)})
    if form == "text":
        table(found["theoretical"], f"{spec.label}, {path}, on {'x'.join(map(str, spec.input_shape[1:]))} pixels")
        typer.echo("\n".join(["", *found["sentences"], *([_source(found)] if photo else [])]))
    else:
        _print(found["theoretical"] if form == "csv" else found, form)


def _gradient(
    spec: Network, photo: str, path: str, position: Sides | None, out: Path | None, ask: dict[str, Any]
) -> dict[str, Any]:
    """The effective field as a record; the picture is written to `out`."""
    photos, experiment = (import_module(f"irnet.lab.{part}") for part in ("photos", "fields"))
    result = experiment.effective_field(spec, _input(spec, photo), path, position, **ask)
    found: dict[str, Any] = experiment.record(result)
    if out:
        if out.suffix.lower() != ".png":
            raise ValueError(f"--out writes a PNG, and {out.name} is called otherwise")
        draw = import_module("irnet.diagrams.field_picture")
        notes = (_source(found), *found["sentences"])
        ground = draw.heat_layer(photos.fit(photos.photo_or_file(photo), spec.input_shape[1:]), result.magnitude)
        picture = io.BytesIO()
        draw.field_picture(ground, result.seen, draw.outlines(result.seen, result.box), notes).save(picture, "PNG")
        write(out, picture.getvalue())
    return found | {"photo": photo}


def _source(found: Mapping[str, Any]) -> str:
    return f"{found['network']}; {found['weights']}; {found['batch_norm']} statistics."


def _position(at: str | None) -> Sides | None:
    """(row, column) from "4,7"."""
    if at is None:
        return None
    if not (read := re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*", at)):
        raise ValueError(f"--at takes a row and a column, as 4,7, not {at!r}")
    return int(read[1]), int(read[2])


def _refuse(why: str, **given: object) -> None:
    """Refuse the first option that is given."""
    if unused := [name for name, value in given.items() if value is not None]:
        raise ValueError(f"--{unused[0]} {why}")


def _print(found: Any, form: Table, title: str = "") -> None:
    if form == "csv":
        typer.echo(to_csv(from_records(found)), nl=False)
    else:
        show(found, form, lambda records: table(records, title))
