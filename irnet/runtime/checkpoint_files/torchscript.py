"""TorchScript files: their parameters and buffers, without running or compiling what they hold (decision 0030)."""

from __future__ import annotations

import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from irnet.runtime.checkpoint_files import pickled
from irnet.runtime.checkpoint_files.archive import read_table
from irnet.runtime.checkpoint_files.checkpoint import MAX_KEYS, Checkpoint, broken
from irnet.runtime.checkpoint_files.tensors import FAULTS, REBUILD, map_file, tensor_of

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
    if "byteorder" in members:
        order = read_table(path, archive, members["byteorder"].filename)
        if order != sys.byteorder.encode():
            raise ValueError(f"{path.name} has its numbers in the other order of bytes: save it on a machine like this")
    try:
        root = pickled.parse(read_table(path, archive, members["data.pkl"].filename))
        memory = map_file(path)
        tensors = {
            name: tensor_of(call, memory, lambda key, size: _start(memory, members[f"data/{key}"], size))
            for name, call in _tensors(root)
        }
    except (*FAULTS, struct.error):
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
        yield from ((path, call) for path, call in inside if call.of.path in REBUILD)
        level = [(path, call) for path, call in inside if isinstance(call.state, dict)]


def _start(memory: Any, member: zipfile.ZipInfo, size: int) -> int:
    """Where the bytes of a storage begin."""
    if member.compress_type != zipfile.ZIP_STORED or member.file_size != size:
        raise pickled.Strange
    at = member.header_offset
    before: tuple[int, int] = _LOCAL_HEADER.unpack(memory[at : at + _LOCAL_HEADER.size])
    return at + _LOCAL_HEADER.size + sum(before)
