"""What is dear to make, kept by key within a number of bytes; whoever uses an entry has it alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

LOOK = 1  # seconds after which one who waits for an entry looks up


@dataclass(slots=True)
class _Entry(Generic[T]):
    lock: Lock = field(default_factory=Lock)
    value: T | None = None


class Shelf(Generic[T]):
    """Values by key; the ones longest unused go when all together have more than `limit` bytes.

    One value alone may be larger than that: it stays until another is asked for.
    """

    def __init__(self, limit: int, size: Callable[[T], int]) -> None:
        self._limit, self._size = limit, size
        self._entries: OrderedDict[Hashable, _Entry[T]] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def lent(self, key: Hashable, make: Callable[[], T], look: Callable[[], None] = lambda: None) -> Iterator[T]:
        """The value of `key`, made if it is not there; whoever else wants it waits until the block ends.

        `look` is called from time to time while waiting, and may raise to wait no longer.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
        while not entry.lock.acquire(timeout=LOOK):
            look()
        try:
            value = entry.value if entry.value is not None else self._made(key, entry, make)
            try:
                yield value
            finally:
                self._tidy(key)
        finally:
            entry.lock.release()

    def _made(self, key: Hashable, entry: _Entry[T], make: Callable[[], T]) -> T:
        try:
            entry.value = value = make()
        except BaseException:  # also where the reader stops it: a key without a value must not stay
            with self._lock:
                self._entries.pop(key, None)
            raise
        return value

    @property
    def held_bytes(self) -> int:
        """Bytes of all values together."""
        with self._lock:
            return sum(self._sizes().values())

    def _sizes(self) -> dict[Hashable, int]:
        return {key: self._size(entry.value) for key, entry in self._entries.items() if entry.value is not None}

    def _tidy(self, used: Hashable) -> None:
        with self._lock:
            sizes = self._sizes()
            for key in [key for key in sizes if key != used]:
                if sum(sizes.values()) <= self._limit:
                    return
                del sizes[key], self._entries[key]
