"""The graph of an nn.Module: traced by torch.export on meta tensors, so that nothing is computed."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
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
    return _graph(name, program, input_shape)


def _graph(name: str, program: ExportedProgram, input_shape: Shape) -> Graph:
    signature = program.graph_signature
    if len(signature.user_inputs) != 1 or len(signature.user_outputs) != 1:
        raise ValueError(
            f"{name} has {len(signature.user_inputs)} inputs and {len(signature.user_outputs)} outputs; "
            "one of each can be read"
        )
    return _Tracing(name, program, input_shape).graph()


class _Tracing:
    """What is known while the nodes of an exported program are read."""

    def __init__(self, name: str, program: ExportedProgram, input_shape: Shape) -> None:
        signature = program.graph_signature
        self.name, self.input_shape = name, input_shape
        self.nodes = list(program.graph.nodes)
        self.left = {*signature.inputs_to_parameters}  # whose parameters are not yet counted
        self.keys = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}  # names in the state_dict
        start = next(node for node in self.nodes if node.op == "placeholder" and node.name in signature.user_inputs)
        self.operations = [Operation(INPUT, (("shape", input_shape),), out_shape=input_shape)]
        self.reads: list[tuple[int, ...]] = [()]
        self.places: dict[Node, int] = {start: 0}  # of what carries the picture's values

    def graph(self) -> Graph:
        for node in self.nodes:
            if node.op == "call_function":
                self._take(node)
        output = [place for arg in self.nodes[-1].args for place in self._data(arg)]
        return Graph(
            name=self.name,
            input_shape=self.input_shape,
            operations=tuple(self.operations),
            reads=tuple(self.reads),
            output=output[0] if output else 0,
        )

    def _data(self, arg: Any) -> Iterator[int]:
        """The operations whose values an argument is."""
        if isinstance(arg, Node):
            if arg in self.places:
                yield self.places[arg]
        elif isinstance(arg, list | tuple):
            for inner in arg:
                yield from self._data(inner)

    def _take(self, node: Node) -> None:
        sources = tuple(place for arg in (*node.args, *node.kwargs.values()) for place in self._data(arg))
        if not sources:
            return
        name = str(node.target) if hasattr(node.target, "_schema") else str(getattr(node.target, "__name__", ""))
        kind = name.removeprefix("aten.").partition(".")[0].rstrip("_")
        if kind == "expand_as":  # the shape of the other is all that it takes
            sources = sources[:1]
        if kind in _NOTHING:
            self.places[node] = sources[0]
            return
        if kind == ADD and len(sources) == 2 and (factor := _arguments(node)["alpha"]) != 1:  # x + factor * r
            sources = (sources[0], self._append(Operation("scale", (("factor", float(factor)),)), sources[1:]))
        self.places[node] = self._append(self._operation(node, _KINDS.get(kind, kind), len(sources)), sources)

    def _append(self, operation: Operation, sources: tuple[int, ...]) -> int:
        self.operations.append(operation)
        self.reads.append(sources)
        return len(self.operations) - 1

    def _operation(self, node: Node, kind: str, many: int) -> Operation:
        args = _arguments(node)
        held = {role: arg for role, arg in args.items() if isinstance(arg, Node) and arg.name in self.keys}
        weight = _shape(args["weight"]) if kind in ("conv", "linear") else ()  # also one that is computed
        kind, settings = _settings(kind, args, weight, many)
        own = {arg.name: prod(_shape(arg)) for arg in held.values() if arg.name in self.left}
        self.left -= own.keys()
        stack = list((node.meta.get("nn_module_stack") or {"": ("", "")}).values())
        out = _shape(node)[1:]
        macs = prod(weight) * prod(out[1:]) if weight else 0
        weights = tuple(Weight(role, self.keys[arg.name], _shape(arg)) for role, arg in held.items())
        return Operation(kind, tuple(settings.items()), str(stack[-1][0]), out, sum(own.values()), macs, weights)


def _arguments(node: Node) -> dict[str, Any]:
    """Every argument of a call by its name, with those that export leaves out, which are at their defaults."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:  # Python's own, as `getitem` of a split
        return {str(i): arg for i, arg in enumerate(node.args)} | node.kwargs
    given = dict(zip((argument.name for argument in schema.arguments), node.args, strict=False)) | node.kwargs
    return {argument.name: given.get(argument.name, argument.default_value) for argument in schema.arguments}


def _shape(node: Node) -> tuple[int, ...]:
    value = node.meta.get("val")
    value = value[0] if isinstance(value, list | tuple) else value
    return tuple(int(side) for side in value.shape) if isinstance(value, torch.Tensor) else ()


def _settings(kind: str, args: dict[str, Any], weight: tuple[int, ...], many: int) -> tuple[str, dict[str, Setting]]:
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
            found = _pool_settings(kind, args)
        case "adaptive_avg_pool2d" if _pair(args["output_size"]) == (1, 1):
            kind = "global_pool"
        case "mean" if sorted(side % 4 for side in args["dim"] or ()) == [2, 3]:
            kind = "global_pool"
        case "constant_pad_nd" | "pad":
            left, right, top, bottom = (*map(int, args["pad"]), 0, 0, 0, 0)[:4]
            even = (top, left) if (top, left) == (bottom, right) else (top, bottom, left, right)
            kind, found = "pad", {"sides": even, "value": args.get("value")}
        case "mul" | "div" if many == 1 and isinstance(args["other"], int | float):
            found = {"factor": float(args["other"] if kind == MUL else 1 / args["other"])}
            kind = "scale"
        case "concat" | "add" | "mul" | "div" if many > 1:
            pass
        case _:
            found = {name: _plain(value) for name, value in args.items() if not isinstance(value, Node)}
    return kind, found


def _pool_settings(kind: str, args: dict[str, Any]) -> dict[str, Setting]:
    kernel, padding = _pair(args["kernel_size"]), _pair(args["padding"])
    found: dict[str, Setting] = {
        "kernel": kernel,
        "stride": _pair(args["stride"] or kernel),
        "padding": padding,
        "ceil": bool(args["ceil_mode"]),
        "grid": _shape(args["self"])[2:],
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
