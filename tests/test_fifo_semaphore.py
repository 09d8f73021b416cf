"""The queue before what takes long: bounded, in order, and left by whoever goes."""

from __future__ import annotations

from threading import Event, Thread
from time import sleep

import pytest

from app.server import networks
from app.server.fifo_semaphore import FifoSemaphore
from irnet.lab.photos import photo
from irnet.models import network


@pytest.mark.parametrize("workers", [1, 2])
def test_those_who_wait_are_told_their_place_and_served_in_order(workers: int) -> None:
    turns, served, told, go = FifoSemaphore(workers), list[int](), list[tuple[int, int]](), Event()

    def ask(number: int) -> None:
        with turns.taken(lambda place: told.append((number, place))):
            served.append(number)
            go.wait(60)

    threads = [Thread(target=ask, args=(number,)) for number in range(5)]
    for i, thread in enumerate(threads):
        thread.start()
        while len(served) + len(set(told)) <= i:  # they come one after the other
            sleep(0.01)
    assert (served, list(dict.fromkeys(told))) == (
        list(range(workers)),
        [(i, i + 1 - workers) for i in range(workers, 5)],
    )
    go.set()
    for thread in threads:
        thread.join(60)
    assert (served if workers == 1 else sorted(served)) == [0, 1, 2, 3, 4]  # of two at once, either may be first


def test_whoever_leaves_the_queue_makes_room() -> None:
    turns = FifoSemaphore(1)

    def leave(_place: int) -> None:
        raise InterruptedError

    with turns.taken(leave), pytest.raises(InterruptedError), turns.taken(leave):
        pass
    with turns.taken(leave):
        pass


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_a_field_waits_like_every_other_pass(seeds: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    queue = FifoSemaphore(1)

    def leave(_share: float, where: str) -> None:
        raise InterruptedError(where)

    monkeypatch.setattr(networks, "QUEUE", queue)
    monkeypatch.setattr(networks, "reporter", lambda: leave)
    ask = (network("inception_v4", input_size=75), photo("coffee"), "stem", (0, 0), None)
    with queue.taken(lambda _place: None), pytest.raises(InterruptedError, match="number 1 in the queue"):
        networks.effective_field_of(*ask, networks.Setting(seeds, "tf", "batch", "cpu"))
