"""Files of tensors, opened without trust: safetensors, PyTorch and Keras HDF5.

What a file declares is checked before anything is read, pickles are opened with `weights_only`, and whatever is wrong
with a file ends in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from safetensors import SafetensorError, safe_open

from irnet.runtime.checkpoint_files.checkpoint import Checkpoint, broken, check_size
from irnet.runtime.checkpoint_files.pytorch import open_pytorch
from irnet.runtime.checkpoint_files.tensorflow import is_table, locate, open_tensorflow

_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
_LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # torch.save's magic number, before zip files


@contextmanager
def open_checkpoint(file: Path | str, key: str | None = None, *, ema: bool = False) -> Iterator[Checkpoint]:
    """The checkpoint in a file, open while the block runs; tensors are read when they are asked for.

    Parameters
    ----------
    file
        safetensors, PyTorch or Keras HDF5.
    key
        Of the dictionary of tensors to take, where the file holds several: "state_dict", "model.state_dict".
    ema
        Take the averaged one instead.

    Raises
    ------
    ValueError
        In one sentence, if there is no such file, it is too large, cut off or broken, holds anything but tensors, or
        needs a package that is not there.
    """
    path = locate(Path(file))
    if not path.is_file():
        raise ValueError(f"there is no file {str(file)!r}")
    check_size(path.name, path.stat().st_size)
    with path.open("rb") as start:
        head = start.read(len(_LEGACY))
    if key is not None and ema:
        raise ValueError("--key and --ema both choose a dictionary of the file: leave one of them out")
    if is_table(path):
        with open_tensorflow(path, key, ema=ema) as found:
            yield found
        return
    pytorch = head.startswith(_ZIP) or head == _LEGACY
    if (key is not None or ema) and not pytorch:
        raise ValueError(f"{path.name} holds no dictionaries to choose from, so leave out --key and --ema")
    if head.startswith(_HDF5):
        with _hdf5(path) as found:
            yield found
    elif pytorch:
        yield open_pytorch(path, key, ema=ema, zipped=head.startswith(_ZIP))
    elif head.startswith(b"\x80"):
        raise ValueError(f"{path.name} is a pickle that torch.save did not write; it was not opened")
    else:
        yield from _safetensors(path)


def _safetensors(path: Path) -> Iterator[Checkpoint]:
    try:
        file = safe_open(path, "pt", device="cpu")
    except (SafetensorError, OSError):
        raise broken(path.name, "safetensors, PyTorch or Keras HDF5") from None
    with file:
        names = file.keys()
        shapes = {key: tuple(file.get_slice(key).get_shape()) for key in names}
        yield Checkpoint(name=path.name, container="safetensors", shapes=MappingProxyType(shapes), read=file.get_tensor)


def _hdf5(path: Path) -> AbstractContextManager[Checkpoint]:
    try:
        reader = import_module("irnet.runtime.checkpoint_files.keras")
    except ImportError:
        raise ValueError(
            f"{path.name} is an HDF5 file, as Keras writes it, and reading it needs h5py: pip install h5py"
        ) from None
    found: AbstractContextManager[Checkpoint] = reader.open_hdf5(path)
    return found
