"""Files of `torch.save`, opened with `weights_only`."""

from __future__ import annotations

import zipfile
from pathlib import Path
from pickle import UnpicklingError
from types import MappingProxyType

import torch

from irnet.runtime.checkpoint_files.checkpoint import Checkpoint, broken, check_size
from irnet.runtime.checkpoint_files.wrapped import choose


def open_pytorch(path: Path, key: str | None = None, *, ema: bool = False, zipped: bool) -> Checkpoint:
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
    chosen = choose(path.name, found, key, ema=ema)
    return Checkpoint(
        name=path.name,
        container="PyTorch",
        shapes=MappingProxyType({key: tuple(tensor.shape) for key, tensor in chosen.tensors.items()}),
        read=chosen.tensors.__getitem__,
        dtypes={key: tensor.dtype for key, tensor in chosen.tensors.items()},
        taken_from=chosen.key,
        others=chosen.others,
        ignored=chosen.ignored,
    )


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
