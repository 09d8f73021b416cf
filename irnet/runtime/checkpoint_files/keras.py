"""Keras files in HDF5; only imported when there is one, because h5py is an optional extra."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from types import MappingProxyType

import h5py
import torch
from torch import Tensor

from irnet.runtime.checkpoint_files.checkpoint import Checkpoint, broken, check_size

_FAULTS = (OSError, RuntimeError, KeyError, TypeError, ValueError)  # of a file that is cut off or broken


@contextmanager
def open_hdf5(path: Path) -> Iterator[Checkpoint]:
    """The checkpoint in a `.h5` or `.weights.h5` file, open while the block runs.

    Raises
    ------
    ValueError
        In one sentence, if the file is broken, declares too much or takes its numbers from elsewhere.
    """
    try:
        file = h5py.File(path, "r")
    except _FAULTS:
        raise broken(path.name, "Keras HDF5") from None
    with file:
        found = _datasets(path.name, file)

        def read(key: str) -> Tensor:
            try:
                return torch.from_numpy(found[key][()])
            except _FAULTS:
                raise ValueError(f"{path.name}: {key!r} can't be read as numbers") from None

        shapes = {key: tuple(dataset.shape) for key, dataset in found.items()}
        yield Checkpoint(name=path.name, container="Keras HDF5", shapes=MappingProxyType(shapes), read=read)


def _datasets(name: str, file: h5py.File) -> dict[str, h5py.Dataset]:
    """Every array of a file by the key that the layouts give it, after a look at what it declares."""
    found: dict[str, h5py.Dataset] = {}

    def keep(path: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            found[path] = item

    try:
        file.visititems(keep)
        declared = sum(max(d.nbytes, prod(d.chunks or ()) * d.dtype.itemsize) for d in found.values())
        elsewhere = any(dataset.external or dataset.is_virtual for dataset in found.values())
    except _FAULTS:
        raise broken(name, "Keras HDF5") from None
    check_size(name, declared)
    if elsewhere:
        raise ValueError(f"{name} takes its numbers from other files; they were not opened")
    named = dict(zip(_keys(list(found)), found.values(), strict=True))
    if len(named) != len(found):
        raise broken(name, "Keras HDF5")
    return named


def _keys(names: list[str]) -> list[str]:
    """Keys as the layouts write them: Keras 3's as they are, older ones as layer/tensor with layers counted from 0.

    How Keras numbers layers without a name depends on its version and on what was built before in the same process;
    their order does not.
    """
    paths = [name.removeprefix("model_weights/").split("/") for name in names]
    ranks = {kind: _ranks(kind, [path[0] for path in paths]) for kind in ("conv2d", "batch_normalization")}
    layers = {old: new for ranked in ranks.values() for old, new in ranked.items()}
    return [
        "/".join(path)
        if path[0] in ("layers", "vars", "optimizer")
        else f"{layers.get(path[0], path[0])}/{path[-1].partition(':')[0]}"
        for path in paths
    ]


def _ranks(kind: str, layers: list[str]) -> dict[str, str]:
    """The layers called `kind` and a number, to the same with consecutive numbers: conv2d, conv2d_1, conv2d_2."""
    number = re.compile(kind + r"(?:_(\d{1,9}))?")
    numbered = {name: int(found[1] or 0) for name in layers if (found := number.fullmatch(name))}
    return {name: f"{kind}_{i}" if i else kind for i, name in enumerate(sorted(numbered, key=lambda n: numbered[n]))}
