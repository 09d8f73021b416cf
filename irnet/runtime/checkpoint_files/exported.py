"""The tensors of a file of torch.export, which lie in it as they are in memory."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from irnet.runtime.checkpoint_files.archive import check_byteorder, read_table, start_of
from irnet.runtime.checkpoint_files.checkpoint import Checkpoint, broken
from irnet.runtime.checkpoint_files.recognize import describe_archive
from irnet.runtime.checkpoint_files.tensors import FAULTS, map_file

CONFIG = "data/weights/model_weights_config.json"
_TYPES = {  # as torch.export numbers them
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}


def open_exported(path: Path, archive: zipfile.ZipFile) -> Checkpoint:
    """The parameters and buffers of an exported program by their names in the module.

    Raises
    ------
    ValueError
        In one sentence, if it is broken, or keeps its tensors as objects that would have to be unpickled.
    """
    members = {member.filename.partition("/")[2]: member for member in archive.infolist()}
    check_byteorder(path, archive, members)
    try:
        config = json.loads(read_table(path, archive, members[CONFIG].filename))["config"]
        pickled = any(entry["use_pickle"] for entry in config.values())
        memory = map_file(path)
        tensors = {} if pickled else {key: _tensor(memory, members, entry) for key, entry in config.items()}
    except (*FAULTS, RecursionError, struct.error):
        raise broken(path.name, "exported program") from None
    if pickled:
        raise ValueError(f"{path.name} {describe_archive(path, archive)}")
    return Checkpoint(
        name=path.name,
        container="exported program",
        shapes=MappingProxyType({key: tuple(tensor.shape) for key, tensor in tensors.items()}),
        read=tensors.__getitem__,
        dtypes={key: tensor.dtype for key, tensor in tensors.items()},
    )


def _tensor(memory: Any, members: dict[str, zipfile.ZipInfo], entry: dict[str, Any]) -> torch.Tensor:
    """One tensor, its numbers left in the file."""
    member, meta = members[f"data/weights/{entry['path_name']}"], entry["tensor_meta"]
    sizes, strides, (offset,) = (
        tuple(one["as_int"] for one in held) for held in (meta["sizes"], meta["strides"], [meta["storage_offset"]])
    )
    dtype = _TYPES[meta["dtype"]]
    if not member.file_size:
        return torch.empty(sizes, dtype=dtype)
    begin, count = start_of(memory, member, member.file_size), member.file_size // dtype.itemsize
    return torch.frombuffer(memory, dtype=dtype, count=count, offset=begin).as_strided(sizes, strides, offset)
