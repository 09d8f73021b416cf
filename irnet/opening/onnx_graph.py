"""The graph of an ONNX file, in the kinds and settings that every reader writes.

Shapes are computed here, for one picture. What only computes a shape is computed and left out; so is what does nothing
in evaluation. An operator that has no word of ours keeps its name in lower case, with its attributes as settings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, cast

import numpy as np

from irnet.opening.graph import (
    ADD,
    CONCAT,
    DIV,
    INPUT,
    MUL,
    Graph,
    Operation,
    Refused,
    Setting,
    Weight,
    check_shape,
    with_folded_norms,
)
from irnet.opening.onnx_file import (
    MAX_CONSTANT,
    NOTHING,
    Model,
    Node,
    Numbers,
    Subgraph,
    Tensor,
    numbers,
    read_onnx,
)
from irnet.spec import Shape
from irnet.units import exact, typed

_ACTIVATIONS = {  # operators on each number by itself, and the names that PyTorch has for them
    "Relu": "relu",
    "LeakyRelu": "leaky_relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Elu": "elu",
    "Gelu": "gelu",
    "HardSwish": "hardswish",
    "HardSigmoid": "hardsigmoid",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "LRN": "local_response_norm",
    "Sqrt": "sqrt",
    "Erf": "erf",
    "Exp": "exp",
    "Neg": "neg",
    "Abs": "abs",
    "PRelu": "prelu",
}
_PAIRS = {
    "Add": ADD,
    "Sum": ADD,
    "Mul": MUL,
    "Div": DIV,
    "Sub": "sub",
    "Pow": "pow",
    "Max": "maximum",
    "Min": "minimum",
}
_REDUCTIONS = {"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "amax", "ReduceL2": "linalg_vector_norm"}
_RESHAPES = {"Flatten": "flatten", "Reshape": "reshape", "Squeeze": "squeeze", "Unsqueeze": "unsqueeze"}
_NCHW, _NHWC = (0, 1, 2, 3), (0, 2, 3, 1)
_CHANNELS = 4  # a picture has at most so many
_SIXTH = 0.16666667  # as float32 has it: the slope of PyTorch's hard sigmoid


@dataclass(frozen=True, slots=True)
class _Data:
    """A value that depends on the picture."""

    place: int  # of the operation that makes it
    shape: tuple[int, ...] | None  # with the batch, in the order that the file has; None where it is not known
    axes: tuple[int, ...] = _NCHW  # which of our axes each of its four is


@dataclass(frozen=True, slots=True)
class _Constant:
    """A value that doesn't depend on the picture: weights, or numbers that shapes are computed with."""

    key: str
    shape: tuple[int, ...]
    numbers: Numbers | None = None  # where they are few
    turned_from: str = ""  # the key of the matrix whose rows are its columns


def read_onnx_graph(path: Path, input_shape: Shape = (3, 299, 299)) -> Graph:
    """The operations of an ONNX file; `input_shape` is used where the file leaves the sides of the picture open.

    Raises
    ------
    ValueError
        In one sentence with what stands in the way: the file is broken or too large, an operation reads what none
        before it writes, or there are several pictures or outputs.
    """
    model = read_onnx(path)
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        try:
            return _Reading(path.name, model, data, input_shape).graph()
        except Refused as error:
            raise ValueError(f"{path.name} {error}") from None


class _Reading:
    """What is known while the nodes of a file are read."""

    def __init__(self, name: str, model: Model, data: mmap, input_shape: Shape) -> None:
        self.name, self.model, self.data = name, model, data
        self.values: dict[str, _Data | _Constant] = {
            key: self._constant(key, tensor) for key, tensor in model.tensors.items()
        }
        self.readers = Counter(name for node in model.nodes for name in node.inputs) + Counter(model.outputs)
        self.counted: set[str] = set()  # whose parameters are counted
        self.names: dict[int, list[str]] = {}  # of the values of each operation
        picture, axes, batch, self.shape = _picture(model, input_shape)
        shape: Shape = self.shape
        self.values[picture] = _Data(0, (batch, *(shape[axis - 1] for axis in axes[1:])), axes)
        self.operations = [Operation(INPUT, (("shape", shape),), out_shape=shape)]
        self.reads: list[tuple[int, ...]] = [()]

    def graph(self) -> Graph:
        for node in self.model.nodes:
            try:
                self._take(node)
            except (Refused, RecursionError):
                raise
            except (ValueError, IndexError, KeyError, TypeError, ArithmeticError) as error:
                raise Refused(f"has a node {_name(node)} ({typed(node.operator)}) that can't be computed") from error
        outputs = [self.values[name] for name in self.model.outputs if name in self.values]
        ends = [value for value in outputs if isinstance(value, _Data)]
        if len(ends) != 1:
            raise Refused(f"has {exact(len(ends))} outputs that depend on the picture; one can be read")
        graph = Graph(
            name=self.name,
            input_shape=self.shape,
            operations=tuple(self.operations),
            reads=tuple(self.reads),
            output=ends[0].place,
        )
        return with_folded_norms(graph)

    def _constant(self, key: str, tensor: Tensor) -> _Constant:
        few = tensor.size <= MAX_CONSTANT and not tensor.file and tensor.field
        held = None
        if few:
            try:
                held = numbers(self.data, tensor)
            except ValueError:
                held = None  # of a type that no shape is computed with
        return _Constant(key, tensor.shape, held)

    def _take(self, node: Node) -> None:
        inside = [n for held in node.attributes.values() if isinstance(held, Subgraph) for n in sorted(held.reads)]
        known = [name for name in inside if name in self.values]
        for name in filter(None, node.inputs):
            if name not in self.values:
                raise Refused(
                    f"has a node {_name(node)} that reads {typed(name)!r}, which no node before it writes: its nodes "
                    "are in a circle, or out of order"
                )
        if not any(isinstance(self.values[name], _Data) for name in (*filter(None, node.inputs), *known)):
            self._fold(node)
            return
        _Node(self, node, known).take()

    def _fold(self, node: Node) -> None:
        """Compute what depends on no picture."""
        given = [cast("_Constant", self.values[name]) if name else _Constant("", ()) for name in node.inputs]
        for name in filter(None, node.outputs):
            self.values[name] = self._folded(node, given, name)

    def _folded(self, node: Node, given: Sequence[_Constant], name: str) -> _Constant:
        held = [value.numbers for value in given]
        if node.operator == "Constant":
            return self._written(node, name)
        if node.operator == "ConstantOfShape" and held[0] is not None:
            shape = check_shape(name, tuple(map(int, held[0].ravel())))
            return _Constant(name, shape, np.zeros(shape, np.float32) if prod(shape) <= MAX_CONSTANT else None)
        if node.operator in _LAYOUTS:
            shape = check_shape(name, _laid_out(node, given))
            made = held[0]
            if made is not None:
                made = made.transpose(_order(node, made.ndim)) if node.operator == "Transpose" else made.reshape(shape)
            if node.operator == "Transpose":
                return _Constant(name, shape, made, given[0].key if shape == given[0].shape[::-1] else "")
            return replace(given[0], shape=shape, numbers=made)
        fold, sizes = _FOLDS.get(node.operator), [max(1, prod(value.shape)) for value in given]
        work = sum(sizes) if node.operator == "Concat" else prod(sizes)  # no more than so many numbers are made
        if fold and work <= MAX_CONSTANT**2 / 16 and all(numbers is not None for numbers in held):
            with np.errstate(all="ignore"):
                made = np.asarray(fold(node, cast("list[Numbers]", held)))
            if made.size <= MAX_CONSTANT:
                return _Constant(name, made.shape, made)
        largest = max(given, key=lambda value: prod(value.shape), default=_Constant(name, ()))
        return _Constant(name, largest.shape)  # by a name that no tensor of the file has

    def _written(self, node: Node, name: str) -> _Constant:
        value = next(iter(node.attributes.values()), 0)
        if isinstance(value, Tensor):
            return self._constant(name, value)
        made = np.asarray(value if not isinstance(value, Subgraph) else 0)
        return _Constant(name, made.shape, made)


class _Node:
    """One node that reads the picture, and what it becomes."""

    def __init__(self, reading: _Reading, node: Node, inside: Sequence[str]) -> None:
        self.reading, self.node = reading, node
        self.values = [reading.values[name] if name else None for name in node.inputs]
        self.inside = [value for name in inside if isinstance(value := reading.values[name], _Data)]

    @property
    def data(self) -> list[_Data]:
        return [value for value in self.values if isinstance(value, _Data)] + self.inside

    def take(self) -> None:
        """Write the operations that the node is."""
        operator = self.node.operator
        if operator in ("Shape", "Size"):
            self._fold_shape()
        elif operator in NOTHING and isinstance(self.values[0], _Data):
            self._name(self.values[0])
        elif operator == "Transpose" and len(self._known(self.data[0])) == 4:
            order = self._numbers("perm", 0) or (3, 2, 1, 0)
            first, shape = self.data[0], self._known(self.data[0])
            self._name(replace(first, shape=tuple(shape[i] for i in order), axes=tuple(first.axes[i] for i in order)))
        elif take := _TAKES.get(operator):
            take(self)
        elif operator in _ACTIVATIONS:
            self._activation()
        elif operator in _PAIRS:
            self._pair(_PAIRS[operator])
        elif operator in _REDUCTIONS:
            self._reduction(_REDUCTIONS[operator])
        elif operator in _RESHAPES:
            self._reshape(_RESHAPES[operator])
        else:
            self._other()

    # what a node is given

    def _attribute(self, name: str, default: Any = None) -> Any:
        return self.node.attributes.get(name, default)

    def _numbers(self, name: str, at: int) -> tuple[int, ...]:
        """Whole numbers that an attribute has, or in newer files an input."""
        given = self._attribute(name)
        if given is None:
            held = self._constant(at)
            given = [] if held is None or held.numbers is None else held.numbers.ravel().tolist()
        return tuple(map(int, given if isinstance(given, list | tuple) else (given,)))

    def _number(self, name: str, at: int, default: float | None) -> float | None:
        held = self._constant(at)
        if held is None or held.numbers is None:
            return cast("float | None", self._attribute(name, default))
        return _float(held.numbers)

    def _constant(self, at: int) -> _Constant | None:
        value = self.values[at] if at < len(self.values) else None
        return value if isinstance(value, _Constant) else None

    def _known(self, value: _Data) -> tuple[int, ...]:
        """The shape of a value.

        Raises
        ------
        Refused
            If it is not known.
        """
        if value.shape is None:
            before = self.reading.operations[value.place].kind
            raise Refused(
                f"has a node {_name(self.node)} that reads what {typed(before)!r} makes, whose size isn't known: write "
                "them into the file, onnx.save(onnx.shape_inference.infer_shapes(onnx.load('IN.onnx')), 'OUT.onnx')"
            )
        return value.shape

    def _settled(self, value: _Data) -> _Data:
        """A value in the order of our own axes; where the file has another one, it is put right by an operation."""
        if value.axes == _NCHW or value.shape is None or len(value.shape) != 4 or _is_flat(value.shape):
            return replace(value, axes=_NCHW)
        dims: tuple[Setting, ...] = value.axes
        return self._append(Operation("permute", (("dims", dims),)), [value], value.shape)

    # what a node becomes

    def _name(self, value: _Data, output: int = 0) -> None:
        name = self.node.outputs[output]
        self.reading.values[name] = value
        self.reading.names.setdefault(value.place, []).append(name)

    def _append(
        self,
        operation: Operation,
        sources: Sequence[_Data],
        shape: tuple[int, ...] | None,
        axes: tuple[int, ...] = _NCHW,
    ) -> _Data:
        """An operation more; its value."""
        reading = self.reading
        if shape is not None:
            check_shape(self.node.name or self.node.operator, shape)
        ordered = shape if shape is None or len(shape) != 4 else tuple(shape[axes.index(axis)] for axis in _NCHW)
        module = typed(self.node.module or self.node.name or self.node.outputs[0], 200)
        reading.operations.append(replace(operation, module=module, out_shape=(ordered or ())[1:]))
        reading.reads.append(tuple(value.place for value in sources))
        return _Data(len(reading.operations) - 1, shape, axes)

    def _weights(self, roles: Mapping[str, int], owned: Sequence[str] = ("weight", "bias")) -> dict[str, Any]:
        """Weights by their roles, as fields of an operation; each is counted once."""
        held = {role: value for role, at in roles.items() if (value := self._constant(at)) and value.key}
        counted = self.reading.counted
        own = {
            value.key: prod(value.shape)
            for role, value in held.items()
            if role in owned and value.key not in counted and (value.numbers is None or value.numbers.dtype.kind == "f")
        }
        counted |= own.keys()
        weights = tuple(Weight(role, typed(value.key, 200), value.shape) for role, value in held.items())
        return {"weights": weights, "params": sum(own.values())}

    def _fold_shape(self) -> None:
        shape = self._known(self.data[0])
        held = np.asarray(shape[slice(self._attribute("start", 0), self._attribute("end"))], np.int64)
        if self.node.operator == "Size":
            held = np.asarray(prod(shape), np.int64)
        name = self.node.outputs[0]
        self.reading.values[name] = _Constant(name, held.shape, held)

    def _conv(self) -> None:
        first = self._settled(self.data[0])
        weight = self.values[1].shape if self.values[1] else None
        if weight is None or len(weight) != 4:
            self._other()
            return
        shape, kernel, groups = self._known(first), weight[2:], int(self._attribute("group", 1))
        if len(shape) != 4 or shape[1] != weight[1] * groups:
            raise ValueError
        stride, dilation = self._pairs("strides"), self._pairs("dilations")
        windows = tuple((side - 1) * step + 1 for side, step in zip(kernel, dilation, strict=True))
        pads = self._pads(shape[2:], windows, stride)
        out = _slide(shape[2:], windows, stride, pads)
        settings: dict[str, Setting] = {
            "filters": weight[0],
            "kernel": kernel,
            "groups": groups,
            "bias": len(self.values) > 2 and self.values[2] is not None,
            "stride": stride,
            "padding": _edges(pads),
            "dilation": dilation,
        }
        held = self._weights({"weight": 1, "bias": 2})
        operation = Operation("conv", tuple(settings.items()), macs=prod(weight) * prod(out), **held)
        self._name(self._append(operation, [first], (shape[0], weight[0], *out)))

    def _pool(self, kind: str) -> None:
        first = self._settled(self.data[0])
        shape, kernel = self._known(first), cast("tuple[int, ...]", self._attribute("kernel_shape", ()))
        if len(shape) != 4 or len(kernel) != 2 or any(step != 1 for step in self._pairs("dilations")):
            self._other()
            return
        stride, rounds_up = self._pairs("strides"), bool(self._attribute("ceil_mode", 0))
        pads = self._pads(shape[2:], kernel, stride)
        grid: tuple[int, ...] = shape[2:]
        counts = bool(self._attribute("count_include_pad", 0)) and any(pads)
        if len(_edges(pads)) > 2 and (counts or kind == "max_pool"):  # other edges at either end: a pad in front
            value = 0.0 if counts else float("-inf")
            grid = _grown(grid, pads)
            pad = Operation("pad", (("sides", _edges(pads)), ("value", value)))
            first, pads = self._append(pad, [first], (*shape[:2], *grid)), (0, 0, 0, 0)
        settings: dict[str, Setting] = {
            "kernel": kernel,
            "stride": stride,
            "padding": _edges(pads),
            "ceil": rounds_up,
            "grid": grid,
        }
        if kind == "avg_pool":
            settings["counts_padding"] = counts and any(pads)
        out = _slide(grid, kernel, stride, pads, rounds_up=rounds_up)
        self._name(self._append(Operation(kind, tuple(settings.items())), [first], (*shape[:2], *out)))

    def _pairs(self, name: str) -> tuple[int, int]:
        found = tuple(self._attribute(name, (1, 1)))
        if len(found) != 2 or min(found) < 1:
            raise ValueError
        return found

    def _pads(self, grid: Sequence[int], windows: Sequence[int], stride: Sequence[int]) -> tuple[int, ...]:
        """Pixels at the top, the left, the bottom and the right."""
        how = self._attribute("auto_pad", "NOTSET")
        if how in ("SAME_UPPER", "SAME_LOWER"):
            both = [
                max((ceil(side / step) - 1) * step + window - side, 0)
                for side, window, step in zip(grid, windows, stride, strict=True)
            ]
            less, more = [side // 2 for side in both], [side - side // 2 for side in both]
            return (*less, *more) if how == "SAME_UPPER" else (*more, *less)
        pads = tuple(self._attribute("pads", (0, 0, 0, 0))) if how == "NOTSET" else (0, 0, 0, 0)
        if len(pads) != 4:
            raise ValueError
        return pads

    def _global_pool(self) -> None:
        first = self._settled(self.data[0])
        self._name(self._append(Operation("global_pool"), [first], (*self._known(first)[:2], 1, 1)))

    def _global_max(self) -> None:
        first = self._settled(self.data[0])
        operation = Operation("adaptive_max_pool2d", (("output_size", (1, 1)),))
        self._name(self._append(operation, [first], (*self._known(first)[:2], 1, 1)))

    def _gemm(self) -> None:
        weight = self._constant(1)
        scaled = self._attribute("alpha", 1) != 1 or (len(self.values) > 2 and self._attribute("beta", 1) != 1)
        if weight is None or len(weight.shape) != 2 or scaled or self._attribute("transA", 0):
            self._other()
            return
        bias = len(self.values) > 2 and self.values[2] is not None
        self._linear(weight, as_is=bool(self._attribute("transB", 0)), bias=bias)

    def _matmul(self) -> None:
        weight = self._constant(1)
        if weight is None or len(weight.shape) != 2:
            one, two = (value.shape if value else None for value in self.values[:2])
            shape = None
            if one and two:
                shape = (*np.broadcast_shapes(one[:-2], two[:-2]), one[-2], two[-1])
            self._name(self._append(Operation("matmul"), [self._settled(value) for value in self.data], shape))
            return
        self._linear(weight, as_is=False, bias=False)

    def _linear(self, weight: _Constant, *, as_is: bool, bias: bool) -> None:
        """A linear layer whose weight has a row a feature, or else a column, which a file's tensor may have as rows."""
        first, shape = self._settled(self.data[0]), weight.shape if as_is else weight.shape[::-1]
        before = self._known(first)
        if before[-1] != shape[1]:
            raise ValueError
        held = self._weights({"weight": 1, **({"bias": 2} if bias else {})})
        key = "" if as_is else typed(weight.turned_from, 200)
        own = held["weights"][0]
        held["weights"] = (replace(own, key=key or own.key, shape=shape), *held["weights"][1:])
        settings = (("features", shape[0]), ("bias", bias))
        operation = Operation("linear", settings, macs=prod(shape) * prod(before[1:-1]), **held)
        self._name(self._append(operation, [first], (*before[:-1], shape[0])))

    def _batch_norm(self) -> None:
        first = self._settled(self.data[0])
        roles = {"weight": 1, "bias": 2, "running_mean": 3, "running_var": 4}
        operation = Operation("batch_norm", (("eps", self._attribute("epsilon", 1e-5)),), **self._weights(roles))
        self._name(self._append(operation, [first], first.shape))

    def _concat(self) -> None:
        values = self.data
        if any(value.axes != values[0].axes for value in values):
            values = [self._settled(value) for value in values]
        shapes = [value.shape for value in self.values if value is not None]
        shape = None
        if all(shape is not None for shape in shapes):
            known = cast("list[tuple[int, ...]]", shapes)
            at = int(self._attribute("axis", 1)) % len(known[0])
            if any(one[:at] + one[at + 1 :] != known[0][:at] + known[0][at + 1 :] for one in known):
                raise ValueError
            shape = (*known[0][:at], sum(one[at] for one in known), *known[0][at + 1 :])
        self._name(self._append(Operation(CONCAT), values, shape, values[0].axes))

    def _clip(self) -> None:
        low, high = self._number("min", 1, None), self._number("max", 2, None)
        kind, settings = "hardtanh", dict[str, Setting](min_val=low, max_val=high)
        if (low, high) == (0, 6):
            kind, settings = "relu6", {}
        elif high is None:
            kind, settings = "clamp_min", {"min": low}
        elif low is None:
            kind, settings = "clamp_max", {"max": high}
        first = self.data[0]
        self._name(self._append(Operation(kind, tuple(settings.items())), [first], first.shape, first.axes))

    def _pad(self) -> None:
        first = self._settled(self.data[0])
        pads, shape = self._numbers("pads", 1) or self._numbers("paddings", 1), self._known(first)
        if not any(pads):
            self._name(first)
            return
        half = len(pads) // 2
        if half != 4 or any(pads[i] for i in (0, 1, 4, 5)) or self._attribute("mode", "constant") != "constant":
            self._other()
            return
        sides = (pads[2], pads[3], pads[6], pads[7])
        settings: dict[str, Setting] = {"sides": _edges(sides), "value": self._number("value", 2, 0.0)}
        grid = _grown(shape[2:], sides)
        self._name(self._append(Operation("pad", tuple(settings.items())), [first], (*shape[:2], *grid)))

    def _activation(self) -> None:
        first, kind = self.data[0], _ACTIVATIONS[self.node.operator]
        settings = _plain(self.node)
        if kind == "hardsigmoid" and settings.get("alpha") == _SIXTH:
            settings = {}
        if kind == "leaky_relu":
            settings = {"negative_slope": settings.get("alpha", 0.01)}
        if kind in ("softmax", "log_softmax"):
            first = self._settled(first)
        held = self._weights({"weight": 1}) if kind == "prelu" else {}
        self._name(self._append(Operation(kind, tuple(settings.items()), **held), [first], first.shape, first.axes))

    def _pair(self, kind: str) -> None:
        constant = next((value for value in self.values if isinstance(value, _Constant)), None)
        if constant is not None and len(self.values) == 2:
            self._with_constant(kind, constant)
            return
        values = self.data
        if any(value.axes != values[0].axes for value in values):
            values = [self._settled(value) for value in values]
        shapes = [value.shape for value in values if value.shape is not None]
        shape = tuple(np.broadcast_shapes(*shapes)) if len(shapes) == len(values) else None
        self._name(self._append(Operation(kind), values, shape, values[0].axes))

    def _with_constant(self, kind: str, constant: _Constant) -> None:
        """A sum or product with a number, or with weights."""
        first, reads = self.data[0], isinstance(self.values[0], _Data)
        if kind == ADD and self._add_bias(first, constant):
            return
        settings: dict[str, Setting] = {}
        held: dict[str, Any] = {}
        if prod(constant.shape) == 1 and constant.numbers is not None:
            number = _float(constant.numbers)
            if kind == MUL or (kind == DIV and reads and number):
                kind, settings = "scale", {"factor": number if kind == MUL else 1 / number}
            else:
                settings = {"other": number} if reads else {"input": number}
        else:
            held = self._weights({"other": self.node.inputs.index(self._key_of(constant))}, ("other",))
        shape = None if first.shape is None else tuple(np.broadcast_shapes(first.shape, constant.shape))
        self._name(self._append(Operation(kind, tuple(settings.items()), **held), [first], shape, first.axes))

    def _key_of(self, constant: _Constant) -> str:
        return next(name for name in self.node.inputs if self.reading.values[name] is constant)

    def _add_bias(self, first: _Data, constant: _Constant) -> bool:
        """Whether the sum is the bias of the layer before it, which nothing else reads."""
        reading, layer = self.reading, self.reading.operations[first.place]
        if layer.kind not in ("conv", "linear") or layer.setting("bias") or first.shape is None:
            return False
        many = len(first.shape)
        channels = first.axes.index(1) if layer.kind == "conv" else many - 1
        wide = tuple(first.shape[i] if i == channels else 1 for i in range(many))
        alone = all(reading.readers[name] == 1 for name in reading.names[first.place])
        if (1,) * (many - len(constant.shape)) + constant.shape != wide or not alone:
            return False
        held = self._weights({"bias": self.node.inputs.index(self._key_of(constant))})
        added = (replace(weight, shape=(wide[channels],)) for weight in held["weights"])
        reading.operations[first.place] = replace(
            layer.with_settings(bias=True), params=layer.params + held["params"], weights=(*layer.weights, *added)
        )
        self._name(first)
        return True

    def _reduction(self, kind: str) -> None:
        first, keeps = self.data[0], bool(self._attribute("keepdims", 1))
        shape = self._known(first)
        axes = tuple(axis % len(shape) for axis in self._numbers("axes", 1)) or tuple(range(len(shape)))
        grid = len(shape) == 4 and sorted(first.axes[axis] for axis in axes) == [2, 3]
        out = tuple(1 if i in axes else side for i, side in enumerate(shape) if keeps or i not in axes)
        if kind == "mean" and grid:
            ordered = (*(shape[first.axes.index(axis)] for axis in (0, 1)), 1, 1)
            value = self._append(Operation("global_pool"), [first], ordered if keeps else out)
            self._name(replace(value, shape=out, axes=first.axes if keeps else _NCHW))
            return
        settings: dict[str, Setting] = {"dim": axes, "keepdim": keeps}
        self._name(self._append(Operation(kind, tuple(settings.items())), [self._settled(first)], out))

    def _reshape(self, kind: str) -> None:
        first = self._settled(self.data[0])
        shape = self._known(first)
        out = _laid_out(self.node, [_Constant("", shape), *(self._constant(i) for i in range(1, len(self.values)))])
        settings: Sequence[tuple[str, Setting]] = () if len(out) == 2 else (("shape", out[1:]),)
        self._name(self._append(Operation(kind, tuple(settings)), [first], out))

    def _split(self) -> None:
        first = self.data[0]
        shape, many = self._known(first), len(self.node.outputs)
        at = int(self._attribute("axis", 0)) % len(shape)
        sizes = self._numbers("split", 1) or tuple(-(-shape[at] // many) for _ in range(many - 1))
        sizes = sizes if len(sizes) == many else (*sizes, shape[at] - sum(sizes))
        if sum(sizes) != shape[at] or min(sizes) < 0:
            raise ValueError
        settings: Sequence[tuple[str, Setting]] = (
            ("split_size", sizes),
            ("dim", first.axes[at] if len(shape) == 4 else at),
        )
        whole = self._append(Operation("split", tuple(settings)), [first], shape, first.axes)
        for i, size in enumerate(sizes):
            part = (*shape[:at], size, *shape[at + 1 :])
            self._name(self._append(Operation("getitem", (("1", i),)), [whole], part, first.axes), i)

    def _slice(self) -> None:
        first = self._settled(self.data[0])
        shape = list(self._known(first))
        starts, ends = self._numbers("starts", 1), self._numbers("ends", 2)
        axes = self._numbers("axes", 3) or tuple(range(len(starts)))
        steps = self._numbers("steps", 4) or (1,) * len(starts)
        for axis, *cut in zip(axes, starts, ends, steps, strict=True):
            shape[axis] = len(range(shape[axis])[slice(*cut)])
        settings: Sequence[tuple[str, Setting]] = (("dim", axes), ("start", starts), ("end", ends), ("step", steps))
        self._name(self._append(Operation("slice", tuple(settings)), [first], tuple(shape)))

    def _expand(self) -> None:
        first = self.data[0]
        shape = np.broadcast_shapes(self._known(first), self._numbers("shape", 1))
        self._name(self._append(Operation("expand"), [first], tuple(shape), first.axes))

    def _transpose(self) -> None:
        first, shape = self.data[0], self._known(self.data[0])
        order = self._numbers("perm", 0) or tuple(range(len(shape)))[::-1]
        settings: Sequence[tuple[str, Setting]] = (("dims", order),)
        out = tuple(shape[i] for i in order)
        self._name(self._append(Operation("permute", tuple(settings)), [first], out))

    def _other(self) -> None:
        """An operator that has no word here, whole; how large what it makes is, only the file can say."""
        roles = {f"input_{at}": at for at, value in enumerate(self.values) if isinstance(value, _Constant)}
        settings = tuple(_plain(self.node).items())
        operation = Operation(self.node.operator.lower(), settings, **self._weights(roles, tuple(roles)))
        sources = [self._settled(value) for value in self.data]
        for i, name in enumerate(self.node.outputs):
            if name:
                self._name(self._append(operation, sources, self.reading.model.shapes.get(name)), i)
                operation = replace(operation, params=0)


_TAKES: Mapping[str, Callable[[_Node], None]] = {
    "Conv": _Node._conv,
    "MaxPool": lambda node: node._pool("max_pool"),
    "AveragePool": lambda node: node._pool("avg_pool"),
    "GlobalAveragePool": _Node._global_pool,
    "GlobalMaxPool": _Node._global_max,
    "Gemm": _Node._gemm,
    "MatMul": _Node._matmul,
    "BatchNormalization": _Node._batch_norm,
    "Concat": _Node._concat,
    "Clip": _Node._clip,
    "Pad": _Node._pad,
    "Split": _Node._split,
    "Slice": _Node._slice,
    "Expand": _Node._expand,
    "Transpose": _Node._transpose,
}


def _picture(model: Model, input_shape: Shape) -> tuple[str, tuple[int, ...], int, Shape]:
    """The name of the picture, its axes as ours, its batch and its shape."""
    pictures = {name: shape for name, shape in model.inputs.items() if len(shape) == 4} or model.inputs
    if len(pictures) != 1:
        raise Refused(f"has {exact(len(pictures))} inputs; one picture can be read")
    ((name, shape),) = pictures.items()
    if len(shape) not in (0, 4):
        raise Refused(f"reads {typed(name)!r} of {exact(len(shape))} axes; a picture of four can be read")
    batch, *sides = shape or (0, 0, 0, 0)
    axes = _NHWC if 0 < sides[2] <= _CHANNELS < sides[0] or (0 < sides[2] <= _CHANNELS and not sides[0]) else _NCHW
    given = [sides[axes.index(axis) - 1] or input_shape[axis - 1] for axis in (1, 2, 3)]
    check_shape(name, (batch, *given))
    return name, axes, batch or 1, (given[0], given[1], given[2])


def _laid_out(node: Node, given: Sequence[_Constant | None]) -> tuple[int, ...]:
    """The shape of a value that is only laid out anew: `given` is what the node reads, the value first."""
    shape = cast("_Constant", given[0]).shape
    second = given[1].numbers if len(given) > 1 and given[1] is not None else None
    written = [] if second is None else second.ravel().tolist()
    match node.operator:
        case "Flatten":
            at = cast("int", node.attributes.get("axis", 1))
            return (prod(shape[:at]), prod(shape[at:]))
        case "Reshape":
            wanted = _whole(node.attributes.get("shape", written))
            if not node.attributes.get("allowzero"):
                wanted = tuple(side or shape[i] for i, side in enumerate(wanted))
            known = prod(side for side in wanted if side != -1)
            wanted = tuple(prod(shape) // known if side == -1 else side for side in wanted)
            if prod(wanted) != prod(shape):
                raise ValueError
            return wanted
        case "Squeeze":
            axes = [axis % len(shape) for axis in _whole(node.attributes.get("axes", written))]
            return tuple(side for i, side in enumerate(shape) if (i not in axes if axes else side != 1))
        case "Unsqueeze":
            axes = list(_whole(node.attributes.get("axes", written)))
            many, sides = len(shape) + len(axes), iter(shape)
            ones = {axis % many for axis in axes}
            return tuple(1 if i in ones else next(sides) for i in range(many))
        case "Transpose":
            return tuple(shape[i] for i in _order(node, len(shape)))
        case _:
            return shape


def _order(node: Node, many: int) -> tuple[int, ...]:
    return _whole(node.attributes.get("perm", ())) or tuple(range(many))[::-1]


def _whole(value: object) -> tuple[int, ...]:
    return tuple(map(int, value)) if isinstance(value, list | tuple) else ()


def _cut(node: Node, given: Sequence[Numbers]) -> Numbers:
    """Slices, as the attributes of old files and the inputs of newer ones write them."""
    starts, ends, axes, steps = (
        _whole(node.attributes.get(name)) or tuple(map(int, given[at].ravel() if at < len(given) else ()))
        for at, name in enumerate(("starts", "ends", "axes", "steps"), start=1)
    )
    cuts = [slice(None)] * given[0].ndim
    for axis, *cut in zip(axes or range(len(starts)), starts, ends, steps or (1,) * len(starts), strict=True):
        cuts[axis] = slice(*cut)
    return given[0][tuple(cuts)]


def _range(_: Node, given: Sequence[Numbers]) -> Numbers:
    return np.asarray(range(*(int(one) for one in given))[: MAX_CONSTANT + 1])


def _divide(_: Node, given: Sequence[Numbers]) -> Numbers:
    one, two = given
    return one // two if one.dtype.kind in "iu" else one / two


_LAYOUTS = (*NOTHING, "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose")
_FOLDS: Mapping[str, Callable[[Node, Sequence[Numbers]], Any]] = {
    "Gather": lambda node, given: np.take(
        given[0], given[1].astype(int), axis=cast("int", node.attributes.get("axis", 0))
    ),
    "Concat": lambda node, given: np.concatenate(given, axis=cast("int", node.attributes.get("axis", 0))),
    "Slice": _cut,
    "Range": _range,
    "Add": lambda _, given: given[0] + given[1],
    "Sub": lambda _, given: given[0] - given[1],
    "Mul": lambda _, given: given[0] * given[1],
    "Div": _divide,
    "Floor": lambda _, given: np.floor(given[0]),
    "Ceil": lambda _, given: np.ceil(given[0]),
    "Sqrt": lambda _, given: np.sqrt(given[0]),
    "Equal": lambda _, given: given[0] == given[1],
    "Where": lambda _, given: np.where(*given),
    "ReduceProd": lambda _, given: np.prod(given[0]),
}


def _edges(pads: Sequence[int]) -> tuple[int, ...]:
    """(height, width) where both ends have the same, else (top, bottom, left, right)."""
    top, left, bottom, right = pads
    return (top, left) if (top, left) == (bottom, right) else (top, bottom, left, right)


def _both(pads: Sequence[int]) -> tuple[int, int]:
    top, left, bottom, right = pads
    return top + bottom, left + right


def _grown(grid: Sequence[int], pads: Sequence[int]) -> tuple[int, ...]:
    return tuple(side + more for side, more in zip(grid, _both(pads), strict=True))


def _slide(
    grid: Sequence[int], windows: Sequence[int], stride: Sequence[int], pads: Sequence[int], *, rounds_up: bool = False
) -> tuple[int, ...]:
    """The grid that windows make; with `rounds_up` also one that hangs over the end, if it begins inside."""
    found = []
    for side, window, step, first, both in zip(grid, windows, stride, pads[:2], _both(pads), strict=True):
        room = side + both - window
        if room < 0:
            raise ValueError
        many = (-(-room // step) if rounds_up else room // step) + 1
        found.append(many - (rounds_up and (many - 1) * step >= side + first))
    return tuple(found)


def _is_flat(shape: Sequence[int]) -> bool:
    return sum(side != 1 for side in shape) <= 1


def _float(held: Numbers) -> float:
    """The one number of a tensor, as it would be written."""
    one = held.ravel()[0]
    return float(str(one)) if one.dtype.kind == "f" else float(one)


def _name(node: Node) -> str:
    return f"'{typed(node.name or next(filter(None, node.outputs), 'without a name'))}'"


def _plain(node: Node) -> dict[str, Setting]:
    """The attributes of a node as settings."""
    found: dict[str, Setting] = {}
    for name, held in node.attributes.items():
        if isinstance(held, Tensor):
            found[typed(name)] = held.shape
        elif not isinstance(held, Subgraph):
            found[typed(name)] = typed(held, 200) if isinstance(held, str) else held
    return found
