"""The shelf of models: bounded by bytes, lent to one at a time."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from app.shelf import Shelf


def kept(shelf: Shelf[bytes], *keys: str) -> list[str]:
    """Which of these were made anew when asked for."""
    made: list[str] = []
    for key in keys:

        def make(key: str = key) -> bytes:
            made.append(key)
            return bytes(10)

        with shelf.lent(key, make):
            pass
    return made


def test_what_is_there_is_not_made_again() -> None:
    assert kept(Shelf(100, len), "a", "b", "a") == ["a", "b"]


def test_the_longest_unused_goes_first() -> None:
    shelf = Shelf[bytes](20, len)
    assert kept(shelf, "a", "b", "a", "c", "a", "b") == ["a", "b", "c", "b"]


def test_all_together_stay_within_the_limit() -> None:
    shelf = Shelf[bytes](35, len)
    kept(shelf, *map(str, range(1000)))
    assert shelf.held_bytes <= 35


def test_a_value_larger_than_the_limit_stays_until_another_is_asked_for() -> None:
    shelf = Shelf[bytes](5, len)
    assert kept(shelf, "a", "a", "b", "a") == ["a", "b", "a"]


def test_a_maker_that_fails_leaves_nothing_behind() -> None:
    shelf = Shelf[bytes](5, len)

    def fails() -> bytes:
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"), shelf.lent("a", fails):
        pass
    assert kept(shelf, "a") == ["a"]


def test_two_users_of_one_value_take_turns() -> None:
    shelf, inside, order = Shelf[bytes](99, len), Event(), list[str]()

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
