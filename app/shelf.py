"""What is dear to make, kept by key within a number of bytes; whoever uses an entry has it alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


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
    def lent(self, key: Hashable, make: Callable[[], T]) -> Iterator[T]:
        """The value of `key`, made if it is not there; whoever else wants it waits until the block ends."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
        with entry.lock:
            value = make() if entry.value is None else entry.value
            entry.value = value
            try:
                yield value
            finally:
                self._tidy(key)

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
