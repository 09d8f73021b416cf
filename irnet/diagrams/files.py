"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write(file: Path, content: bytes) -> None:
    """Write a file; where that fails, as on a full disk, what was there before is kept.

    Raises
    ------
    OSError
        In one sentence, with the file's name and the reason.
    """
    if file.exists() and not file.is_file():  # a terminal or a pipe, which keeps nothing
        file.write_bytes(content)
        return
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        try:
            partial.write_bytes(content)
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(f"{file} can't be written: {error.strerror or error}; nothing of it is left half done") from None
