"""The shelf of models: bounded by bytes, lent to one at a time."""

from __future__ import annotations

from gc import collect
from threading import Event, Thread
from time import monotonic

import pytest

from app.server.resource_pool import ResourcePool, release_idle


def kept(shelf: ResourcePool[bytes], *keys: str) -> list[str]:
    """Which of these were made anew when asked for."""
    made: list[str] = []
    for key in keys:

        def make(key: str = key) -> bytes:
            made.append(key)
            return bytes(10)

        with shelf.lent(key, make):
            pass
    return made


def test_what_is_there_is_not_made_again_and_the_longest_unused_goes_first() -> None:
    shelf = ResourcePool[bytes](20, len)
    assert kept(shelf, "a", "b", "a", "c", "a", "b") == ["a", "b", "c", "b"]
    kept(shelf, *map(str, range(1000)))
    assert shelf.held_bytes <= 20


def test_a_value_larger_than_the_limit_stays_until_another_is_asked_for() -> None:
    shelf = ResourcePool[bytes](5, len)
    assert kept(shelf, "a", "a", "b", "a") == ["a", "b", "a"]


def test_a_maker_that_fails_leaves_nothing_behind() -> None:
    shelf = ResourcePool[bytes](5, len)

    def fails() -> bytes:
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"), shelf.lent("a", fails):
        pass
    assert not shelf._entries
    assert kept(shelf, "a") == ["a"]


def test_what_nobody_used_for_the_idle_time_goes_and_what_is_used_stays() -> None:
    now = [0.0]
    shelf = ResourcePool[bytes](100, len, idle=60, clock=lambda: now[0])
    kept(shelf, "a", "b")
    for now[0], used, made, gone in ((50, "a", [], 0), (70, "a", [], 1), (70, "b", ["b"], 0), (131, "b", ["b"], 2)):
        assert (shelf.release(), kept(shelf, used)) == (gone, made)
    assert shelf.held_bytes == 10


def test_what_is_on_loan_stays_however_long_it_takes() -> None:
    now = [0.0]
    shelf = ResourcePool[bytes](100, len, idle=60, clock=lambda: now[0])
    with shelf.lent("a", lambda: b"x"):
        now[0] = 1000
        assert shelf.release() == 0
    now[0] += 60  # it was used until then
    assert shelf.release() == 0
    assert shelf.held_bytes == 1


def test_every_shelf_is_looked_at_and_goes_by_a_clock_that_is_never_set_back() -> None:
    shelves = [ResourcePool[bytes](100, len, idle=-1) for _ in range(2)]
    for shelf in shelves:
        kept(shelf, "a")
        assert shelf._clock is monotonic
    release_idle()
    assert [shelf.held_bytes for shelf in shelves] == [0, 0]


def test_a_shelf_that_nobody_has_is_forgotten() -> None:
    before = len(ResourcePool.every)
    shelf = ResourcePool[bytes](100, len)
    assert len(ResourcePool.every) == before + 1
    del shelf
    collect()
    assert len(ResourcePool.every) <= before


def test_two_users_of_one_value_take_turns() -> None:
    shelf, inside, order = ResourcePool[bytes](99, len), Event(), list[str]()

    def second() -> None:
        with shelf.lent("a", lambda: b""):
            order.append("second")

    with shelf.lent("a", lambda: b"x"):
        other = Thread(target=second)
        other.start()
        inside.wait(0.05)
        order.append("first")
    other.join()
    assert order == ["first", "second"]
