"""Arrays of NumPy in a `.npz` file; pickles in one are left alone."""

from __future__ import annotations

import zipfile
from math import prod
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from irnet.runtime.checkpoint_files.archive import FAULTS
from irnet.runtime.checkpoint_files.checkpoint import MAX_KEYS, Checkpoint, broken
from irnet.runtime.checkpoint_files.tensors import TYPES

_NUMBERS = "biufc"  # kinds of types
_TYPES = {str(kind).removeprefix("torch."): kind for kind in TYPES.values()}
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def open_npz(path: Path, archive: zipfile.ZipFile) -> Checkpoint:
    """The arrays of numbers in a file of `numpy.savez`; each is unpacked when it is read.

    Raises
    ------
    ValueError
        In one sentence, if it is broken or holds no numbers.
    """
    members = [member for member in archive.infolist() if member.filename.endswith(".npy")][: MAX_KEYS + 1]
    found = {member.filename.removesuffix(".npy"): _header(path, archive, member) for member in members}
    shapes = {key: shape for key, (shape, kind) in found.items() if kind.kind in _NUMBERS}
    if not shapes:
        raise ValueError(
            f"{path.name} holds pickled Python objects and no arrays of numbers, and nothing in it was run: "
            "save the arrays by their names, numpy.savez('weights.npz', **arrays)"
        )

    def read(key: str) -> Tensor:
        try:
            with archive.open(f"{key}.npy") as member:
                array = npy.read_array(member, allow_pickle=False)
            return torch.from_numpy(np.require(array, array.dtype.newbyteorder("="), ["C", "W"]))
        except (*FAULTS, TypeError):
            raise ValueError(f"{path.name}: {key!r} can't be read as numbers") from None

    dtypes = {key: kind for key in shapes if (kind := _TYPES.get(found[key][1].newbyteorder("=").name))}
    ignored = tuple(f"{key} ({kind.name})" for key, (_, kind) in found.items() if key not in shapes)
    return Checkpoint(
        name=path.name, container="NumPy", shapes=MappingProxyType(shapes), read=read, dtypes=dtypes, ignored=ignored
    )


def _header(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    """Shape and type of an array, which must have as many bytes as they take."""
    try:
        with archive.open(member) as file:
            shape, _, kind = _HEADERS[npy.read_magic(file)](file)
    except Exception:  # whatever a broken header makes the reader stumble over
        raise broken(path.name, "NumPy") from None
    if not kind.hasobject and prod(shape) * kind.itemsize > member.file_size:
        raise broken(path.name, "NumPy")
    return shape, kind
