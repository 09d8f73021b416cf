"""A worker process that is killed in the middle of a run, as the page shows it."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import runs
from app.server.roots import RUNS
from irnet.training.queue import is_begun
from tests.apps import opened, troubles
from tests.training.small import TINY, made, sweep
from tests.training.test_sweep import children, steps, wait_for


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a death map in a server's folder of its own; nothing has run."""
    monkeypatch.setenv(RUNS, str(tmp_path))
    return made(tmp_path / "death-1", sweep(replace(TINY, steps=60, evaluate_every=0)))


def shown() -> AppTest:
    app = opened("death", death="death-1")
    assert not troubles(app)
    return app


def resumed(place: Path) -> int:
    """Press the button, wait until there are steps, and return the process that runs the map."""
    assert not troubles(shown().button(key="death-1.resume").click().run())
    wait_for(lambda: steps(place, 0) > 5)
    return int(json.loads((place / "lock").read_text())["pid"])


@pytest.mark.soak
def test_a_killed_worker_is_told_on_the_page_and_its_run_goes_on(place: Path) -> None:
    for worker in children(resumed(place)):
        os.kill(worker, signal.SIGKILL)
    wait_for(lambda: not is_begun(place))
    assert "a worker process was killed, by hand or for want of memory" in runs.status("death-1").sentence
    app = shown()
    assert not app.button(key="death-1.resume").disabled
    assert app.button(key="death-1.stop").disabled
