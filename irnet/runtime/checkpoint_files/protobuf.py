"""A look at the fields of protobuf messages, enough to tell ONNX, TensorFlow, Core ML and Caffe from each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from irnet.units import exact

MAX_FIELDS = 100_000  # of a message; what is in them is stepped over
_FIXED = {1: 8, 5: 4}  # bytes of a value, by its wire type


def describe(path: Path) -> str:
    """What kind of network a protobuf file is; "" if it is none that is known here.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.onnx")
    ...     _ = file.write_bytes(bytes([8, 9, 58, 4, 10, 0, 10, 0]))
    ...     describe(file)
    'an ONNX file of 2 nodes'
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        try:
            fields = [*_fields(data, 0, len(data))]
            counts = Counter(number for number, _, _ in fields)
            if data[0] == 0x08:  # a version comes first
                graph = next(((start, end) for number, start, end in fields if number == 7), None)
                if max(counts) >= 200:
                    return "a Core ML model"
                if graph:
                    return f"an ONNX file of {_times(_count(data, 1, *graph), 'node')}"
                return "the graph of a TensorFlow SavedModel" if {*counts} == {1, 2} else ""
        except ValueError:
            return ""
    if counts[100] or (counts[1] == 1 and counts[2] > 1):  # layers of the new and of the old kind
        return f"a Caffe model of {_times(counts[100] or counts[2], 'layer')}"
    return f"a TensorFlow graph of {_times(counts[1], 'node')}" if {1} <= {*counts} <= {1, 2, 3, 4} else ""


def _times(count: int, what: str) -> str:
    return f"{exact(count)} {what}{'s' if count != 1 else ''}"


def _count(data: mmap, wanted: int, start: int, end: int) -> int:
    return sum(number == wanted for number, _, _ in _fields(data, start, end))


def _fields(data: mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of every field of a message."""
    for _ in range(MAX_FIELDS):
        if at == end:
            return
        tag, at = _varint(data, at, end)
        wire, start = tag & 7, at
        if wire == 0:
            _, at = _varint(data, at, end)
        elif wire == 2:
            length, start = _varint(data, at, end)
            at = start + length
        else:
            at += _FIXED.get(wire, end)
        if at > end or not tag >> 3:
            break
        yield tag >> 3, start, at
    raise ValueError("no message, or a longer one")


def _varint(data: mmap, at: int, end: int) -> tuple[int, int]:
    """A number of up to ten bytes, and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : min(at + 10, end)]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError("no number")
