"""The graph of an nn.Module: traced by torch.export on meta tensors, so that nothing is computed."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import nn
from torch.export import ExportedProgram, export
from torch.fx import Node

from irnet.opening.graph import ADD, CONCAT, DIV, INPUT, MUL, Graph, Operation, Setting, Weight
from irnet.spec import Shape

_KINDS: Mapping[str, str] = {
    "conv2d": "conv",
    "cat": CONCAT,
    "concat": CONCAT,
    "concatenate": CONCAT,
    "true_divide": DIV,
    "divide": DIV,
    "multiply": MUL,
    "max_pool2d": "max_pool",
    "avg_pool2d": "avg_pool",
}
_NOTHING = ("dropout", "feature_dropout", "contiguous", "clone", "detach", "alias", "to", "_assert_tensor_metadata")


def trace(module: nn.Module, input_shape: Shape = (3, 299, 299)) -> Graph:
    """The operations of `module` in evaluation, for one picture of (channels, height, width).

    The module itself is moved to "meta": its numbers are gone.

    Raises
    ------
    ValueError
        In one sentence, if the module can't be exported: control flow on numbers, several inputs or outputs.

    Examples
    --------
    >>> from irnet.runtime.build import build
    >>> graph = trace(build("inception_v3", "meta"))
    >>> [operation.kind for operation in graph.operations[:4]], len(graph.operations)
    (['input', 'conv', 'batch_norm', 'relu'], 314)
    """
    name, was_training = type(module).__name__, module.training
    module.eval()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.disable(logging.ERROR)  # the sentence says what went wrong; torch would print a page
            program = export(module.to("meta"), (torch.zeros(1, *input_shape, device="meta"),), strict=False)
    except Exception as error:  # whatever somebody else's code stumbles over
        reason = next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)
        raise ValueError(f"{name} can't be traced with an input of {input_shape}: {reason}") from error
    finally:
        logging.disable(logging.NOTSET)
        module.train(was_training)
    return read_program(_program(name, program), input_shape)


class NotOnePicture(ValueError):
    """What was exported reads something other than one picture, or makes several things."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of a program, by the name that the program gives it."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a program: an operator of PyTorch's, and what it is given by the names of its arguments."""

    name: str  # of the tensor that it makes
    operator: str  # "conv2d"
    arguments: Mapping[str, Any]  # with a Tensor for every tensor, and defaults filled in
    module: str  # the author's path of the module that calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What torch.export makes of a module, as values."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    calls: tuple[Call, ...]
    shapes: Mapping[str, tuple[int, ...]]  # of every tensor, with the batch
    keys: Mapping[str, str]  # names in the state_dict, of parameters and buffers
    parameters: frozenset[str]


def read_program(program: Program, input_shape: Shape | None = None) -> Graph:
    """The graph of a program; its input is a picture of `input_shape`, or of the shape that it says.

    Raises
    ------
    NotOnePicture
        If it has several inputs or outputs, or its input is no picture.
    """
    if len(program.inputs) != 1 or len(program.outputs) != 1:
        raise NotOnePicture(
            f"{program.name} has {len(program.inputs)} inputs and {len(program.outputs)} outputs; "
            "one of each can be read"
        )
    shape = input_shape or program.shapes[program.inputs[0]][1:]
    if len(shape) != 3:
        raise NotOnePicture(f"{program.name} reads {len(shape) + 1} axes; a picture of four can be read")
    return _Reading(program, (shape[0], shape[1], shape[2])).graph()


def _program(name: str, exported: ExportedProgram) -> Program:
    signature = exported.graph_signature
    nodes = list(exported.graph.nodes)
    return Program(
        name=name,
        inputs=tuple(map(str, signature.user_inputs)),
        outputs=tuple(map(str, signature.user_outputs)),
        calls=tuple(_call(node) for node in nodes if node.op == "call_function"),
        shapes={node.name: _shape(node) for node in nodes},
        keys={**signature.inputs_to_parameters, **signature.inputs_to_buffers},
        parameters=frozenset(signature.inputs_to_parameters),
    )


def _call(node: Node) -> Call:
    schema = getattr(node.target, "_schema", None)
    if schema is None:  # Python's own, as `getitem` of a split
        operator, given = str(getattr(node.target, "__name__", "")), {str(i): arg for i, arg in enumerate(node.args)}
    else:
        operator, given = operator_of(str(node.target)), fill_in(schema, node.args, {})
    stack = list((node.meta.get("nn_module_stack") or {"": ("", "")}).values())
    arguments = {name: _value(arg) for name, arg in (given | dict(node.kwargs)).items()}
    return Call(node.name, operator, arguments, str(stack[-1][0]))


def operator_of(target: str) -> str:
    """The plain name of an operator: "relu" of "aten.relu_.default"."""
    return target.removeprefix("aten.").partition(".")[0].rstrip("_")


def fill_in(schema: Any, given: Iterable[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Every argument of a call by its name, with those that export leaves out, which are at their defaults."""
    there = dict(zip((argument.name for argument in schema.arguments), given, strict=False)) | dict(named)
    return {argument.name: there.get(argument.name, argument.default_value) for argument in schema.arguments}


def _value(arg: Any) -> Any:
    if isinstance(arg, Node):
        return Tensor(arg.name)
    return [_value(inner) for inner in arg] if isinstance(arg, list | tuple) else arg


def _shape(node: Node) -> tuple[int, ...]:
    value = node.meta.get("val")
    value = value[0] if isinstance(value, list | tuple) and value else value
    return tuple(int(side) for side in value.shape) if isinstance(value, torch.Tensor) else ()


class _Reading:
    """What is known while the calls of a program are read."""

    def __init__(self, program: Program, input_shape: Shape) -> None:
        self.program, self.input_shape = program, input_shape
        self.left = set(program.parameters)  # which are not yet counted
        self.operations = [Operation(INPUT, (("shape", input_shape),), out_shape=input_shape)]
        self.reads: list[tuple[int, ...]] = [()]
        self.places: dict[str, int] = {program.inputs[0]: 0}  # of what carries the picture's values

    def graph(self) -> Graph:
        for call in self.program.calls:
            self._take(call)
        return Graph(
            name=self.program.name,
            input_shape=self.input_shape,
            operations=tuple(self.operations),
            reads=tuple(self.reads),
            output=self.places.get(self.program.outputs[0], 0),
        )

    def _data(self, arg: Any) -> Iterator[int]:
        """The operations whose values an argument is."""
        if isinstance(arg, Tensor):
            if arg.name in self.places:
                yield self.places[arg.name]
        elif isinstance(arg, list):
            for inner in arg:
                yield from self._data(inner)

    def _take(self, call: Call) -> None:
        sources = tuple(place for arg in call.arguments.values() for place in self._data(arg))
        if not sources:
            return
        kind = call.operator
        if kind == "expand_as":  # the shape of the other is all that it takes
            sources = sources[:1]
        if kind in _NOTHING:
            self.places[call.name] = sources[0]
            return
        if kind == ADD and len(sources) == 2 and (factor := call.arguments["alpha"]) != 1:  # x + factor * r
            sources = (sources[0], self._append(Operation("scale", (("factor", float(factor)),)), sources[1:]))
        self.places[call.name] = self._append(self._operation(call, _KINDS.get(kind, kind), len(sources)), sources)

    def _append(self, operation: Operation, sources: tuple[int, ...]) -> int:
        self.operations.append(operation)
        self.reads.append(sources)
        return len(self.operations) - 1

    def _operation(self, call: Call, kind: str, many: int) -> Operation:
        args, shapes, keys = call.arguments, self.program.shapes, self.program.keys
        held = {role: arg.name for role, arg in args.items() if isinstance(arg, Tensor) and arg.name in keys}
        weight = shapes[args["weight"].name] if kind in ("conv", "linear") else ()  # also one that is computed
        grid = shapes[args["self"].name][2:] if kind in ("max_pool", "avg_pool") else ()
        kind, settings = _settings(kind, args, weight, grid, many)
        own = {name: prod(shapes[name]) for name in held.values() if name in self.left}
        self.left -= own.keys()
        out = shapes[call.name][1:]
        macs = prod(weight) * prod(out[1:]) if weight else 0
        weights = tuple(Weight(role, keys[name], shapes[name]) for role, name in held.items())
        return Operation(kind, tuple(settings.items()), call.module, out, sum(own.values()), macs, weights)


def _settings(
    kind: str, args: Mapping[str, Any], weight: Sequence[int], grid: tuple[int, ...], many: int
) -> tuple[str, dict[str, Setting]]:
    """The kind of an operation and what tells it from others of that kind."""
    found: dict[str, Setting] = {}
    match kind:
        case "conv":
            filters, _, *kernel = weight
            found = {
                "filters": filters,
                "kernel": tuple(kernel),
                "groups": args["groups"],
                "bias": args["bias"] is not None,
            }
            found |= {name: _pair(args[name]) for name in ("stride", "padding", "dilation")}
        case "linear":
            found = {"features": weight[0], "bias": args["bias"] is not None}
        case "batch_norm":
            found = {"eps": args["eps"]}
        case "max_pool" | "avg_pool":
            found = _pool_settings(kind, args, grid)
        case "adaptive_avg_pool2d" if _pair(args["output_size"]) == (1, 1):
            kind = "global_pool"
        case "mean" if sorted(side % 4 for side in args["dim"] or ()) == [2, 3]:
            kind = "global_pool"
        case "constant_pad_nd" | "pad":
            left, right, top, bottom = (*map(int, args["pad"]), 0, 0, 0, 0)[:4]
            even = (top, left) if (top, left) == (bottom, right) else (top, bottom, left, right)
            kind, found = "pad", {"sides": even, "value": float(args.get("value") or 0)}
        case "mul" | "div" if many == 1 and isinstance(args["other"], int | float):
            found = {"factor": float(args["other"] if kind == MUL else 1 / args["other"])}
            kind = "scale"
        case "concat" | "add" | "mul" | "div" if many > 1:
            pass
        case _:
            found = {name: _plain(value) for name, value in args.items() if not isinstance(value, Tensor)}
    return kind, found


def _pool_settings(kind: str, args: Mapping[str, Any], grid: tuple[int, ...]) -> dict[str, Setting]:
    kernel, padding = _pair(args["kernel_size"]), _pair(args["padding"])
    found: dict[str, Setting] = {
        "kernel": kernel,
        "stride": _pair(args["stride"] or kernel),
        "padding": padding,
        "ceil": bool(args["ceil_mode"]),
        "grid": grid,
    }
    if kind == "avg_pool":
        found["counts_padding"] = bool(args["count_include_pad"]) and padding != (0, 0)
    return found


def _pair(value: Any) -> tuple[int, int]:
    """(height, width) of what may be written as one number."""
    if isinstance(value, Sequence):
        return (int(value[0]), int(value[-1]))
    return (int(value), int(value))


def _plain(value: Any) -> Setting:
    if isinstance(value, list | tuple):
        return tuple(_plain(inner) for inner in value)
    return value if isinstance(value, int | float | bool | str) or value is None else str(value)
