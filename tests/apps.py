"""Running pages of the app without a browser, and coroutines beside one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest
from streamlit.testing.v1 import AppTest

from app.bar import VIEWS
from app.server.worker import Tell, Worker
from irnet.models import PRESETS
from irnet.models.recipe import limits

P = ParamSpec("P")
T = TypeVar("T")

ROOT = Path(__file__).parents[1]
PAGES = tuple(VIEWS)
STRUCTURAL = ("overview", "network", "edit", "compare", "provenance", "errata", "figures")
LIVE = ("cost", "activations", "block", "maps", "field")
SMALL = 139  # pixels: the smallest side that leaves a C block more than one pixel


def opened(page: str, preset: str = "", /, **address: object) -> AppTest:
    """`page` after its first run, with these values in its address."""
    app = AppTest.from_file(ROOT / "pages.py", default_timeout=120)
    for key, value in (({"model": preset} if preset else {}) | address).items():
        app.query_params[key] = (
            value if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
        )
    if page != "overview":
        app.switch_page(f"app/pages/{page}.py")
    return app.run()


def sized(preset: str, side: int = SMALL) -> dict[str, object]:
    """The address of a square input."""
    return {f"{preset}.input_height": side, f"{preset}.input_width": side}


def at_limit(preset: str, end: str) -> Mapping[str, object]:
    """The address with every knob but the input size at its "low" or "high" limit."""
    found: dict[str, object] = {}
    for name, limit in limits(PRESETS[preset]).items():
        if name != "input_size":
            default = getattr(PRESETS[preset], name)
            found[f"{preset}.{name}"] = type(default)(getattr(limit, end))
    return found


def troubles(app: AppTest) -> list[str]:
    """Every exception, error and warning that the page shows."""
    return [*(e.message for e in app.exception), *(e.value for e in app.error), *(w.value for w in app.warning)]


def sample(values: Iterable[Any], *kept: Any) -> list[Any]:
    """Values of parameters: `make test` runs those named here, or the first where none is, and `make soak` the rest."""
    every = list(values)
    rest = [pytest.param(*one if isinstance(one, tuple) else [one], marks=pytest.mark.soak) for one in every]
    return [one if one in (kept or every[:1]) else soaked for one, soaked in zip(every, rest, strict=True)]


def run_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks run in this process, where a test can break them."""

    def ask(_worker: Worker, _tell: Tell, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)

    monkeypatch.setattr(Worker, "ask", ask)


def in_its_own_thread(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns, run by a loop in another thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
