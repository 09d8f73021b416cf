"""The verbs about weights: what a file is, fetching a released one, and what a network with it sees."""

from __future__ import annotations

from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from shlex import join
from typing import Annotated, Any

import typer

from irnet.cli.terminal import Body, Ema, Form, Key, Knobs, Name, memory_limit, network_of, put_in, show, table
from irnet.edit import network as edited
from irnet.models import full_name
from irnet.opening import WITH_WEIGHTS
from irnet.units import exact

FIRST = 8  # features that are printed for people; JSON has all

app = typer.Typer(no_args_is_help=True, help="Checkpoint files: which network one is, and released ones to fetch.")


@app.command()
def check(
    given: Annotated[list[str], typer.Argument(metavar="[NAME] FILE", help="A checkpoint; NAME is as --as.")],
    wanted: Annotated[str | None, typer.Option("--as", metavar="NAME", help="The network that it should be.")] = None,
    key: Key = None,
    ema: Ema = False,
    form: Form = "text",
) -> int:
    """Say which released network a file is, from its keys and shapes; exit status 1 if it is none, or not NAME."""
    *names, file = given
    if len(names) + (wanted is not None) > 1:
        raise ValueError("one network and one file can be checked at a time: irnet weights check [NAME] FILE")
    name = full_name(wanted or names[0]) if wanted or names else None
    found = import_module("irnet.runtime.weights").identify(file, name, key=key, ema=ema)
    show(asdict(found) | {"sentence": found.sentence}, form, _identity_text)
    if found.off and form == "text":
        options = [word for name, value in (("--as", wanted), ("--key", key)) if value for word in (name, value)]
        again = join([*given, *options, *(["--ema"] if ema else []), "--format", "json"])
        typer.echo(f"Every tensor that differs: irnet weights check {again}")
    return 0 if found.exact else 1


@app.command()
def get(
    name: Annotated[str, typer.Argument(help="A released network, such as inception_v4.tf_slim.")],
    out: Annotated[Path | None, typer.Option(help="File to write; without it, the Hub's own cache.")] = None,
    form: Form = "text",
) -> int:
    """Fetch timm's released weights of a network and check that they are what they say; needs huggingface_hub."""
    full = full_name(name)
    file = import_module("irnet.runtime.hub").fetch(full, out)
    found = import_module("irnet.runtime.weights").identify(file, full)
    show(asdict(found) | {"path": str(file), "sentence": found.sentence}, form, _identity_text)
    return 0 if found.exact else 1


@app.command()
def load(
    name: Name,
    file: Annotated[Path, typer.Argument(help="A checkpoint.")],
    body: Body = False,
    key: Key = None,
    ema: Ema = False,
    out: Annotated[
        Path | None, typer.Option(help="File to write the whole network's weights to, as safetensors.")
    ] = None,
    knobs: Knobs = None,
    form: Form = "text",
) -> None:
    """Load a checkpoint into a network and say what became of everything in it."""
    weights, build = import_module("irnet.runtime.weights"), import_module("irnet.runtime.build")
    model = build.build(network_of(name, knobs))
    found = weights.load_weights(model, file, body=body, key=key, ema=ema)
    if out:
        weights.save_weights(model, out)
    record = {"network": model.network.label, "out": str(out) if out else None}
    show(record | asdict(found) | {"sentence": found.sentence}, form, _loaded_text)


@app.command()
def classify(
    file: Annotated[Path, typer.Argument(help="A checkpoint with a classifier, or any with --body.")],
    photo: Annotated[str, typer.Option(help="A bundled photograph, or a JPEG, PNG or WebP file.")] = "coffee",
    labels: Annotated[Path | None, typer.Option(help="A text file with one class name a line.")] = None,
    body: Annotated[bool, typer.Option("--body", help="Leave the classifier out and print what goes into it.")] = False,
    key: Key = None,
    ema: Ema = False,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    form: Form = "text",
) -> None:
    """The five likeliest classes of a photograph, by the network that a file is or holds; or what that sees in it."""
    weights, build = import_module("irnet.runtime.weights"), import_module("irnet.runtime.build")
    photos, experiment = (import_module(f"irnet.lab.{part}") for part in ("photos", "classify"))
    found = weights.identify(file, key=key, ema=ema)
    if not found.exact and (body or file.suffix.lower() not in WITH_WEIGHTS):
        raise ValueError(found.sentence)
    with memory_limit(device):
        sizes = {"classes": 0 if body else found.classes, "channels": found.channels}
        network = edited(found.preset, *found.edits, **sizes) if found.exact else network_of(str(file))
        model = build.build(network, device)
        put_in(model, weights=file, body=body, key=key, ema=ema)
        image = photos.photo_or_file(photo)
        result = experiment.features(model, image) if body else experiment.classify(model, image, labels=labels)
    if body:
        show(asdict(result) | {"photo": photo}, form, _features_text)
        return
    record = {name: value for name, value in asdict(result).items() if name != "guesses"}
    show(record | {"photo": photo, "classes": experiment.records(result)}, form, _classes_text)


def _identity_text(data: dict[str, Any]) -> None:
    typer.echo(data["sentence"])
    typer.echo(f"{data['container']}, {data['tensors']} tensors")
    if data["unit_gammas"] is not None:
        typer.echo("Every batch norm's gamma is 1: ported from TensorFlow." if data["unit_gammas"] else _TRAINED)
    if "path" in data:
        typer.echo(data["path"])


_TRAINED = "Batch norm's gammas are not all 1: not a plain port from TensorFlow."


def _loaded_text(data: dict[str, Any]) -> None:
    typer.echo(f"{data['network']}: {data['sentence']}")
    if data["out"]:
        typer.echo(data["out"])


def _features_text(data: dict[str, Any]) -> None:
    values = data["values"]
    length = sum(value * value for value in values) ** 0.5
    typer.echo(
        f"{data['network']} on {data['photo']}, {data['weights']}: {exact(len(values))} numbers of length {length:.4g}"
    )
    typer.echo(" ".join(f"{value:.4g}" for value in values[:FIRST]) + " ...")
    typer.echo(f"\nPreprocessing: {data['preprocessing']}.")


def _classes_text(data: dict[str, Any]) -> None:
    table(data["classes"], f"{data['network']} on {data['photo']}, {data['weights']}")
    typer.echo(f"\nPreprocessing: {data['preprocessing']}.\nLabels: {data['names']}.")
