"""A clock that steps back, as after a wrong guess of the time zone: nothing that was begun goes another way."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Thread
from time import time, time_ns

import pytest

from app import runs
from app.server.roots import RUNS
from irnet.training.cost import progress
from irnet.training.loop import Trainer
from irnet.training.queue import Place, left_alone, note_reader, turn, waiting
from tests.apps import opened, troubles
from tests.training.small import TINY, history, made, sweep
from tests.training.test_queue import waits_there
from tests.training.test_sweep import wait_for


def test_a_clock_that_steps_back_leaves_a_watched_run_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note_reader(tmp_path)
    for step, alone in ((-7200, False), (0, False), (7200, True)):
        monkeypatch.setattr("irnet.training.queue.time", lambda step=step: time() + step)
        assert left_alone(tmp_path) is alone


def test_a_clock_that_steps_back_lets_nobody_ahead_in_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [made(tmp_path / name, sweep()) for name in ("first", "second")]
    came: list[str] = []

    def waits(place: Path) -> None:
        with turn(place, tmp_path / "queue", 1):
            came.append(place.name)

    with turn(made(tmp_path / "runs", sweep()), tmp_path / "queue", 1):
        threads = [Thread(target=waits, args=(place,)) for place in places]
        for back, (thread, place) in enumerate(zip(threads, places, strict=True)):
            monkeypatch.setattr("irnet.training.queue.time_ns", lambda back=back: time_ns() - 2 * back * 3600 * 10**9)
            thread.start()
            wait_for(partial(waits_there, place, tmp_path / "queue"))
        assert [waiting(place, tmp_path / "queue", 1) for place in places] == [Place(0, 1), Place(1, 1)]
    for thread in threads:
        thread.join()
    assert came == ["first", "second"]


def test_a_clock_that_steps_back_leaves_the_time_that_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RUNS, str(tmp_path))
    place, half = made(tmp_path / "death-1", sweep()), [replace(history(losses=[1.0] * 3), ended=None)]
    before, names = progress(place, half), runs.names("stability")
    with monkeypatch.context() as patched:
        for name in ("time.time", "time.time_ns", "irnet.training.queue.time"):
            patched.setattr(name, lambda: 0)
        assert progress(place, half) == before
        assert runs.names("stability") == names == ["death-1"]
        assert not troubles(opened("death", death="death-1"))
    assert before.seconds_left is not None
    assert before.seconds_left > 0


def test_a_clock_that_steps_back_during_a_run_leaves_its_seconds_growing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = iter(range(10**9, 0, -3600))
    for name in ("time.time", "time.time_ns"):
        monkeypatch.setattr(name, lambda: next(steps))
    trainer = Trainer(TINY)
    seconds = [step.seconds for step in trainer.steps()]
    assert all(0 < b - a < 60 for a, b in pairwise([0.0, *seconds]))
