"""Who works now and who waits: a bounded number at a time, in the order in which they came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

LOOK = 1  # seconds after which one who waits looks up, and may find that nobody wants the answer any more


class FifoSemaphore:
    """A queue before `workers` places to work at."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._line: list[object] = []  # those at work first
        self._moved = Condition()

    @contextmanager
    def taken(self, tell: Callable[[int], None]) -> Iterator[None]:
        """Wait for a turn and keep it for the block; `tell` gets the place in the queue, and may raise to leave it."""
        ticket = object()
        with self._moved:
            self._line.append(ticket)
        try:
            while place := self._place(ticket):
                tell(place)
                with self._moved:
                    if self._place(ticket) == place:
                        self._moved.wait(LOOK)
            yield
        finally:
            with self._moved:
                self._line.remove(ticket)
                self._moved.notify_all()

    def _place(self, ticket: object) -> int:
        """0 for those at work, 1 for the next."""
        with self._moved:  # may be entered again by the same thread
            return max(0, self._line.index(ticket) + 1 - self._workers)
