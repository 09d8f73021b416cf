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
_BY_NAME = {path for _, path in _HARMLESS}


def open_pytorch(
    path: Path, key: str | None = None, *, ema: bool = False, archive: zipfile.ZipFile | None = None
) -> Checkpoint:
    """The checkpoint in a file of `torch.save`, opened with `weights_only`; `archive` is the file, if it is one.

    Raises
    ------
    ValueError
        In one sentence, if it is broken, holds objects that could run something, or no network's tensors.
    """
    if archive and any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
        raise ValueError(f"{path.name} is a compressed archive, which torch.save never writes; it was not unpacked")
    try:
        with _ADDING, torch.serialization.safe_globals(list(_HARMLESS)):
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=archive is not None)
    except UnpicklingError:
        raise ValueError(f"{path.name} {_refused(path, archive)}") from None
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


def _refused(path: Path, archive: zipfile.ZipFile | None) -> str:
    """What a file holds that may not be unpickled, and what to do."""
    if archive:
        data = read_table(path, archive, next(name for name in archive.namelist() if name.endswith("/data.pkl")))
    else:
        with path.open("rb") as file:
            data = file.read(MAX_TABLE)
    classes = [
        name for name in dict.fromkeys(pickled.names(data)) if name not in _BY_NAME and not _KNOWN.fullmatch(name)
    ]
    if not classes:
        return "is broken, or holds Python objects other than tensors; nothing in it was run"
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
