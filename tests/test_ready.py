"""A server is ready when its first readers don't wait, and not before."""

from __future__ import annotations

import subprocess
import sys
from itertools import count

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.server import ready
from tests.apps import ROOT


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A server that was not warmed yet."""
    monkeypatch.setattr(ready, "_WARMTH", ready._Warmth())
    monkeypatch.setattr(ready, "HEAD_START", 0)
    return TestClient(Starlette(routes=ready.ROUTES))


def test_a_cold_server_is_not_ready(asked: TestClient) -> None:
    assert asked.get("/ready").status_code == 503


def test_a_warm_server_is_ready_and_nobody_keeps_that_answer(asked: TestClient) -> None:
    ready.warm()
    answer = asked.get("/ready")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


def test_a_first_page_that_is_at_work_is_waited_for_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter((0.0, 1.0, 1.0, 2.0, 2.0, 2.0))  # busy, busy, idle
    monkeypatch.setattr(ready, "HEAD_START", 0)
    monkeypatch.setattr(ready, "LOOK", 0.001)
    monkeypatch.setattr(ready, "process_time", lambda: next(looks))
    ready._let_the_first_page_go()
    assert next(looks, None) is None
    monkeypatch.setattr(ready, "LONGEST", 0.01)
    monkeypatch.setattr(ready, "process_time", count().__next__)
    ready._let_the_first_page_go()


def test_a_server_that_cannot_draw_is_never_ready_and_says_why(
    asked: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> bytes:
        raise RuntimeError("no renderer")

    monkeypatch.setattr(ready, "svg", broken)
    with pytest.raises(RuntimeError):
        ready.warm()
    answer = asked.get("/ready")
    assert (answer.status_code, answer.text) == (503, "not ready: no renderer")


@pytest.mark.soak
def test_warming_says_nothing_on_the_terminal() -> None:
    script = (
        "from threading import Thread; from app.server import ready; ready.HEAD_START = 0;"
        "thread = Thread(target=ready.warm, name='warm'); thread.start(); thread.join()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
