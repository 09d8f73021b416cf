"""Bytes by key in a folder that several servers share: checked when read, written as a whole, bounded in size.

Nothing that goes wrong with the folder reaches a reader: what can't be read is made anew, what can't be written is not
kept, and the server's owner is told once why.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from hashlib import sha256
from logging import getLogger
from pathlib import Path
from tempfile import mkstemp
from time import time
from typing import Literal

LIMIT = 256 << 20  # bytes; some thousand drawings
LEFT_BEHIND = 3600  # seconds after which a file that nobody finished was left by a process that ended
PARTIAL = ".part"
OURS = re.compile(rf"[0-9a-f]{{64}}|\.\w+{re.escape(PARTIAL)}")
NO_LINK_NO_PIPE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # neither followed nor waited for
OTHERS = stat.S_IWGRP | stat.S_IWOTH
DIGEST = sha256().digest_size
Deed = Literal["read", "write"]


class Store:
    """A folder of entries; those longest unused go when all together have more than `limit` bytes.

    A process looks through the folder after writing a 64th of the limit, and leaves at most 7/8 of it: so that eight
    processes can write at once.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = Store(Path(folder).resolve())
    ...     store.put("0" * 64, b"drawing")
    ...     store.get("0" * 64), store.get("1" * 64)
    (b'drawing', None)
    """

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self._folder, self._limit = folder, limit
        self._unswept = limit  # bytes written since this process looked through the folder; the first time at once
        self._troubles: dict[Deed, str] = {}
        self._told: set[str] = set()

    @property
    def trouble(self) -> str:
        """What is wrong now, in one sentence; "" if nothing is."""
        return next(iter(self._troubles.values()), "")

    def get(self, key: str) -> bytes | None:
        """What was put under `key`, 64 hex digits; None where it is not there, is damaged or can't be read."""
        try:
            found = self._read(key)
        except FileNotFoundError:
            found = None
        except OSError as error:
            self._fails("read", error)
            return None
        self._troubles.pop("read", None)
        return found

    def put(self, key: str, content: bytes) -> None:
        """Keep `content`; where that fails, nothing of it is there."""
        try:
            self._write(key, content)
            self._unswept += len(content)
            if self._unswept > self._limit // 64:
                self._unswept = 0
                self._sweep(self._limit * 7 // 8)
        except OSError as error:
            self._fails("write", error)
            return
        self._troubles.pop("write", None)

    def discard(self, key: str) -> None:
        """Drop an entry that can't be used, and say so."""
        self._tell("an entry was damaged, and is made anew")
        with suppress(OSError):
            (self._folder / key).unlink(missing_ok=True)

    def _read(self, key: str) -> bytes | None:
        _check(self._folder)
        with open(self._folder / key, "rb", opener=_open) as file:
            found = os.fstat(file.fileno())
            usable = stat.S_ISREG(found.st_mode) and found.st_size <= self._limit
            whole = file.read(self._limit) if usable else b""
            with suppress(OSError):  # a folder may be there to be read alone
                os.utime(file.fileno() if os.utime in os.supports_fd else self._folder / key)
        content = whole[DIGEST:]
        if whole[:DIGEST] != _digest(key, content):
            self.discard(key)
            return None
        return content

    def _write(self, key: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check(self._folder)
        handle, name = mkstemp(PARTIAL, ".", self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(key, content) + content)
            Path(name).replace(self._folder / key)
        finally:
            Path(name).unlink(missing_ok=True)

    def _sweep(self, aim: int) -> None:
        """Let the longest unused go until all have at most `aim` bytes, and what somebody began and never finished."""
        held: list[tuple[float, int, Path]] = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if OURS.fullmatch(path.name):
                    found = path.lstat()
                    held.append((found.st_mtime, found.st_size, path))
        total = sum(size for _, size, _ in held)
        for used, size, path in sorted(held):
            unfinished = path.suffix == PARTIAL
            if (unfinished and time() - used > LEFT_BEHIND) or (not unfinished and total > aim):
                with suppress(FileNotFoundError, IsADirectoryError):
                    path.unlink()
                    total -= size

    def _fails(self, deed: Deed, error: OSError) -> None:
        why = error.strerror or str(error)
        self._troubles[deed] = f"nothing can be {'read' if deed == 'read' else 'written'} there: {why}"
        self._tell(self._troubles[deed])

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            getLogger(__name__).warning("cache %s: %s", self._folder, sentence)


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | NO_LINK_NO_PIPE)


def _digest(key: str, content: bytes) -> bytes:
    return sha256(key.encode() + content).digest()


def _check(folder: Path) -> None:
    """Hold that a folder is one, of this user, and that nobody else can write to it.

    Raises
    ------
    OSError
        If it is not.
    """
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(0, "it is no folder")
    if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or found.st_mode & OTHERS):
        raise PermissionError(0, "others than this server's user can write to it")
