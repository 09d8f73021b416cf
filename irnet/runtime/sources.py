"""Networks by source: a preset's name, timm:NAME, torchvision:NAME, package.module:NAME, FILE.py:NAME or a file.

Of a file nothing is run. Somebody's code is imported and called in a process of its own,
with a limit of time and of memory, and only because a reader named it on the command line.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from ast import Call, Name, literal_eval, parse
from copy import deepcopy
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import torch
from torch import nn

from irnet.edit import network_of_label
from irnet.models import as_network
from irnet.opening.check import Report, compare_with_preset
from irnet.opening.document import read_graph, to_document
from irnet.opening.graph import Graph
from irnet.opening.network import network_from_graph
from irnet.runtime.build import Model, build
from irnet.runtime.network_files import is_file, read_file
from irnet.runtime.trace import trace
from irnet.spec import Network, Shape

USUAL = (3, 299, 299)  # a picture, where nobody says which
SECONDS = 120  # that importing, building and tracing may take
GIBIBYTES = 8  # of address space
COLLECTIONS = ("timm", "torchvision")


def check(
    source: str | nn.Module | Network, against: str = "", *, call: str = "", input_shape: Shape | None = None
) -> Report:
    """Which preset a network is nearest to, or how it differs from the one asked for.

    Parameters
    ----------
    source
        An nn.Module, which is traced and never run on numbers; a network of ours; or what `read_source` takes.
    against
        A preset's name, with its edits behind it if there are some: "inception_v4 a=6".

    Raises
    ------
    ValueError
        In one sentence, if the source can't be read, or the preset is not there.

    Examples
    --------
    >>> from irnet.runtime.build import Model, build
    >>> check(build("inception_v3.torchvision", "meta"), "inception_v3").sentence
    'Model is held against Inception-v3 (TF-slim, Keras): 1 difference (23,834,568 parameters, 5.71 GMAC).'
    """
    wanted = network_of_label(against) if against else None
    return compare_with_preset(_graph(source, call, input_shape), wanted)


def open_network(source: str | nn.Module | Network, *, call: str = "", input_shape: Shape | None = None) -> Network:
    """A network that somebody else wrote, as one of ours: everything that takes a network takes it.

    Parameters
    ----------
    source
        An nn.Module, which is traced and never run on numbers; a network of ours; or what `read_source` takes.
    call
        Keyword arguments for a class or a function that a source names: "num_classes=10".

    Raises
    ------
    ValueError
        In one sentence, if the source can't be read.

    Examples
    --------
    >>> from torch import nn
    >>> layers = nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8, eps=1e-3), nn.ReLU()
    >>> opened = open_network(nn.Sequential(*layers), input_shape=(3, 32, 32))
    >>> [stage.node for stage in opened.stages]
    [Conv(filters=8, kernel=3, stride=1, padding='valid')]
    """
    return source if isinstance(source, Network) else network_from_graph(_graph(source, call, input_shape))


def _graph(source: str | nn.Module | Network, call: str, input_shape: Shape | None) -> Graph:
    """The graph of a source of any kind."""
    if isinstance(source, str):
        return read_source(source, call, input_shape)
    if isinstance(source, nn.Module):
        return trace(deepcopy(source), source.network.input_shape if isinstance(source, Model) else input_shape)
    spec = as_network(source)
    return trace(build(spec, "meta"), spec.input_shape)


def read_source(source: str, call: str = "", input_shape: Shape | None = None) -> Graph:
    """The graph of what a source names, read in a process of its own.

    Parameters
    ----------
    call
        Keyword arguments as Python writes them, for a class or a function: "num_classes=10".
    input_shape
        (channels, height, width); without one what the module or the file says, else 299 pixels a side.

    Raises
    ------
    ValueError
        In one sentence, with what stopped it: no such file or name, code that fails, a module that can't be traced, or
        more time or memory than the limits.
    """
    if is_file(source):
        return read_file(source, input_shape or USUAL)
    if ":" not in source:
        spec = network_of_label(source)
        return trace(build(spec, "meta"), spec.input_shape)
    command = [sys.executable, "-m", "irnet.runtime.sources", source, call, *map(str, input_shape or ())]
    paths = os.pathsep.join(filter(None, (os.getcwd(), *sys.path, os.environ.get("PYTHONPATH", ""))))  # noqa: PTH109
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
            env=os.environ | {"PYTHONPATH": paths},
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"{source} was not read within {SECONDS:g} seconds") from None
    lines = done.stdout.decode(errors="replace").splitlines()
    if not lines or not lines[-1].startswith("{"):
        raise ValueError(f"{source}: its process ended with status {done.returncode} before it was read")
    if lines[-1].startswith('{"error"'):
        raise ValueError(f"{source}: {json.loads(lines[-1])['error']}")
    return read_graph(lines[-1])


def load_module(source: str, call: str = "") -> nn.Module:
    """The module that a source names, built on "meta": shapes without numbers. Runs somebody's code.

    Raises
    ------
    ValueError
        If there is no such file or name, or it makes no nn.Module.
    """
    where, _, name = source.rpartition(":")
    arguments = _arguments(call)
    make: Any
    if where in COLLECTIONS:
        make = partial(_from_collection, where, name)
    else:
        module = _import(where)
        make = getattr(module, name, None)
        if make is None:
            near = get_close_matches(name, [n for n in dir(module) if not n.startswith("_")], n=3)
            raise ValueError(f"{where} has no {name}" + (f"; it has {', '.join(near)}" if near else ""))
    if isinstance(make, nn.Module):
        made: Any = make
    else:
        try:
            with torch.device("meta"):
                made = make(**arguments)
        except (RuntimeError, NotImplementedError):  # it looks at its own numbers while it is made
            made = make(**arguments)
    if not isinstance(made, nn.Module):
        raise ValueError(f"{name} makes a {type(made).__name__}; an nn.Module can be read")
    return made


def _arguments(call: str) -> dict[str, Any]:
    """The keyword arguments that a text writes; their values are literals, and nothing in it is run."""
    try:
        written = parse(f"f({call})", mode="eval").body
        if not isinstance(written, Call) or not isinstance(written.func, Name) or written.args:
            raise ValueError
        named = {keyword.arg: literal_eval(keyword.value) for keyword in written.keywords if keyword.arg}
        if len(named) < len(written.keywords):
            raise ValueError
        return named
    except (ValueError, SyntaxError):
        raise ValueError(f"{call!r} can't be read as arguments; write them as num_classes=10, dropout=0.2") from None


def _from_collection(where: str, name: str, arguments: dict[str, Any]) -> Any:
    try:
        if where == "timm":
            return import_module("timm").create_model(name, **arguments)
        return import_module("torchvision.models").get_model(name, weights=None, **arguments)
    except ImportError as error:
        raise ValueError(f"{where} is not installed here ({error}): pip install {where}") from None


def _import(where: str) -> Any:
    if not where.endswith(".py"):
        return import_module(where)
    path = Path(where)
    if not path.is_file():
        raise ValueError(f"there is no file {where!r}")
    sys.path.insert(0, str(path.resolve().parent))
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{where} is no Python file")
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _answer(source: str, call: str, *sides: str) -> dict[str, Any]:
    """What the process of one source says."""
    limit = int(GIBIBYTES * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        channels, height, width = map(int, sides or (0, 0, 0))
        graph = trace(load_module(source, call), (channels, height, width) if sides else None)
    except Exception as error:  # whatever somebody else's code raises
        if isinstance(error, MemoryError) or "allocate memory" in str(error):  # the second as PyTorch says it
            return {"error": f"it needs more than {GIBIBYTES} GiB of memory"}
        first = next(filter(None, map(str.strip, str(error).splitlines())), "")
        return {"error": first if isinstance(error, ValueError) else f"{type(error).__name__}: {first}"}
    return to_document(graph) | {"name": source}


if __name__ == "__main__":
    print(json.dumps(_answer(*sys.argv[1:])))  # noqa: T201
