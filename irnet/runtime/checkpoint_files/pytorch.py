"""Files of `torch.save`, opened with `weights_only`."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from pickle import UnpicklingError
from threading import Lock
from types import MappingProxyType
from typing import Any

import torch

from irnet.runtime.checkpoint_files import pickled
from irnet.runtime.checkpoint_files.archive import read_table
from irnet.runtime.checkpoint_files.checkpoint import MAX_TABLE, Checkpoint, broken
from irnet.runtime.checkpoint_files.tensors import FAULTS, REBUILD, TYPES, map_file, tensor_of
from irnet.runtime.checkpoint_files.wrapped import choose
from irnet.units import typed

_HOW = "torch.save(model.state_dict(), 'weights.pt')"
_KNOWN = re.compile(  # what `weights_only` lets pass by itself
    r"torch\.\w+|torch\.(_utils|_tensor|storage|serialization)\..*|torch\.nn\.parameter\.Parameter|_codecs\.encode"
    r"|collections\.(OrderedDict|Counter)|(builtins|__builtin__)\.(set|bytearray|complex)"
)
_NAMED = 3  # classes that a sentence names
_ADDING = Lock()  # what `safe_globals` allows holds for the whole process


class _StandIn:
    """In the place of a class that training leaves in a file: it takes everything and does nothing."""

    def __new__(cls, *_: Any) -> _StandIn:
        """An object, whatever it should be made of."""
        return super().__new__(cls)

    def __init__(self, *_: Any) -> None: ...

    def __setstate__(self, _: Any) -> None: ...


def _dictionary(*_: Any) -> dict[Any, Any]:
    """In the place of a function that returns a kind of dictionary, which the file then fills."""
    return {}


def _list(*_: Any) -> list[Any]:
    return []


_LIGHTNING: tuple[str, ...] = ("lightning.fabric.utilities.data", "lightning_fabric.utilities.data")
_LIGHTNING += tuple(f"{package}.utilities.parsing" for package in ("pytorch_lightning", "lightning.pytorch"))
_OMEGACONF: tuple[str, ...] = (
    "dictconfig.DictConfig",
    "listconfig.ListConfig",
    "base.ContainerMetadata",
    "base.Metadata",
)
_OMEGACONF += tuple(f"nodes.{kind}Node" for kind in ("Any", "String", "Integer", "Float", "Boolean", "Path", "Enum"))
_PATHS = tuple(f"{flavour}{system}Path" for flavour in ("", "Pure") for system in ("Posix", "Windows"))
_NUMPY = (*("int8", "int16", "int32", "int64", "uint8", "float16", "float32", "float64"), "bool_", "dtype", "ndarray")
_TYPES = {"_reconstruct": "ndarray", "scalar": "number"}  # what these functions of NumPy return
_HARMLESS: tuple[tuple[Any, str], ...] = (
    (_dictionary, "collections.defaultdict"),
    (_list, "collections.deque"),
    *((dict, f"{module}.AttributeDict") for module in _LIGHTNING),
    *(
        (type(_TYPES.get(kind := path.rpartition(".")[2], kind), (_StandIn,), {}), path)
        for path in (
            *("argparse.Namespace", "types.SimpleNamespace", "typing.Any"),
            *(f"datetime.{kind}" for kind in ("date", "datetime", "timedelta", "timezone")),
            *(f"builtins.{kind}" for kind in ("int", "float", "bool", "str", "bytes", "list", "tuple", "dict")),
            *(f"pathlib.{local}{kind}" for local in ("", "_local.") for kind in ("Path", *_PATHS)),
            *(f"numpy.{kind}" for kind in _NUMPY),
            *(f"numpy.{core}.multiarray.{f}" for core in ("core", "_core") for f in ("scalar", "_reconstruct")),
            *(f"omegaconf.{kind}" for kind in _OMEGACONF),
            "torch.torch_version.TorchVersion",
        )
    ),
)
_STAND_INS = {path: made for made, path in _HARMLESS} | {
    f"collections.{kind}": dict for kind in ("OrderedDict", "Counter", "defaultdict")
}


def open_pytorch(
    path: Path, key: str | None = None, *, ema: bool = False, archive: zipfile.ZipFile | None = None
) -> Checkpoint:
    """The checkpoint in a file of `torch.save`; `archive` is the file, if it is one.

    Raises
    ------
    ValueError
        In one sentence, if it is broken, holds objects that could run something, or no network's tensors.
    """
    chosen = choose(path.name, _load(path, archive) if archive else _load_legacy(path), key, ema=ema)
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


def _load(path: Path, archive: zipfile.ZipFile) -> Any:
    if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
        raise ValueError(f"{path.name} is a compressed archive, which torch.save never writes; it was not unpacked")
    table = read_table(path, archive, next(name for name in archive.namelist() if name.endswith("/data.pkl")))
    try:
        with _ADDING, torch.serialization.safe_globals(list(_HARMLESS)):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except UnpicklingError:
        what = _refused(table) or "is broken, or holds Python objects other than tensors; nothing in it was run"
        raise ValueError(f"{path.name} {what}") from None
    except Exception:  # whatever a broken file makes the reader stumble over
        raise broken(path.name, "PyTorch") from None


def _load_legacy(path: Path) -> Any:
    """What a file from before zip files holds; torch.load would read all of it, and the table comes first."""
    memory = map_file(path)
    try:
        for _ in range(3):
            pickled.parse(memory)  # a magic number, a version, what the writer's machine was
        storages: list[Any] = []
        root, keys = pickled.parse(memory, storages), pickled.parse(memory)
        return _Plain(memory, storages, keys).value(root)
    except FAULTS:
        what = _refused(memory[:MAX_TABLE])
        raise (ValueError(f"{path.name} {what}") if what else broken(path.name, "PyTorch")) from None


class _Plain:
    """Plain values and tensors out of the pickle of a file, as `weights_only` would give them."""

    def __init__(self, memory: Any, storages: list[Any], keys: list[str]) -> None:
        sizes = {key: TYPES[kind.path].itemsize for _, kind, key, *_ in storages}
        self._memory, self._starts, self._made, at = (
            memory,
            dict[str, tuple[int, int]](),
            dict[int, Any](),
            memory.tell(),
        )
        for key in keys:  # a count and so many numbers, one storage after the other
            size = int.from_bytes(memory[at : at + 8], "little") * sizes[key]
            self._starts[key] = at + 8, size
            at += 8 + size

    def value(self, item: Any) -> Any:
        """What a value stands for; the same for the same."""
        if isinstance(item, pickled.Name):
            return _stand_in(item.path)
        if not isinstance(item, dict | list | tuple | pickled.Call):
            return item
        if id(item) not in self._made:
            self._made[id(item)] = None  # for what holds itself
            self._made[id(item)] = self._make(item)
        return self._made[id(item)]

    def _make(self, item: Any) -> Any:
        if isinstance(item, dict):
            return {self.value(key): self.value(value) for key, value in item.items()}
        if not isinstance(item, pickled.Call):
            return type(item)(map(self.value, item))
        if item.of.path in REBUILD:
            return tensor_of(item, self._memory, self._start)
        if item.of.path == "torch._utils._rebuild_parameter":
            return self.value(item.arguments[0])
        made = _stand_in(item.of.path)()
        if isinstance(made, dict):
            pairs = item.arguments[0] if item.arguments and isinstance(item.arguments[0], list) else []
            return self._make(dict(pairs) | item.items)
        return [*map(self.value, item.items.values())] if isinstance(made, list) else made

    def _start(self, key: str, size: int) -> int:
        start, there = self._starts[key]
        if there != size:
            raise pickled.Strange
        return start


def _stand_in(path: str) -> Any:
    if path not in _STAND_INS and not _KNOWN.fullmatch(path):
        raise pickled.Strange
    return _STAND_INS.get(path, type(path.rpartition(".")[2], (_StandIn,), {}))


def _refused(table: bytes) -> str:
    """What a file holds that may not be unpickled, and what to do; "" if there is nothing of the kind."""
    wanted = dict.fromkeys(pickled.names(table))
    classes = [name for name in wanted if name not in _STAND_INS and not _KNOWN.fullmatch(name)]
    if not classes:
        return ""
    if any(name.startswith("torch.nn.modules.") for name in classes):
        package = typed(classes[0].partition(".")[0])
        where = "where its class is defined" if package == "__main__" else f"where {package} is installed"
        return (
            f"holds a whole model saved with torch.save, of class {typed(classes[0], 100)}, and nothing in it was run: "
            f"load it {where} and save its state_dict, {_HOW}"
        )
    more = f" and {len(classes) - _NAMED:,} more" if len(classes) > _NAMED else ""
    listed = ", ".join(typed(name) for name in classes[:_NAMED])
    return f"holds Python objects of {listed}{more}, and nothing in it was run: save the state_dict alone, {_HOW}"
