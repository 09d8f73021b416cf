"""Files of safetensors, alone or in shards with an index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from irnet.runtime.checkpoint_files.checkpoint import MAX_TABLE, Checkpoint, broken, check_size
from irnet.units import exact, typed

INDEX = ".safetensors.index.json"
MAX_SHARDS = 100
_TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "BOOL": torch.bool,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
}


def is_safetensors(head: bytes) -> bool:
    """Whether a file that begins so has a header of safetensors."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**32


@contextmanager
def open_safetensors(path: Path) -> Iterator[Checkpoint]:
    """The checkpoint in a `.safetensors` file.

    Raises
    ------
    ValueError
        In one sentence, if it is broken or its header larger than a table may be.
    """
    with ExitStack() as stack:
        yield _checkpoint(path.name, "safetensors", dict.fromkeys((file := _open(stack, path)).keys(), file))


@contextmanager
def open_shards(index: Path) -> Iterator[Checkpoint]:
    """The checkpoint whose tensors lie in the files beside an index, a `.safetensors.index.json`.

    Raises
    ------
    ValueError
        In one sentence, if the index is broken, names a file that is missing or not beside it, or does not list what
        its files hold.
    """
    homes = _homes(index)
    check_size(index.name, sum(shard.stat().st_size for shard in {*homes.values()}))
    with ExitStack() as stack:
        opened = {shard: _open(stack, shard) for shard in {*homes.values()}}
        held = {key: shard for shard, file in opened.items() for key in file.keys()}  # noqa: SIM118
        if odd := [key for key in homes if held.get(key) != homes[key]] + [key for key in held if key not in homes]:
            raise ValueError(
                f"{index.name} and its files do not agree on {typed(odd[0])!r}: fetch all of them from one place"
            )
        files = {key: opened[shard] for key, shard in homes.items()}
        yield _checkpoint(index.name, f"safetensors in {exact(len(opened))} shards", files)


def _checkpoint(name: str, container: str, files: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint of tensors that lie in one open file each."""
    declared = {key: file.get_slice(key) for key, file in files.items()}
    return Checkpoint(
        name=name,
        container=container,
        shapes=MappingProxyType({key: tuple(tensor.get_shape()) for key, tensor in declared.items()}),
        read=lambda key: files[key].get_tensor(key),
        dtypes={key: kind for key, tensor in declared.items() if (kind := _TYPES.get(tensor.get_dtype()))},
    )


def _open(stack: ExitStack, path: Path) -> Any:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if MAX_TABLE < length < path.stat().st_size:
        raise ValueError(f"{path.name} has a header of {length:,} bytes, more than the {MAX_TABLE:,} that are read")
    try:
        return stack.enter_context(safe_open(path, "pt", device="cpu"))
    except (SafetensorError, OSError):
        raise broken(path.name, "safetensors") from None


def _homes(index: Path) -> dict[str, Path]:
    """The shard of every tensor."""
    if index.stat().st_size > MAX_TABLE:
        raise ValueError(f"{index.name} has more than the {MAX_TABLE:,} bytes of an index that are read")
    try:
        listed = json.loads(index.read_bytes())["weight_map"]
        shards = {name: index.parent / Path(name).name for name in {*listed.values()}}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise broken(index.name, "index of safetensors") from None
    if len(shards) > MAX_SHARDS:
        raise ValueError(f"{index.name} names {len(shards):,} files, more than the {MAX_SHARDS} that are opened")
    around = (index.parent.resolve(), index.resolve().parent)  # a cache may keep files elsewhere and link to them
    for name, shard in sorted(shards.items()):
        if shard.name != name or shard.resolve().parent not in around:
            raise ValueError(f"{index.name} names {typed(name)!r}, which is not beside it; nothing elsewhere is opened")
        if not shard.is_file():
            raise ValueError(f"{index.name} needs {typed(name)}, which is missing: put it into the same folder")
    return {key: shards[name] for key, name in listed.items()}
