"""A server is ready when its first readers don't wait, and not before."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import ready


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
