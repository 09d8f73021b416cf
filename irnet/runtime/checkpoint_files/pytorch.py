"""Files of `torch.save`, opened with `weights_only`."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from irnet.runtime.checkpoint_files.checkpoint import Checkpoint, broken, check_size


def open_pytorch(path: Path, *, zipped: bool) -> Checkpoint:
    """The checkpoint in a file of `torch.save`, opened with `weights_only`."""
    if zipped:
        _check_zip(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except UnpicklingError:
        raise ValueError(
            f"{path.name} holds Python objects other than tensors, or is broken; nothing in it was run"
        ) from None
    except Exception:  # whatever a broken file makes the reader stumble over
        raise broken(path.name, "PyTorch") from None
    tensors = _state_dict(path.name, found)
    shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    return Checkpoint(name=path.name, container="PyTorch", shapes=MappingProxyType(shapes), read=tensors.__getitem__)


def _check_zip(path: Path) -> None:
    """Hold what the archive's directory declares against the limit, before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise broken(path.name, "PyTorch") from None
    check_size(path.name, sum(member.file_size for member in members))
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError(f"{path.name} is a compressed archive, which torch.save never writes; it was not unpacked")
    if not any(member.filename.endswith("/data.pkl") for member in members):
        raise ValueError(f"{path.name} is a zip archive and no PyTorch checkpoint: it has no data.pkl")


def _state_dict(name: str, found: Any) -> Mapping[str, Tensor]:
    if not isinstance(found, Mapping):
        raise ValueError(f"{name} holds a value of type {type(found).__name__} and no state_dict")
    for key, value in found.items():
        if not isinstance(value, Tensor):
            raise ValueError(
                f"{name}: {key!r} is of type {type(value).__name__} and no tensor; save the state_dict alone"
            )
    return found
