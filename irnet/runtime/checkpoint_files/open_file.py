"""Files of tensors, opened without trust: what a file is, and which reader opens it.

What a file declares is checked before anything is read, nothing in it is run, and whatever is wrong with it ends in one
sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from zipfile import ZipFile

from irnet.runtime.checkpoint_files.archive import open_archive
from irnet.runtime.checkpoint_files.checkpoint import Checkpoint, broken, check_size
from irnet.runtime.checkpoint_files.exported import CONFIG, open_exported
from irnet.runtime.checkpoint_files.npz import open_npz
from irnet.runtime.checkpoint_files.onnx import open_onnx
from irnet.runtime.checkpoint_files.protobuf import is_onnx
from irnet.runtime.checkpoint_files.pytorch import open_pytorch
from irnet.runtime.checkpoint_files.recognize import HEAD, describe, describe_archive, describe_folder
from irnet.runtime.checkpoint_files.safetensors import INDEX, is_safetensors, open_safetensors, open_shards
from irnet.runtime.checkpoint_files.tensorflow import is_table, locate, open_tensorflow
from irnet.runtime.checkpoint_files.torchscript import open_torchscript
from irnet.runtime.checkpoint_files.wrapped import TOP

_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
_WITH_SEVERAL = (
    "PyTorch",
    "Keras HDF5",
    "Keras archive",
    "TensorFlow checkpoint",
)  # kinds of files that may hold several networks
_LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # torch.save's magic number, before zip files


@contextmanager
def open_checkpoint(file: Path | str, key: str | None = None, *, ema: bool = False) -> Iterator[Checkpoint]:
    """The checkpoint in a file, open while the block runs; tensors are read when they are asked for.

    Parameters
    ----------
    file
        Of PyTorch, TorchScript, torch.export, ONNX, safetensors, NumPy (.npz), Keras or TensorFlow; of several files
        the index or folder.
    key
        Of the dictionary of tensors to take, where the file holds several: "state_dict", "model.state_dict"; or what
        the keys of the tensors to take begin with.
    ema
        Take the averaged one instead.

    Raises
    ------
    ValueError
        In one sentence with what the file is and what to do, if there is none, it is too large, cut off or broken,
        holds no tensors, or needs a package that is not there.

    Examples
    --------
    >>> import tempfile, torch
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     torch.save({"epoch": 3, "model": {"conv.weight": torch.ones(2, 3)}}, f"{folder}/mine.pt")
    ...     with open_checkpoint(f"{folder}/mine.pt") as found:
    ...         found.taken_from, dict(found.shapes), found.ignored
    ('model', {'conv.weight': (2, 3)}, ('epoch (int)',))
    """
    path = locate(Path(file))
    if path.is_dir():
        path = _index_in(path)
    if not path.is_file():
        raise ValueError(f"there is no file {str(file)!r}")
    check_size(path.name, path.stat().st_size)
    if key is not None and ema:
        raise ValueError("--key and --ema both choose a dictionary of the file: leave one of them out")
    with path.open("rb") as start:
        head = start.read(HEAD)
    with _opened(path, head, key, ema=ema) as found:
        if ema and found.container not in _WITH_SEVERAL:
            raise ValueError(f"{path.name} holds no dictionaries to choose from, so leave out --key and --ema")
        yield found if key in (None, found.taken_from or TOP) else found.below(key)


def _opened(  # noqa: PLR0911
    path: Path, head: bytes, key: str | None, *, ema: bool
) -> AbstractContextManager[Checkpoint]:
    if head.startswith(_ZIP):
        return _zipped(path, key, ema=ema)
    if head.startswith(_LEGACY):
        return nullcontext(open_pytorch(path, key, ema=ema))
    if head.startswith(_HDF5):
        return _hdf5(path, key, ema=ema)
    if is_table(path):
        return open_tensorflow(path, key, ema=ema)
    if path.name.endswith(INDEX):
        return open_shards(path)
    if is_safetensors(head):
        return open_safetensors(path)
    if head and is_onnx(path):
        return nullcontext(open_onnx(path))
    what = describe(path, head)
    raise ValueError(f"{path.name} {what}") if what else broken(path.name, "PyTorch, safetensors, Keras or NumPy")


@contextmanager
def _zipped(path: Path, key: str | None, *, ema: bool) -> Iterator[Checkpoint]:
    with open_archive(path) as archive:
        members = {name.partition("/")[2] for name in archive.namelist()}
        if {"data.pkl", "constants.pkl"} <= members:
            yield open_torchscript(path, archive)
        elif "data.pkl" in members:
            yield open_pytorch(path, key, ema=ema, archive=archive)
        elif "model.weights.h5" in archive.namelist():
            with _hdf5(path, key, ema=ema, archive=archive) as found:
                yield found
        elif CONFIG in members:
            yield open_exported(path, archive)
        elif any(name.endswith(".npy") for name in archive.namelist()):
            yield open_npz(path, archive)
        else:
            raise ValueError(f"{path.name} {describe_archive(path, archive)}")


def _hdf5(
    path: Path, key: str | None, *, ema: bool, archive: ZipFile | None = None
) -> AbstractContextManager[Checkpoint]:
    try:
        reader = import_module("irnet.runtime.checkpoint_files.keras")
    except ImportError:
        raise ValueError(
            f"{path.name} {'is a Keras archive' if archive else 'is an HDF5 file, as Keras writes it'}, "
            "and reading it needs h5py: pip install h5py"
        ) from None
    found: AbstractContextManager[Checkpoint] = reader.open_hdf5(path, key, ema=ema, archive=archive)
    return found


def _index_in(folder: Path) -> Path:
    """The index of shards that a folder holds."""
    indices = sorted(folder.glob(f"*{INDEX}"))
    if len(indices) == 1:
        return indices[0]
    raise ValueError(f"{folder.name or folder} {describe_folder(folder, (_ZIP, _LEGACY, _HDF5))}")
