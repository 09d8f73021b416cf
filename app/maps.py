"""Small pictures by address, beside the pages: `/map/DIGEST.json` says what the boxes show, `/map/KEY.png` is one map.

A canvas asks for the JSON as soon as it is drawn; the answer waits until the pass that makes the maps has ended. A map
has the digest of its pixels for an address, so a browser that has it never asks again, and a moved scale fetches what
it changed.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Lock

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.server.resource_pool import content
from irnet.diagrams.photograph import Address, Channels, Photograph, channels_for_canvas, for_canvas
from irnet.spec import Network

HEADERS = {"Cache-Control": "private, max-age=31536000, immutable"}  # private: the picture may be a reader's own
KEPT = 96  # passes; one takes a few hundred kilobytes
OFTEN = 0.02  # seconds between two looks at whether a pass has ended
TYPES = {"png": "image/png", "jpg": "image/jpeg"}
GONE = "this photograph is no longer stored: reload the page"

Files = dict[str, Callable[[], bytes]]


class MapCache:
    """What was found last, for all sessions; whoever knows a digest knows the picture that it is made of."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept, self._lock = kept, Lock()
        self._waited: dict[str, int] = {}
        self._found: OrderedDict[str, tuple[dict[str, object], Files]] = OrderedDict()

    @contextmanager
    def expected(self, digest: str) -> Iterator[None]:
        """Until the block ends, who asks for the digest waits for it."""
        with self._lock:
            self._waited[digest] = self._waited.get(digest, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._waited[digest] -= 1
                if not self._waited[digest]:
                    del self._waited[digest]

    def keep(self, digest: str, network: Network, found: Photograph) -> None:
        """Answer for a digest with these maps."""
        self._put(digest, lambda address: {"boxes": for_canvas(network, found, address)})

    def keep_channels(self, digest: str, found: Channels) -> None:
        """Answer for a digest with some channels of a box."""
        self._put(digest, lambda address: channels_for_canvas(found, address))

    def _put(self, digest: str, answer: Callable[[Address], dict[str, object]]) -> None:
        files: Files = {}

        def address(key: str, make: Callable[[], bytes], ending: str) -> str:
            files[f"{key}.{ending}"] = make
            return f"map/{key}.{ending}"

        with self._lock:
            known = self._found.pop(digest, None)
        value = known or (answer(address), files)
        with self._lock:
            self._found[digest] = value
            while len(self._found) > self._kept:
                self._found.popitem(last=False)

    async def answer(self, digest: str) -> dict[str, object] | None:
        """What the boxes show, as soon as it is there; None if nobody makes it."""
        while True:
            with self._lock:
                found, waited = self._found.get(digest), digest in self._waited
            if found or not waited:
                return found[0] if found else None
            await asyncio.sleep(OFTEN)

    def file(self, name: str) -> bytes | None:
        """A picture."""
        with self._lock:
            make = next((files[name] for _, files in reversed(self._found.values()) if name in files), None)
        return make() if make else None


MAP_CACHE = MapCache()


def digest_of(*what: Hashable) -> str:
    """What a pass is known by: everything that its maps depend on."""
    return sha256(repr(tuple(map(content, what))).encode()).hexdigest()[:32]


async def _boxes(request: Request) -> Response:
    found = await MAP_CACHE.answer(request.path_params["digest"])
    return JSONResponse(found, headers=HEADERS) if found else PlainTextResponse(GONE, 404)


def _file(request: Request) -> Response:
    name = f"{request.path_params['key']}.{request.path_params['ending']}"
    found = MAP_CACHE.file(name)
    if found is None:
        return PlainTextResponse(GONE, 404)
    return Response(found, media_type=TYPES[request.path_params["ending"]], headers=HEADERS)


ROUTES = (Route("/map/{digest}.json", _boxes), Route("/map/{key}.{ending}", _file))
