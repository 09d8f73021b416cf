"""TorchScript files: their parameters and buffers, without running or compiling what they hold (decision 0030)."""

from __future__ import annotations

import struct
import sys
import zipfile
from collections.abc import Iterator, Mapping
from mmap import ACCESS_COPY, mmap
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from irnet.runtime.checkpoint_files import pickled
from irnet.runtime.checkpoint_files.archive import read_table
from irnet.runtime.checkpoint_files.checkpoint import MAX_KEYS, Checkpoint, broken

_KINDS = {
    f"torch.{name}Storage": kind
    for name, kind in {
        "Float": torch.float32,
        "Double": torch.float64,
        "Half": torch.float16,
        "BFloat16": torch.bfloat16,
        "Long": torch.int64,
        "Int": torch.int32,
        "Short": torch.int16,
        "Char": torch.int8,
        "Byte": torch.uint8,
        "Bool": torch.bool,
    }.items()
}
_DEEPEST = 50  # modules inside each other
_LOCAL_HEADER = struct.Struct("<26x2H")  # of a member: how long its name is, and what follows the name


def open_torchscript(path: Path, archive: zipfile.ZipFile) -> Checkpoint:
    """The tensors of a file of `torch.jit.save` by the names that its modules give them.

    Raises
    ------
    ValueError
        In one sentence, if it is broken or names no tensors.
    """
    members = {member.filename.partition("/")[2]: member for member in archive.infolist()}
    try:
        if "byteorder" in members:
            order = read_table(path, archive, members["byteorder"].filename).decode("ascii", "replace")
            if order.strip() != sys.byteorder:
                raise broken(path.name, f"{sys.byteorder}-endian TorchScript")
        root = pickled.parse(read_table(path, archive, members["data.pkl"].filename))
        with path.open("rb") as file:
            memory = mmap(file.fileno(), 0, access=ACCESS_COPY)
        tensors = {name: _tensor(call, memory, members) for name, call in _tensors(root)}
    except (LookupError, TypeError, AttributeError, OverflowError, RuntimeError, struct.error, pickled.Strange):
        raise broken(path.name, "TorchScript") from None
    if not tensors:
        raise ValueError(
            f"{path.name} is a TorchScript file whose tensors have no names, as torch.jit.freeze leaves it; "
            "save it before it is frozen"
        )
    return Checkpoint(
        name=path.name,
        container="TorchScript",
        shapes=MappingProxyType({key: tuple(tensor.shape) for key, tensor in tensors.items()}),
        read=tensors.__getitem__,
        dtypes={key: tensor.dtype for key, tensor in tensors.items()},
    )


def _tensors(root: Any) -> Iterator[tuple[str, pickled.Call]]:
    """Every tensor that is an attribute of a module, with its path."""
    level = [("", root)]
    for _ in range(_DEEPEST):
        inside = [
            (f"{path}.{name}" if path else name, value)
            for path, module in level
            for name, value in module.state.items()
            if isinstance(value, pickled.Call)
        ]
        if len(inside) > MAX_KEYS:
            raise pickled.Strange
        yield from ((path, call) for path, call in inside if call.of.path.startswith("torch._utils."))
        level = [(path, call) for path, call in inside if isinstance(call.state, dict)]


def _tensor(call: pickled.Call, memory: mmap, members: Mapping[str, zipfile.ZipInfo]) -> Tensor:
    """The tensor that `torch._utils._rebuild_tensor_v2` would give, in the memory of the file."""
    storage, offset, size, stride, *_ = call.arguments
    _, kind, key, _, numel = storage.to
    dtype, member = _KINDS[kind.path], members[f"data/{key}"]
    start = member.header_offset
    start += _LOCAL_HEADER.size + sum(_LOCAL_HEADER.unpack(memory[start : start + _LOCAL_HEADER.size]))
    if member.compress_type != zipfile.ZIP_STORED or member.file_size != numel * dtype.itemsize or offset < 0:
        raise pickled.Strange
    if not numel:
        return torch.empty(size, dtype=dtype)
    flat = torch.frombuffer(memory, dtype=dtype, count=numel, offset=start)
    return flat.as_strided(size, stride, offset)
