"""Zip archives, which many kinds of checkpoints are: what they declare is held against the limits first."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from irnet.runtime.checkpoint_files.checkpoint import MAX_TABLE, broken, check_size

FAULTS = (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError, RuntimeError)


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
