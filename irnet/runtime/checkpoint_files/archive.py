"""Zip archives, which many kinds of checkpoints are: what they declare is held against the limits first."""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

from irnet.runtime.checkpoint_files.checkpoint import MAX_TABLE, broken, check_size

FAULTS = (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError, RuntimeError)

_LOCAL_HEADER = struct.Struct("<26x2H")  # of a member: how long its name is, and what follows the name
_PROGRAMS = ("models/model.json", "exported_program.json")  # of PyTorch 2.8 and later, and of those before


class _Bounded(FileIO):
    """A file that gives no more than a table at once; `zipfile` reads a whole directory, however long it says it is."""

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes, or as many as a table may have."""
        if size is not None and size > MAX_TABLE:
            raise ValueError(f"{size:,} bytes at once")
        return super().read(MAX_TABLE if size is None or size < 0 else size)


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, after a look at its directory.

    Raises
    ------
    ValueError
        If it is broken, or would unpack to more than the limit.
    """
    with _Bounded(path) as file:
        try:
            archive = zipfile.ZipFile(file)
        except FAULTS:
            raise broken(path.name, "zip, PyTorch") from None
        check_size(path.name, sum(member.file_size for member in archive.infolist()))
        yield archive


def read_table(path: Path, archive: zipfile.ZipFile, member: str) -> bytes:
    """All of a member that is a table or a text.

    Raises
    ------
    ValueError
        If it is broken or larger than a table may be.
    """
    try:
        with archive.open(member) as file:
            found = file.read(MAX_TABLE + 1)
    except (*FAULTS, KeyError):
        raise broken(path.name, "zip, PyTorch") from None
    if len(found) > MAX_TABLE:
        raise ValueError(f"{path.name} has a table of more than the {MAX_TABLE:,} bytes that are read")
    return found


def program_in(archive: zipfile.ZipFile) -> str:
    """The member that has the graph of torch.export; "" if the archive is none of its files."""
    return next((name for name in archive.namelist() if name.endswith(_PROGRAMS)), "")


def check_byteorder(path: Path, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> None:
    """Refuse an archive of PyTorch's whose numbers have the other byte first."""
    if "byteorder" in members:
        order = read_table(path, archive, members["byteorder"].filename)
        if order != sys.byteorder.encode():
            raise ValueError(f"{path.name} has its numbers in the other order of bytes: save it on a machine like this")


def start_of(memory: Any, member: zipfile.ZipInfo, size: int) -> int:
    """Where the bytes of a member that is a storage of numbers begin, in the mapped archive.

    Raises
    ------
    ValueError
        If it is compressed, or not of `size` bytes.
    """
    if member.compress_type != zipfile.ZIP_STORED or member.file_size != size:
        raise ValueError
    at = member.header_offset
    before: tuple[int, int] = _LOCAL_HEADER.unpack(memory[at : at + _LOCAL_HEADER.size])
    return at + _LOCAL_HEADER.size + sum(before)
