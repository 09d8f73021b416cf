"""What an ONNX file says, as values: nodes, attributes, and where its tensors lie.

Read without the onnx package: the file is mapped, tensors are stepped over, and no more is taken than the limits allow.
The numbers of fields are those of onnx.proto (github.com/onnx/onnx, IR version 3 to 13).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np

from irnet.opening.graph import MAX_NODES, Refused, check_shape
from irnet.protobuf import Buffer, Malformed, fields, varint
from irnet.units import exact

NOTHING = ("Identity", "Dropout", "Cast", "CastLike")  # operators that leave numbers as they are, in evaluation
MAX_TENSORS = 50_000
MAX_CONSTANT = 4096  # numbers of a tensor that shapes are computed with
MAX_TEXT = 4096  # bytes of a name
_DEEPEST = 8  # graphs inside each other
_MOST_FIELDS = 200_000

NUMPY: Mapping[int, str] = {  # the types of TensorProto that NumPy has
    1: "<f4",
    2: "u1",
    3: "i1",
    4: "<u2",
    5: "<i2",
    6: "<i4",
    7: "<i8",
    9: "?",
    10: "<f2",
    11: "<f8",
    12: "<u4",
    13: "<u8",
}
BFLOAT16 = 16
_PLAIN: Mapping[int, str] = {
    4: "<f4",
    10: "<f8",
}  # fields of numbers as they are in memory; the others are numbers of variable length
_VARIABLE = (5, 7, 11)
RAW = 9
_SCOPES = "pkg.torch.onnx.name_scopes"


Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """A tensor of the file, its numbers not yet read."""

    name: str
    shape: tuple[int, ...]
    type: int  # as TensorProto numbers them: 1 is float32
    field: int = 0  # that holds the numbers
    span: range = range(0)  # where they lie
    file: str = ""  # beside this one that has the numbers, if not this one
    offset: int = 0  # and where in it

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A graph inside a node, as of a branch or a loop: the names that it reads."""

    reads: frozenset[str]


Attribute = int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...] | Tensor | Subgraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation of the file."""

    operator: str  # "Conv"; with its domain in front if that is none of ONNX's own
    name: str
    inputs: tuple[str, ...]  # "" is one that is left out
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]
    module: str  # the author's path of it, where PyTorch wrote one


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The graph of an ONNX file."""

    nodes: tuple[Node, ...]
    tensors: dict[str, Tensor]
    inputs: dict[str, tuple[int, ...]]  # those that no tensor of the file fills; 0 is a side without a number
    outputs: tuple[str, ...]
    shapes: dict[str, tuple[int, ...]]  # that the file tells of what its nodes make


def read_onnx(path: Path) -> Model:
    """What a file says.

    Raises
    ------
    ValueError
        In one sentence, if it is no ONNX file, has no graph, or is larger than the limits.
    """
    with path.open("rb") as file:
        try:
            with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
                return _model(data)
        except Refused as error:
            raise ValueError(f"{path.name} {error}") from None
        except (Malformed, ValueError, IndexError, struct.error):  # nothing can be mapped of an empty file
            raise ValueError(f"{path.name} is cut off, broken or no ONNX file") from None


def numbers(data: Buffer, tensor: Tensor) -> Numbers:
    """The numbers of a tensor that lies in `data`, which are the bytes of its file.

    Raises
    ------
    Malformed
        If there are not as many as its shape says.
    """
    kind = NUMPY.get(tensor.type)
    if kind is None:
        raise Malformed
    found: Numbers
    if tensor.field in _VARIABLE:
        found = np.fromiter(_varints(data, tensor.span, tensor.size), np.uint64, tensor.size)
        found = found.astype("<u2").view("<f2") if kind == "<f2" else found.view("<i8").astype(kind)
    else:
        stored = np.dtype(_PLAIN.get(tensor.field, kind))
        if len(tensor.span) != tensor.size * stored.itemsize:
            raise Malformed
        found = np.frombuffer(data[tensor.span.start : tensor.span.stop], stored).astype(kind)
    return found.reshape(tensor.shape)


def _varints(data: Buffer, span: range, count: int) -> Iterator[int]:
    at = span.start
    for _ in range(count):
        if at >= span.stop:
            raise Malformed
        value, at = varint(data, at)
        yield value & 2**64 - 1
    if at != span.stop:
        raise Malformed


def _model(data: Buffer) -> Model:
    graph = next(
        (v for n, v in fields(data, range(len(data)), most=_MOST_FIELDS) if n == 7 and isinstance(v, range)), None
    )
    if graph is None:
        raise Refused("has no graph: it is cut off, broken or no ONNX file")
    nodes, tensors, inputs, outputs = list[Node](), dict[str, Tensor](), dict[str, tuple[int, ...]](), list[str]()
    shapes = dict[str, tuple[int, ...]]()
    for number, value in fields(data, graph, most=_MOST_FIELDS):
        if not isinstance(value, range):
            continue
        if number == 1:
            nodes.append(_node(data, value, 0))
        elif number == 5:
            tensor = _tensor(data, value)
            tensors[tensor.name] = tensor
        elif number == 11:
            name, shape = _value(data, value)
            inputs[name] = shape
        elif number in (12, 13):
            name, shape = _value(data, value)
            outputs += [name] if number == 12 else []
            shapes |= {name: check_shape(name, shape)} if shape and all(shape) else {}
        if len(nodes) > MAX_NODES or len(tensors) + len(inputs) > MAX_TENSORS:
            limit = f"{exact(MAX_NODES)} nodes or {exact(MAX_TENSORS)} tensors"
            raise Refused(f"has more than the {limit} that are read")
    if not nodes:
        raise Refused("has a graph without a node")
    free = {name: shape for name, shape in inputs.items() if name not in tensors}
    return Model(nodes=tuple(nodes), tensors=tensors, inputs=free, outputs=tuple(outputs), shapes=shapes)


def _node(data: Buffer, span: range, depth: int) -> Node:
    names: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: [], 7: []}
    attributes: dict[str, Attribute] = {}
    scope = ""
    for number, value in fields(data, span, most=_MOST_FIELDS):
        if number in names and isinstance(value, range):
            names[number].append(_text(data, value))
        elif number == 5 and isinstance(value, range):
            name, attribute = _attribute(data, value, depth)
            attributes[name] = attribute
        elif number == 9 and isinstance(value, range):
            entry = {n: _text(data, v) for n, v in fields(data, value) if n == 1 and isinstance(v, range)}
            if entry.get(1) == _SCOPES:
                scopes = re.findall("'([^']*)'", "".join(_text(data, v) for v in _inner(data, value, number=2)))
                scope = scopes[-2] if len(scopes) > 1 else ""
    domain = "".join(names[7][-1:])
    operator, name = ("".join(names[field][-1:]) for field in (4, 3))
    return Node(
        operator=operator if domain in ("", "ai.onnx") else f"{domain}.{operator}",
        name=name,
        inputs=tuple(names[1]),
        outputs=tuple(names[2]),
        attributes=attributes,
        module=scope or _module(name),
    )


def _module(name: str) -> str:
    """The module in a name that PyTorch gives a node: "stem.0.conv" of "/stem/stem.0/conv/Conv"."""
    parts = name.split("/")[1:-1]
    return ".".join(one for one, inner in pairwise((*parts, "")) if not inner.startswith(f"{one}."))


def _attribute(data: Buffer, span: range, depth: int) -> tuple[str, Attribute]:
    name, kind, held = "", 0, dict[int, list[int | range]]()
    for number, value in fields(data, span, most=MAX_CONSTANT):
        if number == 1 and isinstance(value, range):
            name = _text(data, value)
        elif number == 20 and isinstance(value, int):
            kind = value
        else:
            held.setdefault(number, []).append(value)
    field = {1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 8: 9}.get(kind) or next(iter(held), 0)  # the first had no type
    return name, _held(data, field, held.get(field, []), depth)


def _held(data: Buffer, field: int, held: list[int | range], depth: int) -> Attribute:  # noqa: PLR0911
    """What an attribute holds in one of its fields."""
    spans = [value for value in held if isinstance(value, range)]
    plain = [value for value in held if isinstance(value, int)]
    match field:
        case 2:
            return _float(plain[-1])
        case 3:
            return _signed(plain[-1])
        case 5:
            return _tensor(data, spans[-1])
        case 6:
            return _subgraph(data, spans[-1], depth + 1)
        case 7:
            packed = (struct.unpack(f"<{len(span) // 4}I", data[span.start : span.stop]) for span in spans)
            return tuple(map(_float, (*plain, *(value for run in packed for value in run))))
        case 8:
            return tuple(map(_signed, (*plain, *(value for span in spans for value in _all_varints(data, span)))))
        case 9:
            return tuple(_text(data, span) for span in spans)
        case _:
            return _text(data, spans[-1]) if spans else ""


def _subgraph(data: Buffer, span: range, depth: int) -> Subgraph:
    if depth > _DEEPEST:
        raise Refused(f"has more than {_DEEPEST} graphs inside each other")
    reads: set[str] = set()
    for number, value in fields(data, span, most=_MOST_FIELDS):
        if number == 1 and isinstance(value, range):
            node = _node(data, value, depth)
            reads |= {*node.inputs, *(name for held in node.attributes.values() for name in _reads(held))}
    return Subgraph(frozenset(reads))


def _reads(held: Attribute) -> frozenset[str]:
    return held.reads if isinstance(held, Subgraph) else frozenset()


def _tensor(data: Buffer, span: range) -> Tensor:
    name, sides, kind, where, spans = "", list[int](), 0, dict[str, str](), dict[int, range]()
    for number, value in fields(data, span, most=MAX_CONSTANT):
        if number == 1:
            sides += [value] if isinstance(value, int) else _all_varints(data, value)
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8 and isinstance(value, range):
            name = _text(data, value)
        elif number == 13 and isinstance(value, range):
            entry = {n: _text(data, v) for n, v in fields(data, value) if isinstance(v, range)}
            where[entry.get(1, "")] = entry.get(2, "")
        elif isinstance(value, range):
            spans[number] = value
    shape = check_shape(name, tuple(map(_signed, sides)))
    field = next((number for number in (RAW, *_PLAIN, *_VARIABLE) if number in spans), 0)
    offset = where.get("offset", "0")
    return Tensor(
        name=name,
        shape=shape,
        type=kind,
        field=field,
        span=spans.get(field, range(0)),
        file=where.get("location", ""),
        offset=int(offset) if offset.isdecimal() and len(offset) < 19 else -1,
    )


def _value(data: Buffer, span: range) -> tuple[str, tuple[int, ...]]:
    """Name and shape of an input or output."""
    name, shape = "", tuple[int, ...]()
    for number, value in fields(data, span):
        if number == 1 and isinstance(value, range):
            name = _text(data, value)
        elif number == 2 and isinstance(value, range):
            dims = partial(_inner, data, number=2)
            shape = tuple(
                next((v for n, v in fields(data, side) if n == 1 and isinstance(v, int)), 0)
                for tensor in _inner(data, value, number=1)
                for dimensions in dims(tensor)
                for side in _inner(data, dimensions, number=1)
            )
    return name, tuple(max(0, _signed(side)) for side in shape)


def _inner(data: Buffer, span: range, *, number: int) -> Iterator[range]:
    return (value for field, value in fields(data, span) if field == number and isinstance(value, range))


def _text(data: Buffer, span: range) -> str:
    if len(span) > MAX_TEXT:
        raise Refused(f"has a name of {exact(len(span))} bytes; {exact(MAX_TEXT)} are the limit")
    return data[span.start : span.stop].decode()


def _all_varints(data: Buffer, span: range) -> list[int]:
    found, at = list[int](), span.start
    while at < span.stop:
        value, at = varint(data, at)
        found.append(value)
        if len(found) > MAX_CONSTANT:
            raise Malformed
    return found


def _signed(value: int) -> int:
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


def _float(bits: int) -> float:
    """A float32 by its bits, as it would be written: 0.001 and not 0.0010000000474974513."""
    return float(str(np.frombuffer(struct.pack("<I", bits & 2**32 - 1), "<f4")[0]))
