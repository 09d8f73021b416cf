"""The graph of an nn.Module: traced by torch.export on meta tensors, so that nothing is computed."""

from __future__ import annotations

import logging
import re
import sysconfig
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter, signature
from math import prod
from pathlib import Path
from traceback import extract_tb
from typing import Any

import torch
from torch import nn
from torch.export import ExportedProgram, export
from torch.fx import Node

from irnet.opening.graph import ADD, COMPUTED, CONCAT, DIV, INPUT, MUL, Graph, Operation, Setting, Weight
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
_COUNTED = ("conv", "conv1d", "conv3d", "linear")  # whose multiply-accumulates are counted
_BROADCASTS = {ADD, MUL, DIV, "sub"}  # which make a pixel into a grid by themselves
_VIEWS = ("reshape", "view", "unsqueeze", "squeeze", "flatten")  # of a weight: the same numbers in another shape
_ONE_OF_EACH = "give a module whose forward takes one picture and returns one tensor"
_ON_NUMBERS = ("GuardOnDataDependent", "data-dependent", "DataDependentOutput", ".item() cannot be called on meta")
_NOT_THEIRS = (str(Path(torch.__file__).parent), str(Path(__file__).parents[1]), sysconfig.get_paths()["stdlib"] + "/")
_NOTHING = ("dropout", "feature_dropout", "contiguous", "clone", "detach", "alias", "to", "_assert_tensor_metadata")


def input_of(module: nn.Module, otherwise: Shape = (3, 299, 299)) -> Shape:
    """(channels, height, width) of the picture that a module says it is made for, as timm's do, or `otherwise`.

    Examples
    --------
    >>> input_of(nn.Conv2d(3, 8, 3))
    (3, 299, 299)
    """
    settings = getattr(module, "default_cfg", None)
    size = settings.get("input_size") if isinstance(settings, Mapping) else None
    if not isinstance(size, Sequence) or [type(side) for side in size] != [int] * 3:
        return otherwise
    channels, height, width = size
    return channels, height, width


def trace(module: nn.Module, input_shape: Shape | None = None) -> Graph:
    """The operations of `module` in evaluation, for one picture of (channels, height, width).

    Without a shape it is the one that `input_of` finds.

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
    input_shape = input_shape or input_of(module)
    _check_inputs(name, module)
    module.eval()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.disable(logging.ERROR)  # the sentence says what went wrong; torch would print a page
            program = export(module.to("meta"), (torch.zeros(1, *input_shape, device="meta"),), strict=False)
    except Exception as error:  # whatever somebody else's code stumbles over
        raise ValueError(f"{name} can't be traced with an input of {input_shape}: {_reason(error)}") from error
    finally:
        logging.disable(logging.NOTSET)
        module.train(was_training)
    return read_program(_program(name, program), input_shape)


def _check_inputs(name: str, module: nn.Module) -> None:
    """Refuse a module that needs more than a picture."""
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    given = signature(module.forward).parameters.values()
    needed = [one.name for one in given if one.kind in kinds and one.default is Parameter.empty]
    if len(needed) != 1:
        what = f"needs {len(needed)} inputs ({', '.join(needed)})" if needed else "takes no input"
        raise NotOnePicture(f"{name} {what}; {_ONE_OF_EACH}")


def _reason(error: BaseException) -> str:
    """What stopped a trace, and at which line of the author's code."""
    lines = [line for line in map(str.strip, str(error).splitlines()) if line]
    reason = lines[0] if lines else type(error).__name__
    if any(word in f"{type(error).__name__} {error}" for word in _ON_NUMBERS):
        reason = "it does one thing or another by the numbers in a tensor, which are not known before it runs"
    where: BaseException | None = error
    while where is not None:
        for frame in reversed(extract_tb(where.__traceback__)):
            if not frame.filename.startswith((*_NOT_THEIRS, "<")):
                line = f": `{frame.line}`" if frame.line else ""
                return f"{reason}, at {Path(frame.filename).name} line {frame.lineno}{line}"
        where = where.__cause__ or where.__context__
    return reason


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
        counts = f"{_many(program.inputs, 'input')} and {_many(program.outputs, 'output')}"
        raise NotOnePicture(f"{program.name} has {counts}; {_ONE_OF_EACH}")
    shape = input_shape or program.shapes[program.inputs[0]][1:]
    if len(shape) != 3:
        raise NotOnePicture(f"{program.name} reads {len(shape) + 1} axes; a picture of four can be read")
    return _Reading(program, (shape[0], shape[1], shape[2])).graph()


def _many(things: Sequence[str], word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


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
    sides = tuple(value.shape) if isinstance(value, torch.Tensor) else ()
    if any(not isinstance(side, int) for side in sides):
        places = re.findall(r'File "([^"]+)", line (\d+), in .*\n\s*(.*)', str(node.meta.get("stack_trace", "")))
        where = f", at {Path(places[-1][0]).name} line {places[-1][1]}: `{places[-1][2]}`" if places else ""
        raise ValueError(f"the size of a tensor depends on the numbers in another{where}")
    return tuple(map(int, sides))


class _Reading:
    """What is known while the calls of a program are read."""

    def __init__(self, program: Program, input_shape: Shape) -> None:
        self.program, self.input_shape = program, input_shape
        self.left = set(program.parameters)  # which are not yet counted
        self.operations = [Operation(INPUT, (("shape", input_shape),), out_shape=input_shape)]
        self.reads: list[tuple[int, ...]] = [()]
        self.places: dict[str, int] = {program.inputs[0]: 0}  # of what carries the picture's values
        self.shapes = dict(program.shapes)
        self.readers: dict[str, set[str]] = {call.name: set() for call in program.calls}  # their kinds
        for call in program.calls:
            for arg in call.arguments.values():
                for one in arg if isinstance(arg, list) else [arg]:
                    if isinstance(one, Tensor) and one.name in self.readers:
                        self.readers[one.name].add(_KINDS.get(call.operator, call.operator))
        self.weights: dict[str, tuple[str, ...]] = {
            name: (name,) for name in program.keys
        }  # of a weight or what is computed of some: their names
        self.spent: dict[str, int] = {}  # multiply-accumulates of what is computed of weights alone
        self.computed = set[str]()  # what is more than a weight in another shape

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
        kind = call.operator
        if not sources:
            own = [arg.name for arg in call.arguments.values() if isinstance(arg, Tensor)]
            self.weights[call.name] = tuple(dict.fromkeys(one for name in own for one in self.weights.get(name, ())))
            if not (kind in (*_NOTHING, *_VIEWS) and self.weights[call.name] and own[0] not in self.computed):
                self.computed.add(call.name)
                self.spent[call.name] = self._macs(call, _KINDS.get(kind, kind)) + sum(
                    self.spent.pop(name, 0) for name in own
                )
            return
        if kind == "expand_as":  # the shape of the other is all that it takes
            sources, kind = sources[:1], "expand"
            call = replace(call, arguments={"self": call.arguments["self"], "size": [1, *self.shapes[call.name][1:]]})
        if kind in _NOTHING or (kind == "expand" and self.readers[call.name] <= _BROADCASTS):
            self.places[call.name] = sources[0]
            return
        if kind == "addcmul" and call.arguments["value"] == 1:  # a + b * c
            a, b, c = (call.arguments[role] for role in ("self", "tensor1", "tensor2"))
            self.shapes[product := f"{call.name} product"] = self.shapes[call.name]
            self._take(Call(product, MUL, {"self": b, "other": c}, call.module))
            self._take(Call(call.name, ADD, {"self": a, "other": Tensor(product), "alpha": 1}, call.module))
            return
        if kind == ADD and len(sources) == 2 and (factor := call.arguments["alpha"]) != 1:  # x + factor * r
            sources = (sources[0], self._append(Operation("scale", (("factor", float(factor)),)), sources[1:]))
        self.places[call.name] = self._append(self._operation(call, _KINDS.get(kind, kind), len(sources)), sources)

    def _append(self, operation: Operation, sources: tuple[int, ...]) -> int:
        self.operations.append(operation)
        self.reads.append(sources)
        return len(self.operations) - 1

    def _macs(self, call: Call, kind: str) -> int:
        """Multiply-accumulates of a convolution or a linear layer, for one picture; of what else there is, none."""
        if kind not in _COUNTED:
            return 0
        _, *out = self.shapes[call.name]
        return prod(self.shapes[call.arguments["weight"].name]) * prod(out[:-1] if kind == "linear" else out[1:])

    def _operation(self, call: Call, kind: str, many: int) -> Operation:
        args, shapes, keys = call.arguments, self.shapes, self.program.keys
        if kind in (ADD, MUL) and args["self"].name not in self.places:  # a weight first
            args = {**args, "self": args["other"], "other": args["self"]}
        given = {
            role: arg.name for role, arg in args.items() if isinstance(arg, Tensor) and arg.name not in self.places
        }
        computed = tuple(role for role, name in given.items() if name in self.computed or name not in self.weights)
        weights: list[Weight] = []
        own: dict[str, int] = {}  # parameters that no earlier operation has, and how many numbers each holds
        for role, name in given.items():
            for i, whose in enumerate(self.weights.get(name, ())):  # one; several where it is computed of them
                shape = shapes[whose if role in computed else name]
                weights.append(Weight(f"{role}_{i}" if i else role, keys[whose], shape))
                own |= {whose: prod(shapes[whose])} if whose in self.left else {}
        weight = shapes[args["weight"].name] if kind in _COUNTED else ()  # also one that is computed
        grid = shapes[args["self"].name][2:] if kind in ("max_pool", "avg_pool") else ()
        kind, settings = _settings(kind, args, weight, grid, many)
        settings |= {COMPUTED: computed} if computed else {}
        self.left -= own.keys()
        out = shapes[call.name][1:]
        macs = self._macs(call, kind) + sum(self.spent.pop(name, 0) for name in given.values())
        return Operation(kind, tuple(settings.items()), call.module, out, sum(own.values()), macs, tuple(weights))


def _settings(
    kind: str, args: Mapping[str, Any], weight: Sequence[int], grid: tuple[int, ...], many: int
) -> tuple[str, dict[str, Setting]]:
    """The kind of an operation and what tells it from others of that kind."""
    found: dict[str, Setting] = {}
    match kind:
        case "conv":
            found = _conv_settings(args, weight)
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
            kind, found = _pad_settings(args)
        case "mul" | "div" if many == 1 and isinstance(args["other"], int | float):
            found = {"factor": float(args["other"] if kind == MUL else 1 / args["other"])}
            kind = "scale"
        case "concat" | "add" | "mul" | "div" if many > 1:
            pass
        case _:
            found = {name: _plain(value) for name, value in args.items() if not _is_data(value)}
    return kind, found


def _pad_settings(args: Mapping[str, Any]) -> tuple[str, dict[str, Setting]]:
    mode = args.get("mode", "constant")
    if mode != "constant":  # what it adds is taken from the picture
        words = {"reflect": "reflection_pad2d", "replicate": "replication_pad2d"}
        return words.get(mode, f"{mode}_pad"), {"padding": _plain(args["pad"])}
    left, right, top, bottom = (*map(int, args["pad"]), 0, 0, 0, 0)[:4]
    even = (top, left) if (top, left) == (bottom, right) else (top, bottom, left, right)
    return "pad", {"sides": even, "value": float(args.get("value") or 0)}


def _conv_settings(args: Mapping[str, Any], weight: Sequence[int]) -> dict[str, Setting]:
    filters, _, *kernel = weight
    return {
        "filters": filters,
        "kernel": tuple(kernel),
        "stride": _pair(args["stride"]),
        "padding": _conv_padding(args, kernel),
        "dilation": _pair(args["dilation"]),
        "groups": args["groups"],
        "bias": args["bias"] is not None,
    }


def _conv_padding(args: Mapping[str, Any], kernel: Sequence[int]) -> tuple[int, ...]:
    """The padding of a convolution, also where it is said in a word; of an odd number, the end has one more."""
    if args["padding"] == "valid":
        return (0, 0)
    if args["padding"] != "same":
        return _pair(args["padding"])
    height, width = (gap * (side - 1) for gap, side in zip(_pair(args["dilation"]), kernel, strict=True))
    even = height % 2 == width % 2 == 0
    return (height // 2, width // 2) if even else (height // 2, -(-height // 2), width // 2, -(-width // 2))


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


def _is_data(value: Any) -> bool:
    """Whether an argument is a tensor, or a list of some."""
    return isinstance(value, Tensor) or (isinstance(value, list) and any(isinstance(one, Tensor) for one in value))


def _plain(value: Any) -> Setting:
    if isinstance(value, list | tuple):
        return tuple(_plain(inner) for inner in value)
    return value if isinstance(value, int | float | bool | str) or value is None else str(value)
