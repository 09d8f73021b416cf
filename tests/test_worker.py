"""The process that runs networks: it answers, is stopped, fails in one sentence, and never outlives the server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from app.server.worker import ENDED, NICENESS, SOCKET, Worker, reporter
from tests.apps import ROOT


class Stopped(BaseException):
    """As Streamlit's own: no exception that a page would show."""


class Odd(ValueError):
    """An exception that only this module knows."""

    def __init__(self, what: str, _more: object) -> None:
        super().__init__(f"{what} is odd")


def silent(_share: float, _where: str) -> None:
    """Hear nothing."""


def process_and_priority() -> tuple[int, int]:
    return os.getpid(), os.nice(0)


def count_to(number: int) -> int:
    for i in range(number):
        reporter()(i / number, f"at {i}")
        sleep(0.005)
    return number


def work_until_stopped(started: str, ended: str) -> None:
    Path(started).touch()
    try:
        count_to(10**6)
    finally:
        Path(ended).touch()


def fail(kind: str) -> None:
    raise {"odd": Odd("this", object()), "key": KeyError("no box 'x'"), "type": TypeError("a defect")}[kind]


def die() -> None:
    os._exit(9)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.end()


def wait_for(*files: Path) -> None:
    end = monotonic() + 60
    while not all(file.exists() for file in files):
        assert monotonic() < end
        sleep(0.02)


def test_it_is_one_other_process_at_a_lower_priority(worker: Worker) -> None:
    first, second = (worker.ask(silent, process_and_priority) for _ in range(2))
    assert first == second
    assert first[0] != os.getpid()
    assert first[1] == min(19, os.nice(0) + NICENESS)


def test_it_runs_networks_without_streamlit() -> None:
    code = "import sys, app.server.networks; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_whoever_asks_hears_how_far_it_is_and_gets_the_result(worker: Worker) -> None:
    heard: list[tuple[float, str]] = []
    assert worker.ask(lambda *at: heard.append(at), count_to, 100) == 100
    assert heard[0] == (0, "at 0")
    assert [share for share, _ in heard] == sorted(share for share, _ in heard)
    assert len(heard) < 50  # it does not say so a hundred times


def test_work_ends_when_whoever_asked_leaves(worker: Worker, tmp_path: Path) -> None:
    started, ended = tmp_path / "started", tmp_path / "ended"

    def leave(_share: float, _where: str) -> None:
        if started.exists():
            raise Stopped

    with pytest.raises(Stopped):
        worker.ask(leave, work_until_stopped, str(started), str(ended))
    wait_for(ended)
    assert worker.ask(silent, count_to, 1) == 1


def test_questions_are_answered_beside_each_other(worker: Worker, tmp_path: Path) -> None:
    started, ended = tmp_path / "started", tmp_path / "ended"
    stop: list[bool] = []

    def leave(_share: float, _where: str) -> None:
        if stop:
            raise InterruptedError

    def ask() -> None:
        with pytest.raises(InterruptedError):
            worker.ask(leave, work_until_stopped, str(started), str(ended))

    thread = Thread(target=ask)
    thread.start()
    wait_for(started)
    assert worker.ask(silent, count_to, 1) == 1
    assert not ended.exists()
    stop.append(True)
    thread.join(60)
    wait_for(ended)


def test_an_error_comes_back_as_the_built_in_one_that_it_is(worker: Worker) -> None:
    with pytest.raises(ValueError, match=r"^this is odd$") as odd:
        worker.ask(silent, fail, "odd")
    assert odd.type is ValueError
    with pytest.raises(KeyError, match="no box 'x'"):
        worker.ask(silent, fail, "key")
    with pytest.raises(TypeError, match="a defect"):
        worker.ask(silent, fail, "type")


def test_a_process_that_dies_ends_in_one_sentence_and_the_next_question_starts_another(worker: Worker) -> None:
    before, _ = worker.ask(silent, process_and_priority)
    with pytest.raises(RuntimeError) as died:
        worker.ask(silent, die)
    assert str(died.value) == ENDED
    after, _ = worker.ask(silent, process_and_priority)
    assert after != before


def test_nobody_else_can_ask_it(worker: Worker) -> None:
    worker.ask(silent, count_to, 1)
    assert worker._folder
    with pytest.raises((AuthenticationError, EOFError, ConnectionError)):
        Client(str(Path(worker._folder.name, SOCKET)), authkey=b"a guess")
    assert worker.ask(silent, count_to, 1) == 1


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are looked up in /proc")
def test_it_ends_when_the_server_is_killed() -> None:
    code = (
        "import os, signal; from app.server.worker import WORKER; from tests.test_worker import *;"
        "print(WORKER.ask(silent, process_and_priority)[0], WORKER._folder.name, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode < 0
    number, folder = done.stdout.split()
    end = monotonic() + 30
    while Path("/proc", number).exists() or Path(folder).exists():
        assert monotonic() < end
        sleep(0.02)
