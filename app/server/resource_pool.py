"""What is dear to make, kept by key within a number of bytes while it is used; whoever uses an entry has it alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar
from weakref import WeakSet

from PIL.Image import Image

from irnet.spec import Network

T = TypeVar("T")
IDLE = 15 * 60  # seconds; a class that talks about what it saw comes back within them
LOOK = 1  # seconds after which one who waits for an entry looks up


@dataclass(slots=True)
class _Entry(Generic[T]):
    used: float  # when, by the shelf's clock
    lock: Lock = field(default_factory=Lock)
    value: T | None = None


class ResourcePool(Generic[T]):
    """Values by key; the ones longest unused go when all together have more than `limit` bytes.

    One value alone may be larger than that: it stays until another is asked for, or nobody used it for `idle` seconds.
    """

    every: ClassVar[WeakSet[ResourcePool[Any]]] = WeakSet()

    def __init__(
        self, limit: int, size: Callable[[T], int], idle: float = IDLE, clock: Callable[[], float] = monotonic
    ) -> None:
        self._limit, self._size, self._idle, self._clock = limit, size, idle, clock
        self._entries: OrderedDict[Hashable, _Entry[T]] = OrderedDict()
        self._lock = Lock()
        ResourcePool.every.add(self)

    @contextmanager
    def lent(self, key: Hashable, make: Callable[[], T], look: Callable[[], None] = lambda: None) -> Iterator[T]:
        """The value of `key`, made if it is not there; whoever else wants it waits until the block ends.

        `look` is called from time to time while waiting, and may raise to wait no longer.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry(self._clock()))
            entry.used = self._clock()
            self._entries.move_to_end(key)
        while not entry.lock.acquire(timeout=LOOK):
            look()
        try:
            value = make() if entry.value is None else entry.value
            entry.value = value
            yield value
        finally:
            self._tidy(key, entry)
            entry.lock.release()

    def release(self) -> int:
        """Let go of what nobody uses and nobody used for the idle time; how many values that were."""
        with self._lock:
            since = self._clock() - self._idle
            idle = [key for key, entry in self._entries.items() if entry.used < since and not entry.lock.locked()]
            for key in idle:
                del self._entries[key]
        return len(idle)

    @property
    def held_bytes(self) -> int:
        """Bytes of all values together."""
        with self._lock:
            return sum(self._sizes().values())

    def _sizes(self) -> dict[Hashable, int]:
        return {key: self._size(entry.value) for key, entry in self._entries.items() if entry.value is not None}

    def _tidy(self, used: Hashable, entry: _Entry[T]) -> None:
        with self._lock:
            entry.used = self._clock()
            if entry.value is None:  # it could not be made, or was stopped
                if self._entries.get(used) is entry:
                    del self._entries[used]
                return
            sizes = self._sizes()
            for key in [key for key in sizes if key != used]:
                if sum(sizes.values()) <= self._limit:
                    return
                del sizes[key], self._entries[key]


def identity(network: Network) -> tuple[str, str]:
    """What tells networks apart in all that is remembered: the label too, which is part of every picture."""
    return network.key, network.label


def content(value: Any) -> Hashable:
    """What tells a value apart from others: pictures by their pixels, networks by their spec and label.

    Examples
    --------
    >>> from PIL import Image
    >>> content(Image.new("RGB", (2, 2))) == content(Image.new("RGB", (2, 2), "red"))
    False
    """
    if isinstance(value, Image):
        return value.mode, value.size, sha256(value.tobytes()).digest()
    if isinstance(value, Network):
        return identity(value)
    known: Hashable = value
    return known


def release_idle() -> int:
    """Let go of what lies idle on any shelf; how many values that were."""
    return sum(shelf.release() for shelf in list(ResourcePool.every))
