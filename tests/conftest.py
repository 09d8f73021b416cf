"""What the tests share: models built once a session, stored texts, and a server's folder of runs."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, settings

from app.server import roots
from irnet.diagrams import figures
from irnet.models import PRESETS, network
from irnet.runtime.build import Model, build
from irnet.runtime.measure import Counts, measure
from irnet.spec import Network
from irnet.training import queue
from tests.training.small import trained_in

DATA = Path(__file__).parent / "data"
FILTERED = [HealthCheck.filter_too_much]  # of random networks many are too small to be run
settings.register_profile("irnet", deadline=None, derandomize=True, max_examples=25, suppress_health_check=FILTERED)
settings.register_profile("soak", deadline=None, max_examples=400, suppress_health_check=FILTERED)
settings.load_profile("irnet")
figures.__dict__["laid_figure"] = cache(figures.laid_figure.__wrapped__)  # all figures, as long as the tests run
torch.set_num_threads(1)  # two threads on a machine with other work wait for each other: five times slower

Meta = Callable[[Network], Model]
Small = Callable[[str], Model]
Measured = Callable[[str], Counts]
Golden = Callable[[str, str], None]


def presets(*always: str) -> list[Any]:
    """All presets as parameters of a test; those that aren't named are left to `make soak`."""
    return [pytest.param(name, marks=[] if name in always else [pytest.mark.soak]) for name in PRESETS]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the stored texts; review them as a diff")


def pytest_configure(config: pytest.Config) -> None:
    """`make soak` tries many more random examples, other ones each time."""
    if config.getoption("markexpr") == "soak":
        settings.load_profile("soak")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All tests that draw their examples are in `make soak` too; there they get many more."""
    if config.getoption("markexpr") == "soak":
        for item in items:
            if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
                item.add_marker("soak")


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Streamlit leaves the app as `__main__`; a process that is spawned by a later test would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def meta() -> Meta:
    """A network to its module on "meta": shapes and no numbers."""
    return cache(lambda spec: build(spec, device="meta"))


@pytest.fixture(scope="session")
def small() -> Small:
    """A preset's name to its model for 96x96 pixels on the CPU; whoever borrows it leaves it as it was."""
    return cache(lambda name: build(network(name, input_size=96)))


@pytest.fixture(scope="session")
def measured() -> Measured:
    """A preset's name to what the three counters say of it at its own input size, on "meta" as on any device."""
    return cache(lambda name: measure(build(name, device="meta")))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs, as the app has one, with a finished race and death map; all processes of the tests share it."""
    here = tmp_path_factory.getbasetemp()
    place = (here.parent if "PYTEST_XDIST_WORKER" in os.environ else here) / "trained"
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            trained_in(tmp_path_factory.mktemp("runs")).rename(place)
    return place


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server's folder of this test alone, with nothing in it."""
    monkeypatch.setenv(roots.RUNS, str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would have been started; nothing is."""
    calls: list[dict[str, Any]] = []

    def begin(directory: Path, folder: Path, at_most: int, *, keep: bool) -> None:
        calls.append({"name": directory.name, "folder": folder, "at_most": at_most, "keep": keep})

    monkeypatch.setattr(queue, "begin", begin)
    return calls


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Hold a text against the stored file of this name; with `--update-golden`, store it."""

    def check(name: str, text: str) -> None:
        file = DATA / "golden" / name
        if request.config.getoption("--update-golden"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8"), f"{name} differs; if that is meant, run with --update-golden"

    return check
