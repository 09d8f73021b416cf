"""The graph of a file of torch.export: what its JSON says. Nothing is unpickled, loaded or run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from irnet.opening.graph import MAX_NODES, Graph, Refused, check_shape, with_folded_norms
from irnet.runtime.checkpoint_files.archive import open_archive, program_in, read_table
from irnet.runtime.checkpoint_files.checkpoint import broken
from irnet.runtime.trace import Call, NotOnePicture, Program, Tensor, fill_in, operator_of, read_program
from irnet.units import exact, typed

_FAULTS = (LookupError, TypeError, AttributeError, ValueError, RecursionError, OverflowError)


def read_exported_program(path: Path) -> Graph:
    """The operations of a file that torch.export.save wrote, of PyTorch 2.1 or later.

    Raises
    ------
    ValueError
        In one sentence, if it is broken or too large, or has several inputs or outputs.
    """
    with open_archive(path) as archive:
        member = program_in(archive)
        if not member:
            raise ValueError(f"{path.name} holds no exported program: write one with torch.export.save")
        text = read_table(path, archive, member)
    try:
        module = json.loads(text)["graph_module"]
        if len(module["graph"]["nodes"]) > MAX_NODES:
            raise Refused(f"has more than the {exact(MAX_NODES)} nodes that are read")
        return with_folded_norms(read_program(_program(path.name, module)))
    except Refused as error:
        raise ValueError(f"{path.name} {error}") from None
    except NotOnePicture:
        raise
    except _FAULTS:
        raise broken(path.name, "exported program") from None


def _program(name: str, module: Mapping[str, Any]) -> Program:
    graph, signature = module["graph"], module["signature"]
    keys: dict[str, str] = {}
    parameters, inputs = set[str](), list[str]()
    for spec in signature["input_specs"]:
        ((kind, held),) = spec.items()
        if kind == "user_input":
            inputs += [arg["name"] for kind, arg in held["arg"].items() if kind == "as_tensor"]
        elif kind in ("parameter", "buffer"):
            keys[held["arg"]["name"]] = typed(held[f"{kind}_name"], 200)
            parameters |= {held["arg"]["name"]} if kind == "parameter" else set()
    outputs = [
        arg["name"]
        for spec in signature["output_specs"]
        for kind, held in spec.items()
        for arg in held["arg"].values()
        if kind == "user_output"
    ]
    calls = tuple(call for node in graph["nodes"] for call in _calls(node))
    shapes = {key: _shape(key, value["sizes"]) for key, value in graph["tensor_values"].items()}
    for call in calls:
        if call.operator == "getitem":  # what several are taken from has the shape of the first, as in a trace
            shapes.setdefault(call.arguments["0"].name, shapes[call.name])
    return Program(
        name=name,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        calls=calls,
        shapes=shapes,
        keys=keys,
        parameters=frozenset(parameters),
    )


def _calls(node: Mapping[str, Any]) -> Iterator[Call]:
    """A node as a call; one that makes several tensors as a call more for each, as PyTorch has it."""
    target = node["target"].removeprefix("torch.ops.")
    named = {given["name"]: _value(given["arg"]) for given in node["inputs"]}
    schema = _schema(target)
    arguments = fill_in(schema, (), named) if schema else named
    stack = node["metadata"].get("nn_module_stack", "").rpartition(";")[2].split(",")
    module = typed(stack[1], 200) if len(stack) == 3 and "_empty_nn_module" not in stack[1] else ""
    made = [
        one["name"]
        for output in node["outputs"]
        for kind, held in output.items()
        if kind in ("as_tensor", "as_tensors")
        for one in (held if isinstance(held, list) else [held])
    ]
    if len(made) == 1:
        yield Call(made[0], operator_of(target), arguments, module)
    elif made:
        whole = f"{node.get('name') or made[0]} as a whole"
        yield Call(whole, operator_of(target), arguments, module)
        for i, name in enumerate(made):
            yield Call(name, "getitem", {"0": Tensor(whole), "1": i}, module)


def _schema(target: str) -> Any:
    """What arguments an operator of PyTorch's own has; None for another, which is never looked up."""
    space, _, rest = target.partition(".")
    name, _, overload = rest.partition(".")
    if space != "aten" or not name.isidentifier() or not overload.isidentifier() or name.startswith("__"):
        return None
    return getattr(getattr(getattr(torch.ops.aten, name, None), overload, None), "_schema", None)


def _value(arg: Mapping[str, Any]) -> Any:
    ((kind, held),) = arg.items()
    if kind == "as_none":
        return None
    if "tensor" in kind:
        return [_tensor(one) for one in held] if isinstance(held, list) else _tensor(held)
    if "sym_" in kind:
        return [_number(one) for one in held] if isinstance(held, list) else _number(held)
    return held


def _tensor(held: Mapping[str, Any]) -> Any:
    """A tensor; in a list with holes it stands one level deeper."""
    inner = held.get("as_tensor", held)
    return Tensor(inner["name"]) if "name" in inner else None


def _number(held: Mapping[str, Any]) -> Any:
    return next(iter(held.values()))


def _shape(name: str, sizes: list[Mapping[str, Any]]) -> tuple[int, ...]:
    """The sides of a tensor; one that varies is taken as large as it was when the program was made."""
    sides = (size["as_int"] if "as_int" in size else size["as_expr"]["hint"]["as_int"] for size in sizes)
    return check_shape(name, tuple(map(int, sides)))
