"""Files of tensors, opened without trust: safetensors, PyTorch and Keras HDF5.

What a file declares is checked before anything is read, pickles are opened with `weights_only`, and whatever is wrong
with a file ends in one sentence.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pickle import UnpicklingError
from types import MappingProxyType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

MAX_BYTES = 2**30  # of a file, and of what it declares to hold; the largest released checkpoint has a fourth of that
_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
_LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # torch.save's magic number, before zip files


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An open file: the shape of every tensor by its key, and a way to read one."""

    name: str  # of the file
    container: str
    shapes: Mapping[str, tuple[int, ...]]
    read: Callable[[str], Tensor]  # on the CPU


@contextmanager
def open_checkpoint(file: Path | str) -> Iterator[Checkpoint]:
    """The checkpoint in a file, open while the block runs; tensors are read when they are asked for.

    Raises
    ------
    ValueError
        In one sentence, if there is no such file, it is too large, cut off or broken, holds anything but tensors, or
        needs a package that is not there.
    """
    path = Path(file)
    if not path.is_file():
        raise ValueError(f"there is no file {str(file)!r}")
    check_size(path.name, path.stat().st_size)
    with path.open("rb") as start:
        head = start.read(len(_LEGACY))
    if head.startswith(_HDF5):
        with _hdf5(path) as found:
            yield found
    elif head.startswith(_ZIP) or head == _LEGACY:
        yield _pytorch(path, zipped=head.startswith(_ZIP))
    elif head.startswith(b"\x80"):
        raise ValueError(f"{path.name} is a pickle that torch.save did not write; it was not opened")
    else:
        yield from _safetensors(path)


def check_size(name: str, size: int) -> None:
    """Refuse what is larger than the limit, by its own account."""
    if size > MAX_BYTES:
        raise ValueError(f"{name} holds {size:,} bytes, more than the {MAX_BYTES:,} that are read")


def broken(name: str, container: str) -> ValueError:
    """The sentence about a file that can't be read."""
    return ValueError(f"{name} is cut off, broken or no {container} file")


def _safetensors(path: Path) -> Iterator[Checkpoint]:
    try:
        file = safe_open(path, "pt", device="cpu")
    except (SafetensorError, OSError):
        raise broken(path.name, "safetensors, PyTorch or Keras HDF5") from None
    with file:
        names = file.keys()
        shapes = {key: tuple(file.get_slice(key).get_shape()) for key in names}
        yield Checkpoint(path.name, "safetensors", MappingProxyType(shapes), file.get_tensor)


def _pytorch(path: Path, *, zipped: bool) -> Checkpoint:
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
    return Checkpoint(path.name, "PyTorch", MappingProxyType(shapes), tensors.__getitem__)


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


def _hdf5(path: Path) -> AbstractContextManager[Checkpoint]:
    try:
        reader = import_module("irnet.runtime.hdf5")
    except ImportError:
        raise ValueError(
            f"{path.name} is an HDF5 file, as Keras writes it, and reading it needs h5py: pip install h5py"
        ) from None
    found: AbstractContextManager[Checkpoint] = reader.open_hdf5(path)
    return found
