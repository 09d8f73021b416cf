"""Command lines for every verb that there is, made from what each of them says that it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from hypothesis import strategies as st

from irnet.cli import app
from irnet.models import PRESETS
from tests import hostile
from tests.training.small import made, sweep

# Below the folder in which they run: a test that is run by the superuser must not write elsewhere.
FILES = st.sampled_from(["", ".", "out", "out.npz", "out.png", "out/deep/er", "missing.pt", "\0", "a" * 300, "run"])
SMALL = tuple(f"--set={knob}" for knob in ("a=1", "b=1", "c=1", "width=0.125", "input_size=139"))
INTEGERS = st.sampled_from(["1", "2", "0", "-1", "", "1e9", "nan", "٣", "0x10", "1_0", "9" * 5000])
FLOATS = st.sampled_from(["0.5", "1", "0", "-1", "", "1e999", "nan", "-inf", "0,5", "9" * 400])
DEVICES = st.sampled_from(["cpu", "meta", "cuda:9", "tpu"]) | hostile.NOISE
KNOWN = st.sampled_from(
    (
        *("torch", "he", "batch", "running", "mean_abs", "gradient", "output", "svg", "csv", "json", "coffee", "x"),
        *("figure_17", "table.networks", "1,2", "scale=0.1,1", "width=1", "local", "dask", "column", "light,dark"),
    )
)
BY_NAME: Mapping[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(("name", "names", "networks", "wanted"), hostile.NAMES | hostile.LABELS),
    **dict.fromkeys(("knobs", "changes"), hostile.EDITS | hostile.NOISE),
    "path": hostile.WHERE,
    "device": DEVICES,
    "given": FILES,
    "file": FILES,
}


def verbs(group: Any = None, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every verb by its words."""
    found: Any = group or typer.main.get_command(app)
    for name, command in found.commands.items():
        if hasattr(command, "commands"):
            yield from verbs(command, (*before, name))
        else:
            yield (*before, name), command


def values(parameter: Any) -> st.SearchStrategy[str]:
    """What one of a verb's parameters may be given: what it takes, and what it does not."""
    annotation = parameter.type_descriptor.annotation
    if parameter.name in BY_NAME:
        return BY_NAME[parameter.name]
    if annotation is Path:
        return FILES
    if annotation in (int, float):
        return INTEGERS if annotation is int else FLOATS
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation)) | hostile.NOISE
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from([str(member.value) for member in annotation]) | hostile.NOISE
    return KNOWN | hostile.NOISE


VERBS: Mapping[str, Any] = {" ".join(words): command for words, command in verbs()}


@st.composite
def commands(draw: st.DrawFn, verb: str) -> list[str]:
    """A verb, its arguments or fewer, and some of its options; networks are small, so that what is valid is quick."""
    command = VERBS[verb]
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    options = [one for one in command.params if one not in arguments]
    said = [draw(values(one)) for one in arguments[: draw(st.integers(max(0, len(arguments) - 1), len(arguments)))]]
    if draw(st.booleans()) and arguments and arguments[0].name == "name":
        said[:1] = [draw(st.sampled_from([name for name in PRESETS if "resnet" in name]))]
    if draw(st.integers(0, 3)):
        options = [one for one in options if one.required or draw(st.integers(0, len(options))) < 3]
    words = [word for one in options for word in _said(draw, one)]
    small = SMALL if any(one.name == "knobs" for one in command.params) else ()
    return [*verb.split(), *small, *(f" {word}" if word.startswith("-") else word for word in said), *words]


def _said(draw: st.DrawFn, option: Any) -> Sequence[str]:
    name = draw(st.sampled_from(option.opts))
    return [name] if option.is_flag else [f"{name}={draw(values(option))}"]


def run(folder: Path) -> None:
    """A folder with a race in it that nobody ran, for the verbs about runs."""
    made(folder / "run", sweep())
    (folder / "out.npz").write_text(json.dumps({"not": "an archive"}))
