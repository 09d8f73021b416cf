"""TorchScript files: their parameters and buffers, without running or compiling what they hold (decision 0030)."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from irnet.runtime.checkpoint_files import pickled
from irnet.runtime.checkpoint_files.archive import check_byteorder, read_table, start_of
from irnet.runtime.checkpoint_files.checkpoint import MAX_KEYS, Checkpoint, broken
from irnet.runtime.checkpoint_files.tensors import FAULTS, REBUILD, map_file, tensor_of

_DEEPEST = 50  # modules inside each other


def open_torchscript(path: Path, archive: zipfile.ZipFile) -> Checkpoint:
    """The tensors of a file of `torch.jit.save` by the names that its modules give them.

    Raises
    ------
    ValueError
        In one sentence, if it is broken or names no tensors.
    """
    members = {member.filename.partition("/")[2]: member for member in archive.infolist()}
    check_byteorder(path, archive, members)
    try:
        root = pickled.parse(read_table(path, archive, members["data.pkl"].filename))
        memory = map_file(path)
        tensors = {
            name: tensor_of(call, memory, lambda key, size: start_of(memory, members[f"data/{key}"], size))
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
