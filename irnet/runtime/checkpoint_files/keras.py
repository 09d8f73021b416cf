"""Keras files in HDF5, alone or in a `.keras` archive; only imported when there is one, because h5py is an extra."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import SEEK_CUR, SEEK_END, BytesIO, RawIOBase
from math import prod
from pathlib import Path
from shutil import copyfileobj
from types import MappingProxyType
from typing import Any, BinaryIO
from zipfile import ZIP_STORED, ZipFile

import h5py
import torch
from torch import Tensor

from irnet.runtime.checkpoint_files.archive import FAULTS as ZIP_FAULTS
from irnet.runtime.checkpoint_files.checkpoint import Checkpoint, broken, check_size
from irnet.runtime.checkpoint_files.tensors import TYPES
from irnet.runtime.checkpoint_files.wrapped import TOP, choose_key, networks_of
from irnet.units import exact, typed

MEMBER = "model.weights.h5"  # of a `.keras` archive
_FAULTS = (OSError, RuntimeError, KeyError, TypeError, ValueError)  # of a file that is cut off or broken
_TYPES = {str(kind).removeprefix("torch."): kind for kind in TYPES.values()}
_NUMBERED = re.compile(r"(?P<model>.*?)(?:layers|_layer_checkpoint_dependencies)/(?P<layer>[^/]+)/vars/(?P<n>\d+)")
_CLASSIFIER, _CLASSIFIER_V3 = "predictions", "dense"  # as Keras calls that of its own networks
_ATTRIBUTES = 2**26  # bytes of a file that are none of its arrays
_HEAD = "head/"  # before the keys of what lies around the network and would have a key of the network's


@dataclass(frozen=True, slots=True)
class _Array:
    """A dataset of a layer: in which model inside the file's model, which layer, which of its arrays."""

    path: str  # in the file
    model: str  # "" is the outer one
    layer: str
    tensor: str
    dataset: h5py.Dataset
    numbered: bool  # as Keras 3 names arrays: by class and number

    @property
    def key(self) -> str:
        """As the layouts write it."""
        return f"layers/{self.layer}/vars/{self.tensor}" if self.numbered else f"{self.layer}/{self.tensor}"


@contextmanager
def open_hdf5(
    path: Path, key: str | None = None, *, ema: bool = False, archive: ZipFile | None = None
) -> Iterator[Checkpoint]:
    """The checkpoint in an `.h5`, `.weights.h5` or `.keras` file, open while the block runs.

    A model that lies inside another one, as in a `Sequential`, is taken out; `key` chooses between several.

    Raises
    ------
    ValueError
        In one sentence, if the file is broken, declares too much, takes its numbers from elsewhere or holds several
        networks.
    """
    with ExitStack() as stack:
        try:
            source: Any = stack.enter_context(_member(path, archive)) if archive else path
            file = stack.enter_context(h5py.File(source, "r"))
        except (*_FAULTS, *ZIP_FAULTS):
            raise broken(path.name, "Keras HDF5") from None
        arrays, ignored = _arrays(path.name, file)
        sizes = Counter(array.model or TOP for array in arrays)
        networks = networks_of(Counter(a.model or TOP for a in arrays if len(a.dataset.shape) == 4))  # convolutions
        taken = choose_key(path.name, {model: sizes[model] for model in networks}, key, ema=ema) if networks else TOP
        others = tuple(model for model in networks if model != taken)
        found = _named([a for a in arrays if (a.model or TOP) not in others], "" if taken == TOP else taken)

        def read(key: str) -> Tensor:
            try:
                return torch.from_numpy(found[key][()])
            except _FAULTS:
                raise ValueError(f"{path.name}: {key!r} can't be read as numbers") from None

        yield Checkpoint(
            name=path.name,
            container="Keras archive" if archive else "Keras HDF5",
            shapes=MappingProxyType({key: tuple(dataset.shape) for key, dataset in found.items()}),
            read=read,
            dtypes={key: kind for key, dataset in found.items() if (kind := _TYPES.get(dataset.dtype.name))},
            taken_from="" if taken == TOP else taken,
            others=others,
            ignored=ignored,
        )


def read_model_config(path: Path) -> bytes:
    """The JSON that describes the network of a whole model in an `.h5` file.

    Raises
    ------
    ValueError
        In one sentence, if the file is broken, or holds weights alone.
    """
    try:
        with h5py.File(path, "r") as file:
            arrays = sum(dataset.id.get_storage_size() for dataset in _datasets(file).values())
            if path.stat().st_size - arrays > _ATTRIBUTES:
                raise ValueError
            text = file.attrs.get("model_config")
    except _FAULTS:
        raise broken(path.name, "Keras HDF5") from None
    if not isinstance(text, str | bytes):
        raise ValueError(f"{path.name} holds weights without the network that they belong to: save the whole model")
    return text.encode(errors="replace") if isinstance(text, str) else bytes(text)


def _datasets(file: h5py.File) -> dict[str, h5py.Dataset]:
    found: dict[str, h5py.Dataset] = {}

    def keep(path: str | bytes, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):  # a name that is no text comes as bytes
            found[path if isinstance(path, str) else path.decode(errors="replace")] = item

    file.visititems(keep)
    return found


def _arrays(name: str, file: h5py.File) -> tuple[list[_Array], tuple[str, ...]]:
    """Every array of a layer after a look at what the file declares, and what else there is: the optimiser's, seeds."""
    try:
        found = _datasets(file)
        declared = sum(max(d.nbytes, prod(d.chunks or ()) * d.dtype.itemsize) for d in found.values())
        elsewhere = any(dataset.external or dataset.is_virtual for dataset in found.values())
    except _FAULTS:
        raise broken(name, "Keras HDF5") from None
    check_size(name, declared)
    if elsewhere:
        raise ValueError(f"{name} takes its numbers from other files; they were not opened")
    arrays = {path: _array(path, dataset) for path, dataset in found.items()}
    beside = Counter(_beside(path, found[path]) for path, array in arrays.items() if array is None)
    lines = [f"{what} ({exact(count)} tensors)" if count > 1 else what for what, count in beside.items()]
    return [array for array in arrays.values() if array], tuple(lines)


def _array(path: str, dataset: h5py.Dataset) -> _Array | None:
    """What a dataset is of which layer; None for what no layer computes with."""
    parts = path.removeprefix("model_weights/").split("/")
    if parts[0].startswith("optimizer") or dataset.dtype.kind not in "fiu" or "seed_generator" in path:
        return None
    if (found := _NUMBERED.fullmatch(path)) is not None:
        model = re.sub(r"(^|/)(layers|_layer_checkpoint_dependencies)/", r"\1", found["model"]).strip("/")
        return _Array(path, model, found["layer"], found["n"], dataset, numbered=True)
    if "vars" in parts or len(parts) < 2:
        return None
    *_, layer, tensor = parts
    outer = parts[0] == layer or layer.startswith(f"{parts[0]}_")  # Keras 2 may number a layer's arrays once more
    tensor = tensor.partition(":")[0]
    return _Array(path, "" if outer else parts[0], parts[0] if outer else layer, tensor, dataset, numbered=False)


def _beside(path: str, dataset: h5py.Dataset) -> str:
    outer = path.partition("/")[0]
    return typed(outer) if outer.startswith("optimizer") else f"{typed(path)} ({dataset.dtype.name})"


def _named(arrays: list[_Array], taken: str) -> dict[str, h5py.Dataset]:
    """Arrays by the keys of the layouts, those of the model that is taken first; layers without a name counted from 0.

    How Keras numbers such layers depends on its version and on what was built before in the same process; their order
    does not. A dense layer that is all there is around the network is its classifier, whatever its name. What has no
    key of its own keeps its place in the file.
    """
    inside = {array.layer for array in arrays if array.model == taken and not array.numbered}
    ranks = {old: new for kind in ("conv2d", "batch_normalization") for old, new in _ranks(kind, inside).items()}
    dense = {(a.model, a.layer) for a in arrays if len(a.dataset.shape) == 2 and a.tensor in ("kernel", "0")}
    only = len(dense) == 1 and all(a.model == taken or (a.model, a.layer) in dense for a in arrays)
    found: dict[str, h5py.Dataset] = {}
    for array in sorted(arrays, key=lambda array: array.model != taken):
        layer, own = array.layer, array.model == taken
        if (array.model, layer) in dense:
            own = only or layer == _CLASSIFIER
            layer = (_CLASSIFIER_V3 if array.numbered else _CLASSIFIER) if only else layer
        elif own and not array.numbered:
            layer = ranks.get(layer, layer)
        key = replace(array, layer=layer).key
        found[key if own and key not in found else _HEAD + array.path] = array.dataset
    return found


def _ranks(kind: str, layers: set[str]) -> dict[str, str]:
    """The layers called `kind` and a number, to the same with consecutive numbers: conv2d, conv2d_1, conv2d_2."""
    number = re.compile(kind + r"(?:_(\d{1,9}))?")
    numbered = {name: int(found[1] or 0) for name in layers if (found := number.fullmatch(name))}
    return {name: f"{kind}_{i}" if i else kind for i, name in enumerate(sorted(numbered, key=lambda n: numbered[n]))}


@contextmanager
def _member(path: Path, archive: ZipFile) -> Iterator[BinaryIO | RawIOBase]:
    """The HDF5 file in an archive, in its place where it was stored as it is, else unpacked in memory."""
    info = archive.getinfo(MEMBER)
    if info.compress_type != ZIP_STORED:
        with archive.open(info) as packed, BytesIO() as whole:
            copyfileobj(packed, whole, 2**20)
            yield whole
        return
    with path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(30)
        start = info.header_offset + 30 + sum(int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        yield _Part(file, start, info.file_size)


class _Part(RawIOBase):
    """A stretch of a file, as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place, counted from the beginning, from here or from the end."""
        self._at = offset + {SEEK_CUR: self._at, SEEK_END: self._size}.get(whence, 0)
        return self._at

    def tell(self) -> int:
        """Where it stands."""
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill a buffer as far as there are bytes."""
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
