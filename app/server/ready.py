"""`/ready` says 503 until what every reader asks first has been made, then 200: whether to send readers here."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from threading import Thread
from time import monotonic, process_time, sleep

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from streamlit import App

from app import views
from app.drawings import THEMES, svg
from app.live_block import AT_FIRST, maps_at
from app.server import idle
from app.server.disk_cache import FOLDER, store
from irnet.models import PRESETS, network
from irnet.tree import resolve
from irnet.tree.totals import totals

LATER = ("irnet.runtime.measure", "pandas", "sympy")  # where they are used first
HEAD_START = 2  # seconds in which the first page has the machine to itself
LONGEST = 10  # seconds that it may have more, while it keeps the server at work
RARELY = 2_000, 10, 200  # as often, a look through everything stops all readers for 0.2 s: not every few seconds
LOOK, IDLE = 0.25, 0.2  # seconds between looks, and the part of them that a server without work may use


@dataclass(slots=True)
class _Warmth:
    """How far the server is."""

    status: int = 503
    message: str = "warming up"


_WARMTH = _Warmth()


def warm() -> None:
    """Draw every preset as its pages first show it, and import what the others need.

    `/ready` then says so, or what was in the way.
    """
    try:
        for asked in ({}, {"level": "0"}):
            for name in PRESETS:
                for theme in THEMES:
                    svg(name, asked | {"theme": theme})
        for name in PRESETS:
            totals(network(name)), resolve(network(name))
        _let_the_first_page_go()
        _import_the_rest()
        gc.collect()
        gc.freeze()  # what stays for ever is not looked through after every click
        gc.set_threshold(*RARELY)
        _WARMTH.status, _WARMTH.message = 200, "ready"
    except Exception as error:  # whatever it is, a server that can't draw must not be sent readers
        _WARMTH.message = f"not ready: {error}"
        raise


def _import_the_rest() -> None:
    """What the other pages need: while a page imports it, every reader waits, and a class opens them all at once."""
    for module in (*(found.name for found in iter_modules(views.__path__, f"{views.__name__}.")), *LATER):
        with suppress(ImportError):  # the page that needs it says so
            import_module(module)
    with suppress(ImportError):
        import_module("irnet.lab.photos").photo("astronaut")  # scikit-image loads its reader only now
        maps_at(None, AT_FIRST)  # the home page shows it


def _let_the_first_page_go() -> None:
    """Wait for the head start, and until the server has no other work, because an import holds everything up."""
    sleep(HEAD_START)
    end = monotonic() + LONGEST
    while monotonic() < end:
        used = process_time()
        sleep(LOOK)
        if process_time() - used < IDLE * LOOK:
            return


@asynccontextmanager
async def lifespan(_app: App) -> AsyncIterator[None]:
    """Warm up beside the server, which answers meanwhile, and let go of what is idle for as long as it runs."""
    Thread(target=warm, name="warm", daemon=True).start()
    watching = asyncio.create_task(idle.watch())
    yield
    watching.cancel()


def _ready(_request: Request) -> Response:
    found = store()
    trouble = f"; {FOLDER}: {found.trouble}" if found and found.trouble else ""
    return PlainTextResponse(_WARMTH.message + trouble, _WARMTH.status, {"Cache-Control": "no-store"})


ROUTES = (Route("/ready", _ready),)
