"""Files that hold no tensors to read here: what they are, from their first bytes, and what to do."""

from __future__ import annotations

import codecs
import json
import re
import zlib
from itertools import islice
from pathlib import Path
from shlex import quote
from zipfile import ZipFile

from irnet.runtime.checkpoint_files import pickled, protobuf
from irnet.runtime.checkpoint_files.archive import program_in, read_table
from irnet.runtime.checkpoint_files.checkpoint import MAX_TABLE
from irnet.runtime.checkpoint_files.safetensors import is_safetensors
from irnet.units import exact, typed

HEAD = 2**12  # bytes that tell what a file is
_SOURCE = "take the checkpoint that it was made from, of PyTorch, Keras or TensorFlow"
_PACKED = {  # how an archive begins: its kind, and the command that unpacks it
    b"\x1f\x8b": ("gzip", "gzip -dk"),
    b"BZh": ("bzip2", "bzip2 -dk"),
    b"\xfd7zXZ\0": ("xz", "xz -dk"),
    b"\x28\xb5\x2f\xfd": ("zstd", "zstd -d"),
    b"7z\xbc\xaf\x27\x1c": ("7z", "7z x"),
    b"Rar!": ("RAR", "unrar x"),
}
_OTHERS = {  # how a file of another program begins, and what it is
    b"GGUF": "a GGUF file, as llama.cpp reads it",
    b"\x12\x01\0\0\0\0\0\0": "a file of MXNet's parameters",
    b"MATLAB": "a MATLAB file",
    b"ftrt": "a TensorRT engine",
}
_ENDINGS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".h5", ".hdf5", ".keras", ".npz", ".tar")
_LISTED = 1000  # files of a folder that are looked at
_PICKLES = (b"\x80", b"(dp", b"(lp", b"ccopy_reg", b"cnumpy", b"c__builtin__")  # of any protocol
_CONVERT = (
    "python -c \"import numpy as np; d = np.load('{}', allow_pickle=True, encoding='latin1'); "
    "np.savez('weights.npz', **getattr(d, 'item', lambda: d)())\""
)
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
_TEXTS = {
    "is a Git LFS pointer{size}: fetch that with git lfs pull": re.compile("version https://git-lfs"),
    "is a web page that was saved instead of a file: fetch the file itself; on Hugging Face its link has /resolve/ "
    "where that of its page has /blob/": re.compile("<!doctype html|<html"),
    "is an OpenVINO network, whose weights are in the .bin file beside it: {source}": re.compile("<.*<net ", re.DOTALL),
    "is an XML text and holds no weights": re.compile("<"),
    "is a JSON text and holds no weights: open the file that lies beside it": re.compile(r"[{\[]"),
}


def describe(path: Path, head: bytes) -> str:
    r"""What a file is, and what to do, as a sentence goes on after its name; "" if that is not known.

    Examples
    --------
    >>> describe(Path("v4.pth"), b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 170000000\n")
    'is a Git LFS pointer to a file of 170,000,000 bytes: fetch that with git lfs pull'
    >>> describe(Path("v4.7z"), b"7z\xbc\xaf'\x1c")
    'is a 7z archive: unpack it with 7z x v4.7z and open what is inside'
    """
    if not head:
        return "is empty: fetch it again"
    found = (look(path, head) for look in (_packed, _pickle, _array, _other, _text, _message))
    return next(filter(None, found), "")


def describe_archive(path: Path, archive: ZipFile) -> str:
    """What a zip archive is that holds no tensors to read here, and what to do."""
    names = [name for name in archive.namelist() if not name.endswith("/")]
    program = program_in(archive)
    if program:
        return (
            f"is an exported program of torch.export{_nodes(path, archive, program)}: save its state_dict where you "
            f"trust it, torch.save(torch.export.load({path.name!r}).state_dict, 'weights.pt')"
        )
    weights = [name for name in names if name.endswith(_ENDINGS)]
    inside = typed(weights[0]) if len(weights) == 1 else "what is inside"
    count = f"{exact(len(names))} file{'s' if len(names) != 1 else ''}{f', such as {typed(names[0])}' if names else ''}"
    return f"is a zip archive of {count}: unpack it with unzip {quote(path.name)} and open {inside}"


def describe_folder(folder: Path, starts: tuple[bytes, ...]) -> str:
    """What a folder is, and the one file in it that may open: `starts` are how such files begin."""
    files = sorted(path for path in islice(folder.iterdir(), _LISTED) if path.is_file())
    names = {path.name for path in files}
    if "saved_model.pb" in names:
        return f"is the folder of a TensorFlow SavedModel: {_SOURCE}"
    if folder.suffix == ".mlpackage":
        return f"is the folder of a Core ML model: {_SOURCE}"
    fitting = [path.name for path in files if _begins(path, starts)]
    if len(fitting) == 1:
        return f"is a folder: open the file {typed(fitting[0])} in it"
    if fitting:
        return f"is a folder of {exact(len(fitting))} files of weights, such as {typed(fitting[0])}: open one of them"
    return "is a folder without a file of weights"


def _begins(path: Path, starts: tuple[bytes, ...]) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return False
    return head.startswith(starts) or is_safetensors(head)


def _nodes(path: Path, archive: ZipFile, program: str) -> str:
    try:
        found = json.loads(read_table(path, archive, program))
        count = len(found["graph_module"]["graph"]["nodes"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return f" of {exact(count)} nodes"


def _packed(path: Path, head: bytes) -> str:
    kind, command = next((how for start, how in _PACKED.items() if head.startswith(start)), ("", ""))
    if head[257:262] == b"ustar" or (kind == "gzip" and _is_tar_inside(head)):
        kind, command = "tar", "tar -xf"
    return f"is a {kind} archive: unpack it with {command} {quote(path.name)} and open what is inside" if kind else ""


def _is_tar_inside(head: bytes) -> bool:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 512)[257:262] == b"ustar"
    except zlib.error:
        return False


def _array(path: Path, head: bytes) -> str:
    if not head.startswith(b"\x93NUMPY"):
        return ""
    if b"'descr': '|O'" in head[:100]:
        return f"is a NumPy file with a pickle in it, {_distrusted(path)}"
    return "is one array of NumPy without a name: save all by their names, numpy.savez('weights.npz', **arrays)"


def _other(_: Path, head: bytes) -> str:
    what = "a TensorFlow Lite file" if head[4:8] == b"TFL3" else ""
    what = what or next((name for start, name in _OTHERS.items() if head.startswith(start)), "")
    return f"is {what}: {_SOURCE}" if what else ""


def _message(path: Path, _: bytes) -> str:
    what = protobuf.describe(path)
    return f"is {what}: {_SOURCE}" if what else ""


def _distrusted(path: Path) -> str:
    name = path.name if re.fullmatch(r"[\w.-]+", path.name) else "FILE"
    return f"and nothing in it was run: if you trust it, {_CONVERT.format(name)} makes a file that is read"


def _pickle(path: Path, head: bytes) -> str:
    if not head.startswith(_PICKLES):
        return ""
    with path.open("rb") as file:
        classes = [*dict.fromkeys(pickled.names(file.read(MAX_TABLE)))]
    others = [name for name in classes if not name.startswith(("numpy.", "_codecs.", "collections.", "copy_reg."))]
    if classes and not others:
        return f"is a pickled dictionary of NumPy's arrays that torch.save did not write, {_distrusted(path)}"
    of = f" with objects of {typed(others[0], 100)}" if others else ""
    return (
        f"is a pickle{of} that torch.save did not write, and nothing in it was run: save the state_dict by "
        "torch.save(model.state_dict(), 'weights.pt')"
    )


def _text(_: Path, head: bytes) -> str:
    """A text: a pointer, a page, a description, settings."""
    text = codecs.getincrementaldecoder("utf-8-sig")("replace").decode(head).strip()  # a letter may be cut in two
    if _NO_TEXT.search(text):
        return ""
    low, beginning = text.lower(), typed(text.partition("\n")[0], 40)
    kinds = (kind for kind, start in _TEXTS.items() if start.match(low))
    size = re.search(r"^size (\d{1,15})$", text, re.MULTILINE)
    return next(kinds, "is a text, which begins with '{beginning}', and holds no weights").format(
        beginning=beginning, source=_SOURCE, size=f" to a file of {exact(int(size[1]))} bytes" if size else ""
    )
