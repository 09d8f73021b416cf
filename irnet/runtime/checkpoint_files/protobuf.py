"""A look at the fields of protobuf messages, enough to tell ONNX, TensorFlow, Core ML and Caffe from each other."""

from __future__ import annotations

from collections import Counter
from mmap import ACCESS_READ, mmap
from pathlib import Path

from irnet.protobuf import Malformed, fields
from irnet.units import exact

_ONNX = "an ONNX file"
MAX_FIELDS = 100_000  # of a message; what is in them is stepped over


def is_onnx(path: Path) -> bool:
    """Whether a file is one of ONNX, by what is in it."""
    return describe(path).startswith(_ONNX)


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
            found = [*fields(data, range(len(data)), most=MAX_FIELDS)]
            counts = Counter(number for number, _ in found)
            if data[0] == 0x08:  # a version comes first
                graph = next((value for number, value in found if number == 7 and isinstance(value, range)), None)
                if max(counts) >= 200:
                    return "a Core ML model"
                if graph:
                    return f"{_ONNX} of {_times(_count(data, 1, graph), 'node')}"
                return "the graph of a TensorFlow SavedModel" if {*counts} == {1, 2} else ""
        except Malformed:
            return ""
    if counts[100] or (counts[1] == 1 and counts[2] > 1):  # layers of the new and of the old kind
        return f"a Caffe model of {_times(counts[100] or counts[2], 'layer')}"
    return f"a TensorFlow graph of {_times(counts[1], 'node')}" if {1} <= {*counts} <= {1, 2, 3, 4} else ""


def _times(count: int, what: str) -> str:
    return f"{exact(count)} {what}{'s' if count != 1 else ''}"


def _count(data: mmap, wanted: int, span: range) -> int:
    return sum(number == wanted for number, _ in fields(data, span, most=MAX_FIELDS))
