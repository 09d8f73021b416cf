"""Tensors out of a pickle that was parsed and not run, their numbers left in the file until somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from mmap import ACCESS_COPY, mmap
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from irnet.runtime.checkpoint_files import pickled

TYPES = {
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
REBUILD = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")  # what makes a tensor of a storage
FAULTS = (LookupError, TypeError, AttributeError, OverflowError, ValueError, RuntimeError)  # of a broken file
Start = Callable[[str, int], int]  # of a storage's key and bytes: where these begin in the file


def map_file(path: Path) -> Any:
    """The bytes of a file, read when they are looked at: an `mmap`, which can be read as a file too."""
    with path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_COPY)


def tensor_of(call: pickled.Call, memory: Any, start: Start) -> Tensor:
    """The tensor that a call of `torch._utils._rebuild_tensor_v2` describes."""
    storage, offset, size, stride, *_ = call.arguments
    _, kind, key, _, numel, *view = storage.to
    dtype = TYPES[kind.path]
    begin = start(key, numel * dtype.itemsize)
    if offset < 0 or any(view):  # views of storages were last written in 2017
        raise pickled.Strange
    if not numel:
        return torch.empty(size, dtype=dtype)
    return torch.frombuffer(memory, dtype=dtype, count=numel, offset=begin).as_strided(size, stride, offset)
