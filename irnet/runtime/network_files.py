"""Files of networks: of ONNX, torch.export, Keras and ours. First bytes say what a file is; nothing in it is run."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from irnet.edit.document import load
from irnet.opening.document import FORMAT, LARGEST, read_graph
from irnet.opening.graph import Graph
from irnet.opening.keras_file import read_keras
from irnet.opening.onnx_graph import read_onnx_graph
from irnet.runtime.build import build
from irnet.runtime.checkpoint_files.archive import open_archive, read_table
from irnet.runtime.checkpoint_files.checkpoint import check_size
from irnet.runtime.checkpoint_files.protobuf import is_onnx
from irnet.runtime.exported_program import read_exported_program
from irnet.runtime.trace import trace
from irnet.spec import Shape
from irnet.units import exact, typed

ENDINGS = (".onnx", ".pt2", ".keras", ".h5", ".hdf5", ".json")
MAY_BE_WEIGHTS = (".h5", ".hdf5")  # of these the endings of files that may hold weights alone
_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
_FORMAT = re.compile(rb'"format"\s*:\s*"(irnet\.\w+\.\d+)"')


def is_file(source: str) -> bool:
    """Whether a source is a file of a network, rather than a name or code."""
    return Path(source).suffix.lower() in ENDINGS or (not source.endswith(".py") and Path(source).is_file())


def read_file(source: str, input_shape: Shape = (3, 299, 299)) -> Graph:
    """The graph of the network that a file describes.

    Parameters
    ----------
    source
        An ONNX file, an exported program, a `.keras` archive, an `.h5` with the whole model, the JSON of
        `model.to_json()`, or a document of ours.
    input_shape
        (channels, height, width), for sides that the network leaves open.

    Raises
    ------
    ValueError
        In one sentence, if there is no such file, it holds no network, or what it says can't be read.

    Examples
    --------
    >>> import tempfile
    >>> from irnet.edit.document import document
    >>> from irnet.models import network
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "mine.json"
    ...     size = file.write_text(document(network("inception_v4", a=6), ()))
    ...     len(read_file(str(file)).operations)
    540
    """
    path = Path(source)
    name = typed(path.name, 200)
    if not path.is_file():
        raise ValueError(f"there is no file {typed(source, 200)!r}")
    check_size(name, path.stat().st_size)
    with path.open("rb") as file:
        head = file.read(2**12)
    if head.startswith(_ZIP):
        with open_archive(path) as archive:
            if "config.json" in archive.namelist():
                return read_keras(read_table(path, archive, "config.json"), name, input_shape, numbered=True)
        if path.suffix != ".keras":
            return read_exported_program(path)
    elif head.startswith(_HDF5):
        return read_keras(_model_config(path), name, input_shape)
    elif head.lstrip().startswith(b"{"):
        return _from_json(path, name, input_shape)
    elif path.suffix == ".onnx" or (head and is_onnx(path)):
        return read_onnx_graph(path, input_shape)
    raise ValueError(
        f"{name} describes no network: an ONNX file, an exported program, a Keras model or a document of irnet "
        f"({', '.join(ENDINGS)}) does; "
        "what weights alone are says irnet weights check"
    )


def _from_json(path: Path, name: str, input_shape: Shape) -> Graph:
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{name} is larger than {exact(LARGEST)} bytes, the most that a description may have")
    text = path.read_bytes()
    found = _FORMAT.search(text)
    if found is None:
        return read_keras(text, name, input_shape)
    try:
        if found[1] == FORMAT.encode():
            return read_graph(text)
        spec = load(text).network
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return trace(build(spec, "meta"), spec.input_shape)


def _model_config(path: Path) -> bytes:
    try:
        reader = import_module("irnet.runtime.checkpoint_files.keras")
    except ImportError:
        raise ValueError(f"{path.name} is an HDF5 file, and reading it needs h5py: pip install h5py") from None
    found: bytes = reader.read_model_config(path)
    return found
