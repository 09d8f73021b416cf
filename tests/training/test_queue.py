"""Sweeps take turns, survive whoever began them, and a dead one frees its place."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from irnet.training.cost import progress
from irnet.training.directory import ask
from irnet.training.queue import Place, begin, turn, waiting
from irnet.training.results import histories
from tests.training.small import curves, made, sweep
from tests.training.test_sweep import ROOT, wait_for


def waits_there(directory: Path, queue: Path) -> bool:
    return waiting(directory, queue, 1) is not None


def test_one_runs_and_others_see_their_place(tmp_path: Path) -> None:
    queue, first, second, third = tmp_path / "queue", *(made(tmp_path / name, sweep()) for name in "abc")
    begun, go_on = Event(), Event()

    def runs() -> None:
        with turn(first, queue, 1) as mine:
            assert mine
            begun.set()
            go_on.wait()

    def waits(directory: Path) -> None:
        with turn(directory, queue, 1):
            pass

    threads = [Thread(target=runs)]
    threads[0].start()
    begun.wait()
    for directory in (second, third):
        threads.append(Thread(target=waits, args=(directory,)))
        threads[-1].start()
        wait_for(partial(waits_there, directory, queue))
    assert [waiting(directory, queue, 1) for directory in (first, second, third)] == [None, Place(0, 1), Place(1, 1)]
    ask(second, "stop")
    threads[1].join()
    assert waiting(third, queue, 1) == Place(0, 1)
    go_on.set()
    for thread in threads:
        thread.join()
    assert waiting(third, queue, 1) is None


def test_a_dead_process_frees_its_place(tmp_path: Path) -> None:
    directory, queue = made(tmp_path / "sweep", sweep()), tmp_path / "queue"
    code = "import os, sys; from pathlib import Path; from irnet.training.queue import turn\n"
    code += "with turn(Path(sys.argv[1]), Path(sys.argv[2]), 1): os._exit(9)"
    done = subprocess.run([sys.executable, "-c", code, str(directory), str(queue)], cwd=ROOT, check=False)
    assert done.returncode == 9
    with turn(directory, queue, 1) as mine:
        assert mine


def test_a_sweep_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no sweep"):
        begin(tmp_path / "gone", tmp_path / "queue")
    directory = made(tmp_path / "sweep", sweep())
    begin(directory, tmp_path / "queue")
    wait_for(lambda: progress(directory, histories(directory)).state == "finished", 90)
    assert all(curve for curve in curves(directory))
    assert "runs ended" in (directory / "log").read_text(encoding="utf-8")
